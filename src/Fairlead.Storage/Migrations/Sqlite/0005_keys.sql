-- Keys that are made while gateways run. Times (…_at_us) are microseconds since 1970-01-01 UTC.

CREATE TABLE client_keys (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    name            TEXT    NOT NULL,        -- what records say; a key and the one that replaces it share it
    prefix          TEXT    NOT NULL,        -- the first characters of the secret
    digest          BLOB    NOT NULL UNIQUE, -- HMAC-SHA256 of the secret with a key that does not stand in the database
    tenant          TEXT    NOT NULL,
    team            TEXT,
    feature         TEXT,
    owner           TEXT,
    permissions     TEXT    NOT NULL,        -- a JSON object; what it leaves out is not bound
    limits          TEXT,                    -- a JSON object; NULL: none
    created_at_us   INTEGER NOT NULL,
    created_by      TEXT    NOT NULL,
    expires_at_us   INTEGER,                 -- refused from then on; NULL: never
    revoked_at_us   INTEGER,
    revoked_by      TEXT,
    replaced_by     TEXT,                    -- the id of its successor
    last_used_at_us INTEGER                  -- to the minute or so
) STRICT;

CREATE INDEX client_keys_by_name ON client_keys (name);

CREATE TABLE client_keys_version (
    version INTEGER NOT NULL                 -- one row; grows with every change, which is how gateways hear of it
) STRICT;

INSERT INTO client_keys_version (version) VALUES (0);
