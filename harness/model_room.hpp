#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "harness/experiment.hpp"
#include "harness/model/ledger.hpp"
#include "results/store/reader.hpp"
#include "results/store/writer.hpp"

namespace weir {

/// Everything the calls of a run share: prices, budget, limiters, the watch over
/// what serves. Made once per execution; safe to share between threads.
class ModelRoom {
 public:
  struct Parts {
    const Experiment& experiment;
    const PriceBook& prices;
    Writer& writer;
    Budget& budget;
    RunControl& control;
    bool allow_model_change;
    std::function<void(const std::string&)> say;
  };
  explicit ModelRoom(Parts parts);

  /// A resumed run knows already who served it.
  void know_served(const Reader& reader, const std::string& run);

  /// The ledger of one trial of `config`.
  [[nodiscard]] std::unique_ptr<TrialLedger> open(TrialLedger::Trial place,
                                                  const std::vector<std::string>& tiers,
                                                  const Task& task, std::uint64_t seed,
                                                  std::vector<Call> recorded) const;

  /// Models changed under their names, in this execution.
  [[nodiscard]] int changes() const { return changes_; }

 private:
  void on_change(ModelChange change);

  Parts parts_;
  std::map<std::string, std::unique_ptr<CallLimiter>> limiters_;
  ServedWatch served_;
  LedgerRoom ledgers_;
  std::atomic<int> changes_{0};
};

}  // namespace weir
