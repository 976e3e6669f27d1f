// Threshold trees and forks, the binary: a tree's trials are what runs of their own would have
// been, at a part of the cost; a fork changes nothing of its trial.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/scripted.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// All of a trial that its threshold decides.
const std::string kDeeds =
    "SELECT group_concat(line, ' ; ') FROM (SELECT task || threshold || outcome || stop_reason || "
    "' ' || turns || ' ' || escalated_turns || ' ' || calls || ' ' || discarded_calls || ' ' || "
    "cost_pusd || ' ' || input_hit AS line FROM v_trial ORDER BY task, threshold)";

class Trees : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    const std::string first_steps = WEIR_SOURCE_DIR "/tasks/suites/first_steps";
    write_file(folder_ / "e.toml",
               "[experiment]\nsuites = [\"" + first_steps +
                   "\"]\nconfigs = [\"cascade\"]\nattempts = 1\n"
                   "[models.flash]\nprovider = \"simulated\"\nskill = 0.5\nprice_host = "
                   "\"api.deepseek.com\"\nprice_as = \"deepseek-v4-flash\"\n[models.pro]\n"
                   "provider = \"simulated\"\nskill = 0.88\nprice_host = \"api.deepseek.com\"\n"
                   "price_as = \"deepseek-v4-pro\"\n"
                   "[configs.cascade]\ntiers = [\"flash\", \"pro\"]\npolicy = \"policy.toml\"\n"
                   "[limits]\nturns = 30\n");
  }
  void write_policy(const std::string& redo, const std::string& score, const std::string& explore) {
    write_file(
        folder_ / "policy.toml",
        "redo = \"" + redo + "\"\nstay = 3\n[score]\n" + score +
            "weights = { format_error = 1.0, no_action = 0.8, tests_red = 0.9, nonzero_exit = "
            "0.4, repeat = 0.7 }\n[always]\nconsecutive_failures = 2\n[budget]\n"
            "max_strong_turns = 6\nmax_escalations = 3\n" +
            explore);
  }
  std::vector<std::string> command(const std::string& db) const {
    return {"run",     (folder_ / "e.toml").string(), "--db", (folder_ / db).string(), "--task",
            "repair-*"};
  }
  void run(const std::string& db) {
    const Ran ran = run_weir(command(db));
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  [[nodiscard]] std::string ask(const std::string& db, const std::string& query) const {
    return sql(folder_ / db, query);
  }
  TemporaryFolder folder_;
};

const std::string kTree = "[explore]\ngrid = [0.3, 0.6, 0.85, 1.01]\ndesign = \"tree\"\n";

class TreesByRedo : public Trees, public testing::WithParamInterface<const char*> {};

TEST_P(TreesByRedo, MembersAreWhatRunsOfTheirOwnWouldBe) {
  write_policy(GetParam(), "", kTree);
  run("tree.db");
  for (const char* threshold : {"0.3", "0.6", "0.85", "1.01"}) {
    write_policy(GetParam(), std::string("threshold = ") + threshold + "\n", "");
    run("alone.db");
  }
  EXPECT_EQ(ask("tree.db", kDeeds), ask("alone.db", kDeeds));
  const auto calls = [&](const std::string& db) {
    return std::stoi(ask(db, "SELECT count(*) FROM v_call"));
  };
  EXPECT_LT(calls("tree.db"), 0.9 * calls("alone.db"));
  // Each call once, and accepted where any of the ways that share it accepted it.
  EXPECT_EQ(ask("tree.db", "SELECT sum(accepted) FROM v_call"),
            ask("tree.db", "SELECT count(DISTINCT accepted_call) FROM turn"));
}

INSTANTIATE_TEST_SUITE_P(Modes, TreesByRedo,
                         testing::Values("rollback", "next_turn", "before_execution"));

TEST_F(Trees, AKilledTreeGoesOn) {
  write_policy("rollback", "", kTree);
  run("whole.db");
  std::vector<std::string> arguments = command("killed.db");
  for (int moment = 0; moment < 3; ++moment) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      std::vector<char*> argv = {const_cast<char*>(WEIR_BINARY)};
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::execv(WEIR_BINARY, argv.data());
      ::_exit(127);
    }
    while (ask("killed.db", "SELECT count(*) FROM v_call") == "") {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(700 + 400 * moment));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    arguments = {"resume", "--db", (folder_ / "killed.db").string()};
  }
  const Ran last = run_weir({"resume", "--db", (folder_ / "killed.db").string()});
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(ask("killed.db", kDeeds), ask("whole.db", kDeeds));
  EXPECT_EQ(ask("killed.db", "SELECT count(*) FROM v_call"),
            ask("whole.db", "SELECT count(*) FROM v_call"));
}

