-- The audit log: administrative changes, one after the other. Times (…_at_us) are microseconds since 1970-01-01 UTC.
--
-- Rows are added and never changed. Each holds the hash of the one before it; 'fairlead audit verify' finds what was changed, taken out or put in.

CREATE TABLE audit (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- without gaps; a number is never given twice
    made_at_us INTEGER NOT NULL,
    action     TEXT    NOT NULL, -- such as configuration.apply
    actor      TEXT    NOT NULL,
    subject    TEXT    NOT NULL, -- empty: none
    reason     TEXT,
    detail     TEXT,             -- a JSON object
    previous   TEXT    NOT NULL, -- the hash of the row before; zeros: the first
    hash       TEXT    NOT NULL, -- SHA-256 over previous and everything before it here
    mac        TEXT    NOT NULL  -- HMAC-SHA256 of the hash with a key that does not stand in the database
) STRICT;
