#pragma once

#include <string>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// A trial as somebody else recorded it. Unknown is nullopt.
struct ForeignTrial {
  std::string config;
  std::string task;
  int attempt = 1;  ///< 0: its source gives no ordinal; see number_attempts()
  Outcome outcome = Outcome::not_run;
  std::string stop_reason;  ///< name of a StopReason, or ""
  std::string error_class;
  std::string message;  ///< for people: what its source says of it
  std::optional<std::int64_t> turns;
  std::optional<std::int64_t> calls;
  std::optional<std::int64_t> input_total;
  std::optional<std::int64_t> input_hit;
  std::optional<std::int64_t> output_total;
  std::optional<Picodollars> cost_pusd;
  std::optional<std::int64_t> wall_ms;
  std::optional<std::int64_t> model_ms;
  std::optional<TimePoint> started_at;
  std::vector<Reward> rewards;
  std::string variant;  ///< what sets its config apart beyond the name; not stored
};

struct ForeignOutcomes {
  std::vector<ForeignTrial> trials;
  std::vector<std::string> ignored;  ///< columns and keys with no meaning here
  std::vector<std::string> notes;    ///< what a reader should know: sentences
  bool simulated = false;            ///< some of it is a simulated model's; never cleared
};

/// Where one config's name stands for several variants, each gets a name of its own:
/// "NAME", "NAME#2", ... in the order of their first trials.
void separate_variants(std::vector<ForeignTrial>& trials);

/// Gives attempts their ordinals 1..k, per config and task: as they are, if they are
/// distinct and none is missing, else in the order in which the trials began (those of
/// unknown beginning last, in the file's order).
void number_attempts(std::vector<ForeignTrial>& trials);

/// Throws UserError naming `origin`: a trial that stands twice, costs whose sum does not
/// fit.
void check_trials(const ForeignOutcomes& outcomes, const std::string& origin);

}  // namespace weir
