// Paired outcomes: exact search, and the recorded answers of a brute-force one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/calibration/calibrate_pairs.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::filesystem::path kRouting = std::filesystem::path(WEIR_SHARED_DATA) / "routing";

PairedTasks read_paired_tasks(const std::filesystem::path& file, const PairsQuery& query) {
  return parse_paired_tasks(file.string(), read_file(file), query);
}

constexpr const char* kTable =
    "instance_id,repo,a_resolved,a_cost_usd,b_resolved,b_cost_usd,a_calls\n"
    "one,r,1,0.1,1,1,3\ntwo,r,0,0.2,1,2,9\nthree,s,0,0.3,0,3,9\nfour,s,1,0.4,0,4,5\n";

PairedTasks table(const std::string& signal = "a_calls") {
  return parse_paired_tasks("t.csv", kTable, {"a", "b", {signal}, {}, ""});
}

TEST(Pairs, TiesMoveTogetherAndNeverIsACandidate) {
  const auto points = all_thresholds(table());
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(points[0].threshold, kNothing);
  EXPECT_EQ(points[1].threshold, 9);
  EXPECT_EQ(points[1].resolved, 3);
  EXPECT_EQ(points[1].escalated, 2);
  EXPECT_EQ(points[1].cost, 6'000'000'000'000);
  EXPECT_EQ(points[3].resolved, 2);
  EXPECT_EQ(perfect_verifier(table()).cost, 6'000'000'000'000);
  EXPECT_EQ(oracle_router(table()).cost, 2'800'000'000'000);
}

TEST(Pairs, BadTablesAreNamed) {
  const auto error = [](const std::string& text, PairsQuery query) {
    return error_of([&] { (void)parse_paired_tasks("t.csv", text, query); });
  };
  const PairsQuery query{"a", "b", {"a_calls"}, {}, ""};
  EXPECT_THAT(error(kTable, {"a", "c", {"a_calls"}, {}, ""}), HasSubstr("c_resolved"));
  EXPECT_THAT(error(kTable, {"a", "b", {"a_call"}, {}, ""}), HasSubstr("a_calls"));
  EXPECT_THAT(error(std::string(kTable) + "one,r,1,0,1,0,1\n", query), HasSubstr("t.csv:6"));
  EXPECT_THAT(error(std::string(kTable) + "five,r,,0,1,0,1\n", query), HasSubstr("both outcomes"));
  EXPECT_THAT(error(std::string(kTable) + "five,r,1,0,1,0,nan\n", query), HasSubstr("a number"));
  EXPECT_THAT(error(std::string(kTable) + "five,r,1,-1,1,0,1\n", query), HasSubstr("negative"));
  EXPECT_THAT(error(kTable, {"a", "b", {"hash"}, {"repo"}, ""}), HasSubstr("COLUMN=VALUE"));
  EXPECT_THAT(error(kTable, {"a", "b", {"hash"}, {"repo=z"}, ""}), HasSubstr("no rows"));
}

/// Brute force, to hold the sweep against.
std::vector<std::pair<int, Picodollars>> by_hand(const PairedTasks& pairs, double first,
                                                 double second, bool either) {
  int resolved = 0;
  Picodollars cost = 0;
  for (const auto& task : pairs.tasks) {
    const bool a = task.signals[0] >= first;
    const bool b = task.signals[1] >= second;
    const bool up = either ? a || b : a && b;
    resolved += (up ? task.strong : task.base) ? 1 : 0;
    cost += task.base_cost + (up ? task.strong_cost : 0);
  }
  return {{resolved, cost}};
}

TEST(Pairs, TwoSignalsAreSearchedExactly) {
  const auto pairs = parse_paired_tasks("t.csv", kTable, {"a", "b", {"a_calls", "hash"}, {}, ""});
  for (const auto rule : {TwoSignals::either, TwoSignals::both}) {
    const auto points = all_threshold_pairs(pairs, rule);
    EXPECT_EQ(points.size(), 4U * 5U);
    for (const auto& point : points) {
      const auto hand = by_hand(pairs, point.threshold, *point.second, rule == TwoSignals::either);
      EXPECT_EQ(point.resolved, hand[0].first);
      EXPECT_EQ(point.cost, hand[0].second);
    }
  }
}

