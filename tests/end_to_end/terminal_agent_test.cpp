// Whole trials of the `terminal` agent by the real binary: against scripted models, where
// every keystroke is known, and with the simulated tiers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "harness/agent/terminal_reply.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/scripted.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTerminal = "agent = \"terminal\"\n";

std::string keys(const std::string& keystrokes, int wait_ms = 200) {
  TerminalReply reply;
  reply.commands.push_back({keystrokes, milliseconds(wait_ms)});
  return render_terminal_reply(reply);
}

std::string complete() {
  TerminalReply reply;
  reply.task_complete = true;
  return render_terminal_reply(reply);
}

/// The last message of a request.
std::string last_of(const json& messages) {
  return messages.back().at("content");
}

class TerminalAgent : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  /// A scripted model that types.
  static void in_terminal(Scripted& scripted) {
    scripted.models = {"flash"};
    scripted.in_text = true;
  }
};

TEST_F(TerminalAgent, OneShellLivesThroughTheTrialAndCompletionIsConfirmed) {
  Scripted scripted([](const Asked& asked) -> std::string {
    switch (asked.turn) {
      case 1:
        return keys("cd /tmp; X=kept\n");
      case 2:
        return keys("echo $X $PWD > /app/answer; cat /app/answer\n");
      default:
        return complete();
    }
  });
  in_terminal(scripted);
  scripted.verify("[ \"$(cat answer)\" = 'kept /tmp' ]");
  const Ran ran = scripted.run("", kTerminal, "wall = \"30m\"\n");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome || stop_reason || turns FROM v_trial"),
            "resolvedsubmitted4");
  const auto asked = scripted.requests("flash");
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_THAT(asked[0][1].at("content").get<std::string>(), HasSubstr("30 minutes in all"));
  EXPECT_THAT(last_of(asked[1]), HasSubstr("New output:\n/app# cd /tmp; X=kept\n/tmp#"));
  EXPECT_THAT(last_of(asked[1]), HasSubstr("Time left: 29 minutes."));
  EXPECT_THAT(last_of(asked[2]), HasSubstr("\nkept /tmp\n/tmp#"));
  EXPECT_THAT(last_of(asked[3]), HasSubstr("Are you sure?"));
  EXPECT_THAT(last_of(asked[3]), HasSubstr("Screen:\n/app# cd /tmp"));
  // Each request begins with the one before.
  for (std::size_t i = 1; i < asked.size(); ++i) {
    for (std::size_t m = 0; m < asked[i - 1].size(); ++m) EXPECT_EQ(asked[i][m], asked[i - 1][m]);
  }
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_call WHERE notes LIKE '%prefix%'"), "0");
}

TEST_F(TerminalAgent, WhatCannotBeReadIsToldAndEndsTheTrialWhenRepeated) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1) return "";  // words alone
    if (asked.turn == 2) return R"({"commands": [{"keystrokes": "touch a\n"}])";
    return "{\"commands\": [";
  });
  in_terminal(scripted);
  scripted.verify("[ -e a ]");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome || stop_reason FROM v_trial"), "resolvedformat_errors");
  const auto asked = scripted.requests("flash");
  ASSERT_EQ(asked.size(), 5U);
  EXPECT_THAT(last_of(asked[1]), HasSubstr("The answer holds no JSON object. Nothing was typed."));
  EXPECT_THAT(last_of(asked[2]), HasSubstr("Your answer: brackets were missing"));
  EXPECT_THAT(last_of(asked[3]), HasSubstr("ends before its commands"));
}

