#include "harness/calibration/paired_tasks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "results/exchange/csv.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

constexpr const char* kHash = "hash";
constexpr double kMostUsd = 4e6;  ///< in all: sums of picodollars must fit

class PairsParser {
 public:
  PairsParser(std::string name, std::string_view text, const PairsQuery& query)
      : name_(std::move(name)), csv_(parse_csv(text, name_)), query_(query) {}

  PairedTasks parse() {
    find_columns();
    PairedTasks pairs{
        query_.base, query_.strong, query_.signals, base_cost_ && strong_cost_, 0, false, {}};
    double usd = 0;
    for (row_ = 0; row_ < csv_.rows.size(); ++row_) {
      if (!wanted()) continue;
      pairs.tasks.push_back(task());
      const PairedTask& last = pairs.tasks.back();
      usd += static_cast<double>(last.base_cost + last.strong_cost) / 1e12;
      if (usd > kMostUsd) {
        throw UserError(fmt::format("{}:{}: costs of more than {} USD in all do not fit", name_,
                                    csv_.lines[row_], kMostUsd));
      }
    }
    if (pairs.tasks.empty()) {
      throw UserError(
          fmt::format("{}: no rows{}", name_, query_.where.empty() ? "" : " that --where keeps"));
    }
    return pairs;
  }

 private:
  std::optional<std::size_t> find(const std::string& column) const {
    const auto found = std::find(csv_.header.begin(), csv_.header.end(), column);
    if (found == csv_.header.end()) return {};
    return static_cast<std::size_t>(found - csv_.header.begin());
  }

  std::size_t need(const std::string& column, const std::string& why) const {
    if (const auto found = find(column)) return *found;
    throw UserError(fmt::format("{}: no column \"{}\" ({}){}; there are {}", name_, column, why,
                                did_you_mean(column, csv_.header), fmt::join(csv_.header, ", ")));
  }

  std::size_t outcome_column(const std::string& model, const char* flag) const {
    if (const auto correct = find(model + "_correct")) return *correct;
    return need(model + "_resolved", fmt::format("outcomes of {} {}", flag, model));
  }

  void find_columns() {
    base_ = outcome_column(query_.base, "--base");
    strong_ = outcome_column(query_.strong, "--strong");
    base_cost_ = find(query_.base + "_cost_usd");
    strong_cost_ = find(query_.strong + "_cost_usd");
    if (base_cost_.has_value() != strong_cost_.has_value()) {
      (void)need((base_cost_ ? query_.strong : query_.base) + "_cost_usd",
                 "the other model has one");
    }
    id_ = find("instance_id");
    group_ = query_.group.empty() ? find("repo") : need(query_.group, "--group");
    for (const auto& signal : query_.signals) signals_.push_back(signal_columns(signal));
    for (const auto& condition : query_.where) {
      const auto equals = condition.find('=');
      if (equals == std::string::npos) {
        throw UserError(fmt::format("--where {}: must be COLUMN=VALUE", condition));
      }
      where_.emplace_back(need(condition.substr(0, equals), "--where"),
                          condition.substr(equals + 1));
    }
  }

  /// Columns to add up; none for the hash.
  std::vector<std::size_t> signal_columns(const std::string& signal) {
    if (signal == kHash) {
      (void)need("instance_id", "the hash is of it");
      return {};
    }
    if (const auto whole = find(signal)) return {*whole};
    std::vector<std::size_t> columns;
    for (std::size_t from = 0; from <= signal.size();) {
      const auto plus = std::min(signal.find('+', from), signal.size());
      columns.push_back(need(signal.substr(from, plus - from), "--signal"));
      from = plus + 1;
    }
    return columns;
  }

  bool wanted() const {
    return std::all_of(where_.begin(), where_.end(), [&](const auto& condition) {
      return cell(condition.first) == condition.second;
    });
  }

  const std::string& cell(std::size_t column) const { return csv_.rows[row_][column]; }

  [[noreturn]] void fail(std::size_t column, const char* must) const {
    throw UserError(fmt::format("{}:{}: {}: \"{}\" {}", name_, csv_.lines[row_],
                                csv_.header[column], cell(column), must));
  }

  bool outcome(std::size_t column) const {
    const std::string& text = cell(column);
    if (text == "1" || text == "true" || text == "True") return true;
    if (text == "0" || text == "false" || text == "False") return false;
    fail(column,
         "must be 1 or 0: a task without both outcomes cannot be paired; retry it, or leave its "
         "row out");
  }

  double number(std::size_t column) const {
    const std::string& text = cell(column);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      fail(column, "must be a number");
    }
    return value;
  }

  Picodollars money(const std::optional<std::size_t>& column) const {
    if (!column) return 0;
    const double usd = number(*column);
    if (!(usd >= 0 && usd < 1e6)) fail(*column, "must be USD, not negative");
    return std::llround(usd * 1e12);
  }

  PairedTask task() {
    PairedTask task;
    task.id = id_ ? cell(*id_) : std::to_string(csv_.lines[row_]);
    if (id_ && !seen_.insert(task.id).second) fail(*id_, "is there twice");
    if (group_) task.group = cell(*group_);
    task.base = outcome(base_);
    task.strong = outcome(strong_);
    task.base_cost = money(base_cost_);
    task.strong_cost = strong_cost_ ? money(strong_cost_) : 1;
    for (const auto& columns : signals_) {
      double sum = columns.empty() ? hash_signal(task.id) : 0;
      for (const std::size_t column : columns) sum += number(column);
      if (!std::isfinite(sum)) fail(columns.front(), "and the columns added to it are too large");
      task.signals.push_back(sum);
    }
    return task;
  }

  std::string name_;
  Csv csv_;
  const PairsQuery& query_;
  std::size_t row_ = 0;
  std::size_t base_ = 0;
  std::size_t strong_ = 0;
  std::optional<std::size_t> base_cost_;
  std::optional<std::size_t> strong_cost_;
  std::optional<std::size_t> id_;
  std::optional<std::size_t> group_;
  std::vector<std::vector<std::size_t>> signals_;
  std::vector<std::pair<std::size_t, std::string>> where_;
  std::set<std::string> seen_;
};

}  // namespace

PairedTasks parse_paired_tasks(const std::string& name, std::string_view text,
                               const PairsQuery& query) {
  return PairsParser(name, text, query).parse();
}

double hash_signal(const std::string& id) {
  return static_cast<double>(std::stoul(sha256(id).substr(0, 8), nullptr, 16));
}

}  // namespace weir
