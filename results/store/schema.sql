-- Weir's database, schema version 1. Tables may change with the version; the
-- views are a contract. All ids are TEXT and unique in a database. Columns
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
  slot INTEGER NOT NULL,
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
  wait_ms INTEGER
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

CREATE VIEW v_run AS
SELECT id AS run, name, started_at, finished_at, seed, spec_sha256, weir_version, simulated
FROM run;

CREATE VIEW v_call AS
SELECT s_trial.run AS run, call.trial AS trial, call.segment AS segment, call.turn AS turn,
       call.id AS call, call.tier AS tier, call.sample AS sample, call.retry AS retry,
       call.requested_model AS requested_model, call.served_model AS served_model,
       call.fingerprint AS fingerprint, call.host AS host,
       coalesce(turn.accepted_call = call.id, 0) AS accepted,
       call.finish_reason AS finish_reason,
       CASE WHEN call.settled THEN call.error_class ELSE 'interrupted' END AS error_class,
       call.input_total AS input_total, call.input_miss AS input_miss,
       call.input_hit AS input_hit, call.cache_write AS cache_write,
       call.output_total AS output_total, call.output_text AS output_text,
       call.output_reasoning AS output_reasoning,
       call.cost_pusd AS cost_pusd, call.cost_pusd / 1e12 AS usd,
       call.price_entry AS price_entry, call.latency_ms AS latency_ms, call.ttft_ms AS ttft_ms,
       call.wait_ms AS wait_ms, call.started_at AS started_at
FROM call
JOIN trial AS s_trial ON s_trial.id = call.trial
LEFT JOIN turn ON turn.segment = call.segment AND turn.turn = call.turn;

CREATE VIEW v_decision AS
SELECT trial.run AS run, segment.trial AS trial, decision.segment AS segment,
       decision.turn AS turn, decision.tier AS tier, decision.decision AS decision,
       decision.mode AS mode, decision.undo AS undo, decision.rule AS rule,
       decision.score AS score, decision.threshold AS threshold,
       decision.propensity AS propensity
FROM decision
JOIN segment ON segment.id = decision.segment
JOIN trial ON trial.id = segment.trial;

CREATE VIEW v_signal AS
SELECT trial.run AS run, segment.trial AS trial, signal.segment AS segment,
       signal.turn AS turn, signal.call AS call, signal.name AS name, signal.value AS value,
       signal.visibility AS visibility
FROM signal
JOIN segment ON segment.id = signal.segment
JOIN trial ON trial.id = segment.trial;

CREATE VIEW v_reward AS
SELECT trial.run AS run, reward.trial AS trial, reward.step AS step, reward.key AS key,
       reward.value AS value
FROM reward
JOIN trial ON trial.id = reward.trial AND trial.counted_try = reward.try;

-- The segments on a counted try's path from its leaf to the root, each with the
-- first turn that is no longer shared.
CREATE VIEW path AS
WITH RECURSIVE step(trial, segment, until) AS (
  SELECT try.trial, coalesce(try.leaf, first.id), NULL
  FROM trial
  JOIN try ON try.trial = trial.id AND try.try = trial.counted_try
  LEFT JOIN segment AS first
    ON try.leaf IS NULL
   AND first.trial = trial.id AND first.try = trial.counted_try AND first.parent IS NULL
  UNION ALL
  SELECT step.trial, child.parent,
         min(coalesce(step.until, child.fork_turn), child.fork_turn)
  FROM step JOIN segment AS child ON child.id = step.segment
  WHERE child.parent IS NOT NULL
)
SELECT trial, segment, until FROM step WHERE segment IS NOT NULL;

