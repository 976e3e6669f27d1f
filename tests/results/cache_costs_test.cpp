#include "results/cache_costs.hpp"

#include <gtest/gtest.h>

#include "results/reprice.hpp"

namespace weir {
namespace {

constexpr std::int64_t kMiss = 435'000;  // picodollars: Pro in June 2026
constexpr std::int64_t kHit = 3'625;
constexpr std::int64_t kOut = 870'000;

BilledCall call(const std::string& trial, std::int64_t total, std::int64_t hit, std::int64_t output,
                bool accepted = true) {
  BilledCall made;
  made.trial = trial;
  made.config = "pro";
  made.task = "task of " + trial;
  made.model = "pro";
  made.accepted = accepted;
  made.key = {"api.deepseek.com", "deepseek-v4-pro", ""};
  made.at = *parse_time("2026-06-01T00:00:00Z");
  made.tokens.input_total = total;
  made.tokens.input_hit = hit;
  made.tokens.input_miss = total - hit;
  made.tokens.output_total = output;
  return made;
}

std::int64_t price(std::int64_t miss, std::int64_t hit, std::int64_t output) {
  return miss * kMiss + hit * kHit + output * kOut;
}

TEST(CacheCosts, ColdLosesWhatOtherTrialsWarmed) {
  // The second trial's first call found 512 tokens of the first trial's prompt.
  const auto costs =
      cache_costs({call("a", 1000, 0, 10), call("b", 1000, 512, 10)}, PriceBook::bundled());
  EXPECT_EQ(costs.billed.whole(), price(1000, 0, 10) + price(488, 512, 10));
  EXPECT_EQ(costs.cold.whole(), 2 * price(1000, 0, 10));
  EXPECT_EQ(costs.warm.whole(), 2 * price(488, 512, 10));  // and in production both would have
}

TEST(CacheCosts, WarmFindsWhatTheTrialItselfHadSent) {
  // The cache dropped the prefix between two turns: 1,000 in and 24 out before.
  const auto costs =
      cache_costs({call("a", 1000, 0, 24), call("a", 1200, 0, 10)}, PriceBook::bundled());
  EXPECT_EQ(costs.billed.whole(), price(1000, 0, 24) + price(1200, 0, 10));
  EXPECT_EQ(costs.cold.whole(), costs.billed.whole());
  EXPECT_EQ(costs.warm.whole(), price(1000, 0, 24) + price(1200 - 1024, 1024, 10));
}

TEST(CacheCosts, ADiscardedDraftsAnswerIsInNoLaterPrompt) {
  const auto costs =
      cache_costs({call("a", 1000, 0, 600, false), call("a", 1700, 0, 10)}, PriceBook::bundled());
  EXPECT_EQ(costs.warm.whole(), price(1000, 0, 600) + price(1700 - 896, 896, 10));
}

TEST(CacheCosts, OneCallWithoutAPriceMakesTheSumUnknown) {
  auto unknown = call("a", 1000, 0, 10);
  unknown.tokens = {};
  auto free = unknown;
  free.free = true;
  const auto costs = cache_costs({call("a", 1000, 0, 10), unknown, free}, PriceBook::bundled());
  EXPECT_FALSE(costs.billed.whole());
  EXPECT_EQ(costs.billed.known, price(1000, 0, 10));
  EXPECT_EQ(costs.billed.unknown_calls, 1);
  EXPECT_EQ(cache_costs({free}, PriceBook::bundled()).billed.whole(), 0);
}

TEST(Reprice, KeepsWhatWasStoredBesideTheNewPrice) {
  auto made = call("a", 1000, 0, 10);
  made.cost_pusd = 7;
  auto other_try = call("a", 1000, 0, 10);
  other_try.counted = false;
  const auto lines = reprice({made, other_try}, PriceBook::bundled().viewed({{}, "launch_list"}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].stored.whole(), 7);
  EXPECT_EQ(lines[0].costs.billed.whole(), 1000 * 1'740'000 + 10 * 3'480'000);
  EXPECT_EQ(lines[0].other_tries.billed.known, lines[0].costs.billed.known);
  EXPECT_EQ(entries_used({made}, PriceBook::bundled()).at("pro-flat").calls, 1);
}

}  // namespace
}  // namespace weir
