#include "results/exchange/harbor_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "results/exchange/endings.hpp"
#include "results/exchange/foreign_json.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// A sum that is unknown as soon as one part is.
template <typename Number>
void add(std::optional<Number>& sum, const std::optional<Number>& part) {
  if (!sum || !part || __builtin_add_overflow(*sum, *part, &*sum)) sum.reset();
}

/// Tokens and cost of one agent_result, or of all steps'.
void read_usage(const ForeignJson& root, ForeignTrial& trial) {
  std::vector<ForeignJson> parts;
  if (!root.at("agent_result").is_null()) {
    parts.push_back(root.at("agent_result"));
  } else {
    for (const auto& step : root.at("step_results").elements()) {
      if (!step.at("agent_result").is_null()) parts.push_back(step.at("agent_result"));
    }
  }
  if (parts.empty()) return;
  trial.input_total = trial.input_hit = trial.output_total = trial.cost_pusd = 0;
  for (const auto& part : parts) {
    add(trial.input_total, part.at("n_input_tokens").tokens());
    add(trial.input_hit, part.at("n_cache_tokens").whole());
    add(trial.output_total, part.at("n_output_tokens").tokens());
    add(trial.cost_pusd, part.at("cost_usd").money());
  }
}

/// The rewards of a verifier_result, as `step`'s; whether there were any.
bool read_rewards(const ForeignJson& verifier, const std::string& step,
                  std::vector<Reward>& rewards) {
  bool any = false;
  for (const auto& [key, value] : verifier.at("rewards").members()) {
    const auto number = value.number();
    if (!number) continue;
    rewards.push_back({step, key, *number});
    any = true;
  }
  return any;
}

void read_verdict(const ForeignJson& root, ForeignTrial& trial) {
  std::vector<Reward> counting;
  std::vector<Reward> of_steps;
  bool every_step = true;
  for (const auto& step : root.at("step_results").elements()) {
    const std::string name = step.at("step_name").required_text();
    every_step = read_rewards(step.at("verifier_result"), name, of_steps) && every_step;
  }
  const bool whole = read_rewards(root.at("verifier_result"), "", counting);
  if (!whole && every_step) counting = of_steps;
  trial.rewards = of_steps;
  if (whole) trial.rewards.insert(trial.rewards.end(), counting.begin(), counting.end());
  if (counting.empty()) return;
  // A mean over steps leaves out those without a result: a pass needs all of them.
  const bool passed = every_step && std::all_of(counting.begin(), counting.end(),
                                                [](const Reward& r) { return r.value >= 1; });
  trial.outcome = passed ? Outcome::resolved : Outcome::unresolved;
}

/// The trial's exception, or its first step's that has one.
void read_exception(const ForeignJson& root, ForeignTrial& trial) {
  std::vector<ForeignJson> places = {root.at("exception_info")};
  for (const auto& step : root.at("step_results").elements()) {
    places.push_back(step.at("exception_info"));
  }
  for (const auto& place : places) {
    if (place.is_null()) continue;
    trial.message = place.at("exception_message").text().value_or("");
    take_ending(trial, place.at("exception_type").required_text());
    return;
  }
}

std::optional<std::int64_t> between(const ForeignJson& part) {
  const auto started = part.at("started_at").time();
  const auto finished = part.at("finished_at").time();
  if (!started || !finished || *finished < *started) return {};
  return (*finished - *started).count();
}

std::string config_of(const ForeignJson& root) {
  const ForeignJson info = root.at("agent_info");
  const std::string agent = info.at("name").required_text();
  const auto model = info.at("model_info").at("name").text();
  return model ? agent + "__" + *model : agent;
}

/// The agent as it was configured, without what may be a secret.
std::string variant_of(const ForeignJson& root) {
  json agent = root.at("config").at("agent").value();
  if (agent.is_object()) agent.erase("env");
  return agent.is_null() ? "" : agent.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Trials of a job by name, as its statistics list them.
struct Listed {
  std::map<std::string, double> rewards;
  std::string exception;
};

double reward_value(const std::string& text, const ForeignJson& at) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !std::isfinite(value)) {
    at.fail("is listed under no number");
  }
  return value;
}

std::map<std::string, Listed> listed_trials(const ForeignJson& eval) {
  std::map<std::string, Listed> trials;
  for (const auto& [key, values] : eval.at("reward_stats").members()) {
    for (const auto& [value, names] : values.members()) {
      for (const auto& name : names.elements()) {
        trials[name.required_text()].rewards[key] = reward_value(value, names);
      }
    }
  }
  for (const auto& [type, names] : eval.at("exception_stats").members()) {
    for (const auto& name : names.elements()) trials[name.required_text()].exception = type;
  }
  return trials;
}

/// "AGENT__MODEL__DATASET" without the dataset.
std::string config_of_eval(const std::string& key) {
  const auto cut = key.rfind("__");
  return cut == std::string::npos || cut == 0 ? key : key.substr(0, cut);
}

}  // namespace

bool is_harbor_trial(const json& value) {
  return value.is_object() && value.contains("task_name") && value.contains("trial_name") &&
         value.contains("agent_info");
}

bool is_harbor_job(const json& value) {
  return value.is_object() && value.contains("stats") && value.at("stats").is_object() &&
         !value.contains("task_name");
}

void read_harbor_trial(const json& value, const std::string& origin, ForeignOutcomes& outcomes) {
  const ForeignJson root(value, origin);
  ForeignTrial trial;
  trial.attempt = 0;
  trial.config = config_of(root);
  trial.variant = variant_of(root);
  trial.task = root.at("task_name").required_text();
  read_usage(root, trial);
  if (trial.input_hit && (!trial.input_total || *trial.input_hit > *trial.input_total)) {
    if (trial.input_total) {
      outcomes.notes.push_back(fmt::format(
          "{}: n_cache_tokens is more than n_input_tokens, which it is part of; left unknown",
          origin));
    }
    trial.input_hit.reset();
  }
  read_verdict(root, trial);
  read_exception(root, trial);
  trial.started_at = root.at("started_at").time();
  trial.wall_ms = between(root);
  outcomes.trials.push_back(std::move(trial));
}

ForeignOutcomes read_harbor_job(const json& value, const std::string& origin) {
  const ForeignJson root(value, origin);
  ForeignOutcomes outcomes;
  for (const auto& [eval_key, eval] : root.at("stats").at("evals").members()) {
    for (const auto& [name, listed] : listed_trials(eval)) {
      ForeignTrial trial;
      trial.config = config_of_eval(eval_key);
      trial.attempt = 0;
      const auto cut = name.rfind("__");
      trial.task = cut == std::string::npos || cut == 0 ? name : name.substr(0, cut);
      bool passed = !listed.rewards.empty();
      for (const auto& [key, reward] : listed.rewards) {
        trial.rewards.push_back({"", key, reward});
        passed = passed && reward >= 1;
      }
      if (!listed.rewards.empty()) {
        trial.outcome = passed ? Outcome::resolved : Outcome::unresolved;
      }
      take_ending(trial, listed.exception);
      outcomes.trials.push_back(std::move(trial));
    }
  }
  const auto total = root.at("n_total_trials").whole();
  if (total && static_cast<std::size_t>(*total) != outcomes.trials.size()) {
    outcomes.notes.push_back(
        fmt::format("{}: {} trials, of which it lists {}", origin, *total, outcomes.trials.size()));
  }
  outcomes.notes.push_back(origin +
                           ": the trials' own files are gone: no tokens, costs or times, and "
                           "tasks are known by the first 32 characters of their names");
  number_attempts(outcomes.trials);
  return outcomes;
}

}  // namespace weir
