// The program as its user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  std::string db(const std::string& name = "w.db") const { return (folder_ / name).string(); }
  TemporaryFolder folder_;
};

TEST_F(RunTest, OutcomesDoNotDependOnJobs) {
  const std::vector<std::string> common = {"run", kExperiment, "--attempts", "1"};
  auto one = common;
  one.insert(one.end(), {"--jobs", "1", "--db", db("one.db")});
  auto eight = common;
  eight.insert(eight.end(), {"--jobs", "8", "--db", db("eight.db")});
  const Ran first = run_weir(one);
  const Ran second = run_weir(eight);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(essence(db("one.db")), essence(db("eight.db")));
}

TEST_F(RunTest, AnotherSeedIsAnotherRun) {
  for (const char* seed : {"1", "2"}) {
    ASSERT_EQ(run_weir({"run", kExperiment, "--attempts", "1", "--config", "flash", "--seed", seed,
                        "--db", db(seed)})
                  .exit_code,
              0);
  }
  EXPECT_NE(essence(db("1")), essence(db("2")));
}

TEST_F(RunTest, TheTableAgreesWithTheDatabase) {
  const Ran ran = run_weir({"run", kExperiment, "--attempts", "1", "--json", "--db", db()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json report = json::parse(ran.out);
  EXPECT_TRUE(report.at("simulated").get<bool>());
  ASSERT_EQ(report.at("configs").size(), 3U);
  for (const auto& config : report.at("configs")) {
    const std::string name = config.at("config");
    EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE config = '" + name + "'"), "10");
    EXPECT_EQ(sql(db(), "SELECT sum(cost_pusd) FROM v_trial WHERE config = '" + name + "'"),
              std::to_string(config.at("cost_pusd").get<std::int64_t>()));
    EXPECT_EQ(sql(db(), "SELECT sum(cost_pusd) FROM v_call WHERE trial LIKE '%/" + name + "/%'"),
              std::to_string(config.at("cost_pusd").get<std::int64_t>()));
    EXPECT_EQ(sql(db(), "SELECT sum(outcome = 'resolved') FROM v_trial WHERE config = '" + name + "'"),
              std::to_string(config.at("resolved").get<int>()));
  }
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_call WHERE input_miss + input_hit <> input_total OR "
                      "output_text + output_reasoning <> output_total"),
            "0");
}

TEST_F(RunTest, ATrialShowsItsDiscardedDraftTheRestoredBoxAndWhatReplacedIt) {
  ASSERT_EQ(run_weir({"run", kExperiment, "--config", "cascade", "--db", db()}).exit_code, 0);
  const std::string trial = sql(
      db(), "SELECT trial FROM v_decision WHERE mode = 'rerun' AND rule = 'score' AND EXISTS (SELECT "
            "1 FROM turn WHERE turn.segment = v_decision.segment AND turn.turn = v_decision.turn AND "
            "discarded_z IS NOT NULL) LIMIT 1");
  ASSERT_THAT(trial, HasSubstr("/cascade/"));
  const Ran shown = run_weir({"show", trial, "--turns", "--calls", "--db", db()});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.out, HasSubstr("- flash (tier 0), discarded"));
  EXPECT_THAT(shown.out, HasSubstr("executed, then undone"));
  EXPECT_THAT(shown.out, HasSubstr("the box was restored"));
  EXPECT_THAT(shown.out, HasSubstr("+ pro (tier 1)"));
  EXPECT_THAT(shown.out, HasSubstr("(simulated)"));
}

TEST_F(RunTest, ValidateAgreesThatTheBundledSuiteIsSound) {
  const Ran ran = run_weir({"validate", WEIR_SOURCE_DIR "/tasks/suites/first_steps", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  const json result = json::parse(ran.out);
  EXPECT_EQ(result.at("valid"), 10);
  for (const auto& task : result.at("tasks")) {
    EXPECT_EQ(task.at("nop").at("outcome"), "unresolved") << task;
    EXPECT_EQ(task.at("oracle").at("outcome"), "resolved") << task;
  }
}

TEST_F(RunTest, AFinishedRunResumesToItsTable) {
  const Ran first = run_weir({"run", kExperiment, "--attempts", "1", "--config", "flash", "--task",
                              "recover-*", "--db", db()});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const Ran again = run_weir({"resume", "--db", db()});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(run_weir({"compare", "--db", db()}).out, first.out);
}

TEST_F(RunTest, ABudgetStopsTheRunWithItsOwnExitCode) {
  const Ran ran =
      run_weir({"run", kExperiment, "--attempts", "1", "--max-usd", "0.1", "--db", db()});
  EXPECT_EQ(ran.exit_code, 4) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("--max-usd"));
  EXPECT_EQ(sql(db(), "SELECT sum(usd) BETWEEN 0.0001 AND 0.1 FROM v_call"), "1");
  const Ran resumed = run_weir({"resume", "--max-usd", "1", "--db", db()});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial"), "30");
}

TEST_F(RunTest, SandboxRunPassesStatusAndStreams) {
  const Ran ran = run_weir({"sandbox", "run", "--", "bash", "-c", "echo out; echo err >&2; exit 9"});
  EXPECT_EQ(ran.exit_code, 9);
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_EQ(run_weir({"sandbox", "run", "--timeout", "200ms", "--", "sleep", "9"}).exit_code, 124);
  EXPECT_EQ(run_weir({"sandbox", "run", "--", "bash", "-c", "kill -9 $$"}).exit_code, 137);
  EXPECT_EQ(run_weir({"sandbox", "run", "--", "nope"}).exit_code, 127);
  const Ran record = run_weir({"sandbox", "run", "--json", "--env", "A=b", "--", "bash", "-c",
                               "echo $A; exit 3"});
  EXPECT_EQ(record.exit_code, 0);
  const json parsed = json::parse(record.out);
  EXPECT_EQ(parsed.at("status"), "exited");
  EXPECT_EQ(parsed.at("exit_code"), 3);
  EXPECT_EQ(parsed.at("stdout"), "b\n");
}

}  // namespace
}  // namespace weir
