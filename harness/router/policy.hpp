#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// The strongest way an escalation may redo a turn.
enum class Redo { rollback, before_execution, next_turn };
[[nodiscard]] std::string_view name_of(Redo redo);

/// A threshold nothing reaches: "never".
inline constexpr double kNever = 1.01;

/// The router's rules, weights and thresholds: a policy file as values.
struct Policy {
  std::vector<std::string> tiers;
  Redo redo = Redo::rollback;
  std::optional<int> stay = 1;  ///< turns up after an escalation; nullopt = the rest
  double threshold = kNever;
  std::map<std::string, double> weights;  ///< signal -> weight in [0,1]

  // [always]
  std::optional<std::int64_t> context_tokens;
  std::optional<int> consecutive_failures;
  bool final_review = false;

  // [explore]
  std::vector<double> grid;
  std::vector<double> probs;

  // [budget]
  std::optional<double> max_strong_share;

  /// A control in place of rules: this share of turns, chosen blindly.
  std::optional<double> random_share;

  std::string text;  ///< the file, or "" for a built-in policy
};

/// Reads a policy file's text. Throws UserError with file, line and key; an
/// unknown signal or key gets a suggestion.
[[nodiscard]] Policy parse_policy(const std::filesystem::path& file, const std::string& text);

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