void expect_point(const CascadePoint& found, const json& expected, double scale) {
  EXPECT_EQ(found.resolved, expected.at("resolved").get<int>());
  EXPECT_EQ(found.escalated, expected.at("escalated").get<int>());
  EXPECT_NEAR(static_cast<double>(found.cost) / 1e12, expected.at("cost_usd").get<double>(), 1e-9);
  if (!expected.contains("threshold")) return;
  if (expected["threshold"] == "inf") {
    EXPECT_EQ(found.threshold, kNothing);
  } else {
    EXPECT_NEAR(found.threshold * scale, expected["threshold"].get<double>(), 1e-3);
  }
}

PairedTasks perfect_signal(int n) {
  PairedTasks pairs{"a", "b", {"s"}, true, 0, false, {}};
  for (int i = 0; i < n; ++i) {
    const bool base = i % 2 == 0;
    pairs.tasks.push_back({std::to_string(i), "", base, !base, 1, 10, {base ? 0.0 : 1.0}});
  }
  return pairs;
}

TEST(PermutedControl, NoiseThatNeverGetsThereIsBeaten) {
  CalibrationRequest request;
  request.target = Target{1, false};
  const auto found = calibrate_pairs(perfect_signal(100), TwoSignals::either, request);
  EXPECT_EQ(found.null_control->reached, 0);
  EXPECT_FALSE(found.null_control->cost_usd);
  EXPECT_FALSE(found.null_control->no_gain());
  EXPECT_NEAR(found.null_control->p, 1.0 / 401, 1e-12);
}

TEST(CrossValidation, NeedsTwoGroups) {
  PairedTasks pairs = perfect_signal(60);
  CalibrationRequest request;
  request.target = Target{0.9, false};
  EXPECT_EQ(calibrate_pairs(pairs, TwoSignals::either, request).cross_validated->folds, 5);
  for (auto& task : pairs.tasks) task.group = "one";
  EXPECT_FALSE(calibrate_pairs(pairs, TwoSignals::either, request).cross_validated);
}

TEST(PairedTasks, CostsThatDoNotFitAreRefused) {
  EXPECT_THAT(error_of([] {
                (void)parse_paired_tasks(
                    "t.csv",
                    "a_resolved,a_cost_usd,b_resolved,b_cost_usd,s\n"
                    "1,999999,1,999999,1\n1,999999,1,999999,1\n1,999999,1,1,1\n",
                    {"a", "b", {"s"}, {}, ""});
              }),
              HasSubstr("do not fit"));
}

TEST(RecordedPairs, EveryOptimumIsTheBruteForceOne) {
  if (!std::filesystem::exists(kRouting)) GTEST_SKIP() << "no ../shared/data/routing";
  const json expected = json::parse(read_file(kRouting / "swebench_expected.json"));
  for (const auto& result : expected.at("results")) {
    const std::string base = result.at("weak");
    SCOPED_TRACE(base + " then " + result.at("strong").get<std::string>());
    const auto pairs = read_paired_tasks(
        kRouting / "swebench_paired.csv",
        {base, result.at("strong"), {base + "_calls", base + "_cost_usd", "hash"}, {}, ""});
    const double weak = base_only(pairs).resolved;
    const double strong = strong_only(pairs).resolved;
    EXPECT_EQ(oracle_router(pairs).resolved, result["oracle_router"]["resolved"].get<int>());
    const char* names[] = {"weak_calls", "weak_cost_1e-8usd", "hash"};
    const double scales[] = {1, 1e8, 1};
    for (std::size_t signal = 0; signal < 3; ++signal) {
      const json& answers = result["signals"][names[signal]];
      const auto points = all_thresholds(pairs, signal);
      EXPECT_EQ(points.size(), answers["candidates"].get<std::size_t>());
      EXPECT_EQ(frontier_of(points).size(), answers["frontier_nondominated"].get<std::size_t>());
      for (const auto& [name, answer] : answers["min_cost_at_target"].items()) {
        const double gap = std::stod(name.substr(3)) / 100;
        const auto best = cheapest_with(points, weak + gap * (strong - weak));
        ASSERT_EQ(best.has_value(), !answer["best"].is_null());
        if (best) expect_point(*best, answer["best"], scales[signal]);
      }
      for (const auto& [name, answer] : answers["max_quality_at_budget"].items()) {
        const auto best =
            best_within(points, std::llround(answer["budget_usd"].get<double>() * 1e12));
        ASSERT_EQ(best.has_value(), !answer["best"].is_null());
        if (best) expect_point(*best, answer["best"], scales[signal]);
      }
      for (const auto& [name, answer] : answers["max_utility"].items()) {
        expect_point(most_useful(points, std::llround(std::stod(name.substr(1)) * 1e12)),
                     answer["best"], scales[signal]);
      }
    }
    const json& both = result["two_signal_or"];
    const auto search = search_threshold_pairs(pairs, TwoSignals::either);
    const auto& points = search.frontier;
    EXPECT_EQ(search.candidates, both["candidates"].get<std::size_t>());
    for (const auto& [name, answer] : both["min_cost_at_target"].items()) {
      const double gap = std::stod(name.substr(3)) / 100;
      const auto best = cheapest_with(points, weak + gap * (strong - weak)).value();
      expect_point(best, answer, 1);
      EXPECT_EQ(best.threshold, answer["calls_ge"].get<double>());
      EXPECT_NEAR(*best.second * 1e8, answer["cost_1e-8usd_ge"].get<double>(), 1e-3);
    }
  }
}

