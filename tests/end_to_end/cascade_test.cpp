// Whole trials of a cascade against scripted models: what is redone, what is undone,
// what it costs, and what controls do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/scripted.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kSubmit = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

class CascadeRun : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  /// The books of a trial are the sum of its calls, and all of them are priced.
  static void expect_books(const Scripted& scripted) {
    EXPECT_EQ(scripted.query("SELECT sum(cost_pusd) FROM v_trial"),
              scripted.query("SELECT sum(cost_pusd) FROM v_call"));
    EXPECT_EQ(scripted.query("SELECT sum(calls) FROM v_trial"),
              scripted.query("SELECT count(*) FROM v_call"));
    EXPECT_EQ(scripted.query("SELECT sum(unpriced_calls) FROM v_trial"), "0");
  }
};

constexpr const char* kRollback =
    "redo = \"rollback\"\n[score]\nthreshold = 0.6\n"
    "weights = { no_action = 1.0, nonzero_exit = 1.0 }\n";

TEST_F(CascadeRun, EscalatesExactlyTheTurnsTheScriptSays) {
  Scripted scripted([](const Asked& asked) -> std::string {
    const bool pro = asked.model == "pro";
    switch (asked.turn) {
      case 1:
        return "echo one > a";
      case 2:
        return pro ? "echo two > b" : "";
      case 3:
        return "ls";
      case 4:
        return pro ? "test ! -e trash && echo four > d" : "touch trash; exit 3";
      default:
        return kSubmit;
    }
  });
  scripted.verify("[ -e a ] && [ -e b ] && [ -e d ] && [ ! -e trash ]");
  const Ran ran = scripted.run(kRollback);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.tiers(), "01010");
  EXPECT_EQ(scripted.escalations(), "2.draft score rerun exact; 4.result score rerun exact");
  EXPECT_EQ(scripted.query("SELECT discarded_calls FROM v_trial"), "2");
  EXPECT_EQ(scripted.query("SELECT escalated_turns FROM v_trial"), "2");
  expect_books(scripted);
  // The strong tier saw what the base tier saw, its accepted turns went into the
  // history, and discarded drafts did not.
  const auto flash = scripted.requests("flash");
  const auto pro = scripted.requests("pro");
  ASSERT_EQ(flash.size(), 5U);
  ASSERT_EQ(pro.size(), 2U);
  EXPECT_EQ(pro[0], flash[1]);
  EXPECT_EQ(pro[1], flash[3]);
  EXPECT_THAT(flash[4].dump(), HasSubstr("echo four > d"));
  EXPECT_THAT(flash[4].dump(), Not(HasSubstr("touch trash")));
}

TEST_F(CascadeRun, RollbackBringsBackFilesDeletionsRenamesModesAndEndsProcesses) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn > 1) return kSubmit;
    if (asked.model == "flash") {
      return "rm gone; mv old new; chmod 000 mode; echo more >> grown; mkdir made; ln -s x link; "
             "sleep 1000 & exit 1";
    }
    return "[ -e gone ] && [ -e old ] && [ ! -e new ] && [ $(stat -c %a mode) = 644 ] && "
           "[ \"$(cat grown)\" = one ] && [ ! -e made ] && [ ! -L link ] && ! pgrep sleep && "
           "touch proof";
  });
  for (const char* name : {"gone", "old", "mode"}) scripted.add_file(name, "x\n");
  scripted.add_file("grown", "one\n");
  scripted.verify("[ -e proof ]");
  const Ran ran = scripted.run(kRollback);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.escalations(), "1.result score rerun exact");
}

/// Turn 1 starts a server, turn 2 fails.
std::string with_server(const Asked& asked) {
  switch (asked.turn) {
    case 1:
      return "(while true; do sleep 0.05; date +%s%N > beat; done) >/dev/null 2>&1 & echo up";
    case 2:
      return asked.model == "flash" ? "touch trash; exit 1"
                                    : "a=$(cat beat); sleep 0.4; [ \"$(cat beat)\" = \"$a\" ] "
                                      "&& touch dead || touch alive";
    case 3:
      return "a=$(cat beat); sleep 0.4; [ \"$(cat beat)\" = \"$a\" ] && touch dead || touch alive";
    default:
      return kSubmit;
  }
}

