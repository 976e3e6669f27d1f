// Multi-step tasks under the bash agent: conversations, gates, books, kills.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class StepsOfAgents : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "no boxes here";
    put("suite/t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    task("");
    step("one", "grep -q first /app/log", "echo first >> /app/log");
    step("two", "grep -q second /app/log && grep -q first /app/log", "echo second >> /app/log");
    experiment("");
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, text);
  }
  /// `second`: keys of the second step.
  void task(const std::string& second) const {
    put("suite/t/task.toml",
        "artifacts = [\"/app/log\"]\n[[steps]]\nname = \"one\"\nmin_reward = 1\n[[steps]]\n"
        "name = \"two\"\n" +
            second);
  }
  void step(const std::string& name, const std::string& rule, const std::string& does) const {
    const std::string at = "suite/t/steps/" + name;
    put(at + "/instruction.md", "Write line " + name + ".\n");
    put(at + "/tests/test.sh",
        "#!/bin/bash\n" + rule + " && r=1 || r=0\necho $r > /logs/verifier/reward.txt\n");
    put(at + "/solution/solve.sh", "#!/bin/bash\n# step: wait\nsleep 0.2\n# step: write\n" + does +
                                       "\n# step: look\nsleep 0.2\n");
  }
  void experiment(const std::string& more) const {
    put("x.toml",
        "[experiment]\nname = \"x\"\nsuites = [\"suite\"]\nconfigs = [\"mixed\"]\nattempts = 2\n"
        "[models.flash]\nprovider = \"simulated\"\nskill = 1.0\nprice_host = \"api.deepseek.com\"\n"
        "price_as = \"deepseek-v4-flash\"\n[models.pro]\nprovider = \"simulated\"\nskill = 1.0\n"
        "price_host = \"api.deepseek.com\"\nprice_as = \"deepseek-v4-pro\"\n[configs.mixed]\ntiers "
        "= [\"flash\", \"pro\"]\n"
        "control = { random_share = 0.3 }\n" +
            more);
  }
  [[nodiscard]] Ran run(const std::string& db) const { return run_weir(command(db)); }
  [[nodiscard]] std::vector<std::string> command(const std::string& db) const {
    return {"run", (folder_ / "x.toml").string(), "--db", (folder_ / db).string(), "--jobs", "2"};
  }
  [[nodiscard]] std::string ask(const std::string& db, const std::string& query) const {
    return sql(folder_ / db, query);
  }
  [[nodiscard]] std::string first_trial(const std::string& db) const {
    return ask(db, "SELECT trial FROM v_trial ORDER BY trial LIMIT 1");
  }

  TemporaryFolder folder_;
};

TEST_F(StepsOfAgents, EachStepIsAConversationOfItsOwn) {
  const Ran ran = run("a.db");
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(ask("a.db", "SELECT group_concat(outcome || stop_reason) FROM v_trial"),
            "resolvedsubmitted,resolvedsubmitted");
  const std::string steps =
      "SELECT group_concat(step || ':' || reward) FROM v_step WHERE trial = '" +
      first_trial("a.db") + "'";
  EXPECT_EQ(ask("a.db", steps), "one:1.0,two:1.0");
  EXPECT_EQ(ask("a.db",
                "SELECT sum(turns) = (SELECT sum(turns) FROM v_trial) AND sum(cost_pusd) = (SELECT "
                "sum(cost_pusd) FROM v_trial) FROM v_step"),
            "1");
  // Turns count on; the second conversation is no longer than the first was at its beginning.
  EXPECT_EQ(ask("a.db",
                "SELECT count(DISTINCT turn) = count(*) FROM v_call WHERE accepted AND "
                "trial = '" +
                    first_trial("a.db") + "'"),
            "1");
  const std::string opening = "SELECT input_total FROM v_call WHERE step = '{}' AND trial = '" +
                              first_trial("a.db") + "' ORDER BY turn LIMIT 1";
  const auto of = [&](const std::string& step) {
    std::string query = opening;
    return std::stoi(ask("a.db", query.replace(query.find("{}"), 2, step)));
  };
  EXPECT_LT(of("two"), of("one") + 50);
}

