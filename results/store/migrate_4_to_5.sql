-- From schema version 4 to 5: how often data were searched for a threshold.
CREATE TABLE search (
  data TEXT NOT NULL,              -- a file's digest, or the runs' ids and the config
  request TEXT NOT NULL,           -- JSON
  at TEXT NOT NULL,
  PRIMARY KEY (data, request)
) STRICT, WITHOUT ROWID;