TEST_F(CascadeRun, WhereAServerLivesTheTurnIsKeptAndTheNextGoesUp) {
  Scripted scripted(with_server);
  scripted.verify("[ -e trash ] && [ -e alive ] && [ ! -e dead ]");
  const Ran ran = scripted.run(kRollback);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.escalations(), "2.result score next_turn none; 3.choose stay next_turn ");
  EXPECT_EQ(scripted.tiers(), "0010");
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(CascadeRun, FilesOnlyUndoesTheFilesAndSaysWhatItCouldNot) {
  Scripted scripted(with_server);
  scripted.verify("[ ! -e trash ] && [ -e dead ]");
  const Ran ran = scripted.run(std::string("undo = \"files_only\"\n") + kRollback);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.escalations(), "2.result score rerun files_only");
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(CascadeRun, BeforeExecutionNeverUndoes) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1) return asked.model == "pro" ? "true" : "touch kept; exit 1";
    return kSubmit;
  });
  scripted.verify("[ -e kept ]");
  ASSERT_EQ(scripted
                .run("redo = \"before_execution\"\n[score]\nthreshold = 0.6\n"
                     "weights = { nonzero_exit = 1.0 }\n")
                .exit_code,
            0);
  EXPECT_EQ(scripted.escalations(), "1.result score next_turn none; 2.choose stay next_turn ");
  EXPECT_EQ(scripted.tiers(), "01");
}

TEST_F(CascadeRun, ThreeTiersAnswerOneTurn) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1 && asked.model != "max") return "";
    return asked.turn == 1 ? "touch done" : kSubmit;
  });
  scripted.models = {"flash", "pro", "max"};
  scripted.verify("[ -e done ]");
  ASSERT_EQ(scripted.run(kRollback).exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "20");
  EXPECT_EQ(scripted.query("SELECT calls || '/' || discarded_calls FROM v_trial"), "4/2");
  expect_books(scripted);
}

TEST_F(CascadeRun, StaysUpForAsManyTurnsAsThePolicySays) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 2 && asked.model == "flash") return "";
    return asked.turn < 7 ? "echo " + std::to_string(asked.turn) : kSubmit;
  });
  ASSERT_EQ(scripted.run(std::string("stay = 3\n") + kRollback).exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "0111000");
  ASSERT_EQ(scripted.run(std::string("stay = \"rest\"\n") + kRollback).exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "0111111");
}

TEST_F(CascadeRun, CapsHoldOneTrialDown) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn > 5) return kSubmit;
    return asked.model == "pro" ? "true" : "exit 1";
  });
  ASSERT_EQ(scripted.run(std::string(kRollback) + "[budget]\nmax_strong_turns = 2\n").exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "110000");
  ASSERT_EQ(scripted.run(std::string(kRollback) + "[budget]\nmax_escalations = 1\n").exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "100000");
  ASSERT_EQ(
      scripted.run(std::string(kRollback) + "[budget]\nmax_strong_usd = 0.0000001\n").exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "100000");
}

TEST_F(CascadeRun, ARedSubmissionStartsAfreshOneTierUp) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 2) return kSubmit;
    return asked.model == "pro" ? "echo right > answer; [ ! -e left ] && touch clean"
                                : "echo wrong > answer; touch left";
  });
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  scripted.verify("grep -q right answer && [ -e clean ]");
  const Ran ran =
      scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.escalations(), "2.draft score restart exact");
  EXPECT_EQ(scripted.tiers(), "011");  // what was abandoned is paid, and counts
  EXPECT_EQ(scripted.query("SELECT count(*) FROM segment WHERE parent IS NOT NULL"), "1");
  EXPECT_EQ(scripted.query("SELECT turns || '/' || calls FROM v_trial"), "3/4");
  expect_books(scripted);
  EXPECT_EQ(scripted.requests("pro").front(), scripted.requests("flash").front());
}

TEST_F(CascadeRun, ATrialThatCannotKeepTheFormatStartsAfreshToo) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.model == "flash") return "";
    return asked.turn == 1 ? "touch done" : kSubmit;
  });
  scripted.verify("[ -e done ]");
  ASSERT_EQ(scripted.run("restart = true\n").exit_code, 0);
  EXPECT_EQ(scripted.escalations(), "3.end no_submission restart exact");
  EXPECT_EQ(scripted.query("SELECT outcome || ' ' || stop_reason FROM v_trial"),
            "resolved submitted");
  expect_books(scripted);
}

