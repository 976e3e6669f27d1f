#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/model/budget.hpp"
#include "harness/model/model.hpp"
#include "harness/run_control.hpp"
#include "results/prices.hpp"
#include "runners/limiter.hpp"

namespace weir {

/// What the ledgers of a run share.
struct LedgerRoom {
  Recorder& recorder;
  const PriceBook& prices;
  Budget& budget;
  std::map<std::string, std::unique_ptr<Limiter>>& in_flight;  ///< by model name
  RunControl& control;
};

/// One rung of a trial's cascade.
struct TierModel {
  ModelSpec spec;
  std::unique_ptr<Model> model;
};

/// An answer with the id of the call that gave it.
struct Answer {
  Completion completion;
  std::string call;
};

/// Makes a trial's calls and keeps its books: intent before, settlement after,
/// cost by the price book, one owner of retries, each retry a row of its own.
/// Calls a killed run already settled are answered from their rows, verified by
/// request hash, and add none. Time is the machine's for real models and
/// virtual for simulated ones. One thread.
class TrialLedger {
 public:
  TrialLedger(const LedgerRoom& room, std::string trial, std::string segment,
              std::vector<TierModel> tiers, std::vector<Call> recorded);

  /// Asks `tier`. Failures are values; the completion is the last retry's.
  /// Throws ReplayDiverged when a recorded call was made for another request,
  /// and Cancelled when the run's budget is used up.
  [[nodiscard]] Answer call(int tier, const ChatRequest& request, int turn, int sample,
                            Deadline& deadline);

  /// Time spent in calls, waits for places and retries excluded.
  [[nodiscard]] milliseconds model_time() const { return model_time_; }
  /// Tokens in and out of all calls so far, as far as known.
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] const std::string& segment() const { return segment_; }

 private:
  [[nodiscard]] Call intent(int tier, const ChatRequest& request, int turn, int sample,
                            int retry) const;
  [[nodiscard]] const Call* recorded(const Call& wanted) const;
  [[nodiscard]] Completion replay(const Call& record, const ChatRequest& request, int tier);
  [[nodiscard]] Completion ask(Call& call, const ChatRequest& request, Deadline& deadline);
  [[nodiscard]] bool reserve(Picodollars worst, Deadline& deadline) const;
  void settle(Call& call, const Completion& completion, const ModelSpec& spec);
  void wait_before_retry(const Completion& completion, int failures, Deadline& deadline) const;
  void account(const Completion& completion);
  [[nodiscard]] TimePoint now(const ModelSpec& spec) const;

  const LedgerRoom& room_;
  std::string trial_;
  std::string segment_;
  std::vector<TierModel> tiers_;
  std::map<std::string, Call> recorded_;  ///< by call id
  milliseconds model_time_{0};
  std::int64_t tokens_ = 0;
};

}  // namespace weir