TEST(RecordedPairs, RouterCurvesAreThoseOfThePaper) {
  if (!std::filesystem::exists(kRouting)) GTEST_SKIP() << "no ../shared/data/routing";
  const json expected = json::parse(read_file(kRouting / "routellm_expected.json"));
  const std::map<std::string, std::string> signals = {
      {"hash", "score_hash"},
      {"promptlen", "prompt_chars+score_hash"},
      {"resplen", "weak_response_chars+score_hash"}};
  for (const auto& [set, benchmark] : {std::pair{"gsm8k", "gsm8k"}, {"mmlu_shared_rows", "mmlu"}}) {
    for (const auto& [router, answers] : expected.at(set).at("routers").items()) {
      SCOPED_TRACE(std::string(set) + " " + router);
      const auto pairs =
          read_paired_tasks(kRouting / "routellm_outcomes.csv",
                            {"weak",
                             "strong",
                             {signals.at(router)},
                             {"benchmark=" + std::string(benchmark), "contaminated=0"},
                             ""});
      EXPECT_EQ(pairs.tasks.size(), expected[set]["n"].get<std::size_t>());
      for (const bool exact : {false, true}) {
        const json& answer = answers[exact ? "exact" : "q10"];
        const RouterCurve curve = exact ? exact_curve(pairs) : binned_curve(pairs);
        EXPECT_EQ(curve.points.size(), answer["points"].get<std::size_t>());
        EXPECT_NEAR(curve.auc, answer["auc"].get<double>(), 1e-9);
        EXPECT_NEAR(*curve.apgr, answer["apgr"].get<double>(), 1e-9);
        for (const auto& [share, value] : answer["cpt"].items()) {
          EXPECT_NEAR(call_share_for(curve, std::stod(share), !exact).value(), value.get<double>(),
                      1e-9);
        }
      }
    }
  }
}

TEST(RecordedPairs, EffortIsNoSignalAndNothingIsCertifiedOfIt) {
  if (!std::filesystem::exists(kRouting)) GTEST_SKIP() << "no ../shared/data/routing";
  for (const char* signal : {"gpt5mini_calls", "gpt5mini_cost_usd"}) {
    const auto pairs = read_paired_tasks(kRouting / "swebench_paired.csv",
                                         {"gpt5mini", "sonnet45", {signal}, {}, ""});
    CalibrationRequest request;
    request.target = Target{0.8, true};
    const auto found = calibrate_pairs(pairs, TwoSignals::either, request);
    EXPECT_TRUE(found.null_control->no_gain()) << signal;
    EXPECT_FALSE(found.certificate->chosen) << signal;
    EXPECT_LT(found.cross_validated->quality, *found.target) << signal;
  }
}

}  // namespace
}  // namespace weir
