// The protocol of the `terminal` agent: answers, keys, observations, and the simulated
// model's side of it.

#include "harness/agent/terminal_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/agent/keystrokes.hpp"
#include "harness/agent/policy_fit.hpp"
#include "harness/agent/terminal_reply.hpp"
#include "harness/model/simulated/behaviour.hpp"
#include "harness/model/simulated/dialogue.hpp"
#include "tasks/format.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(TerminalReply, ReadsWhatItWrites) {
  TerminalReply reply;
  reply.analysis = "a \"quoted\" word";
  reply.plan = "b\nc";
  reply.commands = {{"ls -la\n", milliseconds(500)}, {"", milliseconds(60'000)}, {"C-c"}};
  const TerminalReply read = read_terminal_reply(render_terminal_reply(reply));
  EXPECT_EQ(read.problem, "");
  EXPECT_THAT(read.warnings, IsEmpty());
  EXPECT_EQ(read.analysis, reply.analysis);
  EXPECT_EQ(read.plan, reply.plan);
  EXPECT_EQ(read.commands, reply.commands);
  EXPECT_FALSE(read.task_complete);
}

TEST(TerminalReply, ToleratesWordsAndFencesAroundTheObject) {
  const std::string object = R"({"commands": [{"keystrokes": "ls\n"}]})";
  for (const std::string& text : {object, "```json\n" + object + "\n```", "\n" + object + "  "}) {
    const TerminalReply reply = read_terminal_reply(text);
    EXPECT_THAT(reply.warnings, IsEmpty()) << text;
    EXPECT_THAT(reply.commands, ElementsAre(Keystrokes{"ls\n", kUsualWait}));
  }
  const TerminalReply reply =
      read_terminal_reply("I use {braces}, {\"a\": 1} and: " + object + "!");
  EXPECT_THAT(reply.warnings, ElementsAre(HasSubstr("words around")));
  EXPECT_EQ(reply.commands.size(), 1U);
}

TEST(TerminalReply, MendsBracketsAndRawLineBreaksAndSaysSo) {
  TerminalReply reply = read_terminal_reply(R"({"commands": [{"keystrokes": "ls\n"}])");
  EXPECT_EQ(reply.commands.size(), 1U);
  EXPECT_THAT(reply.warnings, ElementsAre(HasSubstr("brackets were missing")));
  reply =
      read_terminal_reply("{\"commands\": [{\"keystrokes\": \"a\nb\t\"}], \"task_complete\": true");
  EXPECT_THAT(reply.commands, ElementsAre(Keystrokes{"a\nb\t", kUsualWait}));
  EXPECT_TRUE(reply.task_complete);
  EXPECT_EQ(reply.warnings.size(), 2U);
}

TEST(TerminalReply, MendsDurationsAndLeavesOutUnknownKeys) {
  const TerminalReply reply = read_terminal_reply(
      R"({"commands": [{"keystrokes": "", "duration": 900}, {"keystrokes": "", "duration": -1},
          {"keystrokes": "", "duraton": 3}]})");
  EXPECT_THAT(reply.commands,
              ElementsAre(Keystrokes{"", kLongestWait}, Keystrokes{"", milliseconds(0)},
                          Keystrokes{"", kUsualWait}));
  EXPECT_THAT(reply.warnings, ElementsAre(HasSubstr("commands[0].duration was taken as 60 s"),
                                          HasSubstr("commands[1].duration was taken as 0 s"),
                                          HasSubstr("did you mean \"duration\"?")));
}

