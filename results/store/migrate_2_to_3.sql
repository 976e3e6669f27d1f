-- From schema version 2 to 3: imported runs, the gate's anchors and its ledger, kept sums.
ALTER TABLE run ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN pruned_at TEXT;

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
