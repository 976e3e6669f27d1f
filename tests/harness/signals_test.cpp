#include "harness/router/signals.hpp"

#include <gtest/gtest.h>

#include "harness/router/commands.hpp"
#include "harness/router/vote.hpp"

namespace weir {
namespace {

/// One signal's value where everything but what `set` changes is well.
template <typename Set>
std::optional<double> value(const std::string& name, Set set) {
  TurnEvidence evidence;
  evidence.executed = true;
  set(evidence);
  const auto signals = signals_of(evidence);
  const auto found = signals.find(name);
  return found == signals.end() ? std::nullopt : std::optional(found->second);
}

TEST(Signals, EachSaysItsOneThing) {
  using E = TurnEvidence&;
  EXPECT_EQ(value("format_error", [](E e) { e.format_error = true; }), 1);
  EXPECT_EQ(value("no_action", [](E e) { e.no_action = true; }), 1);
  EXPECT_EQ(value("invalid_tool_call", [](E e) { e.invalid_tool_call = true; }), 1);
  EXPECT_EQ(value("tool_markup", [](E e) { e.tool_markup = true; }), 1);
  EXPECT_EQ(value("truncated", [](E e) { e.truncated = true; }), 1);
  EXPECT_EQ(value("patch_rejected", [](E e) { e.patch_rejected = true; }), 1);
  EXPECT_EQ(value("repeat", [](E e) { e.repeats = true; }), 1);
  EXPECT_EQ(value("near_repeat", [](E e) { e.similarity = 0.9; }), 0.9);
  EXPECT_EQ(value("near_repeat", [](E e) { e.similarity = 0.7; }), 0);
  EXPECT_EQ(value("vote_split", [](E e) { e.vote = VoteTally{4, 3, 0.5}; }), 0.25);
  EXPECT_EQ(value("vote_entropy", [](E e) { e.vote = VoteTally{4, 3, 0.5}; }), 0.5);
  EXPECT_EQ(value("budget_used", [](E e) { e.budget_used = 1.7; }), 1);
  EXPECT_EQ(value("nonzero_exit", [](E e) { e.nonzero_exit = true; }), 1);
  EXPECT_EQ(value("command_timeout", [](E e) { e.command_timeout = true; }), 1);
  EXPECT_EQ(value("edit_unparsable", [](E e) { e.unparsable_files = 2; }), 1);
  EXPECT_EQ(value("no_diff", [](E e) { e.changed_files = false; }), 1);
  EXPECT_EQ(value("tests_newly_red", [](E e) { e.tests = TestsSeen{true, 3, 1, {}}; }), 1);
  EXPECT_EQ(value("red_tests", [](E e) { e.tests = TestsSeen{true, 3, 1, {}}; }), 3);
  EXPECT_EQ(value("newly_red_tests", [](E e) { e.tests = TestsSeen{true, 3, 1, {}}; }), 1);
  EXPECT_EQ(value("context_tokens", [](E e) { e.context_tokens = 7; }), 7);
  EXPECT_EQ(value("turn", [](E e) { e.turn = 7; }), 7);
  EXPECT_EQ(value("consecutive_failures", [](E e) { e.consecutive_failures = 2; }), 2);
  EXPECT_EQ(value("elapsed_s", [](E e) { e.elapsed_s = 1.5; }), 1.5);
  EXPECT_EQ(value("output_tokens", [](E e) { e.output_tokens = 9; }), 9);
  EXPECT_EQ(value("reasoning_tokens", [](E e) { e.reasoning_tokens = 9; }), 9);
  EXPECT_EQ(value("surprise_q90", [](E e) { e.surprise = Surprise{5, 0.1, 0.5, 2}; }), 0.5);
}

TEST(Signals, WhatIsUnknownHasNone) {
  for (const char* name :
       {"vote_split", "vote_entropy", "edit_unparsable", "no_diff", "red_tests", "tests_newly_red",
        "output_tokens", "surprise_q50", "nonzero_exit", "command_timeout"}) {
    EXPECT_FALSE(value(name, [](TurnEvidence&) {})) << name;
  }
  EXPECT_FALSE(value("patch_rejected", [](TurnEvidence& e) { e.patch_rejected.reset(); }));
}

TEST(Signals, WhetherASubmissionIsRedMustBeKnown) {
  const auto submits = [](TurnEvidence& e) { e.submits = true; };
  EXPECT_FALSE(value("tests_red", submits));  // nobody looked
  EXPECT_EQ(value("tests_red",
                  [&](TurnEvidence& e) {
                    submits(e);
                    e.tests_red_before = true;
                  }),
            1);
  EXPECT_EQ(value("tests_red",
                  [&](TurnEvidence& e) {
                    submits(e);
                    e.tests_red_before = false;
                  }),
            0);
  // It mends and submits in one answer: what was red before may be green by then.
  EXPECT_FALSE(value("tests_red", [&](TurnEvidence& e) {
    submits(e);
    e.tests_red_before = true;
    e.acts_first = true;
  }));
}

TEST(Signals, ThoseThatMayCarryAWeightStayInTheUnitInterval) {
  TurnEvidence worst;
  worst.executed = worst.format_error = worst.no_action = worst.invalid_tool_call = true;
  worst.tool_markup = worst.truncated = worst.repeats = worst.submits = true;
  worst.nonzero_exit = worst.command_timeout = true;
  worst.patch_rejected = true;
  worst.similarity = worst.budget_used = 1;
  worst.vote = VoteTally{3, 1, 1};
  worst.unparsable_files = 9;
  worst.changed_files = false;
  worst.tests = TestsSeen{true, 99, 99, {}};
  const auto signals = signals_of(worst);
  for (const auto& name : signal_names()) {
    ASSERT_EQ(signals.count(name), 1U) << name;
    EXPECT_GT(signals.at(name), 0) << name;
    EXPECT_LE(signals.at(name), 1) << name;
  }
}

TEST(Signals, WhatHiddenTestsSayNoPolicySees) {
  TurnEvidence evidence;
  evidence.executed = true;
  evidence.tests_red_before = false;
  evidence.nonzero_exit = false;
  evidence.tests = TestsSeen{true, 1, 1, {}};
  EXPECT_EQ(policy_signals(evidence).at("tests_red"), 1);
  evidence.tests_hidden = true;
  EXPECT_EQ(signals_of(evidence).at("tests_red"), 1);  // logged
  for (const char* name : {"tests_red", "tests_newly_red", "red_tests", "newly_red_tests"}) {
    EXPECT_EQ(policy_signals(evidence).count(name), 0U) << name;
  }
  EXPECT_EQ(policy_signals(evidence).count("nonzero_exit"), 1U);
  EXPECT_EQ(visibility_of(*find_signal("tests_red"), evidence), Visibility::grader);
  EXPECT_EQ(visibility_of(*find_signal("nonzero_exit"), evidence), Visibility::agent);
}

TEST(Commands, AreEqualWhereTheyWouldDoTheSame) {
  EXPECT_EQ(normalised({"ls  -l\n\n# look\n"}), normalised({"  ls -l"}));
  EXPECT_NE(normalised({"ls -l"}), normalised({"ls -a"}));
  EXPECT_NE(normalised({"a", "b"}), normalised({"a\nb"}));  // two shells are not one
}

TEST(Commands, SimilarityIsOfWordPairs) {
  EXPECT_EQ(similarity("a b c\n", "a b c\n"), 1);
  EXPECT_EQ(similarity("a b c\n", "x y z\n"), 0);
  EXPECT_NEAR(similarity("sed -n 1,20p src/main.c\n", "sed -n 1,40p src/main.c\n"), 1.0 / 5, 1e-12);
  EXPECT_EQ(similarity("", ""), 0);
}

TEST(Commands, EditsAreTold) {
  for (const char* edit : {"sed -i s/a/b/ x", "echo x > y", "cat <<'E' >> y\nE", "git apply <<'P'",
                           "cd a && mv b c", "printf x | tee y"}) {
    EXPECT_TRUE(looks_like_an_edit(edit)) << edit;
  }
  for (const char* look : {"ls -l", "grep '=>' x", "cmd 2>&1", "cmd > /dev/null", "cat a->b",
                           "git diff", "python3 -m unittest"}) {
    EXPECT_FALSE(looks_like_an_edit(look)) << look;
  }
}

TEST(Commands, ToolCallsWrittenAsTextAreTold) {
  EXPECT_TRUE(
      holds_tool_markup("<\xEF\xBD\x9C"
                        "DSML\xEF\xBD\x9C"
                        "invoke name=\"bash\">"));
  EXPECT_TRUE(holds_tool_markup("<|DSML|tool_calls>"));
  EXPECT_TRUE(holds_tool_markup("so: <tool_call>{}</tool_call>"));
  EXPECT_FALSE(holds_tool_markup("I will call the tool bash."));
}

TEST(Vote, ThePluralityWinsAndTiesGoToTheEarlier) {
  const Vote vote = count_votes({"a", "b", "b"});
  EXPECT_EQ(vote.winner, 1U);
  EXPECT_EQ(vote.tally.plurality, 2);
  EXPECT_NEAR(vote.tally.entropy, 0.5793801642856950, 1e-12);  // of (1/3, 2/3), over log 3
  EXPECT_EQ(count_votes({"z", "a"}).winner, 0U);
  EXPECT_EQ(count_votes({"a", "a", "a"}).tally.entropy, 0);
  EXPECT_NEAR(count_votes({"a", "b", "c"}).tally.entropy, 1, 1e-12);
  EXPECT_EQ(count_votes({}).winner, 0U);
}

}  // namespace
}  // namespace weir
