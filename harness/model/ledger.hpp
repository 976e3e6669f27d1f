#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/model/budget.hpp"
#include "harness/model/call_limiter.hpp"
#include "harness/model/model.hpp"
#include "harness/model/prefix_watch.hpp"
#include "harness/model/served_watch.hpp"
#include "harness/run_control.hpp"
#include "results/prices.hpp"
#include "runners/watchdog.hpp"

namespace weir {

/// Where every simulated trial's clock starts: 2026-10-20 12:00 UTC, a Tuesday
/// outside peak windows, so that simulated costs are the same on any night.
inline constexpr TimePoint kVirtualEpoch{std::chrono::sys_days(std::chrono::year(2026) /
                                                               std::chrono::October / 20) +
                                         std::chrono::hours(12)};

/// What the ledgers of a run share.
struct LedgerRoom {
  Recorder& recorder;
  const PriceBook& prices;
  Budget& budget;
  std::map<std::string, std::unique_ptr<CallLimiter>>& limiters;  ///< by model name
  ServedWatch& served;
  RunControl& control;
  /// Tells whoever watches the run of a note that asks for a look. Safe to call
  /// from many threads.
  std::function<void(const Call& call, const std::string& note)> warn =
      [](const Call&, const std::string&) {};
};

/// One rung of a trial's cascade.
struct TierModel {
  ModelSpec spec;
  std::unique_ptr<Model> model;
  PrefixWatch prefix = {};
  std::optional<int> max_tokens = {};  ///< lowered by a context overflow
};

/// An answer with the id of the call that gave it.
struct Answer {
  Completion completion;
  std::string call;
  bool over_budget = false;  ///< the trial's own dollar limit forbade the call
  bool recorded = false;     ///< a real model gave it before: its latency has not passed now
};

/// Makes a trial's calls and keeps its books: intent before, settlement after,
/// cost by the price book, one owner of retries, each retry a row of its own.
/// Calls a killed run already settled are answered from their rows, verified by
/// request hash, and add none. Time is the machine's for real models and
/// virtual for simulated ones. One thread.
class TrialLedger {
 public:
  struct Trial {
    std::string id;
    std::string segment;
    std::optional<Picodollars> limit;  ///< dollar limit of this trial
  };
  /// How long to wait before the first retry, doubled each time, and at most.
  struct Backoff {
    milliseconds first{1000};
    milliseconds most{60'000};
  };
  TrialLedger(const LedgerRoom& room, Trial trial, std::vector<TierModel> tiers,
              std::vector<Call> recorded, Backoff backoff);
  TrialLedger(const LedgerRoom& room, Trial trial, std::vector<TierModel> tiers,
              std::vector<Call> recorded);

  /// Asks `tier`, with the most output tokens it may have now (which it sets in the
  /// request). Failures are values; the completion is the last retry's.
  /// Throws ReplayDiverged when a recorded call was made for another request,
  /// and Cancelled when the run's budget is used up.
  [[nodiscard]] Answer call(int tier, ChatRequest& request, int turn, int sample,
                            Deadline& deadline);

  /// Asks again for a vote, samples 1 to `samples` - 1: sample 0 was asked alone, so
  /// that these find its prompt in the cache. Ends early at a failure.
  [[nodiscard]] std::vector<Answer> vote(int tier, ChatRequest& request, int turn, int samples,
                                         Deadline& deadline);

  /// The calls that follow belong to `segment`, a history of its own.
  void begin_segment(const std::string& segment);
  /// The same where a long history is left behind for a short one, in the midst of the work.
  void begin_history(const std::string& segment);
  /// The calls that follow are of a task's next step, in a history of its own or in the present
  /// one that goes on.
  void begin_step(const std::string& segment, bool own_history);
  /// Whether calls of a later segment are recorded: of a try that went on from here.
  [[nodiscard]] bool recorded_beyond() const;
  /// The calls that follow belong to `segment`, which goes on with the present history.
  void go_on_in(const std::string& segment) { trial_.segment = segment; }
  /// The books of `trial`, which parts from this one here: all that was spent and sent so far
  /// counts for both.
  [[nodiscard]] std::unique_ptr<TrialLedger> fork(const std::string& trial,
                                                  const std::string& segment) const;

  /// Time spent in calls, waits for places and retries excluded.
  [[nodiscard]] milliseconds model_time() const { return model_time_; }
  /// Tokens in and out of all calls so far, as far as known.
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  /// Spent at tiers >= 1; a call of unknown cost counts as all it could have cost.
  [[nodiscard]] Picodollars strong_spend() const { return strong_spend_; }
  /// Spent of the trial's own dollar limit, in [0,1]; 0 without one.
  [[nodiscard]] double limit_used() const { return own_budget_.used(); }
  [[nodiscard]] const std::string& segment() const { return trial_.segment; }
  [[nodiscard]] const std::string& trial() const { return trial_.id; }
  [[nodiscard]] const ModelSpec& spec(int tier) const {
    return tiers_[static_cast<std::size_t>(tier)].spec;
  }

 private:
  struct CallPlace {
    int turn;
    int tier;
    int sample;
    int retry;
  };
  [[nodiscard]] Call intent(const TierModel& tier, const ChatRequest& request,
                            const CallPlace& place) const;
  [[nodiscard]] const Call* recorded(const Call& wanted) const;
  [[nodiscard]] std::optional<Picodollars> worst_case(const Call& call, const ChatRequest& request,
                                                      const TierModel& tier) const;
  void spent(const Call& call, const Completion& completion);
  void reserve(Reservation& reservation, const Call& call, Deadline& deadline) const;
  [[nodiscard]] Completion answer_from(const Call& record, const Call& call,
                                       const ChatRequest& request);
  [[nodiscard]] Completion ask(Call& call, const ChatRequest& request, Deadline& deadline);
  [[nodiscard]] Completion complete(Call& call, const ChatRequest& request, Deadline& deadline);
  [[nodiscard]] bool shrink(TierModel& tier, const Completion& completion) const;
  void book(Call& call, Completion& completion, const ChatRequest& request);
  void price(Call& call, Completion& completion, const ModelSpec& spec) const;
  void wait_before_retry(const Completion& completion, int failures, Deadline& deadline) const;
  void account(const Completion& completion);
  [[nodiscard]] TimePoint now(const ModelSpec& spec) const;

  const LedgerRoom& room_;
  Trial trial_;
  Budget own_budget_;
  Backoff backoff_;
  std::vector<TierModel> tiers_;
  std::map<std::string, Call> recorded_;  ///< by call id
  milliseconds model_time_{0};
  std::int64_t tokens_ = 0;
  Picodollars strong_spend_ = 0;
  int segments_ = 0;  ///< before the present one
};

}  // namespace weir
