#include "harness/agent/bash_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Completion calling(std::vector<ToolCall> calls) {
  Completion completion;
  completion.message.role = Role::assistant;
  completion.message.tool_calls = std::move(calls);
  completion.finish_reason = "tool_calls";
  return completion;
}

ExecResult exited(int code, std::string out) {
  ExecResult result;
  result.exit_code = code;
  result.out.bytes = std::move(out);
  return result;
}

TEST(BashProtocol, ReadsSeveralCallsInOrder) {
  const Draft draft = read_draft(calling({{"1", "bash", R"({"command": "ls"})"},
                                          {"2", "bash", R"({"command": "pwd"})"}}));
  EXPECT_EQ(draft.problem, "");
  ASSERT_EQ(draft.actions.size(), 2U);
  EXPECT_EQ(draft.actions[1].command, "pwd");
}

TEST(BashProtocol, NamesEachProblem) {
  EXPECT_TRUE(read_draft(calling({})).no_action);
  EXPECT_THAT(read_draft(calling({{"1", "python", "{}"}})).problem, HasSubstr("python"));
  EXPECT_THAT(read_draft(calling({{"1", "bash", "{\"command\": \"x"}})).problem,
              HasSubstr("valid JSON"));
  EXPECT_THAT(read_draft(calling({{"1", "bash", "{\"cmd\": \"x\"}"}})).problem,
              HasSubstr("command"));
  Completion cut = calling({{"1", "bash", R"({"command": "rm -rf build"})"}});
  cut.finish_reason = "length";
  EXPECT_TRUE(read_draft(cut).actions.empty());  // never act on what was cut off
}

TEST(BashProtocol, EveryCallOfABadAnswerIsAnswered) {
  const Completion bad = calling({{"1", "bash", R"({"command": "ls"})"}, {"2", "bash", "{"}});
  const auto answers = answer_problem(bad, read_draft(bad));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].role, Role::tool);
  EXPECT_EQ(answers[1].tool_call_id, "2");
  Completion cut = bad;  // an unanswered call makes the next request invalid
  cut.finish_reason = "length";
  EXPECT_EQ(answer_problem(cut, read_draft(cut)).size(), 2U);
  const Completion silent = calling({});
  EXPECT_EQ(answer_problem(silent, read_draft(silent)).at(0).role, Role::user);
}

TEST(BashProtocol, LongOutputKeepsHeadAndTailByCharacters) {
  const auto text = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += "\xC3\xA9";
    return out;
  };
  EXPECT_EQ(observation_text(exited(0, text(9'999)), {}), "exit code: 0\noutput:\n" + text(9'999));
  const std::string cut = observation_text(exited(1, text(12'000)), {});
  EXPECT_THAT(cut, HasSubstr("2000 characters left out"));
  EXPECT_THAT(cut, StartsWith("exit code: 1\n"));
  EXPECT_THAT(observation_text(exited(0, "\xFF"), {}), HasSubstr("\xEF\xBF\xBD"));
}

TEST(BashProtocol, SubmitsOnlyOnMarkerFirstAndSuccess) {
  const std::string marker(kSubmitMarker);
  EXPECT_EQ(submission_of(exited(0, "\n  " + marker + " \ndiff\n")), "diff\n");
  EXPECT_EQ(submission_of(exited(0, marker)), "");
  EXPECT_FALSE(submission_of(exited(1, marker + "\n")));
  EXPECT_FALSE(submission_of(exited(0, "first\n" + marker + "\n")));
  EXPECT_FALSE(submission_of(exited(0, "")));
}

TEST(BashProtocol, InstructionsAreTakenLiterally) {
  AgentTask task;
  task.instruction = "print {marker} and {workdir}";
  task.environment.workdir = "/w";
  const auto messages = first_messages(task);
  EXPECT_THAT(messages.at(1).content, HasSubstr("print {marker} and {workdir}"));
  EXPECT_THAT(messages.at(1).content, HasSubstr("You start in /w."));
}

}  // namespace
}  // namespace weir