TEST_F(Trees, AReplayedTreeIsTheSameTree) {
  write_policy("rollback", "", kTree);
  run("tree.db");
  std::string text = read_file(folder_ / "e.toml");
  for (const char* skill : {"skill = 0.5\n", "skill = 0.88\n"})
    text.erase(text.find(skill), std::string(skill).size());
  for (std::size_t at; (at = text.find("\"simulated\"")) != std::string::npos;) {
    text.replace(at, 11, "\"replay\"\ncassette = \"tree.db\"");
  }
  write_file(folder_ / "e.toml", text);
  run("again.db");
  const std::string outcomes =
      "SELECT group_concat(line) FROM (SELECT task || threshold || outcome || turns || calls AS "
      "line FROM v_trial ORDER BY 1)";
  EXPECT_EQ(ask("again.db", outcomes), ask("tree.db", outcomes));
}

TEST_F(Trees, AForkChangesNothingOfItsTrial) {
  write_policy("rollback", "", "[explore]\ngrid = [0.3, 0.6, 0.85, 1.01]\nfork = 0.3\n");
  run("forks.db");
  write_policy("rollback", "", "[explore]\ngrid = [0.3, 0.6, 0.85, 1.01]\n");
  run("none.db");
  EXPECT_EQ(ask("forks.db", kDeeds), ask("none.db", kDeeds));
  // Nor of its economics: a draft that only the way not taken kept stays discarded.
  const auto economics = [&](const std::string& db) {
    return run_weir({"report", "--db", (folder_ / db).string(), "--format", "csv", "--section",
                     "economics-escalations"});
  };
  const Ran with = economics("forks.db");
  EXPECT_EQ(with.exit_code, 0) << with.err;
  EXPECT_EQ(with.out, economics("none.db").out);
  EXPECT_GT(std::stoi(ask("forks.db", "SELECT count(*) FROM v_fork WHERE outcome <> 'not_run'")),
            3);
  EXPECT_EQ(ask("forks.db", "SELECT count(*) FROM v_fork WHERE cost_pusd IS NULL"), "0");
  // What the forks cost is spent, and on no trial's path.
  EXPECT_EQ(
      ask("forks.db",
          "SELECT (SELECT sum(cost_pusd) FROM v_call) > (SELECT sum(cost_pusd) FROM v_trial)"),
      "1");
  // Only what was judged after the ways parted differs: the way not taken did the opposite.
  EXPECT_EQ(ask("forks.db",
                "SELECT count(*) FROM fork JOIN decision ON decision.call = fork.call AND "
                "decision.phase = fork.phase JOIN segment ON segment.id = decision.segment WHERE "
                "segment.aside = 1 AND segment.id LIKE fork.trial || '%' AND "
                "(decision.decision = 'escalate') <> fork.escalates"),
            "0");
}

TEST(TreesScripted, MembersThatCannotPartHaveNoOutcome) {
  if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  // A server is left running, so that files cannot be frozen where the thresholds disagree. To
  // begin those anew would be a second chance for just such histories.
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1) return "setsid sleep 300 > /dev/null 2>&1 < /dev/null & sleep 0.2; true";
    if (asked.turn == 2) return "false";
    if (asked.turn == 3) return asked.model == "pro" ? "touch /app/work/pro" : "true";
    return "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";
  });
  const Ran ran = scripted.run(
      "redo = \"next_turn\"\n[score]\nweights = { nonzero_exit = 0.5 }\n[explore]\ngrid = [0.4, "
      "0.9, 1.01]\ndesign = \"tree\"\n");
  EXPECT_EQ(ran.exit_code, 3) << ran.err;  // incomplete, and says so
  EXPECT_EQ(scripted.query("SELECT group_concat(threshold || outcome || coalesce(error_class, ''), "
                           "' ') FROM (SELECT * FROM v_trial ORDER BY threshold)"),
            "0.4resolved 0.9infra_errorcannot_part 1.01infra_errorcannot_part");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_call"), "4");
  (void)run_weir({"resume", "--retry", "infra_error", "--db", scripted.path("w.db").string()});
  EXPECT_EQ(scripted.query("SELECT max(try) || ' ' || count(*) FROM v_trial"), "1 3");
}

/// A message list without its restarts: one answer per accepted turn.
TEST_F(Trees, ExportsFollowAPathThatParted) {
  write_policy("rollback", "", kTree);
  run("tree.db");
  const Ran ran = run_weir({"export", "latest", "--format", "traj", "-o",
                            (folder_ / "out").string(), "--db", (folder_ / "tree.db").string()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out")) {
    if (!entry.is_regular_file()) continue;
    const json trajectory = json::parse(read_file(entry.path()));
    const std::string trial = trajectory["info"]["weir"]["trial"];
    int answers = 0;
    for (const auto& message : trajectory["messages"]) answers += message["role"] == "assistant";
    EXPECT_EQ(std::to_string(answers),
              ask("tree.db", "SELECT turns FROM v_trial WHERE trial = '" + trial + "'"))
        << trial;
    ++files;
  }
  EXPECT_EQ(files, 8);
}

}  // namespace
}  // namespace weir
