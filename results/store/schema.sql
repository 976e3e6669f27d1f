-- Weir's database, schema version 7. Tables may change with the version; the
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
  price_book_sha256 TEXT NOT NULL,
  source TEXT NOT NULL DEFAULT '', -- '' = run by Weir; else where it was imported from
  pruned_at TEXT                   -- when its texts were dropped: it cannot be replayed
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

CREATE TABLE segment (
  id TEXT PRIMARY KEY,
  trial TEXT NOT NULL REFERENCES trial(id),
  try INTEGER NOT NULL,
  parent TEXT REFERENCES segment(id),
  fork_turn INTEGER,               -- turns of the parent below this one are shared
  prompt_z ANY,
  aside INTEGER NOT NULL DEFAULT 0, -- 1: a fork's way, on no trial's path
  step TEXT NOT NULL DEFAULT ''    -- of a multi-step task, by name
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

-- What an imported trial brings in place of calls: counts as its source gave them.
CREATE TABLE imported (
  trial TEXT PRIMARY KEY REFERENCES trial(id),
  turns INTEGER,
  calls INTEGER,
  input_total INTEGER,
  input_hit INTEGER,
  output_total INTEGER,
  cost_pusd INTEGER
) STRICT;

-- Anchors of the gate: the runs a name is pinned to, and how it is to be judged.
CREATE TABLE baseline (
  name TEXT PRIMARY KEY,
  pinned_at TEXT NOT NULL,
  margin REAL NOT NULL,
  alpha REAL NOT NULL,             -- of all looks together, for as long as it is pinned
  weir_version TEXT NOT NULL
) STRICT;
CREATE TABLE baseline_run (
  baseline TEXT NOT NULL REFERENCES baseline(name),
  run TEXT NOT NULL REFERENCES run(id),
  PRIMARY KEY (baseline, run)
) STRICT, WITHOUT ROWID;

-- The alpha ledger: every look at a baseline, with all that its evidence needs.
CREATE TABLE gate_look (
  baseline TEXT NOT NULL REFERENCES baseline(name),
  suite TEXT NOT NULL,
  config TEXT NOT NULL,
  run TEXT NOT NULL,
  at TEXT NOT NULL,                -- when the run started: nights are in this order
  tasks INTEGER NOT NULL,
  diff REAL NOT NULL,
  squares REAL NOT NULL,
  night_unit REAL NOT NULL,
  anchor_unit REAL NOT NULL,
  log_evidence REAL NOT NULL,
  verdict TEXT NOT NULL,           -- passed | regression | inconclusive
  PRIMARY KEY (baseline, suite, config, run)
) STRICT, WITHOUT ROWID;

-- Sums over a run's calls, kept so that reports need not read every call: a cache,
-- made anew whenever `state` no longer describes the run (sums.cpp).
CREATE TABLE run_sum (
  run TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  price_entries TEXT NOT NULL,     -- JSON list
  priced_by_request INTEGER NOT NULL
) STRICT;
CREATE TABLE trial_sum (
  trial TEXT PRIMARY KEY,
  run TEXT NOT NULL,
  turns INTEGER,
  escalated_turns INTEGER,
  calls INTEGER,
  discarded_calls INTEGER,
  unpriced_calls INTEGER NOT NULL,
  input_total INTEGER,
  input_hit INTEGER,
  output_total INTEGER,
  cost_pusd INTEGER,
  usd_strong REAL,
  usd_other_tries REAL,
  spend_known INTEGER NOT NULL,
  spend_unknown INTEGER NOT NULL,
  cold_known INTEGER NOT NULL,
  cold_unknown INTEGER NOT NULL,
  warm_known INTEGER NOT NULL,
  warm_unknown INTEGER NOT NULL
) STRICT;
CREATE INDEX trial_sum_by_run ON trial_sum(run);
CREATE TABLE context_sum (
  run TEXT NOT NULL,
  config TEXT NOT NULL,
  model TEXT NOT NULL,             -- that served
  bin INTEGER NOT NULL,            -- input tokens from 2^bin to below 2^(bin + 1)
  calls INTEGER NOT NULL,
  cost_pusd INTEGER NOT NULL,
  input_total INTEGER NOT NULL,
  input_hit INTEGER NOT NULL,
  PRIMARY KEY (run, config, model, bin)
) STRICT, WITHOUT ROWID;
CREATE TABLE route_sum (
  run TEXT NOT NULL,
  config TEXT NOT NULL,
  sums TEXT NOT NULL,              -- JSON
  PRIMARY KEY (run, config)
) STRICT, WITHOUT ROWID;

-- How often data were searched for a threshold: a promise is one search's.
CREATE TABLE search (
  data TEXT NOT NULL,              -- a file's digest, or the runs' ids and the config
  request TEXT NOT NULL,           -- JSON
  at TEXT NOT NULL,
  PRIMARY KEY (data, request)
) STRICT, WITHOUT ROWID;

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
