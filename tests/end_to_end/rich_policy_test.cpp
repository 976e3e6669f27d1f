// Everything a policy can do at once, on the bundled suite with simulated tiers: equal
// at any --jobs, and equal when it is cut off and resumed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

class RichPolicy : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    write_file(
        folder_ / "explore.toml",
        "redo = \"rollback\"\nstay = 2\nrestart = true\n[score]\nweights = { format_error = 1.0, "
        "no_action = 0.8, tests_red = 0.9, nonzero_exit = 0.4, vote_split = 1.0, edit_unparsable = "
        "1.0, repeat = 0.7, budget_used = 0.3 }\n[vote]\nsamples = 3\n[explore]\n"
        "grid = [0.3, 0.6, 1.01]\n[budget]\nmax_strong_turns = 8\n");
    write_file(folder_ / "again.toml",
               "redo = \"next_turn\"\n[always]\nprevious_attempt_failed = true\n");
    const std::string first_steps = WEIR_SOURCE_DIR "/tasks/suites/first_steps";
    write_file(folder_ / "e.toml",
               "[experiment]\nsuites = [\"" + first_steps +
                   "\"]\n"
                   "configs = [\"explore\", \"again\", \"twice\", \"blind\"]\nattempts = 2\n"
                   "[models.flash]\nprovider = \"simulated\"\nskill = 0.5\nprice_host = "
                   "\"api.deepseek.com\"\n"
                   "price_as = \"deepseek-v4-flash\"\n[models.pro]\nprovider = "
                   "\"simulated\"\nskill = 0.88\n"
                   "price_host = \"api.deepseek.com\"\nprice_as = \"deepseek-v4-pro\"\n"
                   "[configs.explore]\ntiers = [\"flash\", \"pro\"]\npolicy = \"explore.toml\"\n"
                   "[configs.again]\ntiers = [\"flash\", \"pro\"]\npolicy = \"again.toml\"\n"
                   "[configs.twice]\ntiers = [\"flash\"]\ncontrol = { attempts = 2 }\n"
                   "[configs.blind]\ntiers = [\"flash\", \"pro\"]\ncontrol = { pre_router = { "
                   "share = 0.5 } }\n"
                   "[limits]\nturns = 40\n");
  }
  Ran run(const std::string& db, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {
        "run", (folder_ / "e.toml").string(), "--db", (folder_ / db).string(), "--task", "*re*"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_weir(arguments);
  }
  TemporaryFolder folder_;
};

TEST_F(RichPolicy, DoesNotDependOnJobsNorOnBeingCutOff) {
  ASSERT_EQ(run("one.db", {"--jobs", "1"}).exit_code, 0);
  ASSERT_EQ(run("eight.db", {"--jobs", "8"}).exit_code, 0);
  const std::string one = essence(folder_ / "one.db");
  EXPECT_EQ(one, essence(folder_ / "eight.db"));
  const Ran cut = run("cut.db", {"--jobs", "4", "--max-usd", "0.03"});
  ASSERT_EQ(cut.exit_code, 4) << cut.err;
  ASSERT_EQ(run_weir({"resume", "--max-usd", "9", "--db", (folder_ / "cut.db").string()}).exit_code,
            0);
  EXPECT_EQ(one, essence(folder_ / "cut.db"));
  for (const char* mode : {"restart", "rerun"}) {  // or nothing was shown
    EXPECT_NE(sql(folder_ / "one.db",
                  std::string("SELECT count(*) FROM v_decision WHERE mode = '") + mode + "'"),
              "0")
        << mode;
  }
  EXPECT_EQ(sql(folder_ / "one.db", "SELECT sum(cost_pusd) FROM v_trial"),
            sql(folder_ / "one.db", "SELECT sum(cost_pusd) FROM v_call"));
}

TEST_F(RichPolicy, EveryDecisionKnowsTheOtherThresholds) {
  ASSERT_EQ(run("w.db", {"--config", "explore"}).exit_code, 0);
  EXPECT_EQ(sql(folder_ / "w.db",
                "SELECT count(*) FROM decision WHERE json_extract(grid, '$.\"0.3\"') IS NULL OR "
                "json_extract(grid, '$.\"1.01\"') IS NULL"),
            "0");
  // What was done is what the grid says of the trial's own threshold.
  EXPECT_EQ(sql(folder_ / "w.db",
                "SELECT count(*) FROM decision WHERE rule IN ('score', '') AND decision <> "
                "json_extract(grid, '$.\"' || threshold || '\"')"),
            "0");
  EXPECT_EQ(sql(folder_ / "w.db", "SELECT count(DISTINCT threshold) > 1 FROM v_trial"), "1");
}

}  // namespace
}  // namespace weir
