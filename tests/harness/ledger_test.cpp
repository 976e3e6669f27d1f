#include "harness/model/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "runners/agent.hpp"
#include "runners/watchdog.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// Keeps what it is told, in order.
class MemoryRecorder final : public Recorder {
 public:
  void begin_try(const Trial&, const Try&) override {}
  void begin_segment(const Segment&) override {}
  void intend(const Call& call) override { intents.push_back(call); }
  void settle(const Call& call) override { settled.push_back(call); }
  void judge(const Decision&, const std::vector<Signal>&) override {}
  void finish_turn(const Turn&) override {}
  void finish_try(const Try&) override {}
  void record_fork(const Fork&) override {}

  std::vector<Call> intents;
  std::vector<Call> settled;
};

/// Answers from a list.
class ScriptedModel final : public Model {
 public:
  ScriptedModel(std::deque<Completion>& script, std::vector<ChatRequest>& asked)
      : script_(script), asked_(asked) {}
  Completion complete(const ChatRequest& request, const CallContext&) override {
    asked_.push_back(request);
    Completion next = script_.front();
    script_.pop_front();
    return next;
  }
  std::unique_ptr<Model> clone() const override {
    return std::make_unique<ScriptedModel>(script_, asked_);
  }

 private:
  std::deque<Completion>& script_;
  std::vector<ChatRequest>& asked_;
};

Completion answer(const std::string& text) {
  Completion completion;
  completion.message.role = Role::assistant;
  completion.message.content = text;
  completion.served_model = "deepseek-v4-pro";
  completion.tokens = {90, 10, {}, 5, 0, 100, 5};
  completion.latency = milliseconds(700);
  return completion;
}

Completion failure(const std::string& error_class, bool retryable, bool refused) {
  Completion completion;
  completion.error_class = error_class;
  completion.retryable = retryable;
  completion.refused = refused;
  return completion;
}

class LedgerTest : public testing::Test {
 protected:
  TrialLedger ledger(std::vector<Call> recorded = {}, const LedgerRoom* room = nullptr) {
    ModelSpec spec;
    spec.name = "pro";
    spec.provider = "simulated";  // virtual time
    spec.price_host = "api.deepseek.com";
    spec.price_as = "deepseek-v4-pro";
    spec.max_tokens = max_tokens_;
    std::vector<TierModel> tiers;
    tiers.push_back({spec, std::make_unique<ScriptedModel>(script_, asked_)});
    limiters_["pro"] = make_adaptive_limiter(1);
    return TrialLedger(room != nullptr ? *room : room_, {"trial", "trial#1/s0", limit_}, std::move(tiers), std::move(recorded));
  }

  MemoryRecorder recorder_;
  PriceBook prices_ = PriceBook::bundled();
  Budget budget_{std::nullopt};
  std::optional<Picodollars> limit_;
  int max_tokens_ = 100;
  std::map<std::string, std::unique_ptr<CallLimiter>> limiters_;
  RunControl control_;
  ServedWatch served_{[](const ModelChange&) {}};
  LedgerRoom room_{recorder_, prices_, budget_, limiters_, served_, control_};
  std::deque<Completion> script_;
  std::vector<ChatRequest> asked_;
  Watchdog watchdog_;
  Deadline deadline_{watchdog_, {}};
  ChatRequest request_{{{Role::user, "question", "", {}, ""}}, nlohmann::json::array(), {}};
};

TEST_F(LedgerTest, IntendsBeforeAndSettlesAfterAtThePrice) {
  script_ = {answer("a")};
  auto books = ledger();
  const Answer got = books.call(0, request_, 1, 0, deadline_);
  EXPECT_EQ(got.completion.message.content, "a");
  ASSERT_EQ(recorder_.intents.size(), 1U);
  EXPECT_GT(recorder_.intents[0].reserved_pusd.value(), 0);
  ASSERT_EQ(recorder_.settled.size(), 1U);
  EXPECT_EQ(recorder_.settled[0].cost_pusd, 90 * 660'000 + 10 * 22'000 + 5 * 1'980'000);
  EXPECT_EQ(recorder_.settled[0].price_entry, "pro-tou-weekday");
  EXPECT_EQ(books.model_time(), milliseconds(700));
  EXPECT_EQ(books.tokens(), 105);
}

TEST_F(LedgerTest, EveryRetryIsARowOfItsOwn) {
  script_ = {failure("rate_limit", true, true), failure("server", true, false), answer("a")};
  auto books = ledger();
  EXPECT_TRUE(books.call(0, request_, 1, 0, deadline_).completion.ok());
  ASSERT_EQ(recorder_.settled.size(), 3U);
  EXPECT_EQ(recorder_.settled[0].cost_pusd, 0);             // refused: known to be nothing
  EXPECT_EQ(recorder_.settled[1].cost_pusd, std::nullopt);  // unknown stays unknown
  EXPECT_EQ(recorder_.settled[2].retry, 2);
}

