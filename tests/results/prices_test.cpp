#include "results/prices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"

namespace weir {
namespace {

TimePoint at(const char* text) {
  return *parse_time(text);
}

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
  EXPECT_THROW(
      (void)PriceBook::parse(R"({"schema":"weir/price-book@1","entries":[{"id":"x"}]})", "b"),
      UserError);
}

/// A book of one entry, with more in the entry and in the book.
std::string book_with(const std::string& entry, const std::string& more = "") {
  return R"({"schema":"weir/price-book@1","entries":[{"id":"a","model":"m","effective_from":)"
         R"("2026-01-01T00:00:00Z",)" +
         entry + "}]" + more + "}";
}

std::string refusal(const std::string& text) {
  try {
    (void)PriceBook::parse(text, "b.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Prices, MalformedEntriesAreNamed) {
  using testing::HasSubstr;
  const std::string rates = R"("rates":{"usd":{"output":1}})";
  EXPECT_EQ(refusal(book_with(rates)), "accepted");
  EXPECT_THAT(refusal(book_with(R"("rates":{"usd":{"output":-1}})")), HasSubstr("price entry a"));
  EXPECT_THAT(refusal(book_with(R"("rates":{"usd":{"ouput":1}})")), HasSubstr("did you mean"));
  EXPECT_THAT(refusal(book_with(rates + R"(,"rate":1)")), HasSubstr("unknown key \"rate\""));
  EXPECT_THAT(refusal(book_with(R"("rates":{"usd":{"output":1e-13}})")), HasSubstr("finer"));
  EXPECT_THAT(refusal(book_with(R"("alias_of":"nobody")")), HasSubstr("has no prices"));
  EXPECT_THAT(refusal(book_with(R"("note":"x")")), HasSubstr("neither"));
  EXPECT_THAT(refusal(book_with(rates, R"(,"scenarios":[{"name":"s","use":["b"]}])")),
              HasSubstr("no entry \"b\""));
  EXPECT_THAT(refusal(book_with(rates +
                                R"(},{"id":"b","model":"m","effective_from":)"
                                R"("2026-05-01T00:00:00Z",)" +
                                rates)),
              HasSubstr("price entry b: overlaps in time with entry a"));
}

TEST(Prices, HolidaysAndLocalWeekdaysAreOffPeak) {
  const PriceBook book = PriceBook::bundled();
  const auto output = [&](const char* time) {
    return book.rates(kPro, at(time))->first.output.value();
  };
  EXPECT_EQ(output("2026-10-01T02:00:00Z"), 1'980'000);  // a Thursday, National Day
  EXPECT_EQ(output("2026-10-08T02:00:00Z"), 3'960'000);  // the Thursday after
}

TEST(Prices, ATotalIsPricedWhereItsSplitDoesNotMatter) {
  const auto book = PriceBook::parse(
      book_with(R"("host":"h","rates":{"usd":{"input_cache_miss":2,"input_cache_hit":2,"output":4,)"
                R"("reasoning":8}})"),
      "b");
  Tokens unsplit;
  unsplit.input_total = 10;
  unsplit.output_total = 6;
  const PriceKey key{"h", "m", "m"};
  const auto when = at("2026-10-20T12:00:00Z");
  EXPECT_FALSE(book.cost(key, when, unsplit));  // reasoning costs twice what text does
  unsplit.output_text = 4;
  unsplit.output_reasoning = 2;
  EXPECT_EQ(book.cost(key, when, unsplit)->pusd, 10 * 2'000'000 + 4 * 4'000'000 + 2 * 8'000'000);
  unsplit.input_hit = 11;  // more hits than there is input
  EXPECT_FALSE(book.cost(key, when, unsplit));
}

TEST(Prices, CountsThatContradictEachOtherAreNotPriced) {
  Tokens odd = tokens(10, 90, 5);
  odd.input_total = 50;
  EXPECT_FALSE(PriceBook::bundled().cost(kPro, at("2026-06-01T00:00:00Z"), odd));
}

TEST(Prices, ACostMapFillsTheGapsOfItsProvidersOnly) {
  const auto book = PriceBook::bundled().with_fallback(R"({
    "sample_spec": {"input_cost_per_token": 1},
    "deepinfra/x": {"litellm_provider": "deepinfra", "input_cost_per_token": 6e-08,
                    "output_cost_per_token": 1.8e-07, "supports_prompt_caching": true},
    "deepseek-v4-pro": {"litellm_provider": "deepseek", "input_cost_per_token": 1,
                        "output_cost_per_token": 1},
    "big": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
            "input_cost_per_token_above_200k_tokens": 2e-06}})",
                                                       "map.json");
  const auto when = at("2026-10-20T12:00:00Z");
  const auto cost = book.cost({"api.deepinfra.com", "x", "x"}, when, tokens(100, 0, 10));
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->pusd, 100 * 60'000 + 10 * 180'000);
  EXPECT_EQ(cost->entry, "litellm:deepinfra/x");
  EXPECT_FALSE(
      book.cost({"api.deepinfra.com", "x", "x"}, when, tokens(0, 100, 10)));  // no hit price
  EXPECT_FALSE(book.cost({"my-own-host", "x", "x"}, when, tokens(100, 0, 10)));
  EXPECT_EQ(book.cost(kPro, when, tokens(1, 0, 0))->entry, "pro-tou-weekday");  // the book wins
  Tokens large = tokens(300'000, 0, 1);
  large.input_total = 300'000;
  EXPECT_FALSE(
      book.cost({"api.openai.com", "big", ""}, when, large));  // dearer, by how much is unsaid
  // What is stored with a run reads back as the same book.
  EXPECT_TRUE(PriceBook::parse(book.text(), "stored")
                  .cost({"api.deepinfra.com", "x", "x"}, when, tokens(100, 0, 10)));
  EXPECT_THROW((void)PriceBook::bundled().with_fallback("[", "map.json"), UserError);
}

TEST(Prices, CurrenciesAreTablesOfTheirOwn) {
  const auto yuan = PriceBook::bundled().viewed({{}, "", "cny"});
  EXPECT_EQ(yuan.rates(kFlash, at("2026-06-01T00:00:00Z"))->first.output, 2'000'000);
  EXPECT_FALSE(yuan.rates(kFlash, at("2026-04-25T00:00:00Z")));  // no such table then
  EXPECT_THROW((void)PriceBook::bundled().viewed({{}, "", "eur"}), UserError);
}

TEST(Prices, TheRequestedIdsPriceIsMarked) {
  const PriceBook book = PriceBook::bundled();
  const auto when = at("2026-10-20T12:00:00Z");
  EXPECT_TRUE(
      book.cost({"api.deepseek.com", "new", "deepseek-v4-pro"}, when, tokens(1, 1, 1))->by_request);
  EXPECT_FALSE(book.cost(kPro, when, tokens(1, 1, 1))->by_request);
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