TEST_F(TerminalAgent, ProgramsThatNeverEndHoldNothingUp) {
  Scripted scripted([](const Asked& asked) -> std::string {
    switch (asked.turn) {
      case 1:
        return keys("sleep 1000\n");
      case 2:
        return keys("C-c");
      case 3:
        return keys("vi note\n", 800);
      case 4:
        return keys("ihello");
      case 5:
        return keys("Escape");
      case 6:
        return keys(":wq\n", 500);
      case 7:
        return keys("exit\n", 500);
      case 8:
        return keys("echo again > again\n");
      default:
        return complete();
    }
  });
  in_terminal(scripted);
  scripted.verify("[ -e again ]");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  const auto asked = scripted.requests("flash");
  ASSERT_EQ(asked.size(), 10U);
  EXPECT_THAT(last_of(asked[1]), EndsWith("sleep 1000"));
  EXPECT_THAT(last_of(asked[2]), HasSubstr("^C\n/app#"));
  EXPECT_THAT(last_of(asked[7]), HasSubstr("The shell ended; here is a new one.\n"));
  EXPECT_LT(std::stoi(scripted.query("SELECT wall_ms FROM v_trial")), 30'000);
}

TEST_F(TerminalAgent, TheDeadlineEndsAWaitAndTheFilesAreGraded) {
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn == 1 ? keys("touch done\n") : keys("sleep 1000\n", 60'000);
  });
  in_terminal(scripted);
  scripted.verify("[ -e done ]");
  ASSERT_EQ(scripted.run("", kTerminal, "wall = \"4s\"\n").exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome || stop_reason FROM v_trial"), "resolvedwall");
  EXPECT_LT(std::stoi(scripted.query("SELECT wall_ms FROM v_trial")), 12'000);
  EXPECT_THAT(last_of(scripted.requests("flash")[1]), testing::ContainsRegex("Time left: [0-3] s"));
}

TEST_F(TerminalAgent, LongTextsArePasted) {
  std::string body;
  for (int line = 0; body.size() < 60'000; ++line) {
    body += "line " + std::to_string(line) + ": $HOME !x 'y' \"z\" \\\n";
  }
  Scripted scripted([&](const Asked& asked) -> std::string {
    return asked.turn == 1 ? keys("cat > long <<'END'\n" + body + "END\n", 1000) : complete();
  });
  in_terminal(scripted);
  scripted.add_hidden("long", body);
  scripted.verify("cmp long /tests/long");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_LT(last_of(scripted.requests("flash")[1]).size(), 10'300U);
}

TEST_F(TerminalAgent, AFullContextIsSummedUp) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.last.find("Write down what whoever goes on") != std::string::npos) {
      return "I wrote one to seven into numbers.";
    }
    if (asked.last.find("I wrote one to seven") != std::string::npos) {
      return keys("echo last >> numbers\n");
    }
    if (asked.last.find("echo last") != std::string::npos ||
        asked.last.find("Are you sure") != std::string::npos) {
      return complete();
    }
    return keys("echo " + std::to_string(asked.turn) + " >> numbers\n");
  });
  in_terminal(scripted);
  // The script's usage says 100 tokens more each turn, and as many were in the cache.
  scripted.in_models = "context_window = 9000\n";
  scripted.verify("[ \"$(tail -1 numbers)\" = last ]");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome || stop_reason FROM v_trial"), "resolvedsubmitted");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_call WHERE notes LIKE '%\"summary\"%' AND "
                           "accepted = 1 AND usd > 0"),
            "1");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM segment"), "2");
  EXPECT_EQ(scripted.query("SELECT sum(cost_pusd) FROM v_trial"),
            scripted.query("SELECT sum(cost_pusd) FROM v_call"));
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_call WHERE notes LIKE '%prefix%'"), "0");
  const auto asked = scripted.requests("flash");
  const auto again = std::find_if(asked.begin() + 1, asked.end(),
                                  [](const json& messages) { return messages.size() == 2; });
  ASSERT_NE(again, asked.end());
  EXPECT_EQ((*again)[0], asked[0][0]);
  EXPECT_THAT(last_of(*again), HasSubstr("I wrote one to seven into numbers."));
  EXPECT_THAT(last_of(*again), HasSubstr(asked[0][1].at("content").get<std::string>()));
  EXPECT_THAT(last_of(*again), HasSubstr(">> numbers\n/app#"));
  const Ran shown =
      run_weir({"show", "task/c/1", "--turns", "--calls", "--db", scripted.path("w.db").string()});
  EXPECT_THAT(shown.out, HasSubstr("I wrote one to seven"));
  EXPECT_THAT(shown.out, HasSubstr("keys: echo last >> numbers"));
  EXPECT_THAT(shown.out, HasSubstr("summary"));
}

