#include "harness/calibration/signal_rates.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>
#include <tuple>

#include "harness/router/policy.hpp"

namespace weir {
namespace {

/// Standard errors of the difference that chance hardly ever reaches, with a dozen signals.
constexpr double kMostErrors = 4;
constexpr std::size_t kFewestTasks = 30;  ///< for an error to be one
constexpr const char* kEscalated = "escalated";

/// A weighted mean over trials and its error over tasks.
class TaskMean {
 public:
  void add(const std::string& task, double weight, double value) {
    tasks_[task].emplace_back(weight, value);
  }
  [[nodiscard]] std::size_t tasks() const { return tasks_.size(); }
  [[nodiscard]] SignalRate rate() const {
    double sum = 0;
    double mass = 0;
    for (const auto& [task, values] : tasks_) {
      for (const auto& [weight, value] : values) {
        sum += weight * value;
        mass += weight;
      }
    }
    if (mass <= 0) return {};
    const double mean = sum / mass;
    double squares = 0;
    for (const auto& [task, values] : tasks_) {
      double pull = 0;
      for (const auto& [weight, value] : values) pull += weight * (value - mean) / mass;
      squares += pull * pull;
    }
    const auto n = static_cast<double>(tasks_.size());
    return {mean, n > 1 ? std::sqrt(squares * n / (n - 1)) : 0};
  }

 private:
  std::map<std::string, std::vector<std::pair<double, double>>> tasks_;
};

/// Of one trial, by name.
std::map<std::string, double> mean_signals(const std::vector<Signal>& signals) {
  std::map<std::tuple<int, std::string, std::string>, double> last;  // the result's, where ways part
  for (const auto& signal : signals) last[{signal.turn, signal.call, signal.name}] = signal.value;
  std::map<std::string, std::pair<double, int>> sums;
  for (const auto& [place, value] : last) {
    auto& [sum, count] = sums[std::get<2>(place)];
    sum += value;
    ++count;
  }
  std::map<std::string, double> means;
  for (const auto& [name, sum] : sums) means[name] = sum.first / sum.second;
  return means;
}

/// Whether `model` is in a list joined by ", ". A model that served nothing contradicts nothing.
bool is_listed(const std::string& model, const std::string& list) {
  return (", " + list + ", ").find(", " + model + ", ") != std::string::npos;
}

}  // namespace

std::map<std::string, SignalRate> signal_rates(const Reader& reader, const std::vector<Run>& runs,
                                               const std::string& config,
                                               const std::vector<std::string>& signals,
                                               const std::map<std::string, double>& weights) {
  std::map<std::string, TaskMean> means;
  const std::set<std::string> wanted(signals.begin(), signals.end());
  const auto weight_of = [&](const std::string& trial) {
    if (weights.empty()) return 1.0;
    const auto found = weights.find(trial);
    return found == weights.end() ? 0.0 : found->second;
  };
  for (const auto& run : runs) {
    for (const auto& trial : reader.arm(run, config, config).trials) {
      if (is_missing(trial.outcome)) continue;
      const std::string task = trial.suite + "/" + trial.task;
      const double weight = weight_of(trial.trial);
      if (trial.turns.value_or(0) > 0) {
        const double share = static_cast<double>(trial.escalated_turns.value_or(0)) /
                             static_cast<double>(*trial.turns);
        means[kEscalated].add(task, weight, share);
      }
      for (const auto& [name, value] : mean_signals(reader.signals(trial.trial))) {
        if (wanted.count(name) != 0) means[name].add(task, weight, value);
      }
    }
  }
  std::map<std::string, SignalRate> rates;
  for (const auto& [name, mean] : means) {
    if (mean.tasks() >= kFewestTasks) rates[name] = mean.rate();
  }
  return rates;
}

std::vector<std::string> drifted(const std::map<std::string, SignalRate>& certified,
                                 const std::map<std::string, SignalRate>& now) {
  std::vector<std::string> lines;
  for (const auto& [name, then] : certified) {
    const auto found = now.find(name);
    if (found == now.end()) continue;
    const double error = std::hypot(then.error, found->second.error);
    const double off = found->second.mean - then.mean;
    if (error <= 0 || std::abs(off) <= kMostErrors * error) continue;
    lines.push_back(fmt::format("{} is {:.4f} +/- {:.4f}, was {:.4f} +/- {:.4f}", name,
                                found->second.mean, found->second.error, then.mean, then.error));
  }
  return lines;
}

std::vector<std::string> watch_certificates(const Reader& reader, const Run& run) {
  std::vector<std::string> lines;
  for (const auto& config : reader.configs(run.id)) {
    if (config.policy.find("[certificate]") == std::string::npos) continue;
    const Policy policy = parse_policy(config.config, config.policy);
    const auto bound = policy.certificate->binds.find("served");
    for (const auto& model : reader.arm(run, config.config, config.config).served) {
      if (bound == policy.certificate->binds.end() || is_listed(model, bound->second)) continue;
      lines.push_back(fmt::format(
          "{}: THE CERTIFICATE IS VOID: it was served by \"{}\", this run by \"{}\" too",
          config.config, bound->second, model));
    }
    std::vector<std::string> signals;
    for (const auto& [name, unused] : policy.certificate->signals) signals.push_back(name);
    const auto drift = drifted(policy.certificate->signals,
                               signal_rates(reader, {run}, config.config, signals, {}));
    if (drift.empty()) continue;
    lines.push_back(fmt::format("{}: SIGNALS DRIFTED from those of the certificate's tasks: {}",
                                config.config, fmt::join(drift, "; ")));
  }
  return lines;
}

}  // namespace weir
