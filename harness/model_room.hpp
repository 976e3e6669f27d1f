#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
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

  /// How often calls were warned of, a line per model and note; "" if never.
  [[nodiscard]] std::string warnings() const;

 private:
  void on_change(ModelChange change);
  void warn(const Call& call, const std::string& note);

  Parts parts_;
  std::map<std::string, std::unique_ptr<CallLimiter>> limiters_;
  ServedWatch served_;
  LedgerRoom ledgers_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, int> warned_;  ///< by model and note
};

}  // namespace weir
