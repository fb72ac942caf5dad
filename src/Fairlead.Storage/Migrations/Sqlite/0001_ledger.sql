-- The ledger. Times (…_at_us) are microseconds since 1970-01-01 UTC, durations (…_us) microseconds, money (…_nanousd)
-- nano-dollars: 1 USD = 1,000,000,000. NULL is "unknown" or "none", never zero.
--
-- Rows are only added: a request is one row in requests when it has ended, with one row in attempts for each upstream
-- send; what is found out later is a row in corrections. Request ids sort by time, so that a range of time is a range of
-- ids. Columns that no part of Fairlead fills yet are there so that old rows need no guess later.

-- What requests were decided from, beside their own facts: JSON with candidates and their numbers, rejected ones with
-- reasons, health and budget values read, random draws. Most requests share theirs with many others.
CREATE TABLE decisions (
    seq  INTEGER NOT NULL PRIMARY KEY,
    text TEXT    NOT NULL,
    sentence TEXT            -- why a request went where it went, where the first candidate answered at once
) STRICT;

-- Requests that have ended.
CREATE TABLE requests (
    seq                 INTEGER NOT NULL PRIMARY KEY, -- grows in the order in which they ended; has gaps
    id                  TEXT    NOT NULL UNIQUE,      -- ours: req_ and 26 characters
    accepted_at_us      INTEGER NOT NULL,
    tenant              TEXT    NOT NULL,
    key_name            TEXT,                         -- the client key's name, never the key
    team                TEXT,
    feature             TEXT,
    user                TEXT,                         -- the end user, pseudonymised
    user_tier           TEXT,
    environment         TEXT,
    journey             TEXT,                         -- joins several requests
    workload            TEXT,
    sensitivity         TEXT,                         -- labels, comma-separated
    tags                TEXT,                         -- a JSON object
    operation           TEXT    NOT NULL,             -- chat
    dialect             TEXT    NOT NULL,             -- the client's: openai-chat
    requested_model     TEXT    NOT NULL,             -- as the client sent it
    is_stream           INTEGER NOT NULL,             -- 0 or 1
    route               TEXT,                         -- NULL: the request named its target
    revision            TEXT    NOT NULL,             -- of the configuration
    max_output_tokens   INTEGER,                      -- the client's limit
    choices             INTEGER NOT NULL,             -- how many answers it asked for
    has_tools           INTEGER NOT NULL,             -- 0 or 1
    has_schema          INTEGER NOT NULL,             -- 0 or 1
    prompt_tokens_bound INTEGER NOT NULL,             -- the prompt has no more tokens than this
    decision            INTEGER NOT NULL,             -- seq in decisions
    ended_at_us         INTEGER NOT NULL,
    outcome             TEXT    NOT NULL,             -- answered, failed, client_gone, interrupted
    status              INTEGER NOT NULL,             -- the HTTP status the client got; 0: it was gone before one was sent
    failure             TEXT    NOT NULL,             -- the failure class; none
    tier                TEXT,                         -- tier, target and provider that answered, or the last ones tried
    target              TEXT,
    provider            TEXT,
    answered_model      TEXT,                         -- as the vendor says
    body_mode           TEXT,                         -- of the answer: untouched, spliced, translated
    sentence            TEXT,                         -- why it went where it went; NULL: what the decision says
    first_token_us      INTEGER,                      -- from admission to the first meaningful content of a stream
    duration_us         INTEGER NOT NULL,             -- from admission to the end
    request_bytes       INTEGER NOT NULL,             -- the client's body
    cost_nanousd        INTEGER                       -- the sum of its attempts; NULL as soon as one of them is unknown
) STRICT;

-- Requests that run: what was known when the first attempt started. What a crash leaves here is settled as interrupted at
-- the next start. Bookkeeping, not history: the row goes when the request ends.
CREATE TABLE open_requests (
    seq                 INTEGER NOT NULL PRIMARY KEY,
    id                  TEXT    NOT NULL,
    accepted_at_us      INTEGER NOT NULL,
    tenant              TEXT    NOT NULL,
    key_name            TEXT,
    team                TEXT,
    feature             TEXT,
    user                TEXT,
    user_tier           TEXT,
    environment         TEXT,
    journey             TEXT,
    workload            TEXT,
    sensitivity         TEXT,
    tags                TEXT,
    operation           TEXT    NOT NULL,
    dialect             TEXT    NOT NULL,
    requested_model     TEXT    NOT NULL,
    is_stream           INTEGER NOT NULL,
    route               TEXT,
    revision            TEXT    NOT NULL,
    max_output_tokens   INTEGER,
    choices             INTEGER NOT NULL,
    has_tools           INTEGER NOT NULL,
    has_schema          INTEGER NOT NULL,
    prompt_tokens_bound INTEGER NOT NULL,
    decision            INTEGER NOT NULL
) STRICT;

-- One upstream send.
CREATE TABLE attempts (
    seq                 INTEGER NOT NULL PRIMARY KEY, -- 64 times the request's seq, and the number
    request_id          TEXT    NOT NULL,
    number              INTEGER NOT NULL CHECK (number BETWEEN 1 AND 63), -- 1, 2, … within the request
    tier                TEXT    NOT NULL,
    target              TEXT    NOT NULL,
    provider            TEXT    NOT NULL,
    model               TEXT    NOT NULL, -- asked for
    key_index           INTEGER,          -- which of the provider's keys that have a value, from 0
    started_at_us       INTEGER NOT NULL,
    headers_us          INTEGER,          -- from its start to the response headers
    first_token_us      INTEGER,          -- from its start to the first meaningful content
    duration_us         INTEGER NOT NULL, -- from its start to its end
    failure             TEXT    NOT NULL, -- the failure class; none: it answered
    clock               TEXT    NOT NULL, -- which clock ran out: none, connect, headers, first_token, gap, deadline
    upstream_status     INTEGER,          -- the vendor's HTTP status
    upstream_id         TEXT,             -- the vendor's own id
    detail              TEXT,             -- for operators
    input_tokens        INTEGER NOT NULL, -- cached_input_tokens and cache_write_tokens are part of it
    cached_input_tokens INTEGER NOT NULL,
    cache_write_tokens  INTEGER NOT NULL, -- cache_write_1h_tokens is part of it
    cache_write_1h_tokens INTEGER NOT NULL,
    output_tokens       INTEGER NOT NULL, -- reasoning_tokens is part of it
    reasoning_tokens    INTEGER NOT NULL,
    usage_source        TEXT    NOT NULL, -- none (not billed), reported, estimated
    cost_nanousd        INTEGER,          -- NULL: unknown
    cost_basis          TEXT    NOT NULL, -- unknown, priced, worst_of_route
    price_version       TEXT
) STRICT;

-- What was found out after a settlement: an amount to add to an attempt's cost, or the whole cost where that is unknown.
CREATE TABLE corrections (
    id             INTEGER NOT NULL PRIMARY KEY,
    request_id     TEXT    NOT NULL,
    attempt_number INTEGER NOT NULL,
    made_at_us     INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    cost_nanousd   INTEGER NOT NULL,
    price_version  TEXT
) STRICT;

CREATE INDEX corrections_by_attempt ON corrections (request_id, attempt_number);