TEST_F(LedgerTest, ARefusedKeyStopsTheRunWithoutRetries) {
  script_ = {failure("auth", false, true)};
  auto books = ledger();
  EXPECT_FALSE(books.call(0, request_, 1, 0, deadline_).completion.ok());
  EXPECT_EQ(recorder_.settled.size(), 1U);
  EXPECT_EQ(control_.why(), Halt::provider);
  EXPECT_TRUE(control_.draining().stop_requested());
  EXPECT_FALSE(control_.stopping().stop_requested());
}

TEST_F(LedgerTest, SettledCallsAreNotAskedAgain) {
  script_ = {answer("live")};
  Call record;
  {
    auto first = ledger();
    (void)first.call(0, request_, 1, 0, deadline_);
    record = recorder_.settled.at(0);
  }
  recorder_.settled.clear();
  script_.clear();  // asking would crash
  auto resumed = ledger({record});
  const Answer got = resumed.call(0, request_, 1, 0, deadline_);
  EXPECT_EQ(got.completion.message.content, "live");
  EXPECT_EQ(got.call, record.id);
  EXPECT_TRUE(recorder_.settled.empty());
  EXPECT_EQ(resumed.model_time(), milliseconds(700));  // the virtual clock goes on
}

TEST_F(LedgerTest, AFinalErrorIsReplayedNotAskedAgain) {
  script_ = {failure("content_filter", false, false)};
  {
    auto first = ledger();
    (void)first.call(0, request_, 1, 0, deadline_);
  }
  auto resumed = ledger({recorder_.settled.at(0)});  // an empty script: asking would crash
  EXPECT_EQ(resumed.call(0, request_, 1, 0, deadline_).completion.error_class, "content_filter");
}

TEST_F(LedgerTest, InterruptionsDoNotUseUpTheRetries) {
  script_ = {answer("live")};
  std::vector<Call> interrupted;
  for (int retry = 0; retry < 9; ++retry) {
    interrupted.emplace_back().id = "trial#1/s0/t1/c0.0." + std::to_string(retry);
  }
  auto resumed = ledger(interrupted);
  const Answer got = resumed.call(0, request_, 1, 0, deadline_);
  EXPECT_EQ(got.call, "trial#1/s0/t1/c0.0.9");
  EXPECT_EQ(got.completion.message.content, "live");
}

TEST_F(LedgerTest, ACallMadeForAnotherRequestDiverges) {
  script_ = {answer("live")};
  {
    auto first = ledger();
    (void)first.call(0, request_, 1, 0, deadline_);
  }
  auto resumed = ledger({recorder_.settled.at(0)});
  request_.messages[0].content = "another question";
  EXPECT_THROW((void)resumed.call(0, request_, 1, 0, deadline_), ReplayDiverged);
}

TEST_F(LedgerTest, AnInterruptedCallKeepsItsRowAndIsAskedAnew) {
  script_ = {answer("live")};
  Call interrupted;
  interrupted.id = "trial#1/s0/t1/c0.0.0";
  interrupted.settled = false;
  auto resumed = ledger({interrupted});
  const Answer got = resumed.call(0, request_, 1, 0, deadline_);
  EXPECT_EQ(got.call, "trial#1/s0/t1/c0.0.1");
}

TEST_F(LedgerTest, TheBudgetIsReservedBeforeTheCall) {
  Budget tight(1'000'000);
  const LedgerRoom room{recorder_, prices_, tight, limiters_, served_, control_};
  auto books = ledger({}, &room);
  EXPECT_THROW((void)books.call(0, request_, 1, 0, deadline_), Cancelled);
  EXPECT_TRUE(recorder_.intents.empty());
  EXPECT_EQ(control_.why(), Halt::budget);
}

TEST_F(LedgerTest, ATrialsOwnLimitForbidsTheCallAndTheRunGoesOn) {
  limit_ = 400'000'000;  // one call fits, at worst
  script_ = {answer("a")};
  auto books = ledger();
  EXPECT_FALSE(books.call(0, request_, 1, 0, deadline_).over_budget);
  limit_ = recorder_.settled.at(0).cost_pusd;
  auto poorer = ledger(recorder_.settled);
  EXPECT_FALSE(poorer.call(0, request_, 1, 0, deadline_).over_budget);  // replayed: spent already
  EXPECT_TRUE(poorer.call(0, request_, 2, 0, deadline_).over_budget);
  EXPECT_EQ(control_.why(), Halt::none);
}

