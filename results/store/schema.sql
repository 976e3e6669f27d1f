-- Weir's database, schema version 2. Tables may change with the version; the
-- views (views.sql) are a contract. All ids are TEXT and unique in a database. Columns
-- named *_z hold text, zstd-compressed when large (see text_column.hpp).

CREATE TABLE run (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  seed TEXT NOT NULL,              -- an unsigned 64-bit number in decimal
  spec_sha256 TEXT NOT NULL,
  spec TEXT NOT NULL,
  weir_version TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  facts TEXT NOT NULL,
  price_book_sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE price_book (
  sha256 TEXT PRIMARY KEY,
  book TEXT NOT NULL
) STRICT;

CREATE TABLE config (
  run TEXT NOT NULL REFERENCES run(id),
  config TEXT NOT NULL,
  agent TEXT NOT NULL,
  tiers TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_sha256 TEXT,
  agent_sha256 TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  PRIMARY KEY (run, config)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
  run TEXT NOT NULL REFERENCES run(id),
  task TEXT NOT NULL,
  suite TEXT NOT NULL,
  format TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  difficulty TEXT NOT NULL,
  declared_name TEXT NOT NULL,
  PRIMARY KEY (run, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
  id TEXT PRIMARY KEY,
  run TEXT NOT NULL REFERENCES run(id),
  suite TEXT NOT NULL,
  task TEXT NOT NULL,
  config TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  slot INTEGER NOT NULL,           -- -1: the canary's, which is no trial of the experiment
  threshold REAL,
  threshold_prob REAL,
  counted_try INTEGER NOT NULL,
  UNIQUE (run, task, config, attempt)
) STRICT;

CREATE TABLE try (
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  outcome TEXT,                    -- NULL while unfinished
  stop_reason TEXT,
  error_class TEXT,
  message TEXT,
  leaf TEXT,
  environment_sha256 TEXT,
  sandbox TEXT,
  anomalies TEXT,
  submission_z ANY,
  evidence_z ANY,
  wall_ms INTEGER,
  model_ms INTEGER,
  box_ms INTEGER,
  PRIMARY KEY (trial, try)
) STRICT, WITHOUT ROWID;

CREATE TABLE reward (
  trial TEXT NOT NULL,
  try INTEGER NOT NULL,
  step TEXT NOT NULL,
  key TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (trial, try, step, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
  id TEXT PRIMARY KEY,
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  parent TEXT REFERENCES segment(id),
  fork_turn INTEGER,               -- turns of the parent below this one are shared
  prompt_z ANY
) STRICT;
CREATE INDEX segment_by_trial ON segment(trial, try);

CREATE TABLE turn (
  segment TEXT NOT NULL REFERENCES segment(id),
  turn INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  accepted_call TEXT NOT NULL,
  actions_z ANY,
  observation_z ANY,
  results TEXT NOT NULL,
  discarded_z ANY,
  box_ms INTEGER NOT NULL,
  PRIMARY KEY (segment, turn)
) STRICT, WITHOUT ROWID;

CREATE TABLE call (
  id TEXT PRIMARY KEY,
  trial TEXT NOT NULL REFERENCES trial(id),
  segment TEXT NOT NULL REFERENCES segment(id),
  turn INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  sample INTEGER NOT NULL,
  retry INTEGER NOT NULL,
  model TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  host TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  started_at TEXT NOT NULL,
  reserved_pusd INTEGER,
  simulated INTEGER NOT NULL,
  settled INTEGER NOT NULL,        -- 0 = intent only
  served_model TEXT,
  fingerprint TEXT,
  response_id TEXT,
  finish_reason TEXT,
  error_class TEXT,
  error_message TEXT,
  input_total INTEGER,
  input_miss INTEGER,
  input_hit INTEGER,
  cache_write INTEGER,
  output_total INTEGER,
  output_text INTEGER,
  output_reasoning INTEGER,
  raw_usage TEXT,
  response_z ANY,
  cost_pusd INTEGER,
  price_entry TEXT,
  price_book_sha256 TEXT,
  latency_ms INTEGER,
  ttft_ms INTEGER,
  wait_ms INTEGER,
  prefix_sha256 TEXT,              -- request_sha256 of the model's call before, if nothing was rewritten
  http_status INTEGER,
  retryable INTEGER,
  notes TEXT,                      -- JSON list
  replayed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX call_by_segment ON call(segment, turn);
CREATE INDEX call_by_trial ON call(trial);

CREATE TABLE signal (
  segment TEXT NOT NULL,
  turn INTEGER NOT NULL,
  call TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  visibility TEXT NOT NULL,
  PRIMARY KEY (segment, turn, call, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (
  segment TEXT NOT NULL,
  turn INTEGER NOT NULL,
  call TEXT NOT NULL,
  phase TEXT NOT NULL,
  tier INTEGER NOT NULL,
  decision TEXT NOT NULL,
  rule TEXT NOT NULL,
  score REAL NOT NULL,
  threshold REAL NOT NULL,
  propensity REAL NOT NULL,
  mode TEXT NOT NULL,
  undo TEXT NOT NULL,
  grid TEXT NOT NULL,
  PRIMARY KEY (segment, turn, call, phase)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_change (
  run TEXT NOT NULL REFERENCES run(id),
  model TEXT NOT NULL,
  call TEXT NOT NULL,
  at TEXT NOT NULL,
  old_served TEXT NOT NULL,
  old_fingerprint TEXT NOT NULL,
  new_served TEXT NOT NULL,
  new_fingerprint TEXT NOT NULL,
  allowed INTEGER NOT NULL,        -- 1: the run may be read as one nevertheless
  PRIMARY KEY (run, call)
) STRICT, WITHOUT ROWID;
