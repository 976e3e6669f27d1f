-- From schema version 5 to 6: forks and threshold trees, known verdicts, audits.
ALTER TABLE segment ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;

-- A turn whose call was made in a segment before: where ways part in its midst.
CREATE INDEX turn_taken_over ON turn(accepted_call)
WHERE substr(accepted_call, 1, length(segment) + 1) <> segment || '/';

-- A turn gone on with both ways: what came of the one its trial did not take.
CREATE TABLE fork (
  id TEXT PRIMARY KEY,
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  segment TEXT NOT NULL,           -- that ended where the ways part
  turn INTEGER NOT NULL,
  call TEXT NOT NULL,
  phase TEXT NOT NULL,
  score REAL NOT NULL,
  probability REAL NOT NULL,       -- of forking there
  escalates INTEGER NOT NULL,      -- the way not taken; the trial did the opposite
  leaf TEXT,
  outcome TEXT NOT NULL,
  stop_reason TEXT,
  message TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX fork_by_trial ON fork(trial, try);

-- Verdicts on diffs, by a digest of all they depend on: task, diff, environment, grader.
CREATE TABLE verdict (
  key TEXT PRIMARY KEY,
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  anomalies TEXT NOT NULL,         -- JSON list
  report TEXT NOT NULL,            -- the official per-instance report; '' if there is none
  test_log_z ANY,
  evidence_z ANY,
  applied INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What trials tried that could bend their verdicts.
CREATE TABLE audit (
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  number INTEGER NOT NULL,         -- within the try, in order of turns
  kind TEXT NOT NULL,
  turn INTEGER,                    -- NULL: of the submission
  detail TEXT NOT NULL,
  PRIMARY KEY (trial, try, number)
) STRICT, WITHOUT ROWID;
