#include "results/exchange/outcomes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "results/exchange/csv.hpp"
#include "results/exchange/endings.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Where each meaning stands in a row.
struct Columns {
  std::size_t task = kNone, config = kNone, attempt = kNone, resolved = kNone, cost = kNone,
              calls = kNone, input = kNone, hit = kNone, output = kNone, wall = kNone,
              model = kNone, failure = kNone, outcome = kNone, stop = kNone, error = kNone,
              turns = kNone, simulated = kNone;
};

class Outcomes {
 public:
  Outcomes(const Csv& csv, const std::string& origin, const std::string& config)
      : csv_(csv), origin_(origin), config_(config) {}

  ForeignOutcomes read() {
    Columns columns;
    columns.task = first_of({"instance_id", "task_id", "task"});
    if (columns.task == kNone) {
      throw UserError(
          fmt::format("{}: no column names the task (instance_id, task_id or task)", origin_));
    }
    columns.resolved = first_of({"resolved", "is_resolved", "pass"});
    if (columns.resolved != kNone) {
      read_long(columns);
    } else {
      read_wide(columns.task);
    }
    for (std::size_t i = 0; i < csv_.header.size(); ++i) {
      if (used_.count(i) == 0) result_.ignored.push_back(csv_.header[i]);
    }
    check_trials(result_, origin_);
    return std::move(result_);
  }