TEST_F(TerminalAgent, APromptTheServiceRefusesIsSummedUpToo) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.last.find("Write down what whoever goes on") != std::string::npos)
      return "I counted.";
    if (asked.turn > 1 && asked.last.find("New output") == std::string::npos) return complete();
    if (asked.last.find("I counted.") != std::string::npos) return keys("echo last > answer\n");
    return asked.last.find("echo last") != std::string::npos
               ? complete()
               : keys("echo " + std::to_string(asked.turn) + "\n");
  });
  in_terminal(scripted);
  scripted.most_messages = 6;  // the opening and two turns: the third is refused, and so is the
                               // request that would sum all of it up, but not half of it
  scripted.verify("[ -e answer ]");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT outcome || stop_reason FROM v_trial"), "resolvedsubmitted");
  EXPECT_EQ(scripted.query("SELECT group_concat(turn || '.' || sample || '.' || "
                           "coalesce(error_class, ''), ' ') FROM v_call WHERE turn = 4"),
            "4.0.context_overflow 4.100.context_overflow 4.101.");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM segment"), "2");
  scripted.most_messages = 1;  // not even the task fits
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT stop_reason || turns FROM v_trial"), "context0");
}

TEST_F(TerminalAgent, DraftsAreRedoneAndExecutedTurnsSendTheNextOneUp) {
  Scripted scripted([](const Asked& asked) -> std::string {
    const bool pro = asked.model == "pro";
    switch (asked.turn) {
      case 1:
        return keys("echo good > state\n");
      case 2:
        return pro ? keys("touch pro_was_here\n") : "{\"commands\": ";
      case 3:
        return keys("echo bad > state\n");
      case 4:
        return pro ? keys("echo good > state\n") : keys("touch never\n");
      default:
        return complete();
    }
  });
  scripted.in_text = true;
  scripted.add_file("state", "good\n");
  scripted.visible_tests("grep -q good state");
  scripted.verify("[ -e pro_was_here ] && [ ! -e never ] && grep -q good state");
  const Ran ran = scripted.run(
      "redo = \"rollback\"\n[score]\nthreshold = 0.6\n"
      "weights = { format_error = 1.0, tests_red = 1.0, nonzero_exit = 0.1 }\n",
      kTerminal);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("c: redo = \"rollback\": an executed turn of the agent"));
  EXPECT_THAT(ran.err, HasSubstr("their weights count for nothing: nonzero_exit"));
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.tiers(), "010100");
  EXPECT_EQ(scripted.escalations(),
            "2.draft score rerun exact; 3.result score next_turn none; 4.choose stay next_turn ");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_signal WHERE name = 'nonzero_exit'"), "0");
}

TEST_F(TerminalAgent, VotesAgreeOnKeystrokes) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn > 1) return complete();
    return asked.sample == 0 ? keys("echo odd > answer\n") : keys("echo even > answer\n");
  });
  scripted.in_text = true;
  scripted.verify("grep -q even answer");
  ASSERT_EQ(
      scripted.run("[score]\nthreshold = 1.01\n[vote]\nsamples = 3\non = [\"edit\"]\n", kTerminal)
          .exit_code,
      0);
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(TerminalAgent, PoliciesThatNeedAFrozenShellAreRefused) {
  Scripted scripted([](const Asked&) { return complete(); });
  scripted.in_text = true;
  const Ran ran = scripted.run(
      "[score]\nweights = { format_error = 1 }\n[explore]\ngrid = [0.5, 1.01]\ndesign = \"tree\"\n",
      kTerminal);
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("design = \"tree\""));
  EXPECT_THAT(ran.err, HasSubstr("use the agent \"bash\""));
}

/// Starts the binary; output goes nowhere.
pid_t start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), WEIR_BINARY);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setenv("WEIR_TEST_KEY", "secret-key-value", 1);
  (void)!::freopen("/dev/null", "w", stdout);
  (void)!::freopen("/dev/null", "w", stderr);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

