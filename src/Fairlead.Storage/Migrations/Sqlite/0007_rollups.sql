-- Sums over requests, attempts and corrections, a quarter of an hour at a time: days of every time zone are made of these.
-- Times (…_at_us) are microseconds since 1970-01-01 UTC, money (…_nanousd) nano-dollars.
--
-- A request belongs to the quarter in which it was accepted, with everything that it cost. Rows up to rollup_state are in;
-- what came later is read from the rows themselves. Never changed by hand: they are sums, and would be wrong for good.

-- What is told apart. The request's own stand in each row, and the attempt's where one was made.
CREATE TABLE rollup_dimensions (
    id          INTEGER NOT NULL PRIMARY KEY,
    digest      BLOB    NOT NULL UNIQUE, -- of all the others: finds a row
    tenant      TEXT    NOT NULL,
    key_name    TEXT,
    team        TEXT,
    feature     TEXT,
    user        TEXT,
    environment TEXT,
    route       TEXT,
    workload    TEXT,
    tags        TEXT,
    operation   TEXT    NOT NULL,
    tier        TEXT,                    -- NULL: no attempt was made
    target      TEXT,
    provider    TEXT,
    model       TEXT
) STRICT;

CREATE INDEX rollup_dimensions_by_user ON rollup_dimensions (tenant, user) WHERE user IS NOT NULL;

CREATE TABLE rollups (
    bucket_at_us          INTEGER NOT NULL, -- the start of the quarter of an hour
    dimension             INTEGER NOT NULL, -- id in rollup_dimensions
    requests              INTEGER NOT NULL, -- a request counts with its last attempt, once; so do the next four
    answered              INTEGER NOT NULL,
    failed                INTEGER NOT NULL,
    client_gone           INTEGER NOT NULL,
    interrupted           INTEGER NOT NULL,
    attempts              INTEGER NOT NULL,
    failed_attempts       INTEGER NOT NULL, -- those that a client's leaving ended are none
    retries               INTEGER NOT NULL, -- attempts beyond the first of their request
    input_tokens          INTEGER NOT NULL, -- cached_input_tokens and cache_write_tokens are part of it
    cached_input_tokens   INTEGER NOT NULL,
    cache_write_tokens    INTEGER NOT NULL, -- cache_write_1h_tokens is part of it
    cache_write_1h_tokens INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL, -- reasoning_tokens is part of it
    reasoning_tokens      INTEGER NOT NULL,
    cost_nanousd          INTEGER NOT NULL, -- corrections included, as in each of the next ones
    output_cost_nanousd   INTEGER NOT NULL, -- the part that output tokens cost, as far as it was recorded
    estimated_nanousd     INTEGER NOT NULL, -- the part that rests on our own count of tokens
    unpriced_nanousd      INTEGER NOT NULL, -- the part that counts at the dearest price of a route, for want of the target's own
    failed_nanousd        INTEGER NOT NULL, -- the part of failed attempts
    dearest_nanousd       INTEGER NOT NULL, -- what the answers would have cost at the dearest candidates, as far as it is known
    unknown_costs         INTEGER NOT NULL, -- attempts whose cost is not known: none of it is in the sums
    corrections           INTEGER NOT NULL,
    corrections_nanousd   INTEGER NOT NULL,
    PRIMARY KEY (bucket_at_us, dimension)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollups_by_dimension ON rollups (dimension);

CREATE TABLE rollup_state (
    id             INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    requests_seq   INTEGER NOT NULL, -- requests up to this are in
    corrections_id INTEGER NOT NULL  -- corrections up to this are in
) STRICT;

INSERT INTO rollup_state VALUES (1, 0, 0);
