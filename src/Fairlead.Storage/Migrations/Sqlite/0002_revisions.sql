-- Configurations that were in force. Times (…_at_us) are microseconds since 1970-01-01 UTC.
--
-- An application of a configuration is a row in revisions, also when the same content was applied before; a content is kept
-- once. The oldest applications go when there are too many, and with them contents that no application has any more.

CREATE TABLE configurations (
    revision TEXT NOT NULL PRIMARY KEY, -- the hash of the content, as requests name it
    content  BLOB NOT NULL              -- the text in UTF-8, compressed with gzip; secrets never stand in it
) STRICT;

CREATE TABLE revisions (
    seq           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- a number is never given twice
    revision      TEXT    NOT NULL,
    applied_at_us INTEGER NOT NULL,
    author        TEXT    NOT NULL, -- start, file, or the name that came with the change
    reason        TEXT,
    previous      TEXT,             -- the revision before it; NULL: the first
    diff          TEXT    NOT NULL, -- what it means differently, a line each; empty: nothing
    touched       INTEGER,          -- requests of the week before that the diff touches; NULL: not counted
    requests      INTEGER           -- requests of the week before
) STRICT;

CREATE INDEX revisions_by_revision ON revisions (revision);
