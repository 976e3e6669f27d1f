// Harbor grading: the task's own test.sh on the final state, reward files out.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runners/grade/artifacts.hpp"
#include "runners/grade/final_box.hpp"
#include "runners/private_folder.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr milliseconds kVerifierTimeout = std::chrono::minutes(10);
constexpr std::size_t kRewardCap = 1 << 20;

constexpr const char* kVerify = "/tests/test.sh";

bool text_passes(const std::string& text) {
  try {
    return passes(parse_reward_text(text));
  } catch (const UserError&) {
    return false;
  }
}

void read_rewards(Box& box, Verdict& verdict) {
  const auto as_json = box.get("/logs/verifier/reward.json", kRewardCap);
  const auto as_text = box.get("/logs/verifier/reward.txt", kRewardCap);
  if (as_json && as_text) {
    verdict.anomalies.push_back("both reward.json and reward.txt were written; json counts");
  }
  if (!as_json && !as_text) {
    verdict.message = "the verifier wrote no reward file";
    return;
  }
  try {
    verdict.rewards = as_json ? parse_reward_json(*as_json) : parse_reward_text(*as_text);
  } catch (const UserError& error) {
    verdict.message = error.what();
    return;
  }
  verdict.outcome = passes(verdict.rewards) ? Outcome::resolved : Outcome::unresolved;
  if (as_json && as_text && verdict.outcome == Outcome::resolved && !text_passes(*as_text)) {
    // One was written by the verifier, the other perhaps by what it ran.
    verdict.outcome = Outcome::invalid;
    verdict.message = "reward.json and reward.txt contradict each other";
  }
}

/// Runs the verifier in `box`, and reads what it wrote.
void judge(FinalBox& box, const AgentTask& task, const RewardGrading& grading, bool separate,
           Verdict& verdict) {
  const bool brings_tests = separate && box.has(kVerify);
  if (!box.prepare(brings_tests)) return;
  for (const auto& folder : {grading.tests, grading.step_tests}) {
    const bool there = std::filesystem::is_directory(folder);
    if (there && !brings_tests && !box.place(folder)) return;
  }
  if (!box.open("test.sh") || !box.bring_tools()) return;
  if (!box.verify(
          {kVerify, grading.env, grading.user, task.limits.verifier.value_or(kVerifierTimeout)})) {
    return;
  }
  read_rewards(*box.files(), verdict);
  box.doubt(task);
}

/// A separate verifier's box as it was built, with the artifacts and nothing else.
SnapshotPtr with_artifacts(Verdict& verdict, const std::filesystem::path& kept,
                           const GradingRoom& apart) {
  const auto box = apart.sandbox.create(apart.environment.on(apart.environment.snapshot));
  for (const auto& each : give_artifacts(verdict.artifacts, kept, *box)) {
    verdict.anomalies.push_back("artifact not given to the verifier: " + each);
  }
  return box->end();
}

}  // namespace

bool passes(const std::vector<Reward>& rewards) {
  return std::all_of(rewards.begin(), rewards.end(),
                     [](const Reward& reward) { return reward.value >= 1; });
}

std::vector<Reward> parse_reward_json(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object() || parsed.empty()) throw UserError("reward.json is not a map of numbers");
  std::vector<Reward> rewards;
  for (const auto& [key, value] : parsed.items()) {
    const bool usable = value.is_number() || value.is_boolean();
    if (!usable) throw UserError(fmt::format("reward.json: \"{}\" is not a number", key));
    rewards.push_back(
        {"", key, value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0) : value.get<double>()});
  }
  return rewards;
}

std::vector<Reward> parse_reward_text(std::string_view text) {
  const std::string_view number = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty()) throw UserError("reward.txt is empty");
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value)) {
    throw UserError("reward.txt does not hold one number");
  }
  return {{"", "reward", value}};
}

Verdict grade_final_state(const SnapshotPtr& final, const AgentTask& task,
                          const RewardGrading& grading, const GradingRoom& room) {
  const auto permit = room.graders.acquire(room.stop);
  Verdict verdict;
  const PrivateFolder passing;
  GradingRoom agents = room;
  if (room.verifier != nullptr) agents.network = {};  // it is the verifier's
  std::optional<FinalBox> box(std::in_place, final, agents, verdict);
  box->collect(grading.collect);
  verdict.artifacts = box->take(grading.artifacts, passing.path());
  if (room.verifier == nullptr) {
    judge(*box, task, grading, false, verdict);
  } else {
    box.reset();  // the verifier's is not beside it
    const GradingRoom apart{.sandbox = room.sandbox,
                            .graders = room.graders,
                            .environment = *room.verifier,
                            .stop = room.stop,
                            .network = room.network,
                            .agent_fetches = room.agent_fetches};
    FinalBox own(with_artifacts(verdict, passing.path(), apart), apart, verdict);
    judge(own, task, grading, true, verdict);
  }
  if (!room.artifacts.empty()) keep_artifacts(verdict.artifacts, passing.path(), room.artifacts);
  return verdict;
}

}  // namespace weir