TEST_F(TerminalAgent, AKilledTrialGoesOnWhereItWas) {
  std::atomic<int> calls{0};
  Scripted scripted([&](const Asked& asked) -> std::string {
    ++calls;
    std::this_thread::sleep_for(milliseconds(300));
    if (asked.turn == 1) return keys("cd /tmp; (sleep 0.2; date +%s%N > /app/slow) &\n", 0);
    if (asked.turn < 6) return keys("date +%N; cat /app/slow; echo $PWD > /app/answer\n", 100);
    return complete();
  });
  in_terminal(scripted);
  scripted.verify("[ \"$(cat answer)\" = /tmp ] && [ -e slow ]");
  ASSERT_EQ(scripted.run("", kTerminal).exit_code, 0);
  const auto whole = calls.exchange(0);
  const std::string db = scripted.path("killed.db").string();
  pid_t pid = start({"run", scripted.path("e.toml").string(), "--db", db});
  int kills = 0;
  for (int moment = 1; moment <= 3; ++moment) {
    while (calls < 2 * moment) std::this_thread::sleep_for(milliseconds(20));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    kills += WIFSIGNALED(status) ? 1 : 0;
    pid = start({"resume", "--db", db});
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(kills, 3);
  EXPECT_EQ(sql(db, "SELECT outcome || stop_reason || turns || try FROM v_trial"),
            "resolvedsubmitted" + scripted.query("SELECT turns FROM v_trial") + "1");
  // Each kill costs at most the call in flight; what was answered is not asked again.
  EXPECT_LE(calls, whole + kills);
  EXPECT_EQ(sql(db, "SELECT count(*) FROM v_call WHERE error_class IS NULL OR error_class = ''"),
            std::to_string(whole));
}

class SimulatedTerminalRun : public TerminalAgent {
 protected:
  static constexpr const char* kSuite = WEIR_SOURCE_DIR "/tasks/suites/first_steps_terminal.toml";
  [[nodiscard]] std::string db() const { return (folder_ / "w.db").string(); }
  TemporaryFolder folder_;
};

TEST_F(SimulatedTerminalRun, TheTiersWorkAtATerminalAndAllOfItIsExported) {
  const Ran ran =
      run_weir({"run", kSuite, "--attempts", "1", "--task", "re*", "--jobs", "4", "--db", db()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("simulated"));
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial"), "9");
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE stop_reason = 'submitted'"), "9");
  EXPECT_GE(std::stoi(sql(db(), "SELECT count(*) FROM v_trial WHERE outcome = 'resolved'")), 5);
  EXPECT_EQ(sql(db(), "SELECT count(DISTINCT agent) FROM config"), "1");
  EXPECT_EQ(sql(db(), "SELECT min(agent) FROM config"), "terminal");
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_call WHERE notes LIKE '%prefix%'"), "0");
  const auto out = folder_ / "out";
  for (const char* format : {"atif", "traj"}) {
    const Ran exported = run_weir(
        {"export", "latest", "--format", format, "-o", (out / format).string(), "--db", db()});
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
  }
  const Ran back =
      run_weir({"import", (out / "atif").string(), "--db", (folder_ / "b.db").string()});
  EXPECT_EQ(back.exit_code, 0) << back.err;
}

TEST_F(SimulatedTerminalRun, KillsAndResumesChangeNoOutcome) {
  const std::vector<std::string> what = {kSuite,     "--attempts", "1", "--task",
                                         "recover*", "--jobs",     "3"};
  auto command = [&](const std::string& file) {
    std::vector<std::string> all = {"run"};
    all.insert(all.end(), what.begin(), what.end());
    all.insert(all.end(), {"--db", (folder_ / file).string()});
    return all;
  };
  ASSERT_EQ(run_weir(command("whole.db")).exit_code, 0);
  const std::string killed = (folder_ / "killed.db").string();
  pid_t pid = start(command("killed.db"));
  while (run_weir({"show", "--db", killed}).exit_code != 0) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  for (int moment = 0; moment < 4; ++moment) {
    std::this_thread::sleep_for(milliseconds(700 + 300 * moment));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    pid = start({"resume", "--jobs", "3", "--db", killed});
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_EQ(run_weir({"resume", "--db", killed}).exit_code, 0);
  const std::string outcomes =
      "SELECT group_concat(line) FROM (SELECT config || outcome || stop_reason AS line FROM "
      "v_trial ORDER BY config)";
  EXPECT_EQ(sql(killed, outcomes), sql(folder_ / "whole.db", outcomes));
  EXPECT_EQ(sql(killed, "SELECT max(try) FROM v_trial"), "1");
}

}  // namespace
}  // namespace weir
