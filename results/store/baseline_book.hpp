#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/baseline.hpp"
#include "results/store/reader.hpp"

namespace weir {

enum class Access { read, write };

/// The baselines of a database and the ledger of looks at them. Opens its own
/// connection; only one that may write pins and enters. One thread at a time.
class BaselineBook {
 public:
  BaselineBook(const std::filesystem::path& file, Access access);
  ~BaselineBook();

  /// Pins `baseline`; one of that name is replaced and its ledger begins anew.
  void pin(const Baseline& baseline);
  [[nodiscard]] std::vector<Baseline> all() const;
  /// Throws UserError with the names there are.
  [[nodiscard]] Baseline find(const std::string& name) const;
  /// Looks at one stream, oldest first.
  [[nodiscard]] std::vector<GateLook> looks(const std::string& baseline, const std::string& suite,
                                            const std::string& config) const;
  /// Enters a look; one of the same run is replaced, so that looking twice at a night
  /// is no second night.
  void enter(const GateLook& look);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws UserError unless the run has ended, and as one: what no gate judges else.
void require_judgeable(const Reader& reader, const Run& run);

/// Throws UserError if other rules are asked for than the baseline was pinned with.
void require_same_rules(const Baseline& baseline, const std::optional<double>& margin,
                        const std::optional<double>& alpha);

/// The anchor's arm: the trials of all its runs under `config`, pooled. Throws
/// UserError if a run is gone or has no such config, or a task differs among them.
[[nodiscard]] Arm anchor_arm(const Reader& reader, const Baseline& baseline,
                             const std::string& config);

/// Judges every stream of `run` that the baseline has, enters the looks, and gives the
/// results in the order of configs and suites; what cannot be judged is inconclusive and
/// says why. Throws UserError if the baseline has nothing to judge, or the run is unfit.
[[nodiscard]] std::vector<GateResult> gate_night(const Reader& reader, BaselineBook& book,
                                                 const Baseline& baseline, const Run& run);

}  // namespace weir
