-- The views of Weir's database: a contract. Columns are only ever added, at the
-- end. Every v_call row is a call once: real spend is the sum over it.

CREATE VIEW v_run AS
SELECT id AS run, name, started_at, finished_at, seed, spec_sha256, weir_version, simulated,
       source, pruned_at
FROM run;

CREATE VIEW v_call AS
SELECT s_trial.run AS run, call.trial AS trial, call.segment AS segment, call.turn AS turn,
       call.id AS call, call.tier AS tier, call.sample AS sample, call.retry AS retry,
       call.requested_model AS requested_model, call.served_model AS served_model,
       call.fingerprint AS fingerprint, call.host AS host,
       -- Where ways part in the midst of a turn, its call is a segment's, the turn another's.
       coalesce(turn.accepted_call = call.id, 0)
         OR EXISTS (SELECT 1 FROM turn AS later
                    WHERE later.accepted_call = call.id
                      AND substr(later.accepted_call, 1, length(later.segment) + 1)
                          <> later.segment || '/') AS accepted,
       call.finish_reason AS finish_reason,
       CASE WHEN call.settled THEN call.error_class ELSE 'interrupted' END AS error_class,
       call.input_total AS input_total, call.input_miss AS input_miss,
       call.input_hit AS input_hit, call.cache_write AS cache_write,
       call.output_total AS output_total, call.output_text AS output_text,
       call.output_reasoning AS output_reasoning,
       call.cost_pusd AS cost_pusd, call.cost_pusd / 1e12 AS usd,
       call.price_entry AS price_entry, call.latency_ms AS latency_ms, call.ttft_ms AS ttft_ms,
       call.wait_ms AS wait_ms, call.started_at AS started_at,
       call.model AS model, call.http_status AS http_status, call.notes AS notes,
       call.request_sha256 AS request_sha256, call.prefix_sha256 AS prefix_sha256,
       call.replayed AS replayed, s_segment.step AS step
FROM call
JOIN trial AS s_trial ON s_trial.id = call.trial
JOIN segment AS s_segment ON s_segment.id = call.segment
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
-- first turn that is no longer shared. In a tree they may be other trials': each of its
-- trials has the whole path, the part it shares too.
CREATE VIEW path AS
WITH RECURSIVE step(trial, segment, until) AS (
  SELECT try.trial,  -- a try that was cut off names no leaf: it stood in its last segment
         coalesce(try.leaf, (SELECT last.id FROM segment AS last
                             WHERE last.trial = trial.id AND last.try = trial.counted_try
                               AND last.aside = 0
                             ORDER BY last.rowid DESC LIMIT 1)),
         NULL
  FROM trial
  JOIN try ON try.trial = trial.id AND try.try = trial.counted_try
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
       CASE WHEN imported.trial IS NULL THEN coalesce(path_turn.turns, 0) ELSE imported.turns END
         AS turns,
       CASE WHEN imported.trial IS NULL THEN coalesce(path_turn.escalated_turns, 0) END
         AS escalated_turns,
       CASE WHEN imported.trial IS NULL THEN coalesce(path_call.calls, 0) ELSE imported.calls END
         AS calls,
       CASE WHEN imported.trial IS NULL
            THEN coalesce(path_call.calls, 0) - coalesce(path_turn.turns, 0) END
         AS discarded_calls,
       CASE WHEN imported.trial IS NOT NULL THEN imported.input_total
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_total END AS input_total,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_miss END AS input_miss,
       CASE WHEN imported.trial IS NOT NULL THEN imported.input_hit
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.input_hit END AS input_hit,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cache_write END AS cache_write,
       CASE WHEN imported.trial IS NOT NULL THEN imported.output_total
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_total END AS output_total,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_text END AS output_text,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.output_reasoning END
         AS output_reasoning,
       CASE WHEN imported.trial IS NOT NULL THEN imported.cost_pusd
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cost_pusd END AS cost_pusd,
       CASE WHEN imported.trial IS NOT NULL THEN imported.cost_pusd
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.cost_pusd END / 1e12 AS usd,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN path_call.trial IS NULL THEN 0 ELSE path_call.strong_pusd END / 1e12
         AS usd_strong,
       CASE WHEN imported.trial IS NOT NULL THEN NULL
            WHEN other_try.trial IS NULL THEN 0 ELSE other_try.cost_pusd END / 1e12
         AS usd_other_tries,
       CASE WHEN imported.trial IS NOT NULL THEN imported.cost_pusd IS NULL
            ELSE coalesce(path_call.unpriced_calls, 0) END AS unpriced_calls,
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
LEFT JOIN other_try ON other_try.trial = trial.id
LEFT JOIN imported ON imported.trial = trial.id
WHERE trial.slot >= 0;

-- The changes that split a run, numbered.
CREATE VIEW split AS
SELECT run, model, at, old_served, new_served, new_fingerprint,
       row_number() OVER (PARTITION BY run ORDER BY at, call) AS number
FROM model_change
WHERE NOT allowed;

-- Each call of a model that changed, with the parts its server belongs to: from
-- the change that brought it to the next one of the same model.
CREATE VIEW split_call AS
SELECT segment.trial AS trial, segment.try AS try,
       1 + coalesce(max(CASE WHEN split.new_served = call.served_model
                              AND split.new_fingerprint = coalesce(call.fingerprint, '')
                             THEN split.number END), 0) AS first_part,
       call.model AS model, trial.run AS run
FROM call
JOIN segment ON segment.id = call.segment
JOIN trial ON trial.id = segment.trial
JOIN split ON split.run = trial.run AND split.model = call.model
WHERE call.served_model IS NOT NULL AND call.error_class IS NULL AND call.replayed = 0
  -- A fingerprint that was left out could be any build of that id.
  AND (call.fingerprint IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM split AS other
                      WHERE other.run = trial.run AND other.model = call.model
                        AND other.new_fingerprint <> ''
                        AND call.served_model IN (other.old_served, other.new_served)))
