#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/baseline.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// The baselines of a database and the ledger of looks at them. Opens its own writing
/// connection. One thread at a time.
class BaselineBook {
 public:
  explicit BaselineBook(const std::filesystem::path& file);
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

/// The anchor's arm: the trials of all its runs under `config`, pooled. Throws
/// UserError if a run is gone or has no such config, or a task differs among them.
[[nodiscard]] Arm anchor_arm(const Reader& reader, const Baseline& baseline,
                             const std::string& config);

/// Judges every stream of `run` that the baseline has, enters the looks, and gives the
/// results in the order of configs and suites. Throws UserError if there is none.
[[nodiscard]] std::vector<GateResult> gate_night(const Reader& reader, BaselineBook& book,
                                                 const Baseline& baseline, const Run& run);

}  // namespace weir
