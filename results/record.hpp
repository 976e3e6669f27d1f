#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

// What happened, as plain values: the vocabulary every other folder speaks.
// A run holds trials; a trial has tries; a try has segments of turns; a turn
// has calls, signals and decisions. Ids are TEXT, unique in a database, each
// prefixed by the id above it. Unknown is nullopt, never 0.

using Picodollars = std::int64_t;

/// The verdict on a trial. Values are stored by name; names are frozen.
enum class Outcome {
  resolved,
  unresolved,
  agent_limit,
  agent_error,
  invalid,
  provider_error,
  infra_error,
  not_run,
};

/// Why the trajectory ended; independent of the outcome.
enum class StopReason {
  submitted,
  turns,
  usd,
  tokens,
  wall,
  context,
  format_errors,
  agent_error,
  blocked,
  cancelled,
};

[[nodiscard]] std::string_view name_of(Outcome outcome);
[[nodiscard]] std::string_view name_of(StopReason reason);
[[nodiscard]] std::optional<Outcome> outcome_named(std::string_view name);
[[nodiscard]] std::optional<StopReason> stop_reason_named(std::string_view name);

/// Missing data: neither a success nor a failure of the model; may be retried.
[[nodiscard]] bool is_missing(Outcome outcome);

/// Disjoint token buckets of one call, and the totals as reported. A total can
/// be known where its split is not.
struct Tokens {
  std::optional<std::int64_t> input_miss;
  std::optional<std::int64_t> input_hit;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> output_text;
  std::optional<std::int64_t> output_reasoning;
  std::optional<std::int64_t> input_total;
  std::optional<std::int64_t> output_total;

  bool operator==(const Tokens&) const = default;
};

struct Run {
  std::string id;  ///< 32 hex digits
  std::string name;
  TimePoint started_at{};
  std::optional<TimePoint> finished_at;
  std::uint64_t seed = 0;
  std::string spec;  ///< the resolved experiment, as JSON text
  std::string spec_sha256;
  std::string weir_version;
  bool simulated = false;  ///< some model of the run is simulated; never cleared
  std::string facts;       ///< host, sandbox class, jobs: JSON text
  std::string price_book_sha256;
  std::string source;  ///< "" = run by Weir; else where it was imported from
};

/// One arm of the run.
struct ConfigRow {
  std::string run;
  std::string config;
  std::string agent;
  std::string tiers;   ///< JSON list of model records
  std::string policy;  ///< the policy's text; "" for a plain config
  std::string policy_sha256;
  std::string agent_sha256;
  bool simulated = false;
};

/// One task as the run saw it.
struct TaskRow {
  std::string run;
  std::string task;
  std::string suite;
  std::string format;
  std::string sha256;
  std::string difficulty;
  std::string declared_name;
};

struct Trial {
  std::string id;  ///< RUN/TASK/CONFIG/ATTEMPT
  std::string run;
  std::string suite;
  std::string task;
  std::string config;
  int attempt = 1;
  int slot = 0;                     ///< position in the seeded order
  std::optional<double> threshold;  ///< drawn for this trial, or the policy's own
  std::optional<double> threshold_prob;
};

struct Reward {
  std::string step;
  std::string key;
  double value = 0;
};

/// Something a task wanted kept of its agent's box.
struct KeptArtifact {
  std::string step;
  std::string source;  ///< path in the box
  std::string path;    ///< where it lies, below the try's folder, as read from a database
                       ///< absolute; "" = nothing was taken
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::string note;  ///< what was left, and why; "" = nothing
};

/// One execution of a trial. A redo after an infra error is a new try.
struct Try {
  std::string trial;
  int number = 1;
  TimePoint started_at{};
  std::optional<TimePoint> finished_at;
  std::optional<Outcome> outcome;
  std::optional<StopReason> stop_reason;
  std::string error_class;
  std::string message;     ///< for people: what went wrong, or why invalid
  std::string submission;  ///< the diff, or ""
  std::string evidence;    ///< the grader's log
  std::string anomalies;   ///< JSON list of what a reader should know
  std::string environment_sha256;
  std::string sandbox;  ///< JSON: backend and what it could not enforce
  std::string leaf;     ///< segment the outcome belongs to
  std::vector<Reward> rewards;
  std::string artifacts_in;  ///< folder they are kept in; "" = they were not
  std::vector<KeptArtifact> artifacts;
  std::int64_t wall_ms = 0;
  std::int64_t model_ms = 0;
  std::int64_t box_ms = 0;
  bool may_pass = true;  ///< of an error: a new try may fare better; not stored
};

/// A turn gone on with both ways: what came of the way its trial did not take.
struct Fork {
  std::string id;  ///< TRIAL#TRY/fN
  std::string trial;
  int try_number = 1;
  std::string segment;  ///< that ended where the ways part
  int turn = 0;
  std::string call;   ///< judged there
  std::string phase;  ///< draft | result
  double score = 0;
  double probability = 1;  ///< of forking there
  bool escalates = false;  ///< the way not taken; the trial did the opposite
  std::string leaf;        ///< segment it ended in
  Outcome outcome = Outcome::not_run;
  std::optional<StopReason> stop_reason;
  std::string message;
};