CREATE VIEW path_call AS
SELECT path.trial AS trial,
       count(*) AS calls,
       sum(coalesce(turn.accepted_call <> call.id, 1)) AS discarded_calls,
       sum(call.cost_pusd IS NULL) AS unpriced_calls,
       CASE WHEN count(*) = count(call.cost_pusd) THEN sum(call.cost_pusd) END AS cost_pusd,
       CASE WHEN sum(call.tier >= 1 AND call.cost_pusd IS NULL) = 0
            THEN sum(CASE WHEN call.tier >= 1 THEN call.cost_pusd ELSE 0 END) END AS strong_pusd,
       CASE WHEN count(*) = count(call.input_total) THEN sum(call.input_total) END AS input_total,
       CASE WHEN count(*) = count(call.input_miss) THEN sum(call.input_miss) END AS input_miss,
       CASE WHEN count(*) = count(call.input_hit) THEN sum(call.input_hit) END AS input_hit,
       CASE WHEN count(*) = count(call.cache_write) THEN sum(call.cache_write) END AS cache_write,
       CASE WHEN count(*) = count(call.output_total) THEN sum(call.output_total) END
         AS output_total,
       CASE WHEN count(*) = count(call.output_text) THEN sum(call.output_text) END AS output_text,
       CASE WHEN count(*) = count(call.output_reasoning) THEN sum(call.output_reasoning) END
         AS output_reasoning
FROM path
JOIN call ON call.segment = path.segment AND (path.until IS NULL OR call.turn < path.until)
LEFT JOIN turn ON turn.segment = call.segment AND turn.turn = call.turn
GROUP BY path.trial;

CREATE VIEW path_turn AS
SELECT path.trial AS trial, count(*) AS turns, sum(turn.tier >= 1) AS escalated_turns
FROM path
JOIN turn ON turn.segment = path.segment AND (path.until IS NULL OR turn.turn < path.until)
GROUP BY path.trial;

CREATE VIEW other_try AS
SELECT segment.trial AS trial,
       CASE WHEN count(*) = count(call.cost_pusd) THEN sum(call.cost_pusd) END AS cost_pusd
FROM segment
JOIN trial ON trial.id = segment.trial
JOIN call ON call.segment = segment.id
WHERE segment.try <> trial.counted_try
GROUP BY segment.trial;

CREATE VIEW v_trial AS
SELECT trial.run AS run, trial.id AS trial, trial.suite AS suite, trial.task AS task,
       trial.config AS config, trial.attempt AS attempt, try.try AS try,
       coalesce(try.outcome, 'not_run') AS outcome, try.stop_reason AS stop_reason,
       try.error_class AS error_class,
       (SELECT value FROM reward WHERE reward.trial = trial.id
          AND reward.try = trial.counted_try AND reward.step = '' AND reward.key = 'reward')
         AS reward,
       coalesce(path_turn.turns, 0) AS turns,
       coalesce(path_turn.escalated_turns, 0) AS escalated_turns,
       coalesce(path_call.calls, 0) AS calls,
       coalesce(path_call.discarded_calls, 0) AS discarded_calls,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_total END AS input_total,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_miss END AS input_miss,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_hit END AS input_hit,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cache_write END AS cache_write,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_total END AS output_total,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_text END AS output_text,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_reasoning END
         AS output_reasoning,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cost_pusd END AS cost_pusd,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cost_pusd END / 1e12 AS usd,
       CASE WHEN path_call.trial IS NULL THEN 0 ELSE path_call.strong_pusd END / 1e12
         AS usd_strong,
       CASE WHEN other_try.trial IS NULL THEN 0 ELSE other_try.cost_pusd END / 1e12
         AS usd_other_tries,
       coalesce(path_call.unpriced_calls, 0) AS unpriced_calls,
       trial.threshold AS threshold, trial.threshold_prob AS threshold_prob,
       config.policy_sha256 AS policy_sha256, config.agent_sha256 AS agent_sha256,
       try.environment_sha256 AS environment_sha256, trial.slot AS slot,
       try.wall_ms AS wall_ms, try.model_ms AS model_ms, try.box_ms AS box_ms,
       run.simulated AS simulated
FROM trial
JOIN run ON run.id = trial.run
JOIN try ON try.trial = trial.id AND try.try = trial.counted_try
LEFT JOIN config ON config.run = trial.run AND config.config = trial.config
LEFT JOIN path_call ON path_call.trial = trial.id
LEFT JOIN path_turn ON path_turn.trial = trial.id
LEFT JOIN other_try ON other_try.trial = trial.id;
