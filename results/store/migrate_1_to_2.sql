-- From schema version 1 to 2: what a call needs to be judged and replayed, and the
-- changes of a model under its name.
ALTER TABLE call ADD COLUMN prefix_sha256 TEXT;
ALTER TABLE call ADD COLUMN http_status INTEGER;
ALTER TABLE call ADD COLUMN retryable INTEGER;
ALTER TABLE call ADD COLUMN notes TEXT;
ALTER TABLE call ADD COLUMN replayed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE model_change (
  run TEXT NOT NULL REFERENCES run(id),
  model TEXT NOT NULL,
  call TEXT NOT NULL,
  at TEXT NOT NULL,
  old_served TEXT NOT NULL,
  old_fingerprint TEXT NOT NULL,
  new_served TEXT NOT NULL,
  new_fingerprint TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  PRIMARY KEY (run, call)
) STRICT, WITHOUT ROWID;
