#include <gtest/gtest.h>

#include "harness/agent/bash_protocol.hpp"
#include "harness/model/model.hpp"
#include "harness/model/simulated/behaviour.hpp"
#include "harness/model/simulated/plan.hpp"
#include "harness/model/simulated/prefix_cache.hpp"
#include "harness/model/token_estimate.hpp"
#include "tasks/format.hpp"

namespace weir {
namespace {

const Suite& suite() {
  static const Suite loaded = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps");
  return loaded;
}

/// History after a command ran with this exit code.
void ran(std::vector<Message>& history, const std::string& command, int code) {
  Message call;
  call.role = Role::assistant;
  const std::string id = "c" + std::to_string(history.size());
  call.tool_calls = {{id, "bash", nlohmann::json{{"command", command}}.dump()}};
  history.push_back(call);
  history.push_back({Role::tool, "exit code: " + std::to_string(code) + "\noutput:\n", "", {}, id});
}

TEST(Plan, EveryBundledTaskHasPiecesThatCanGoWrong) {
  for (const auto& task : suite().tasks) {
    const Plan plan = make_plan(task);
    EXPECT_FALSE(plan.pieces.empty()) << task.shown.id;
    EXPECT_FALSE(plan.check.empty());
    for (const auto& piece : plan.pieces) {
      EXPECT_FALSE(piece.wrong.empty()) << task.shown.id;
      for (const auto& wrong : piece.wrong) EXPECT_NE(wrong, piece.right);
    }
  }
}

TEST(Plan, ProgressIsReadOffTheHistory) {
  const Plan plan = make_plan(suite().tasks.front());
  std::vector<Message> history;
  ran(history, plan.look[0], 0);
  ran(history, plan.pieces[0].wrong[0], 0);
  PlanProgress progress = read_progress(plan, read_dialogue(history).done);
  EXPECT_EQ(progress.looked, 1);
  EXPECT_EQ(progress.pieces[0].kind, PieceState::Kind::wrong);
  ran(history, plan.pieces[0].right, 0);
  ran(history, plan.check, 1);
  progress = read_progress(plan, read_dialogue(history).done);
  EXPECT_EQ(progress.pieces[0].kind, PieceState::Kind::right);
  EXPECT_TRUE(progress.check_red);
}

TEST(SimulatedModel, APerfectOneTakesEveryPieceThenSubmits) {
  for (const auto& task : suite().tasks) {
    const Plan plan = make_plan(task);
    std::vector<Message> history;
    std::vector<std::string> done;
    for (int turn = 1; turn <= 40; ++turn) {
      const Message next = next_message(plan, {1.0, 0.5, 1, "m"}, history, {"t", turn, 0, 0, 0, 0, {}});
      const std::string command =
          nlohmann::json::parse(next.tool_calls.at(0).arguments).at("command");
      if (asks_to_submit(command)) break;
      done.push_back(command);
      ran(history, command, 0);
    }
    for (const auto& piece : plan.pieces) {
      EXPECT_EQ(std::count(done.begin(), done.end(), piece.right), 1) << task.shown.id;
    }
  }
}

TEST(SimulatedModel, IsAPureFunctionOfSeedAndHistory) {
  const Plan plan = make_plan(suite().tasks.front());
  const Character clumsy{0.2, 0.9, 7, "m"};
  for (int turn = 1; turn < 20; ++turn) {
    const CallContext context{"t", turn, 0, 0, 0, 0, {}};
    EXPECT_EQ(to_json(next_message(plan, clumsy, {}, context)),
              to_json(next_message(plan, clumsy, {}, context)));
  }
}

TEST(SimulatedModel, SkillMatters) {
  // Mistakes on first attempts, over many seeds.
  const auto mistakes = [](double skill) {
    int count = 0;
    for (const auto& task : suite().tasks) {
      const Plan plan = make_plan(task);
      std::vector<Message> history;
      for (const auto& look : plan.look) ran(history, look, 0);
      for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Message next = next_message(plan, {skill, 0.5, seed, "m"}, history,
                                          {"t", 9, 0, 0, 0, {}});
        const bool right =
            next.tool_calls.size() == 1 &&
            next.tool_calls[0].arguments == nlohmann::json{{"command", plan.pieces[0].right}}.dump();
        count += right ? 0 : 1;
      }
    }
    return count;
  };
  EXPECT_LT(mistakes(0.9), mistakes(0.6));
  EXPECT_LT(mistakes(0.6), mistakes(0.3));
}

TEST(PrefixCache, HitsWholeUnitsOfWhatWasSent) {
  PrefixCache cache;
  ChatRequest request{{{Role::user, std::string(), "", {}, ""}}, nlohmann::json::array()};
  for (int i = 0; i < 300; ++i) request.messages[0].content += "word ";
  EXPECT_EQ(cache.hit(request), 0);
  const Message reply{Role::assistant, "ok", "", {}, ""};
  cache.store(request, reply);
  const auto hit = cache.hit(request);
  EXPECT_GT(hit, 0);
  EXPECT_EQ(hit % PrefixCache::kUnit, 0);
  request.messages.push_back(reply);
  request.messages.push_back({Role::user, "more", "", {}, ""});
  EXPECT_GE(cache.hit(request), hit);
  request.messages[0].content[0] = 'W';  // an early change loses the rest
  EXPECT_EQ(cache.hit(request), 0);
}

TEST(TokenEstimate, DoesNotDependOnTheWidthOfNumbers) {
  EXPECT_EQ(estimate_tokens("Ran 3 tests in 0.001s"), estimate_tokens("Ran 3 tests in 12.4s"));
  EXPECT_EQ(estimate_tokens(""), 0);
}

}  // namespace
}  // namespace weir
