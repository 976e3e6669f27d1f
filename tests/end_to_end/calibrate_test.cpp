// weir calibrate, the binary: logs, pairs, runs; and what its replay of decisions rests on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"
#include "tests/worlds/world.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(CalibrateLog, WritesAClaimAndOneObject) {
  const TemporaryFolder folder;
  const World& world = fixed_worlds()[2];
  write_file(folder / "log.jsonl", explore_to_jsonl(world, 400, 3, Draws::independent, 5));
  const Ran ran = run_weir({"calibrate", "--log", (folder / "log.jsonl").string(), "--target",
                            "0.75", "--claim", (folder / "claim.json").string(), "--report",
                            (folder / "page.md").string(), "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json values = json::parse(ran.out);
  const json claim = json::parse(read_file(folder / "claim.json"));
  EXPECT_TRUE(values["simulated"].get<bool>());
  EXPECT_TRUE(values["certificate"]["certified"].get<bool>());
  EXPECT_EQ(values["certificate"]["threshold"], claim["threshold"]);
  EXPECT_TRUE(claim["k"].is_null());
  EXPECT_DOUBLE_EQ(claim["resolve_lcb"].get<double>(), 0.75);
  EXPECT_LT(claim["cost_ci"][0].get<double>(), claim["cost_ci"][1].get<double>());
  EXPECT_GE(world.truth(claim["threshold"].get<double>()).resolved, 0.75);
  EXPECT_THAT(read_file(folder / "page.md"), HasSubstr("simulated models: not a measurement"));
  EXPECT_THAT(read_file(folder / "page-frontier.svg"), HasSubstr("</svg>"));
}

TEST(CalibrateLog, AbstainingIsNoErrorAndItsClaimIsNull) {
  const TemporaryFolder folder;
  write_file(folder / "log.jsonl",
             explore_to_jsonl(fixed_worlds()[2], 100, 3, Draws::independent, 5));
  const Ran ran = run_weir({"calibrate", "--log", (folder / "log.jsonl").string(), "--target",
                            "0.99", "--claim", (folder / "claim.json").string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ABSTAINED"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("Resolved %")));  // rarely certified: no estimates
  EXPECT_TRUE(json::parse(read_file(folder / "claim.json"))["threshold"].is_null());
}

TEST(CalibrateLog, RefusesAndWritesNothing) {
  const TemporaryFolder folder;
  write_file(folder / "log.jsonl", "{\"grid\":[0.5,1.01],\"grid_probs\":[0.5,0.6]}\n");
  const Ran ran = run_weir({"calibrate", "--log", (folder / "log.jsonl").string(), "--target", "0.5",
                            "--claim", (folder / "claim.json").string()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("log.jsonl:1"));
  EXPECT_FALSE(std::filesystem::exists(folder / "claim.json"));
}

class CalibrateRuns : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    const std::string first_steps = WEIR_SOURCE_DIR "/tasks/suites/first_steps";
    write_file(folder_ / "e.toml",
               "[experiment]\nsuites = [\"" + first_steps +
                   "\"]\nconfigs = [\"cascade\"]\nattempts = 3\n"
                   "[models.flash]\nprovider = \"simulated\"\nskill = 0.5\nprice_host = "
                   "\"api.deepseek.com\"\nprice_as = \"deepseek-v4-flash\"\n[models.pro]\n"
                   "provider = \"simulated\"\nskill = 0.88\nprice_host = \"api.deepseek.com\"\n"
                   "price_as = \"deepseek-v4-pro\"\n"
                   "[configs.cascade]\ntiers = [\"flash\", \"pro\"]\npolicy = \"policy.toml\"\n"
                   "[limits]\nturns = 30\n");
  }
  /// Stays, counted failures, caps: all the state a router has.
  void run_policy(const std::string& threshold, const std::string& db) const {
    write_file(folder_ / "policy.toml",
               "redo = \"rollback\"\nstay = 3\n[score]\n" + threshold +
                   "weights = { format_error = 1.0, no_action = 0.8, tests_red = 0.9, nonzero_exit = "
                   "0.4, repeat = 0.7 }\n[always]\nconsecutive_failures = 2\n[budget]\n"
                   "max_strong_turns = 6\nmax_escalations = 3\n" +
                   (threshold.empty() ? "[explore]\ngrid = [0.3, 0.6, 0.85, 1.01]\n" : ""));
    const Ran ran = run_weir({"run", (folder_ / "e.toml").string(), "--db", (folder_ / db).string(),
                              "--task", "*re*"});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  /// What a trial did, turn by turn, and what came of it.
  [[nodiscard]] std::string deeds(const std::string& db, const std::string& trial_end) const {
    return sql(folder_ / db,
               "SELECT group_concat(turn.tier || turn.actions, '|') || v_trial.outcome || "
               "v_trial.cost_pusd FROM turn JOIN segment ON segment.id = turn.segment JOIN v_trial "
               "ON v_trial.trial = segment.trial WHERE segment.trial LIKE '%" + trial_end + "'");
  }
  TemporaryFolder folder_;
};

TEST_F(CalibrateRuns, AConsistentThresholdTakesTheSameActions) {
  run_policy("", "explored.db");
  // Per trial, the thresholds all of its decisions agree with.
  const std::string rows = sql(
      folder_ / "explored.db",
      "SELECT json_group_array(json_object('trial', substr(trial, 34), 'drawn', threshold, 'key', "
      "key)) FROM (SELECT segment.trial AS trial, decision.threshold AS threshold, each.key AS key "
      "FROM decision JOIN segment ON segment.id = decision.segment, json_each(decision.grid) AS "
      "each GROUP BY segment.trial, each.key HAVING min(each.value = decision.decision) = 1)");
  int others = 0;
  for (const char* threshold : {"0.3", "0.6", "0.85", "1.01"}) {
    const std::string db = std::string("at_") + threshold + ".db";
    run_policy(std::string("threshold = ") + threshold + "\n", db);
    for (const auto& row : json::parse(rows)) {
      if (row["key"] != threshold) continue;
      const std::string trial = row["trial"];
      EXPECT_EQ(deeds("explored.db", trial), deeds(db, trial)) << trial << " at " << threshold;
      if (std::abs(row["drawn"].get<double>() - std::stod(threshold)) > 1e-9) ++others;
    }
  }
  EXPECT_GT(others, 10);  // or nothing was shown
}

TEST_F(CalibrateRuns, TooFewTasksAndRunsThatDoNotExploreAreRefused) {
  run_policy("", "explored.db");
  const Ran few = run_weir({"calibrate", "--db", (folder_ / "explored.db").string(), "--target",
                            "0.5", "--out", (folder_ / "out.toml").string()});
  EXPECT_EQ(few.exit_code, 2);
  EXPECT_THAT(few.err, HasSubstr("too few"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.toml"));
  run_policy("threshold = 0.6\n", "fixed.db");
  const Ran fixed =
      run_weir({"calibrate", "--db", (folder_ / "fixed.db").string(), "--target", "0.5"});
  EXPECT_EQ(fixed.exit_code, 2);
  EXPECT_THAT(fixed.err, HasSubstr("deterministic"));
}

}  // namespace
}  // namespace weir