 private:
  std::size_t first_of(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      const auto found = std::find(csv_.header.begin(), csv_.header.end(), name);
      if (found == csv_.header.end()) continue;
      const auto at = static_cast<std::size_t>(found - csv_.header.begin());
      used_.insert(at);
      return at;
    }
    return kNone;
  }

  void read_long(Columns columns) {
    columns.config = first_of({"model", "config", "submission", "agent"});
    columns.attempt = first_of({"attempt", "trial"});
    columns.cost = first_of({"cost_usd"});
    columns.calls = first_of({"api_calls", "calls", "llm_calls_count"});
    columns.input = first_of({"input_tokens", "total_input_tokens", "llm_prompt_tokens_count"});
    columns.hit = first_of({"cached_tokens", "llm_cached_prompt_tokens_count"});
    columns.output =
        first_of({"output_tokens", "total_output_tokens", "llm_completion_tokens_count"});
    columns.wall = first_of({"trial_s", "agent_seconds", "agent_s", "inference_time_sec"});
    columns.model = first_of({"llm_time_sec"});
    columns.failure = first_of({"failure_mode"});
    columns.outcome = first_of({"outcome"});
    columns.stop = first_of({"stop_reason"});
    columns.error = first_of({"error_class"});
    columns.turns = first_of({"turns"});
    columns.simulated = first_of({"simulated"});
    for (row_ = 0; row_ < csv_.rows.size(); ++row_) {
      ForeignTrial trial;
      trial.config = columns.config == kNone ? config_ : text(columns.config);
      trial.task = text(columns.task);
      trial.attempt = attempt_of(columns, trial);
      trial.outcome = outcome(columns.resolved);
      if (columns.failure != kNone) take_ending(trial, csv_.rows[row_][columns.failure]);
      trial.cost_pusd = money(columns.cost);
      trial.turns = trial.calls = whole(columns.calls);
      trial.input_total = tokens(columns.input);
      trial.output_total = tokens(columns.output);
      trial.input_hit = trial.input_total ? whole(columns.hit) : std::nullopt;
      if (trial.input_hit && *trial.input_hit > *trial.input_total) {
        fail(columns.hit, "is more than the input it is part of");
      }
      trial.wall_ms = milliseconds_of(columns.wall);
      trial.model_ms = milliseconds_of(columns.model);
      take_own_words(trial, columns);
      result_.trials.push_back(std::move(trial));
    }
  }

  /// Columns NAME_resolved with their companions, or plain columns of 0, 1 and blanks.
  void read_wide(std::size_t task) {
    constexpr std::string_view kResolved = "_resolved";
    std::map<std::string, Columns> groups;
    std::vector<std::string> order;
    for (const auto& name : csv_.header) {
      const bool grouped = name.size() > kResolved.size() && name.ends_with(kResolved);
      if (!grouped) continue;
      const std::string config = name.substr(0, name.size() - kResolved.size());
      order.push_back(config);
      Columns& columns = groups[config];
      columns.resolved = first_of({name});
      columns.cost = first_of({config + "_cost_usd"});
      columns.calls = first_of({config + "_calls"});
    }
    if (groups.empty()) add_plain_columns(task, groups, order);
    for (row_ = 0; row_ < csv_.rows.size(); ++row_) {
      for (const auto& config : order) {
        const Columns& columns = groups[config];
        ForeignTrial trial;
        trial.config = config;
        trial.task = text(task);
        trial.outcome = outcome(columns.resolved);
        trial.cost_pusd = money(columns.cost);
        trial.turns = trial.calls = whole(columns.calls);
        result_.trials.push_back(std::move(trial));
      }
    }
  }

  void add_plain_columns(std::size_t task, std::map<std::string, Columns>& groups,
                         std::vector<std::string>& order) {
    for (std::size_t i = 0; i < csv_.header.size(); ++i) {
      if (i == task) continue;
      const bool outcomes = std::all_of(csv_.rows.begin(), csv_.rows.end(), [&](const auto& row) {
        return row[i].empty() || row[i] == "0" || row[i] == "1";
      });
      if (!outcomes) continue;
      groups[csv_.header[i]].resolved = i;
      order.push_back(csv_.header[i]);
      used_.insert(i);
    }
    if (order.empty()) {
      throw UserError(
          fmt::format("{}: no column holds outcomes (resolved, is_resolved, pass, NAME_resolved, "
                      "or 0/1 per config)",
                      origin_));
    }
  }

  int attempt_of(const Columns& columns, const ForeignTrial& trial) {
    if (columns.attempt != kNone) {
      const auto number = whole(columns.attempt);
      if (number && *number >= 1 && *number < 1'000'000) return static_cast<int>(*number);
      fail(columns.attempt, "an attempt is a number from 1");
    }
    return ++attempts_[{trial.config, trial.task}];
  }

  Outcome outcome(std::size_t column) const {
    const std::string& value = csv_.rows[row_][column];
    if (value == "1" || value == "True" || value == "true") return Outcome::resolved;
    if (value == "0" || value == "False" || value == "false") return Outcome::unresolved;
    if (value.empty()) return Outcome::not_run;
    fail(column, "an outcome is 0, 1, true, false or blank");
  }

  /// Columns of a file that Weir wrote say more than resolved or not.
  void take_own_words(ForeignTrial& trial, const Columns& columns) {
    const auto cell = [&](std::size_t column) {
      return column == kNone ? std::string() : csv_.rows[row_][column];
    };
    if (const std::string name = cell(columns.outcome); !name.empty()) {
      const auto named = outcome_named(name);
      if (!named) fail(columns.outcome, "is no outcome");
      trial.outcome = *named;
    }
    if (const std::string name = cell(columns.stop); !name.empty()) {
      if (!stop_reason_named(name)) fail(columns.stop, "is no stop reason");
      trial.stop_reason = name;
    }
    if (const std::string name = cell(columns.error); !name.empty()) trial.error_class = name;
    if (columns.turns != kNone) trial.turns = whole(columns.turns);
    if (cell(columns.simulated) == "1") result_.simulated = true;
  }

  const std::string& text(std::size_t column) const {
    const std::string& value = csv_.rows[row_][column];
    if (value.empty()) fail(column, "is blank");
    return value;
  }

  std::optional<double> number(std::size_t column) const {
    if (column == kNone || csv_.rows[row_][column].empty()) return {};
    const std::string& value = csv_.rows[row_][column];
    double parsed = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (end.ec != std::errc() || end.ptr != value.data() + value.size() || !(parsed >= 0) ||
        parsed > 1e15) {
      fail(column, "is no number from 0");
    }
    return parsed;
  }

  std::optional<std::int64_t> whole(std::size_t column) const {
    const auto value = number(column);
    if (!value) return {};
    if (*value != std::floor(*value)) fail(column, "is no whole number");
    return static_cast<std::int64_t>(*value);
  }

  std::optional<std::int64_t> tokens(std::size_t column) const {
    const auto value = whole(column);
    return value == 0 ? std::nullopt : value;  // no prompt is empty: not reported
  }

  std::optional<Picodollars> money(std::size_t column) const {
    const auto usd = number(column);
    if (!usd) return {};
    if (*usd >= 1e6) fail(column, "is more than a million dollars");
    return static_cast<Picodollars>(std::llround(*usd * 1e12));
  }

  std::optional<std::int64_t> milliseconds_of(std::size_t column) const {
    const auto seconds = number(column);
    if (!seconds) return {};
    return static_cast<std::int64_t>(std::llround(*seconds * 1000));
  }

  [[noreturn]] void fail(std::size_t column, const std::string& what) const {
    throw UserError(fmt::format("{}: line {}: {} \"{}\": {}", origin_, csv_.lines[row_],
                                csv_.header[column], csv_.rows[row_][column], what));
  }

  const Csv& csv_;
  const std::string& origin_;
  const std::string& config_;
  std::size_t row_ = 0;
  std::set<std::size_t> used_;
  std::map<std::pair<std::string, std::string>, int> attempts_;
  ForeignOutcomes result_;
};

}  // namespace

ForeignOutcomes read_outcomes(std::string_view text, const std::string& origin,
                              const std::string& config) {
  const Csv csv = parse_csv(text, origin);
  return Outcomes(csv, origin, config).read();
}

}  // namespace weir