TEST_F(StepsOfAgents, AStepMayInheritTheConversation) {
  task("inherit_prior_session = true\n");
  ASSERT_EQ(run("a.db").exit_code, 0);
  EXPECT_EQ(ask("a.db", "SELECT min(outcome) FROM v_trial"), "resolved");
  // The first request of the second step holds all of the first step's.
  EXPECT_EQ(
      ask("a.db",
          "SELECT min(later.input_total > (SELECT max(input_total) FROM v_call AS before WHERE "
          "before.step = 'one' AND before.trial = later.trial)) FROM v_call AS later WHERE "
          "later.step = 'two'"),
      "1");
  const Ran shown =
      run_weir({"show", first_trial("a.db"), "--turns", "--db", (folder_ / "a.db").string()});
  EXPECT_THAT(shown.out, HasSubstr("--- step two ---"));
  EXPECT_THAT(shown.out, Not(HasSubstr("begins again")));
}

TEST_F(StepsOfAgents, ATerminalIsNewInEachStep) {
  experiment("agent = \"terminal\"\n");
  for (const std::string second : {"", "inherit_prior_session = true\n"}) {
    task(second);
    const std::string db = second.empty() ? "a.db" : "b.db";
    const Ran ran = run(db);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_EQ(ask(db, "SELECT group_concat(outcome || stop_reason) FROM v_trial"),
              "resolvedsubmitted,resolvedsubmitted");
    EXPECT_EQ(ask(db, "SELECT group_concat(DISTINCT step) FROM v_step"), "one,two");
  }
}

TEST_F(StepsOfAgents, AGateThatIsNotPassedEndsTheTrial) {
  step("one", "false", "echo first >> /app/log");
  ASSERT_EQ(run("a.db").exit_code, 0);
  EXPECT_EQ(ask("a.db", "SELECT max(outcome) FROM v_trial"), "unresolved");
  EXPECT_EQ(ask("a.db", "SELECT group_concat(DISTINCT step) FROM v_step"), "one");
  EXPECT_THAT(ask("a.db", "SELECT message FROM try"), HasSubstr("below min_reward 1"));
}

TEST_F(StepsOfAgents, KillsInAnyStepChangeNothing) {
  ASSERT_EQ(run("whole.db").exit_code, 0);
  pid_t pid = start_weir(command("killed.db"));
  const std::string reached =
      "SELECT count(*) FROM turn JOIN segment ON segment.id = turn.segment "
      "WHERE step = '{}' ";
  for (const std::string step : {"one", "two"}) {
    std::string query = reached;
    query.replace(query.find("{}"), 2, step);
    for (int look = 0; look < 400; ++look) {
      const Ran ran = run_weir({"sql", query, "--db", (folder_ / "killed.db").string(), "--json"});
      if (ran.exit_code == 0 && ask("killed.db", query) > "1") break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ::kill(pid, SIGKILL);
    (void)wait_for(pid);
    pid = start_weir({"resume", "--db", (folder_ / "killed.db").string(), "--jobs", "2"});
  }
  EXPECT_EQ(wait_for(pid), 0);
  EXPECT_EQ(essence(folder_ / "killed.db"), essence(folder_ / "whole.db"));
  EXPECT_EQ(ask("killed.db", "SELECT max(try) FROM v_trial"), "1");
}

TEST_F(StepsOfAgents, ArtifactsOfEachStepAreKeptAndTold) {
  ASSERT_EQ(run("a.db").exit_code, 0);
  const std::string trial = first_trial("a.db");
  const Ran shown = run_weir({"show", trial, "--json", "--db", (folder_ / "a.db").string()});
  const json artifacts = json::parse(shown.out).at("artifacts");
  ASSERT_EQ(artifacts.size(), 2U) << shown.out;
  EXPECT_EQ(read_file(artifacts[0].at("path").get<std::string>()), "first\n");
  EXPECT_EQ(read_file(artifacts[1].at("path").get<std::string>()), "first\nsecond\n");
  EXPECT_EQ(artifacts[1].at("step"), "two");
  EXPECT_EQ(run_weir({"export", "latest", "--format", "traj", "--output",
                      (folder_ / "out").string(), "--db", (folder_ / "a.db").string()})
                .exit_code,
            0);
}

TEST_F(StepsOfAgents, WhatGoesBackToABeginningIsRefused) {
  experiment("[configs.again]\ntiers = [\"flash\"]\ncontrol = { attempts = 2 }\n");
  auto arguments = command("a.db");
  arguments.insert(arguments.end(), {"--config", "again"});
  const Ran ran = run_weir(arguments);
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("has steps, on which control attempts of config \"again\""));
}

}  // namespace
}  // namespace weir