TEST_F(CascadeRun, TheBaseTierMayTryAgainByItsOwnChecks) {
  int tries = 0;
  Scripted scripted([&](const Asked& asked) -> std::string {
    if (asked.turn == 2) return kSubmit;
    return ++tries == 1 ? "echo wrong > answer" : "echo right > answer";
  });
  scripted.models = {"flash"};
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  scripted.verify("grep -q right answer");
  const Ran ran = scripted.run("", "control = { attempts = 2 }\n");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.escalations(), "2.draft attempts restart exact");
  EXPECT_EQ(scripted.query("SELECT escalated_turns FROM v_trial"), "0");
  expect_books(scripted);
}

TEST_F(CascadeRun, AVoteThatSplitsEscalatesAndItsCostIsBooked) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1) return "ls";  // no edit: no vote
    if (asked.turn == 2) {             // two of three agree
      return asked.sample == 0 ? "echo a > x" : "echo  b > x";
    }
    if (asked.turn == 3) {  // nobody agrees
      return asked.model == "pro" ? "echo c > y" : "echo " + std::to_string(asked.sample) + " > y";
    }
    return kSubmit;
  });
  scripted.verify("grep -q b x && grep -q c y");
  const Ran ran = scripted.run(
      "[score]\nthreshold = 0.5\nweights = { vote_split = 1.0 }\n"
      "[vote]\nsamples = 3\non = [\"edit\"]\n");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted.tiers(), "0010");
  EXPECT_EQ(scripted.query("SELECT count(*) FROM v_call WHERE sample > 0"), "4");
  EXPECT_EQ(scripted.query("SELECT sample FROM v_call WHERE turn = 2 AND accepted"), "1");
  EXPECT_EQ(scripted.query("SELECT round(value, 3) FROM v_signal WHERE turn = 2 AND name = "
                           "'vote_split'"),
            "0.333");
  expect_books(scripted);
}

TEST_F(CascadeRun, AnEditThatDoesNotParseIsRedone) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 2) return kSubmit;
    return asked.model == "pro" ? "echo 'a = 1' > m.py" : "echo 'a = (' > m.py";
  });
  scripted.verify("python3 m.py");
  ASSERT_EQ(
      scripted.run("[score]\nthreshold = 0.6\nweights = { edit_unparsable = 1.0 }\n").exit_code, 0);
  EXPECT_EQ(scripted.escalations(), "1.result score rerun exact");
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(CascadeRun, VisibleTestsThatAreTheHiddenOnesRouteNothing) {
  const std::string check =
      "# The check that decides, and that nobody but the verifier may know the answer of.\n"
      "grep -q right answer 2>/dev/null\n";
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn == 1 ? "echo wrong > answer" : kSubmit;
  });
  scripted.add_file("check.sh", check);
  scripted.add_hidden("check.sh", check);
  scripted.visible_tests("bash check.sh");
  scripted.verify("bash /tests/check.sh");
  const Ran ran = scripted.run("[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted.tiers(), "00");
  EXPECT_EQ(scripted.query("SELECT DISTINCT visibility FROM v_signal WHERE name = 'tests_red'"),
            "grader");
  EXPECT_EQ(scripted.query("SELECT max(value) FROM v_signal WHERE name = 'tests_red'"), "1.0");
  EXPECT_THAT(ran.err, HasSubstr("1 of the verifier's programs lies in the agent's box"));
  EXPECT_THAT(scripted.query("SELECT anomalies FROM try"), HasSubstr("does not see their signals"));
}

TEST_F(CascadeRun, APreviousAttemptThatFailedForAllToSeeGoesUp) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.model == "flash") return "";
    return asked.turn == 1 ? "touch done" : kSubmit;
  });
  scripted.attempts = 3;
  scripted.jobs = 3;
  scripted.verify("[ -e done ]");
  ASSERT_EQ(scripted.run("[always]\nprevious_attempt_failed = true\n").exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT group_concat(outcome, ' ') FROM (SELECT outcome FROM v_trial "
                           "ORDER BY attempt)"),
            "unresolved resolved unresolved");
  EXPECT_THAT(scripted.escalations(), HasSubstr("1.choose previous_attempt_failed"));
}

