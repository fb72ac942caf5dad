-- What rules may have read of a request itself, a JSON object; NULL where no rule reads anything of it.
ALTER TABLE open_requests ADD COLUMN inputs TEXT;
ALTER TABLE requests ADD COLUMN inputs TEXT;
