#include <fmt/format.h>
#include <fmt/ranges.h>

#include "results/exchange/csv.hpp"
#include "results/exchange/outcomes.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

std::string count(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "";
}

/// Picodollars to the last digit, without rounding on the way through a double.
std::string usd(const std::optional<Picodollars>& pusd) {
  constexpr Picodollars kDollar = 1'000'000'000'000;
  return pusd ? fmt::format("{}.{:012}", *pusd / kDollar, *pusd % kDollar) : "";
}

std::string seconds(const std::optional<std::int64_t>& ms) {
  return ms ? fmt::format("{}.{:03}", *ms / 1000, *ms % 1000) : "";
}

std::string resolved(Outcome outcome) {
  if (is_missing(outcome)) return "";
  return outcome == Outcome::resolved ? "1" : "0";
}

}  // namespace

std::string outcomes_csv(const std::vector<TrialSummary>& trials, bool simulated) {
  std::string out =
      "task,config,attempt,resolved,outcome,stop_reason,error_class,turns,calls,input_tokens,"
      "cached_tokens,output_tokens,cost_usd,trial_s,llm_time_sec,simulated\n";
  for (const auto& trial : trials) {
    const std::vector<std::string> values = {csv_value(to_utf8(trial.task)),
                                             csv_value(to_utf8(trial.config)),
                                             std::to_string(trial.attempt),
                                             resolved(trial.outcome),
                                             std::string(name_of(trial.outcome)),
                                             trial.stop_reason,
                                             csv_value(trial.error_class),
                                             count(trial.turns),
                                             count(trial.calls),
                                             count(trial.input_total),
                                             count(trial.input_hit),
                                             count(trial.output_total),
                                             usd(trial.cost_pusd),
                                             seconds(trial.wall_ms),
                                             seconds(trial.model_ms),
                                             simulated ? "1" : "0"};
    out += fmt::format("{}\n", fmt::join(values, ","));
  }
  return out;
}

}  // namespace weir
