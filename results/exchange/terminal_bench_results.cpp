#include "results/exchange/terminal_bench_results.hpp"

#include <fmt/format.h>

#include <charconv>

#include "results/exchange/endings.hpp"
#include "results/exchange/foreign_json.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// k of "TASK.k-of-n" or "TASK.k-of-n.RUN"; 0 if the name is another's.
int attempt_of(const std::string& trial, const std::string& task) {
  if (trial.size() <= task.size() + 1 || !trial.starts_with(task) || trial[task.size()] != '.') {
    return 0;
  }
  const char* end = trial.data() + trial.size();
  int attempt = 0;
  const auto [after, error] = std::from_chars(trial.data() + task.size() + 1, end, attempt);
  const std::string_view rest(after, static_cast<std::size_t>(end - after));
  return error == std::errc() && attempt > 0 && rest.starts_with("-of-") ? attempt : 0;
}

/// "2 of 3 tests passed; failed: a"
std::string summary_of(const ForeignJson& tests) {
  constexpr std::size_t kMostNamed = 20;
  std::size_t passed = 0;
  std::size_t named = 0;
  std::string failed;
  const auto results = tests.members();
  for (const auto& [name, result] : results) {
    if (result.text() == "passed") {
      ++passed;
    } else if (++named <= kMostNamed) {
      failed += (failed.empty() ? "; failed: " : ", ") + name;
    }
  }
  if (named > kMostNamed) failed += ", ...";
  return results.empty() ? ""
                         : fmt::format("{} of {} tests passed{}", passed, results.size(), failed);
}

ForeignTrial read_trial(const ForeignJson& row, const std::string& config) {
  ForeignTrial trial;
  trial.config = config;
  trial.task = row.at("task_id").required_text();
  trial.attempt = attempt_of(row.at("trial_name").text().value_or(""), trial.task);
  if (const auto resolved = row.at("is_resolved").flag()) {
    trial.outcome = *resolved ? Outcome::resolved : Outcome::unresolved;
  }
  take_ending(trial, row.at("failure_mode").text().value_or(""));
  trial.message = summary_of(row.at("parser_results"));
  trial.input_total = row.at("total_input_tokens").tokens();
  trial.output_total = row.at("total_output_tokens").tokens();
  trial.started_at = row.at("trial_started_at").time();
  const auto ended = row.at("trial_ended_at").time();
  if (trial.started_at && ended && *ended >= *trial.started_at) {
    trial.wall_ms = (*ended - *trial.started_at).count();
  }
  return trial;
}

}  // namespace

bool is_terminal_bench_result(const json& value) {
  if (!value.is_object()) return false;
  if (value.contains("results")) return value.at("results").is_array();
  return value.contains("task_id") && value.contains("is_resolved");
}

ForeignOutcomes read_terminal_bench_result(const json& value, const std::string& origin,
                                           const std::string& config) {
  const ForeignJson root(value, origin);
  ForeignOutcomes outcomes;
  if (value.contains("results")) {
    for (const auto& row : root.at("results").elements()) {
      outcomes.trials.push_back(read_trial(row, config));
    }
  } else {
    outcomes.trials.push_back(read_trial(root, config));
  }
  number_attempts(outcomes.trials);
  return outcomes;
}

std::string terminal_bench_config(const json& metadata) {
  const auto text = [&](const char* key) {
    const bool named = metadata.is_object() && metadata.contains(key) && metadata[key].is_string();
    return named ? metadata[key].get<std::string>() : std::string();
  };
  const std::string agent = text("agent_name");
  const std::string model = text("model_name");
  return agent.empty() || model.empty() ? agent : agent + "__" + model;
}

}  // namespace weir
