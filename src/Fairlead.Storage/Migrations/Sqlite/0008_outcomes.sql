-- The business results that applications report for their requests. Rows are only added: a request's last one counts. Those
-- that a report replaces stand in it, so that sums can be carried forward from row to row.
CREATE TABLE outcomes (
    id                     INTEGER NOT NULL PRIMARY KEY, -- grows in the order in which they came
    request_id             TEXT    NOT NULL,
    number                 INTEGER NOT NULL,             -- 1, 2, … within the request
    tenant                 TEXT    NOT NULL,
    reported_at_us         INTEGER NOT NULL,
    key_name               TEXT,                         -- of the client key that reported it
    outcome                TEXT    NOT NULL,             -- success, failure, neutral
    value_nanousd          INTEGER,                      -- NULL: not said
    score                  REAL,                         -- 0 to 1; NULL: not said
    note                   TEXT,
    previous_outcome       TEXT,                         -- of the report before; NULL: the first
    previous_value_nanousd INTEGER
) STRICT;

CREATE UNIQUE INDEX outcomes_by_request ON outcomes (request_id, number);