TEST_F(LedgerTest, AContextOverflowAsksForLessBeforeItIsFinal) {
  Completion overflow = failure("context_overflow", false, true);
  overflow.error_message = "This model's maximum context length is 9000 tokens. However, you "
                           "requested 12000 tokens (2000 in the messages, 10000 in the completion)";
  script_ = {overflow, answer("a"), answer("b")};
  max_tokens_ = 10'000;
  auto books = ledger();
  EXPECT_EQ(books.call(0, request_, 1, 0, deadline_).completion.message.content, "a");
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_FALSE(asked_[0].max_tokens);
  EXPECT_EQ(asked_[1].max_tokens, 9000 - 2000 - 64);
  (void)books.call(0, request_, 2, 0, deadline_);
  EXPECT_EQ(asked_[2].max_tokens, 9000 - 2000 - 64);  // remembered
  EXPECT_EQ(recorder_.settled.size(), 3U);
  // Where the prompt leaves no room, it is final at once.
  overflow.error_message = "maximum context length is 9000 tokens (8900 in the messages";
  script_ = {overflow};
  auto full = ledger();
  EXPECT_EQ(full.call(0, request_, 1, 0, deadline_).completion.error_class, "context_overflow");
}

TEST_F(LedgerTest, AnAnswerCutOffForLackOfCapacityIsAskedAgainAndStaysARow) {
  Completion cut = answer("half");
  cut.finish_reason = "insufficient_system_resource";
  script_ = {cut, answer("whole")};
  auto books = ledger();
  EXPECT_EQ(books.call(0, request_, 1, 0, deadline_).completion.message.content, "whole");
  ASSERT_EQ(recorder_.settled.size(), 2U);
  EXPECT_EQ(recorder_.settled[0].error_class, "insufficient_system_resource");
  EXPECT_GT(recorder_.settled[0].cost_pusd.value(), 0);  // its tokens are known, so is its price
}

TEST_F(LedgerTest, ARetryAfterOfHoursIsNotWaitedFor) {
  Completion busy = failure("rate_limit", true, true);
  busy.retry_after = std::chrono::hours(5);
  script_ = {busy};
  limiters_.clear();
  auto books = ledger();
  EXPECT_EQ(books.call(0, request_, 1, 0, deadline_).completion.error_class, "rate_limit");
}

TEST_F(LedgerTest, AResumedTrialsUnknownCostsStillCountAgainstItsLimit) {
  Call failed;
  failed.id = "trial#1/s0/t1/c0.0.0";
  failed.settled = false;  // cut off by a crash
  failed.reserved_pusd = 350'000'000;
  limit_ = 400'000'000;
  auto resumed = ledger({failed});
  EXPECT_TRUE(resumed.call(0, request_, 1, 0, deadline_).over_budget);
}

TEST_F(LedgerTest, TotalsThatContradictLeaveTheCostUnknown) {
  Completion odd = answer("a");
  odd.notes = {"total_contradicts"};
  script_ = {odd};
  auto books = ledger();
  (void)books.call(0, request_, 1, 0, deadline_);
  EXPECT_FALSE(recorder_.settled.at(0).cost_pusd);
}

TEST_F(LedgerTest, VotesBeginWithOneAndEndAtAFailure) {
  script_ = {answer("a"), answer("b"), failure("invalid_request", false, true)};
  auto books = ledger();
  EXPECT_EQ(books.call(0, request_, 1, 0, deadline_).call, "trial#1/s0/t1/c0.0.0");
  const auto votes = books.vote(0, request_, 1, 5, deadline_);
  ASSERT_EQ(votes.size(), 2U);
  EXPECT_EQ(votes[0].call, "trial#1/s0/t1/c0.1.0");
  EXPECT_FALSE(votes[1].completion.ok());
}

TEST(Budget, ReservationsCountUntilSettled) {
  Budget budget(100);
  EXPECT_TRUE(budget.reserve(60));
  EXPECT_FALSE(budget.reserve(101));  // can never fit
  std::jthread settler([&budget] { budget.settle(60, 10); });
  EXPECT_TRUE(budget.reserve(90));  // waits for the settlement, then fits
  budget.settle(90, std::nullopt);  // may have been spent
  EXPECT_FALSE(budget.reserve(1));
  EXPECT_EQ(budget.spent(), 10);
}

TEST(Completion, SurvivesARoundTrip) {
  Completion completion = answer("text \xC3\xA9");
  completion.message.reasoning = "because\n";
  completion.message.tool_calls = {{"1", "bash", "{\"command\": \"x\xC3\xA9\"}"}, {"2", "bash", "{"}};
  Completion read;
  completion_from_text(completion_to_text(completion), read);
  EXPECT_EQ(to_json(read.message), to_json(completion.message));
}

}  // namespace
}  // namespace weir