GROUP BY call.id;

-- A run whose model changed under its name is read in parts. A try belongs to
-- the part it began in, or the nearest one its calls were served in; NULL if it
-- met both an old and a new server of one model.
CREATE VIEW v_part AS
WITH bounds AS (
  SELECT split_call.trial AS trial, split_call.try AS try, max(first_part) AS low,
         min((SELECT coalesce(min(split.number), 1 << 30) FROM split
              WHERE split.run = split_call.run AND split.model = split_call.model
                AND split.number >= split_call.first_part)) AS high
  FROM split_call
  GROUP BY split_call.trial, split_call.try
)
SELECT trial.run AS run, trial.id AS trial, try.try AS try,
       CASE WHEN low > high THEN NULL
       ELSE min(max(1 + (SELECT count(*) FROM split
                         WHERE split.run = trial.run AND split.at <= try.started_at),
                    coalesce(low, 1)),
                coalesce(high, 1 << 30))
       END AS part
FROM trial
JOIN try ON try.trial = trial.id AND try.try = trial.counted_try
LEFT JOIN bounds ON bounds.trial = trial.id AND bounds.try = try.try
WHERE trial.slot >= 0;

CREATE VIEW v_model_change AS
SELECT run, model, call, at, old_served, old_fingerprint, new_served, new_fingerprint, allowed
FROM model_change;

CREATE VIEW v_gate AS
SELECT baseline, suite, config, run, at, tasks, diff, log_evidence, verdict FROM gate_look;

-- A turn gone on with both ways: what the way not taken came to, beside its trial.
CREATE VIEW v_fork AS
SELECT trial.run AS run, fork.trial AS trial, fork.id AS fork, fork.segment AS segment,
       fork.turn AS turn, fork.call AS call, fork.phase AS phase, fork.score AS score,
       fork.probability AS probability, fork.escalates AS escalates, fork.leaf AS leaf,
       fork.outcome AS outcome, fork.stop_reason AS stop_reason, fork.message AS message,
       (WITH RECURSIVE step(segment, until) AS (
          SELECT fork.leaf, NULL
          UNION ALL
          SELECT child.parent, min(coalesce(step.until, child.fork_turn), child.fork_turn)
          FROM step JOIN segment AS child ON child.id = step.segment
          WHERE child.parent IS NOT NULL)
        SELECT CASE WHEN count(*) = count(call.cost_pusd) THEN sum(call.cost_pusd) END
        FROM step
        JOIN call ON call.segment = step.segment AND (step.until IS NULL OR call.turn < step.until)
       ) AS cost_pusd
FROM fork
JOIN trial ON trial.id = fork.trial AND trial.counted_try = fork.try;

-- What counted tries tried that could bend their verdicts.
CREATE VIEW v_audit AS
SELECT trial.run AS run, audit.trial AS trial, audit.kind AS kind, audit.turn AS turn,
       audit.detail AS detail
FROM audit
JOIN trial ON trial.id = audit.trial AND trial.counted_try = audit.try;

-- Of a counted try's artifacts: where they lie, and what was left.
CREATE VIEW v_artifact AS
SELECT trial.run AS run, artifact.trial AS trial, artifact.step AS step,
       artifact.source AS source, artifact.path AS path, artifact.files AS files,
       artifact.bytes AS bytes, artifact.note AS note
FROM artifact
JOIN trial ON trial.id = artifact.trial AND trial.counted_try = artifact.try;

-- What each step of a multi-step task took, on the counted try's path, in their order.
CREATE VIEW v_step AS
SELECT trial.run AS run, path.trial AS trial, segment.step AS step,
       (SELECT count(*) FROM path AS way JOIN segment AS part ON part.id = way.segment
        JOIN turn ON turn.segment = way.segment AND (way.until IS NULL OR turn.turn < way.until)
        WHERE way.trial = path.trial AND part.step = segment.step) AS turns,
       count(call.id) AS calls,
       CASE WHEN count(call.id) = count(call.cost_pusd)
            THEN coalesce(sum(call.cost_pusd), 0) END AS cost_pusd,
       (SELECT value FROM reward WHERE reward.trial = path.trial
          AND reward.try = trial.counted_try AND reward.step = segment.step
          AND reward.key = 'reward') AS reward
FROM path
JOIN segment ON segment.id = path.segment AND segment.step <> ''
JOIN trial ON trial.id = path.trial
LEFT JOIN call ON call.segment = path.segment
                  AND (path.until IS NULL OR call.turn < path.until)
GROUP BY path.trial, segment.step
ORDER BY trial.slot, min(segment.rowid);