TEST(TerminalReply, SaysWhatIsWrong) {
  const auto problem = [](const char* text) { return read_terminal_reply(text).problem; };
  EXPECT_THAT(problem("I will list the files."), HasSubstr("no JSON object"));
  EXPECT_TRUE(read_terminal_reply("no").no_object);
  EXPECT_THAT(problem(R"({"commands": [{"keystrokes": "ls)"), HasSubstr("ends inside a string"));
  EXPECT_THAT(problem(R"({"plan": "x", "commands": [)"), HasSubstr("ends before its commands"));
  EXPECT_THAT(problem(R"({"commands": ls})"), HasSubstr("cannot be read"));
  EXPECT_THAT(problem(R"({"plan": "x"})"), HasSubstr("\"commands\""));
  EXPECT_THAT(problem(R"({"commands": "ls"})"), HasSubstr("must be a list"));
  EXPECT_THAT(problem(R"({"commands": ["ls"]})"), HasSubstr("commands[0]"));
  EXPECT_THAT(problem(R"({"commands": [{"keystrokes": "x", "duration": "1"}]})"),
              HasSubstr("commands[0].duration must be a number"));
  EXPECT_THAT(problem(R"({"commands": [], "task_complete": "yes"})"), HasSubstr("true or false"));
  EXPECT_THAT(problem(R"({"commands": [], "plan": 3})"), HasSubstr("\"plan\" must be a string"));
  EXPECT_FALSE(read_terminal_reply(R"({"plan": "x"})").no_object);
}

TEST(Keystrokes, NamesAreKeysAndEverythingElseIsText) {
  EXPECT_EQ(named_keys("C-c"), "\x03");
  EXPECT_EQ(named_keys("C-d"), "\x04");
  EXPECT_EQ(named_keys("Escape"), "\x1b");
  EXPECT_EQ(named_keys("Up Up Enter"), "\x1b[A\x1b[A\r");
  EXPECT_EQ(named_keys("M-x"), "\x1bx");
  EXPECT_EQ(named_keys("C-Space"), std::string(1, '\0'));
  EXPECT_EQ(named_keys("C-[ Tab"), "\x1b\t");
  for (const char* text : {"", " ", "ls", "C-c\n", "C-", "C-cc", "Up  Up", "Up ", "up", "F13"}) {
    EXPECT_FALSE(named_keys(text)) << text;
  }
  EXPECT_EQ(typed_text("a\nb\r\nc\r"), "a\rb\rc\r");
}

Completion saying(const std::string& text) {
  Completion completion;
  completion.message = {Role::assistant, text, "", {}, ""};
  completion.finish_reason = "stop";
  return completion;
}

TEST(TerminalDraft, IsCompleteWhenTwoAnswersSaySo) {
  const Completion done = saying(R"({"task_complete": true})");
  Draft draft = read_terminal_draft(done, false);
  EXPECT_TRUE(draft.claims_complete);
  EXPECT_FALSE(draft.submits);
  draft = read_terminal_draft(done, true);
  EXPECT_TRUE(draft.submits);
  EXPECT_FALSE(draft.acts_first);
  EXPECT_FALSE(draft.no_action);
  draft = read_terminal_draft(
      saying(R"({"commands": [{"keystrokes": "x"}], "task_complete": true})"), true);
  EXPECT_TRUE(draft.acts_first);
}

TEST(TerminalDraft, TellsApartWhatIsWrong) {
  Draft draft = read_terminal_draft(saying("words"), true);
  EXPECT_TRUE(draft.no_action);
  EXPECT_FALSE(draft.invalid_call);
  EXPECT_NE(draft.problem, "");
  draft = read_terminal_draft(saying(R"({"commands": 3})"), true);
  EXPECT_TRUE(draft.invalid_call);
  draft = read_terminal_draft(saying(R"({"commands": []})"), true);
  EXPECT_TRUE(draft.no_action);
  EXPECT_EQ(draft.problem, "");
  Completion cut = saying(R"({"commands": [{"keystrokes": "rm -rf build\n"}]})");
  cut.finish_reason = "length";
  EXPECT_THAT(read_terminal_draft(cut, false).problem, HasSubstr("cut off"));
}

TEST(TerminalObservation, IsCutInTheMiddle) {
  EXPECT_EQ(shortened_view({false, std::string(10'000, 'x'), 0, ""}), std::string(10'000, 'x'));
  const std::string cut = shortened_view({false, "a" + std::string(12'000, 'x') + "b", 0, ""});
  EXPECT_THAT(cut, StartsWith("ax"));
  EXPECT_THAT(cut, EndsWith("xb"));
  EXPECT_THAT(cut, HasSubstr("[... 2002 bytes left out ...]"));
  const std::string flood =
      shortened_view({false, std::string(6'000, 'x'), 1'000'000, std::string(6'000, 'y')});
  EXPECT_THAT(flood, HasSubstr("[... 1002000 bytes left out ...]"));
  // No code point is cut in two.
  const std::string wide = shortened_view(
      {false, std::string(4'999, 'x') + "\xC3\xA9" + std::string(12'000, 'y'), 0, ""});
  EXPECT_THAT(wide, HasSubstr("xxx\n[..."));
}

TEST(TerminalObservation, SaysWarningsTimeAndAsksBack) {
  TerminalSight sight;
  sight.warnings = {"brackets were added"};
  sight.notices = {"The shell ended."};
  sight.view = {true, "app$", 0, ""};
  sight.left = milliseconds(125'700);
  const std::string text = terminal_observation(sight).content;
  EXPECT_THAT(text,
              StartsWith("Your answer: brackets were added.\nThe shell ended.\nScreen:\napp$"));
  EXPECT_THAT(text, EndsWith("Time left: 2 min 0 s."));
  EXPECT_FALSE(asks_to_confirm(terminal_observation(sight)));
  sight.confirms = true;
  EXPECT_TRUE(asks_to_confirm(terminal_observation(sight)));
  EXPECT_THAT(terminal_observation({}).content, HasSubstr("nothing new"));
}

TEST(TerminalOpening, TellsTaskFolderAndLimit) {
  AgentTask task;
  task.instruction = "Mend {workdir} and {keys}.";
  task.environment.workdir = "/app";
  auto messages = terminal_opening(task, Network::none, milliseconds(1'800'000));
  EXPECT_TRUE(speaks_terminal(messages));
  EXPECT_THAT(messages[1].content, HasSubstr("Mend {workdir} and {keys}."));
  EXPECT_THAT(messages[1].content, HasSubstr("bash prompt in /app."));
  EXPECT_THAT(messages[1].content, HasSubstr("You have 30 minutes in all"));
  EXPECT_THAT(terminal_opening(task, Network::none, {})[1].content,
              Not(HasSubstr("minutes in all")));
  task.deliverable = Deliverable::patch;
  EXPECT_THAT(terminal_opening(task, Network::none, {})[1].content,
              HasSubstr("repository at /app"));
  messages[0].content = "[nonce]\n" + messages[0].content;
  EXPECT_TRUE(speaks_terminal(messages));
}

TEST(TerminalOpening, BeginsAgainWithWhatWasSummedUp) {
  const auto opening = terminal_opening({}, Network::none, {});
  const Message again = resumption(opening[1], "I made a.txt.", "app$\n\n");
  EXPECT_EQ(summary_in({opening[0], again}), "I made a.txt.");
  EXPECT_THAT(again.content, StartsWith(opening[1].content));
  EXPECT_THAT(again.content, EndsWith("screen now:\napp$"));
  EXPECT_FALSE(summary_in(opening));
  EXPECT_FALSE(summary_in({opening[0], resumption(opening[1], "", "")}));
  EXPECT_TRUE(asks_for_summary(summary_request()));
}

TEST(PolicyFit, RefusesWhatNeedsAFrozenShellAndTellsTheRest) {
  const AgentKind& terminal = *find_agent_kind("terminal");
  const AgentKind& bash = *find_agent_kind("bash");
  Policy policy;
  policy.tiers = {"flash", "pro"};
  policy.weights = {{"nonzero_exit", 0.5}, {"tests_red", 1}};
  EXPECT_EQ(policy_conflict(terminal, policy), "");
  EXPECT_THAT(policy_deviations(bash, policy), IsEmpty());
  EXPECT_THAT(policy_deviations(terminal, policy),
              ElementsAre(HasSubstr("cannot be undone"), HasSubstr("nonzero_exit")));
  policy.redo = Redo::next_turn;
  policy.weights.erase("nonzero_exit");
  EXPECT_THAT(policy_deviations(terminal, policy), IsEmpty());
  policy.fork = 0.5;
  EXPECT_THAT(policy_conflict(terminal, policy), HasSubstr("fork"));
  EXPECT_EQ(policy_conflict(bash, policy), "");
  policy.fork = 0;
  policy.files_only = true;
  EXPECT_THAT(policy_conflict(terminal, policy), HasSubstr("files_only"));
}

/// A terminal in which every command ends as `status` says, once its newline is there.
class PlayedTerminal {
 public:
  explicit PlayedTerminal(const AgentTask& task)
      : history(terminal_opening(task, Network::none, {})) {}

  /// Answers; false once the work is over.
  bool answer(const Message& message, int status) {
    history.push_back(message);
    const Draft draft = read_terminal_draft(saying(message.content), claimed_);
    if (draft.submits) return false;
    if (!draft.problem.empty()) {
      history.push_back(answer_terminal_problem(draft));
      return true;
    }
    claimed_ = draft.claims_complete;
    TerminalSight sight;
    sight.confirms = claimed_;
    for (const auto& action : draft.actions) {
      line_ += action.command;
      if (!line_.ends_with('\n')) continue;
      sight.view.head = line_ + "\nexit code: " + std::to_string(status) + "\n/app#";
      line_.clear();
    }
    history.push_back(terminal_observation(sight));
    return true;
  }

  std::vector<Message> history;

 private:
  std::string line_;
  bool claimed_ = false;
};

TEST(SimulatedTerminal, APerfectOneTakesEveryPieceThenSaysSoTwice) {
  const Suite suite = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps");
  for (const auto& task : suite.tasks) {
    const Plan plan = make_plan(task);
    PlayedTerminal terminal(task.shown);
    bool over = false;
    for (int turn = 1; turn <= 60 && !over; ++turn) {
      over = !terminal.answer(
          next_message(plan, {1.0, 0.5, 1, "m"}, terminal.history, {"t", turn, 0, 0, 0, 0, {}}), 0);
    }
    EXPECT_TRUE(over) << task.shown.id;
    const PlanProgress progress = read_progress(plan, read_dialogue(terminal.history).done);
    for (const auto& piece : progress.pieces) {
      EXPECT_EQ(piece.kind, PieceState::Kind::right) << task.shown.id;
    }
    EXPECT_TRUE(progress.checked);
  }
}

TEST(SimulatedTerminal, AClumsyOneErrsInEveryWay) {
  const Suite suite = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps");
  int garbled = 0;
  int silent = 0;
  int untyped = 0;
  int taken_back = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Task& task = suite.tasks.front();
    const Plan plan = make_plan(task);
    PlayedTerminal terminal(task.shown);
    for (int turn = 1; turn <= 60; ++turn) {
      const Dialogue::Open open = read_dialogue(terminal.history).open;
      const Message message =
          next_message(plan, {0.3, 0.9, seed, "m"}, terminal.history, {"t", turn, 0, 0, 0, 0, {}});
      const TerminalReply reply = read_terminal_reply(message.content);
      garbled += !reply.problem.empty() && !reply.no_object;
      silent += reply.no_object;
      untyped += !reply.commands.empty() && !reply.commands.front().text.ends_with('\n');
      taken_back += open == Dialogue::Open::sure && !reply.task_complete;
      if (!terminal.answer(message, 0)) break;
    }
  }
  EXPECT_GT(garbled, 0);
  EXPECT_GT(silent, 0);
  EXPECT_GT(untyped, 0);
  EXPECT_GT(taken_back, 0);
}

TEST(SimulatedTerminal, WaitsChangeNothingAndSummariesForgetNothing) {
  const Suite suite = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps");
  const Task& task = suite.tasks.front();
  const Plan plan = make_plan(task);
  PlayedTerminal terminal(task.shown);
  for (int turn = 1; turn <= 4; ++turn) {
    ASSERT_TRUE(terminal.answer(
        next_message(plan, {1.0, 0.5, 1, "m"}, terminal.history, {"t", turn, 0, 0, 0, 0, {}}), 1));
  }
  const Dialogue before = read_dialogue(terminal.history);
  EXPECT_EQ(before.done.size(), 4U);
  std::vector<Message> asked = terminal.history;
  asked.push_back(summary_request());
  const Message summary = next_message(plan, {1.0, 0.5, 1, "m"}, asked, {"t", 5, 0, 100, 0, 0, {}});
  const std::vector<Message> again = {asked[0], resumption(asked[1], summary.content, "/app#")};
  EXPECT_EQ(read_dialogue(again).done, before.done);
}

}  // namespace
}  // namespace weir
