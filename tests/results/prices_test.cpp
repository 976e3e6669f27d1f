#include "results/prices.hpp"

#include <gtest/gtest.h>

#include "tasks/error.hpp"

namespace weir {
namespace {

TimePoint at(const char* text) { return *parse_time(text); }

const PriceKey kFlash{"api.deepseek.com", "deepseek-v4-flash", "deepseek-v4-flash"};
const PriceKey kPro{"api.deepseek.com", "deepseek-v4-pro", "deepseek-v4-pro"};

Tokens tokens(std::int64_t miss, std::int64_t hit, std::int64_t out) {
  Tokens t;
  t.input_miss = miss;
  t.input_hit = hit;
  t.output_total = out;
  return t;
}

TEST(Prices, AreExactPicodollars) {
  const PriceBook book = PriceBook::bundled();
  // 0.14 / 0.0028 / 0.28 USD per million, flat from April to August 2026.
  const auto cost = book.cost(kFlash, at("2026-06-01T00:00:00Z"), tokens(1000, 128, 10));
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->pusd, 1000 * 140'000 + 128 * 2'800 + 10 * 280'000);
  EXPECT_EQ(cost->entry, "flash-flat");
}

TEST(Prices, FollowTheDate) {
  const PriceBook book = PriceBook::bundled();
  const auto rate = [&](const char* time) {
    return book.rates(kPro, at(time))->first.input_miss.value();
  };
  EXPECT_EQ(rate("2026-04-25T00:00:00Z"), 1'740'000);
  EXPECT_EQ(rate("2026-04-26T00:00:00Z"), 435'000);
  EXPECT_EQ(rate("2026-08-16T15:59:59Z"), 435'000);
  EXPECT_EQ(rate("2026-08-16T16:00:00Z"), 660'000);
}

TEST(Prices, DoubleInPeakHoursOfWeekdays) {
  const PriceBook book = PriceBook::bundled();
  const auto rate = [&](const char* time) {
    return book.rates(kPro, at(time))->first.output.value();
  };
  EXPECT_EQ(rate("2026-10-20T12:00:00Z"), 1'980'000);  // Tuesday, off-peak
  EXPECT_EQ(rate("2026-10-20T01:00:00Z"), 3'960'000);  // Tuesday, peak begins
  EXPECT_EQ(rate("2026-10-20T04:00:00Z"), 1'980'000);  // and ends
  EXPECT_EQ(rate("2026-10-24T02:00:00Z"), 1'980'000);  // Saturday
  EXPECT_EQ(rate("2026-08-22T02:00:00Z"), 3'960'000);  // a Saturday before weekends were spared
}

TEST(Prices, UnknownIsUnknown) {
  const PriceBook book = PriceBook::bundled();
  const auto when = at("2026-10-20T12:00:00Z");
  EXPECT_FALSE(book.cost({"elsewhere", "deepseek-v4-pro", ""}, when, tokens(1, 1, 1)));
  EXPECT_FALSE(book.cost({"api.deepseek.com", "no-such", "none"}, when, tokens(1, 1, 1)));
  Tokens unsplit;
  unsplit.input_total = 10;
  unsplit.output_total = 1;
  EXPECT_FALSE(book.cost(kPro, when, unsplit));  // hit or miss? not known, so not priced
  EXPECT_FALSE(book.cost(kPro, at("2025-01-01T00:00:00Z"), tokens(1, 1, 1)));
}

TEST(Prices, FallBackToTheRequestedId) {
  const PriceBook book = PriceBook::bundled();
  EXPECT_TRUE(book.rates({"api.deepseek.com", "something-new", "deepseek-v4-pro"},
                         at("2026-10-20T12:00:00Z")));
}

TEST(Prices, ScenariosReplaceDates) {
  const PriceBook book = PriceBook::bundled().viewed({{}, "launch_list"});
  EXPECT_EQ(book.rates(kPro, at("2026-10-20T12:00:00Z"))->first.output, 3'480'000);
  EXPECT_THROW((void)book.viewed({{}, "launch_lits"}), UserError);
}

TEST(Prices, BadBooksAreRefused) {
  EXPECT_THROW((void)PriceBook::parse("{", "b"), UserError);
  EXPECT_THROW((void)PriceBook::parse("{}", "b"), UserError);
  EXPECT_THROW((void)PriceBook::parse(R"({"schema":"weir/price-book@1","entries":[{"id":"x"}]})", "b"),
               UserError);
}

TEST(Prices, OneColdProTurnCostsNinetyWarmFlashTurns) {
  // The arithmetic the cascade lives by: 100k of context, 500 tokens out.
  const PriceBook book = PriceBook::bundled();
  const auto when = at("2026-10-20T12:00:00Z");
  const auto cold = book.cost(kPro, when, tokens(100'000, 0, 500))->pusd;
  const auto warm = book.cost(kFlash, when, tokens(1000, 99'000, 500))->pusd;
  EXPECT_NEAR(static_cast<double>(cold) / static_cast<double>(warm), 90, 5);
}

}  // namespace
}  // namespace weir
