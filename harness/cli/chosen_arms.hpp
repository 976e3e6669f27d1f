#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/options.hpp"
#include "results/gate.hpp"
#include "results/store/reader.hpp"

namespace weir::cli {

using ArmPair = std::pair<Arm, Arm>;  ///< base, fresh

/// Reads arms as the command line names them: CONFIG, or RUN/CONFIG. Labels carry the run
/// where there are several. The reader must outlive it.
class Arms {
 public:
  Arms(const Reader& reader, const CompareCommand& command);

  /// The runs the command names, in its order; the latest if none.
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  /// `run`: which a bare CONFIG belongs to. Throws UserError with the names there are.
  [[nodiscard]] Arm named(const std::string& text, const Run& run) const;
  [[nodiscard]] Arm of(const Run& run, const std::string& config) const;

 private:
  [[nodiscard]] bool has(const Run& run, const std::string& config) const;
  [[nodiscard]] std::optional<Run> run_named(const std::string& name) const;

  const Reader& reader_;
  std::vector<Run> runs_;
};

/// The pairs that the command means. Throws UserError if there are none, or one is an
/// arm with itself.
[[nodiscard]] std::vector<ArmPair> chosen_pairs(const Reader& reader, const Arms& arms,
                                                const CompareCommand& command);

/// Tasks of `arm` that a comparison leaves out: for a gate those flaky by gold and empty runs;
/// for every one those of the list the command names.
[[nodiscard]] std::set<std::string> left_out(const Reader& reader, const Arm& arm,
                                             const CompareCommand& command);

/// The gate's rules as given, else the defaults.
[[nodiscard]] GateRules rules_of(const CompareCommand& command);

/// Verdicts on all pairs: one that cannot be judged is inconclusive and hides no other.
/// Throws the reason if not one of them could be judged.
[[nodiscard]] std::vector<GateResult> judge_all(const Reader& reader,
                                                const std::vector<ArmPair>& pairs,
                                                const CompareCommand& command);

}  // namespace weir::cli
