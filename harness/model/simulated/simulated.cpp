#include "harness/model/simulated/simulated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/model/simulated/behaviour.hpp"
#include "harness/model/simulated/prefix_cache.hpp"
#include "harness/model/token_estimate.hpp"
#include "harness/seed.hpp"
#include "runners/steps.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr milliseconds kFirstToken{400};

class SimulatedModel final : public Model {
 public:
  SimulatedModel(const ModelSpec& spec, const Task& task, std::uint64_t seed)
      : spec_(spec),
        plans_(plans_of(task)),
        character_{skill_on(spec, task.shown.difficulty),
                   difficulty_of(task.shown.difficulty),
                   seed,
                   spec.name,
                   spec.poison,
                   spec.doubt} {}

  Completion complete(const ChatRequest& request, const CallContext& context) override {
    forget_in_time(context);
    Completion completion;
    completion.message = next_message(plan_of(context), character_, request.messages, context);
    completion.finish_reason = completion.message.tool_calls.empty() ? "stop" : "tool_calls";
    completion.served_model = "simulated-" + spec_.name;
    completion.fingerprint = "simulated";
    count(request, completion);
    completion.ttft = kFirstToken;
    completion.latency =
        kFirstToken + milliseconds(static_cast<std::int64_t>(
                          1000.0 * static_cast<double>(*completion.tokens.output_total) /
                          spec_.speed));
    cache_.store(request, completion.message);
    return completion;
  }

  void replayed(const ChatRequest& request, const Completion& completion) override {
    cache_.store(request, completion.message);
  }

  std::unique_ptr<Model> clone() const override { return std::make_unique<SimulatedModel>(*this); }

 private:
  /// One for each step of a multi-step task.
  static std::vector<Plan> plans_of(const Task& task) {
    const std::size_t steps = task.shown.terminal.steps.size();
    if (steps == 0) return {make_plan(task)};
    std::vector<Plan> plans;
    for (std::size_t i = 0; i < steps; ++i) plans.push_back(make_plan(step_task(task, i)));
    return plans;
  }

  /// A task of steps never begins again, so that its segments are the steps.
  [[nodiscard]] const Plan& plan_of(const CallContext& context) const {
    return plans_[std::min(static_cast<std::size_t>(context.segment), plans_.size() - 1)];
  }

  static double skill_on(const ModelSpec& spec, const std::string& difficulty) {
    const auto found = spec.skill_at.find(difficulty);
    return found == spec.skill_at.end() ? spec.skill : found->second;
  }

  /// Caches are best effort: some time between two calls this one may be lost.
  void forget_in_time(const CallContext& context) {
    const std::string call = fmt::format("{}/{}/{}/{}/cache", spec_.name, context.turn,
                                         context.sample, context.retry);
    if (draw(character_.seed, call) >= spec_.cache_survival) cache_ = {};
  }

  void count(const ChatRequest& request, Completion& completion) const {
    Tokens& tokens = completion.tokens;
    tokens.input_total = estimate_tokens(request);
    tokens.input_hit = cache_.hit(request);
    tokens.input_miss = *tokens.input_total - *tokens.input_hit;
    tokens.cache_write = 0;
    tokens.output_total = estimate_tokens(completion.message);
    tokens.output_reasoning = estimate_tokens(completion.message.reasoning);
    tokens.output_text = *tokens.output_total - *tokens.output_reasoning;
    completion.raw_usage = nlohmann::json{
        {"simulated", true},
        {"prompt_tokens", *tokens.input_total},
        {"completion_tokens", *tokens.output_total},
        {"prompt_cache_hit_tokens", *tokens.input_hit},
        {"prompt_cache_miss_tokens", *tokens.input_miss},
        {"completion_tokens_details", {{"reasoning_tokens", *tokens.output_reasoning}}}}.dump();
  }

  ModelSpec spec_;
  std::vector<Plan> plans_;
  Character character_;
  PrefixCache cache_;
};

}  // namespace

std::unique_ptr<Model> make_simulated_model(const ModelSpec& spec, const Task& task,
                                            std::uint64_t seed) {
  return std::make_unique<SimulatedModel>(spec, task, seed);
}

void check_simulated_model(const ModelSpec& spec) {
  if (!(spec.skill >= 0 && spec.skill <= 1)) {
    throw UserError(fmt::format("[models.{}] skill: must be in [0,1]", spec.name));
  }
  for (const auto& [difficulty, skill] : spec.skill_at) {
    if (skill >= 0 && skill <= 1) continue;
    throw UserError(
        fmt::format("[models.{}] skill_at.{}: must be in [0,1]", spec.name, difficulty));
  }
  if (!(spec.poison >= 0 && spec.poison <= 10)) {
    throw UserError(fmt::format("[models.{}] poison: must be from 0 to 10", spec.name));
  }
  if (!(spec.doubt >= 0 && spec.doubt <= 1)) {
    throw UserError(fmt::format("[models.{}] doubt: must be in [0,1]", spec.name));
  }
  if (!(spec.cache_survival >= 0 && spec.cache_survival <= 1)) {
    throw UserError(fmt::format("[models.{}] cache_survival: must be in [0,1]", spec.name));
  }
  if (!(spec.speed > 0)) {
    throw UserError(fmt::format("[models.{}] speed: must be positive", spec.name));
  }
}

}  // namespace weir
