#include "harness/model/call_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "harness/model/served_watch.hpp"
#include "harness/model/prefix_watch.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using How = CallEnd::How;

/// Whether a place is free right now.
bool free_place(CallLimiter& limiter) {
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop.request_stop();
  });
  try {
    const auto ticket = limiter.reserve(1, stop.get_token());
    limiter.settle(ticket, {How::other, 0, {}});
    return true;
  } catch (const Cancelled&) {
    return false;
  }
}

std::vector<CallLimiter::Ticket> take(CallLimiter& limiter, int count) {
  std::vector<CallLimiter::Ticket> tickets;
  for (int i = 0; i < count; ++i) tickets.push_back(limiter.reserve(1, {}));
  return tickets;
}

TEST(CallLimiter, HoldsCallsBackAtItsLimit) {
  const auto limiter = make_adaptive_limiter(2);
  const auto tickets = take(*limiter, 2);
  EXPECT_FALSE(free_place(*limiter));
  limiter->settle(tickets[0], {How::answered, 1, {}});
  EXPECT_TRUE(free_place(*limiter));
}

TEST(CallLimiter, OneCutForAllCallsSentBeforeIt) {
  const auto limiter = make_adaptive_limiter(8);
  for (const auto ticket : take(*limiter, 8)) limiter->settle(ticket, {How::rate_limited, 0, {}});
  const auto tickets = take(*limiter, 4);  // 8 -> 4, not 8 -> 1
  EXPECT_FALSE(free_place(*limiter));
  for (const auto ticket : tickets) limiter->settle(ticket, {How::rate_limited, 0, {}});
  (void)take(*limiter, 2);
  EXPECT_FALSE(free_place(*limiter));
}

TEST(CallLimiter, AnswersLetItGrowAServersTroubleOnlyPauses) {
  const auto limiter = make_adaptive_limiter(8);
  for (const auto ticket : take(*limiter, 8)) limiter->settle(ticket, {How::rate_limited, 0, {}});
  // Now 4. A broken server neither cuts further nor lets it grow at once.
  for (const auto ticket : take(*limiter, 4)) limiter->settle(ticket, {How::service_trouble, {}, {}});
  for (const auto ticket : take(*limiter, 4)) limiter->settle(ticket, {How::answered, 1, {}});
  auto tickets = take(*limiter, 4);
  EXPECT_FALSE(free_place(*limiter));
  for (const auto ticket : tickets) limiter->settle(ticket, {How::answered, 1, {}});
  for (const auto ticket : take(*limiter, 4)) limiter->settle(ticket, {How::answered, 1, {}});
  (void)take(*limiter, 5);
  EXPECT_FALSE(free_place(*limiter));
}

TEST(CallLimiter, RetryAfterHoldsEveryCallBack) {
  const auto limiter = make_adaptive_limiter(8);
  limiter->settle(limiter->reserve(1, {}), {How::rate_limited, 0, milliseconds(200)});
  const auto start = std::chrono::steady_clock::now();
  limiter->settle(limiter->reserve(1, {}), {How::answered, 1, {}});
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(150));
}

TEST(CallLimiter, TokensFlowAtTheirRate) {
  const auto limiter = make_adaptive_limiter(8, 1000.0);
  limiter->settle(limiter->reserve(100, {}), {How::answered, 10'000'000, {}});  // it was far larger
  EXPECT_FALSE(free_place(*limiter));
}

TEST(CallLimiter, ManyThreadsNeverExceedIt) {
  const auto limiter = make_adaptive_limiter(5);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto ticket = limiter->reserve(1, {});
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          --inside;
          limiter->settle(ticket, {How::answered, 1, {}});
        }
      });
    }
  }
  EXPECT_LE(most, 5);
  EXPECT_GE(most, 1);
}

Call served(const std::string& model, const std::string& by, const std::string& fingerprint) {
  Call call;
  call.trial = "run/task/config/1";
  call.id = by + fingerprint;
  call.model = model;
  call.served_model = by;
  call.fingerprint = fingerprint;
  return call;
}

TEST(ServedWatch, ShoutsOnceForEachNewIdentity) {
  std::vector<ModelChange> changes;
  ServedWatch watch([&](const ModelChange& change) { changes.push_back(change); });
  watch.observe(served("flash", "m", "1"));
  watch.observe(served("pro", "p", "1"));
  watch.observe(served("flash", "m", "1"));
  EXPECT_TRUE(changes.empty());
  watch.observe(served("flash", "m", "2"));
  watch.observe(served("flash", "m", "1"));  // a host that alternates is one change, not many
  watch.observe(served("flash", "m", "2"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].run, "run");
  EXPECT_EQ(changes[0].old_fingerprint, "1");
  EXPECT_EQ(changes[0].new_fingerprint, "2");
  watch.observe(served("flash", "", "9"));  // said nothing
  watch.observe(served("flash", "m", ""));   // did not say which
  Call failed = served("flash", "other", "1");
  failed.error_class = "stream_truncated";
  watch.observe(failed);
  EXPECT_EQ(changes.size(), 1U);
  watch.observe(served("flash", "m", "3"));  // what was left out in between hides nothing
  EXPECT_EQ(changes.size(), 2U);
}

TEST(ServedWatch, TheFirstFingerprintNamedMayHaveBeenThereAllAlong) {
  std::vector<ModelChange> changes;
  ServedWatch watch([&](const ModelChange& change) { changes.push_back(change); });
  watch.observe(served("flash", "m", ""));
  watch.observe(served("flash", "m", "1"));
  EXPECT_TRUE(changes.empty());
  watch.observe(served("flash", "m", "2"));
  EXPECT_EQ(changes.size(), 1U);
}

ChatRequest asking(std::vector<std::string> texts) {
  ChatRequest request;
  request.tools = nlohmann::json::array();
  for (auto& text : texts) request.messages.push_back({Role::user, std::move(text), "", {}, ""});
  return request;
}

Tokens prompt(std::int64_t total, std::int64_t hit) {
  return {total - hit, hit, {}, {}, {}, total, 1};
}

TEST(PrefixWatch, ChainsEachRequestToTheOneBefore) {
  PrefixWatch watch;
  const auto one = asking({"a"});
  const auto two = asking({"a", "b"});
  const PromptDigest first = watch.digest(one);
  EXPECT_EQ(first.prefix, "");
  EXPECT_TRUE(watch.take(one, first, prompt(10, 0)).empty());
  const PromptDigest second = watch.digest(two);
  EXPECT_EQ(second.prefix, first.prompt);
  EXPECT_TRUE(watch.take(two, second, prompt(20, 0)).empty());
  const auto changed = asking({"A", "b", "c"});
  EXPECT_EQ(watch.take(changed, watch.digest(changed), prompt(30, 0)),
            std::vector<std::string>{"prefix_rewritten"});
}

TEST(PrefixWatch, WarnsWhenTheCacheNoLongerServes) {
  PrefixWatch watch;
  const auto request = asking({"a"});
  EXPECT_TRUE(watch.take(request, watch.digest(request), prompt(5000, 0)).empty());
  EXPECT_TRUE(watch.take(request, watch.digest(request), prompt(5100, 4992)).empty());
  EXPECT_TRUE(watch.take(request, watch.digest(request), prompt(5200, 4992)).empty());
  EXPECT_EQ(watch.take(request, watch.digest(request), prompt(5300, 0)),
            std::vector<std::string>{"cache_dropped"});
}

}  // namespace
}  // namespace weir
