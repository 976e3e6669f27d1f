-- From schema version 6 to 7: steps of a segment, artifacts.
ALTER TABLE segment ADD COLUMN step TEXT NOT NULL DEFAULT '';

-- What tasks wanted kept of their agents' boxes; the files lie in a folder, not here.
CREATE TABLE artifact (
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  number INTEGER NOT NULL,         -- within the try, in the order they were taken
  step TEXT NOT NULL,
  source TEXT NOT NULL,            -- path in the box
  path TEXT,                       -- absolute, on the host; NULL = nothing was kept
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  note TEXT,                       -- what was left, and why
  PRIMARY KEY (trial, try, number)
) STRICT, WITHOUT ROWID;