TEST_F(CascadeRun, AFinalReviewIsTheStrongTiersWord) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 2 && asked.model == "pro") return "touch reviewed";
    return asked.turn == 1 ? "ls" : kSubmit;
  });
  scripted.verify("[ -e reviewed ]");
  ASSERT_EQ(
      scripted.run("[always]\nfinal_review = true\n[budget]\nmax_escalations = 1\n").exit_code, 0);
  EXPECT_EQ(scripted.escalations(), "2.draft final_review rerun exact");
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(CascadeRun, ControlsOfSeveralTiers) {
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn < 4 ? "echo " + std::to_string(asked.turn) : kSubmit;
  });
  ASSERT_EQ(scripted.run("", "control = { threshold = 0 }\n").exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "1111");
  EXPECT_EQ(scripted.query("SELECT discarded_calls FROM v_trial"), "4");
  ASSERT_EQ(scripted.run("", "control = { pre_router = { difficulty = [\"hard\"] } }\n").exit_code,
            0);
  EXPECT_EQ(scripted.tiers(), "1111");
  EXPECT_EQ(scripted.query("SELECT discarded_calls FROM v_trial"), "0");
  ASSERT_EQ(scripted.run("", "control = { random_share = 1 }\n").exit_code, 0);
  EXPECT_EQ(scripted.tiers(), "1111");
  EXPECT_EQ(scripted.query("SELECT count(DISTINCT policy_sha256) FROM v_trial"), "1");
}

TEST_F(CascadeRun, ATrialCutOffAfterARestartKeepsItsBooks) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.model == "flash") return asked.turn == 2 ? kSubmit : "echo wrong > answer";
    return asked.turn == 1 ? "echo right > answer" : "true";
  });
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  scripted.turns = 8;
  (void)scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n");
  EXPECT_NE(scripted.query("SELECT count(*) FROM segment WHERE parent IS NOT NULL"), "0");
  expect_books(scripted);
  // The same where nobody came to write down where the trial had got to.
  const std::string db = scripted.path("w.db").string();
  ASSERT_TRUE(run_process({.argv = {"sqlite3", db, "UPDATE try SET leaf = NULL"}}).ok());
  expect_books(scripted);
}

TEST_F(CascadeRun, TestsAreLookedAtThoughAServerLives) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 1) return "sleep 100 >/dev/null 2>&1 & echo up";
    return asked.turn == 2 ? "echo right > answer" : kSubmit;
  });
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  scripted.verify("grep -q right answer");
  ASSERT_EQ(
      scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n")
          .exit_code,
      0);
  EXPECT_EQ(scripted.escalations(), "");  // green by then: nothing to begin again for
  EXPECT_EQ(scripted.query("SELECT outcome FROM v_trial"), "resolved");
}

TEST_F(CascadeRun, VisibleTestsThatCannotRunRouteNothingAndSaySo) {
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn == 1 ? "echo right > answer" : kSubmit;
  });
  scripted.visible_tests("no-such-runner");
  const Ran ran =
      scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n");
  EXPECT_EQ(scripted.escalations(), "");
  EXPECT_THAT(ran.err, HasSubstr("the visible tests cannot be run here"));
}