struct Segment {
  std::string id;  ///< TRIAL#TRY/sN, after N restarts or steps; where ways part, TRIAL#TRY/sN.M
  std::string trial;
  int try_number = 1;
  std::string parent;  ///< segment it forked from, or ""
  std::optional<int> fork_turn;  ///< turns of the parent below it are shared
  std::string prompt = {};       ///< first messages and tools, as JSON text
  bool aside = false;            ///< a fork's way: on no trial's path
  std::string step = {};         ///< of a multi-step task, by name
};

/// How often the trial had begun again, or anew with a next step, before this segment: N of
/// TRIAL#TRY/sN, also of sN.M. Segments of one number are one history, gone on with where ways
/// part.
[[nodiscard]] int restarts_before(const std::string& segment);

/// One request to a model. Written twice: as an intent before it is sent, then
/// settled.
struct Call {
  std::string id;  ///< SEGMENT/tTURN/cTIER.SAMPLE.RETRY
  std::string trial;
  std::string segment;
  int turn = 0;
  int tier = 0;
  int sample = 0;
  int retry = 0;
  std::string model;  ///< the experiment's name for it
  std::string requested_model;
  std::string host;
  std::string request_sha256;
  TimePoint started_at{};
  std::optional<Picodollars> reserved_pusd;
  std::string prefix_sha256;  ///< of what an earlier request to the model had sent; "" at first
  bool simulated = false;
  bool replayed = false;  ///< answered from another run's record, at no cost

  // Known once settled.
  bool settled = false;
  int http_status = 0;     ///< 0: no reply came
  bool retryable = false;  ///< of a failure: may the same request be sent again
  std::string notes;       ///< JSON list of what a reader should know; "" if nothing
  std::string served_model;
  std::string fingerprint;
  std::string response_id;
  std::string finish_reason;
  std::string error_class;
  std::string error_message;
  Tokens tokens;
  std::string raw_usage;  ///< as the provider sent it
  std::string response;   ///< the completion, as JSON text; replay reads it
  std::optional<Picodollars> cost_pusd;
  std::string price_entry;
  std::string price_book_sha256;
  std::optional<std::int64_t> latency_ms;
  std::optional<std::int64_t> ttft_ms;
  std::int64_t wait_ms = 0;
};

/// A model whose served id or fingerprint changed while a run went on.
struct ModelChange {
  std::string run;
  std::string model;  ///< the experiment's name for it
  std::string call;   ///< that showed it
  TimePoint at{};
  std::string old_served;
  std::string old_fingerprint;
  std::string new_served;
  std::string new_fingerprint;
  bool allowed = false;  ///< the run may be read as one nevertheless
};

/// Who served, for people: "model (fingerprint)".
[[nodiscard]] std::string server_name(const std::string& served, const std::string& fingerprint);

enum class Visibility { agent, harness, grader };
[[nodiscard]] std::string_view name_of(Visibility visibility);
[[nodiscard]] std::optional<Visibility> visibility_named(std::string_view name);

struct Signal {
  std::string segment;
  int turn = 0;
  std::string call;
  std::string name;
  double value = 0;
  Visibility visibility = Visibility::harness;
};

/// What the router decided about one draft or one executed turn.
struct Decision {
  std::string segment;
  int turn = 0;
  int tier = 0;  ///< of the call judged
  std::string call;
  std::string decision;  ///< accept | escalate
  std::string phase;     ///< choose (before the call) | draft | result
  std::string rule;      ///< score, a rule's name, or "" for accept
  double score = 0;
  double threshold = 0;
  double propensity = 1;
  std::string mode;  ///< rerun | next_turn | restart | ""
  std::string undo;  ///< exact | files_only | none | ""
  std::string grid;  ///< JSON: decision at the other grid thresholds
};

struct Turn {
  std::string segment;
  int turn = 0;
  int tier = 0;
  std::string accepted_call;
  std::string actions;      ///< JSON list of commands
  std::string observation;  ///< JSON list of the messages the turn appended
  std::string results;      ///< JSON list of {status, exit_code}
  std::string discarded;    ///< JSON list: executed drafts that were undone
  std::int64_t box_ms = 0;
};

/// Where a trial reports what happens to it. Implemented by the store; every
/// method returns after its row is committed, but for what cost nothing: judgements, and
/// simulated and replayed calls, are committed with the trial's next row. Safe to call
/// from many threads.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void begin_try(const Trial& trial, const Try& attempt) = 0;
  virtual void begin_segment(const Segment& segment) = 0;
  /// Before the call is sent.
  virtual void intend(const Call& call) = 0;
  /// When it has ended, however it ended.
  virtual void settle(const Call& call) = 0;
  virtual void judge(const Decision& decision, const std::vector<Signal>& signals) = 0;
  virtual void finish_turn(const Turn& turn) = 0;
  virtual void finish_try(const Try& attempt) = 0;
  virtual void record_fork(const Fork& fork) = 0;
};

}  // namespace weir
