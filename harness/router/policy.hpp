#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/router/certificate.hpp"
#include "tasks/config_table.hpp"
#include "tasks/units.hpp"

namespace weir {

/// The strongest way an escalation may redo a turn.
enum class Redo { rollback, before_execution, next_turn };
[[nodiscard]] std::string_view name_of(Redo redo);

/// A threshold nothing reaches: "never".
inline constexpr double kNever = 1.01;

/// [vote]: ask the base tier several times, and see whether it agrees with itself.
struct VoteRule {
  int samples = 3;
  std::set<std::string> on = {"edit", "submit"};  ///< kinds of the first draft: edit, submit, other
  bool plurality = true;  ///< accept the most frequent draft, not the first
};

/// [budget]: what escalating may cost one trial.
struct StrongBudget {
  std::optional<double> share;       ///< of turns
  std::optional<int> turns;
  std::optional<int> escalations;    ///< times the trial goes up
  std::optional<double> usd;
};

/// A tier chosen before the first turn, for the whole trial: by what the task says of
/// itself, by the length of its text, or blindly by its name.
struct PreRouter {
  std::vector<std::string> difficulty;
  std::optional<std::int64_t> instruction_tokens;
  std::optional<double> share;
};

/// A program that routes in place of [score]: see external_policy.hpp.
struct ExternalCommand {
  std::string command;  ///< for sh -c, in `folder`
  std::filesystem::path folder;
  milliseconds timeout{30'000};  ///< for one answer
};

/// The router's rules, weights and thresholds: a policy file as values. Or a
/// control, which stands where a policy would and knows nothing on purpose.
struct Policy {
  std::vector<std::string> tiers;
  Redo redo = Redo::rollback;
  bool files_only = false;      ///< undo the files of a turn even where processes were alive
  std::optional<int> stay = 1;  ///< turns up after an escalation; nullopt = the rest
  bool restart = false;         ///< a trial that would end badly may start afresh one tier up
  double threshold = kNever;
  std::map<std::string, double> weights;  ///< signal -> weight in [0,1]

  // [always]
  std::optional<std::int64_t> context_tokens;
  std::optional<int> consecutive_failures;
  bool final_review = false;
  bool previous_attempt_failed = false;
  std::vector<std::string> task_difficulty;

  std::optional<VoteRule> vote;

  // [explore]
  std::vector<double> grid;
  std::vector<double> probs;
  bool tree = false;  ///< every threshold of the grid, as one tree, in place of one drawn
  double fork = 0;    ///< probability that a judged turn is gone on with both ways

  StrongBudget budget;
  std::optional<ExternalCommand> external;
  std::optional<Certificate> certificate;

  // Controls.
  std::optional<double> random_share;   ///< this share of turns, chosen blindly
  std::optional<int> attempts;          ///< the one tier, afresh while its own checks are red
  std::optional<PreRouter> pre_router;

  std::string text;  ///< the file or the control as TOML; "" for a config of one tier

  /// It looks at nothing a turn shows.
  [[nodiscard]] bool blind() const { return random_share || attempts || pre_router; }
};

/// Reads a policy file's text. Throws UserError with file, line and key; an
/// unknown signal, rule or key gets a suggestion.
[[nodiscard]] Policy parse_policy(const std::filesystem::path& file, const std::string& text);

/// Reads `control = { ... }`: exactly one of random_share, threshold, attempts and
/// pre_router. Throws UserError.
[[nodiscard]] Policy read_control(ConfigTable& table);

/// What a config with one tier uses: never escalates.
[[nodiscard]] Policy single_tier_policy(const std::string& tier);

/// 1 - product of (1 - weight * signal) over the signals that have a weight.
[[nodiscard]] double score_of(const Policy& policy, const std::map<std::string, double>& signals);

/// The threshold of one trial: the policy's own, or one drawn from the grid,
/// with its probability. Attempts of a task walk the grid from a seeded start,
/// so that few attempts still cover it.
struct DrawnThreshold {
  double value = kNever;
  double probability = 1;
};
[[nodiscard]] DrawnThreshold draw_threshold(const Policy& policy, std::uint64_t seed,
                                            const std::string& task, int attempt);

}  // namespace weir