TEST_F(CascadeRun, AHiddenTestIsKnownByItsLinesNotItsBlanks) {
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn == 1 ? "echo wrong > answer" : kSubmit;
  });
  scripted.add_file("check.sh", "#!/bin/bash\n\n  grep -q right answer\n");
  scripted.add_hidden("verify.sh", "grep -q right answer\n");
  scripted.add_file("data.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
  scripted.add_hidden("data.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
  scripted.visible_tests("bash check.sh");
  scripted.verify("bash /tests/verify.sh");
  ASSERT_EQ(scripted.run("[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n").exit_code, 0);
  EXPECT_EQ(scripted.query("SELECT DISTINCT visibility FROM v_signal WHERE name = 'tests_red'"),
            "grader");
}

TEST_F(CascadeRun, ARestartWithoutRoomForItIsNotBegun) {
  Scripted scripted([](const Asked& asked) -> std::string {
    return asked.turn < 3 ? "echo " + std::to_string(asked.turn) + " > answer" : kSubmit;
  });
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  scripted.turns = 5;
  ASSERT_EQ(
      scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n")
          .exit_code,
      0);
  EXPECT_EQ(scripted.escalations(), "3.draft score rerun exact");
  EXPECT_EQ(scripted.query("SELECT stop_reason FROM v_trial"), "submitted");
}

TEST_F(CascadeRun, ReplayGoesTheSameWayWhereMoneyRoutes) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn > 5) return kSubmit;
    return asked.model == "pro" ? "true" : "exit 1";
  });
  ASSERT_EQ(scripted.run(std::string(kRollback) + "[budget]\nmax_strong_usd = 0.0002\n").exit_code,
            0);
  const std::string tiers = scripted.tiers();
  EXPECT_NE(tiers.find('1'), std::string::npos);
  EXPECT_NE(tiers.find('0'), std::string::npos);
  write_file(scripted.path("r.toml"),
             "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"c\"]\n"
             "[models.flash]\nprovider = \"replay\"\ncassette = \"w.db\"\n"
             "[models.pro]\nprovider = \"replay\"\ncassette = \"w.db\"\n"
             "[configs.c]\ntiers = [\"flash\", \"pro\"]\npolicy = \"policy.toml\"\n");
  const Ran again =
      run_weir({"run", scripted.path("r.toml").string(), "--db", scripted.path("r.db").string()});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(sql(scripted.path("r.db"),
                "SELECT group_concat(tier, '') FROM (SELECT tier FROM turn "
                "ORDER BY turn)"),
            tiers);
}

TEST_F(CascadeRun, ATrialThatBeginsAgainIsShownWhole) {
  Scripted scripted([](const Asked& asked) -> std::string {
    if (asked.turn == 2) return kSubmit;
    return asked.model == "pro" ? "echo right > answer" : "echo wrong > answer";
  });
  scripted.add_file("check", "grep -q right answer 2>/dev/null\n");
  scripted.visible_tests("bash check");
  ASSERT_EQ(
      scripted.run("restart = true\n[score]\nthreshold = 0.6\nweights = { tests_red = 1.0 }\n")
          .exit_code,
      0);
  const Ran shown = run_weir({"show", scripted.query("SELECT trial FROM v_trial"), "--turns",
                              "--db", scripted.path("w.db").string()});
  EXPECT_THAT(shown.out, HasSubstr("turn 2 (nothing accepted)"));
  EXPECT_THAT(shown.out, HasSubstr("mode restart"));
  EXPECT_THAT(shown.out, HasSubstr("the trial begins again"));
}

TEST_F(CascadeRun, ACertificateWithAnUnknownKeyOrBindingIsRefused) {
  Scripted scripted([](const Asked&) { return kSubmit; });
  EXPECT_THAT(scripted.run("[certificate]\nsimulatd = true\n").err,
              HasSubstr("did you mean \"simulated\"?"));
  EXPECT_THAT(scripted.run("[certificate]\nbinds = { redoo = \"x\" }\n").err,
              HasSubstr("did you mean \"redo\"?"));
}

TEST_F(CascadeRun, ACertificateOfSimulatedModelsIsRefusedOnARealEndpoint) {
  Scripted scripted([](const Asked&) { return kSubmit; });
  const Ran ran = scripted.run(std::string(kRollback) + "[certificate]\nsimulated = true\n");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("made on simulated models"));
  EXPECT_THAT(scripted.requests("flash"), testing::IsEmpty());
}

TEST_F(CascadeRun, ACertificateThatDoesNotMatchIsShoutedAndStored) {
  Scripted scripted([](const Asked&) { return kSubmit; });
  const Ran ran =
      scripted.run(std::string(kRollback) + "[certificate]\nbinds = { redo = \"next_turn\" }\n");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("THE CERTIFICATE IS VOID: redo was \"next_turn\""));
  EXPECT_EQ(scripted.query("SELECT json_extract(facts, '$.certificates.c.standing') FROM run"),
            "void");
}

}  // namespace
}  // namespace weir
