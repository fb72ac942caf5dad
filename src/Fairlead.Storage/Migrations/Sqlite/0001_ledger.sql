-- Times are microseconds since 1970-01-01 UTC, durations microseconds, money nano-dollars (1 USD = 1,000,000,000).
-- Rows are only added. A request is one row here and one in settlements; a correction is a row of its own.
-- Columns that this version does not fill are there for the dimensions that policy, budgets and reports will use.

-- What was known when the first attempt started.
CREATE TABLE requests (
    id                  TEXT    NOT NULL PRIMARY KEY, -- sorts by time
    accepted_at         INTEGER NOT NULL,
    tenant              TEXT    NOT NULL,
    api_key             TEXT,                         -- the key's name, never the key
    team                TEXT,
    feature             TEXT,
    user                TEXT,                         -- a keyed digest
    user_tier           TEXT,
    environment         TEXT,
    journey             TEXT,
    workload            TEXT,
    sensitivity         TEXT,                         -- labels, comma-separated
    tags                TEXT,                         -- JSON object
    operation           TEXT    NOT NULL,
    dialect             TEXT    NOT NULL,
    requested_model     TEXT    NOT NULL,
    is_stream           INTEGER NOT NULL,
    route               TEXT,                         -- NULL: a pinned target
    revision            TEXT    NOT NULL,             -- of the configuration
    decision            TEXT    NOT NULL,             -- JSON: facts, candidates with their numbers, rejected ones, health and budget values read, random draws
    prompt_tokens_bound INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_tenant ON requests (tenant, accepted_at);

-- Requests whose settlement is still to come. Bookkeeping, not history: a row goes when its request is settled.
CREATE TABLE open_requests (
    request_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- How a request ended.
CREATE TABLE settlements (
    request_id     TEXT    NOT NULL PRIMARY KEY,
    ended_at       INTEGER NOT NULL,
    outcome        TEXT    NOT NULL,  -- answered, failed, client_gone, interrupted
    status         INTEGER NOT NULL,  -- what the client got; 0: it was gone before
    failure        TEXT,              -- the failure class; NULL: none
    tier           TEXT,
    target         TEXT,
    provider       TEXT,
    answered_model TEXT,
    body_mode      TEXT,
    sentence       TEXT    NOT NULL,
    first_token    INTEGER,           -- duration from admission
    duration       INTEGER NOT NULL,
    request_bytes  INTEGER NOT NULL,
    cost           INTEGER            -- of all attempts; NULL: unknown, which is never zero
) STRICT, WITHOUT ROWID;

-- One upstream send.
CREATE TABLE attempts (
    request_id      TEXT    NOT NULL,
    number          INTEGER NOT NULL,
    tier            TEXT    NOT NULL,
    target          TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    model           TEXT    NOT NULL,
    key_index       INTEGER,
    started_at      INTEGER NOT NULL,
    headers         INTEGER,          -- duration from its start
    first_token     INTEGER,
    duration        INTEGER NOT NULL,
    failure         TEXT,             -- NULL: it answered
    clock           TEXT,             -- which clock ran out
    upstream_status INTEGER,
    upstream_id     TEXT,
    detail          TEXT,
    input_tokens    INTEGER NOT NULL, -- cached and cache-write tokens are part of it
    cached_tokens   INTEGER NOT NULL,
    cache_write     INTEGER NOT NULL,
    output_tokens   INTEGER NOT NULL, -- reasoning is part of it
    reasoning       INTEGER NOT NULL,
    usage_source    TEXT    NOT NULL, -- none, reported, estimated
    cost            INTEGER,          -- NULL: unknown
    cost_basis      TEXT    NOT NULL, -- unknown, priced, worst_of_route
    price_version   TEXT,
    PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

-- What was found later: an amount to add to an attempt's cost. Never an update of the attempt.
CREATE TABLE corrections (
    id             INTEGER NOT NULL PRIMARY KEY,
    request_id     TEXT    NOT NULL,
    attempt_number INTEGER NOT NULL,
    made_at        INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    cost           INTEGER NOT NULL,
    price_version  TEXT
) STRICT;

CREATE INDEX corrections_by_request ON corrections (request_id);
