#include "results/exchange/atif.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "results/exchange/foreign_json.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Sums over steps: unknown as soon as one part is, or while there is none.
struct Sum {
  std::int64_t value = 0;
  bool known = true;
  bool any = false;

  void add(const std::optional<std::int64_t>& part) {
    any = true;
    known = known && part && !__builtin_add_overflow(value, *part, &value);
  }
  [[nodiscard]] std::optional<std::int64_t> total() const {
    return any && known ? std::optional(value) : std::nullopt;
  }
};

struct Sums {
  std::int64_t turns = 0;
  Sum calls, prompt, cached, completion, cost;
};

/// Steps of the agent, its subagents' too.
void add_steps(const ForeignJson& trajectory, Sums& sums) {
  for (const auto& step : trajectory.at("steps").elements()) {
    const bool copied = step.at("is_copied_context").flag().value_or(false);
    if (step.at("source").text() != "agent" || copied) continue;
    ++sums.turns;
    const std::int64_t calls = step.at("llm_call_count").whole().value_or(1);
    sums.calls.add(calls);
    if (calls == 0) continue;
    const ForeignJson metrics = step.at("metrics");
    sums.prompt.add(metrics.at("prompt_tokens").tokens());
    sums.cached.add(metrics.at("cached_tokens").whole());
    sums.completion.add(metrics.at("completion_tokens").tokens());
    sums.cost.add(metrics.at("cost_usd").money());
  }
  for (const auto& other : trajectory.at("subagent_trajectories").elements()) {
    add_steps(other, sums);
  }
}

void read_counts(const ForeignJson& root, ForeignTrial& trial) {
  Sums sums;
  add_steps(root, sums);
  trial.turns = sums.turns;
  trial.calls = sums.calls.total();
  const ForeignJson totals = root.at("final_metrics");
  const auto either = [](const auto& total, const Sum& sum) { return total ? total : sum.total(); };
  trial.input_total = either(totals.at("total_prompt_tokens").tokens(), sums.prompt);
  trial.output_total = either(totals.at("total_completion_tokens").tokens(), sums.completion);
  trial.cost_pusd = either(totals.at("total_cost_usd").money(), sums.cost);
  trial.input_hit = either(totals.at("total_cached_tokens").whole(), sums.cached);
  if (!trial.input_total || trial.input_hit > trial.input_total) trial.input_hit.reset();
}

/// What Weir wrote beside the format's own keys.
void read_own(const ForeignJson& own, ForeignTrial& trial, ForeignOutcomes& outcomes) {
  if (own.is_null()) return;
  outcomes.simulated = own.at("simulated").flag().value_or(false);
  trial.task = own.at("task").text().value_or(trial.task);
  trial.config = own.at("config").text().value_or(trial.config);
  const std::int64_t attempt = own.at("attempt").whole().value_or(1);
  trial.attempt = static_cast<int>(std::clamp<std::int64_t>(attempt, 1, 1'000'000));
  trial.turns = own.at("turns").is_null() ? trial.turns : own.at("turns").whole();
  trial.error_class = own.at("error_class").text().value_or("");
  if (const auto name = own.at("outcome").text()) {
    const auto outcome = outcome_named(*name);
    if (!outcome) own.at("outcome").fail(fmt::format("\"{}\" is no outcome", *name));
    trial.outcome = *outcome;
  }
  if (const auto name = own.at("stop_reason").text()) {
    if (!stop_reason_named(*name)) {
      own.at("stop_reason").fail(fmt::format("\"{}\" is no stop reason", *name));
    }
    trial.stop_reason = *name;
  }
}

}  // namespace

bool is_atif(const json& value) {
  if (!value.is_object()) return false;
  const auto version = value.find("schema_version");
  return version != value.end() && version->is_string() &&
         version->get<std::string>().starts_with("ATIF");
}

ForeignOutcomes read_atif(const json& trajectory, const std::string& origin,
                          const std::string& task) {
  const auto problems = check_atif(trajectory);
  if (!problems.empty()) {
    throw UserError(
        fmt::format("{}: breaks the rules of ATIF: {}", origin, fmt::join(problems, "; ")));
  }
  const ForeignJson root(trajectory, origin);
  ForeignOutcomes outcomes;
  ForeignTrial trial;
  trial.task = task;
  trial.config = root.at("agent").at("name").required_text();
  if (const auto model = root.at("agent").at("model_name").text()) trial.config += "__" + *model;
  read_counts(root, trial);
  for (const auto& step : root.at("steps").elements()) {
    if (!trial.started_at) trial.started_at = step.at("timestamp").time();
  }
  read_own(root.at("extra").at("weir"), trial, outcomes);
  outcomes.trials.push_back(std::move(trial));
  return outcomes;
}

}  // namespace weir
