#include "harness/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/agent/agent_kinds.hpp"
#include "harness/calibration/certify.hpp"
#include "harness/peak_hours.hpp"
#include "harness/run_input.hpp"
#include "harness/run_rows.hpp"
#include "results/forecast.hpp"
#include "results/paired_comparison.hpp"
#include "results/report/text.hpp"
#include "results/statistics/power.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr double kAlpha = 0.05;
constexpr double kPower = 0.8;
// Share of tasks on which two arms differ, where no history says. Between re-runs of one
// arm and two models of a family, as published per-task results have it.
constexpr double kAssumedDiscordance = 0.15;

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// One arm of the plan with what is known of it.
struct PlannedArm {
  ConfigRow row;
  Arm history;  ///< pooled over runs; no trials if there is none
  int runs = 0;
  std::optional<CostForecast> cost;

  [[nodiscard]] bool known() const { return !history.trials.empty(); }
};

bool same_arm(const ConfigRow& a, const ConfigRow& b) {
  return a.agent == b.agent && a.tiers == b.tiers && a.policy_sha256 == b.policy_sha256 &&
         a.agent_sha256 == b.agent_sha256;
}

class Planner {
 public:
  Planner(const Experiment& experiment, const PlanOptions& options)
      : experiment_(experiment), options_(options), tasks_(load_tasks(experiment)) {
    for (auto& row : config_rows("", experiment)) arms_.push_back({std::move(row), {}, 0, {}});
    if (experiment.attempts > 1'000'000) {
      throw UserError("no plan is made for more than a million attempts");
    }
    if (fs::exists(options.db)) read_history();
    for (auto& arm : arms_) arm.cost = forecast_cost(arm.history, trials_of(arm.row.config));
    spreads_.resize(arms_.size());
    for (std::size_t i = 1; i < arms_.size(); ++i) spreads_[i] = spread_of(arms_[0], arms_[i]);
  }

  Document document() {
    document_.title = fmt::format("Plan of {}: {} tasks x {} configs x {} attempts = {} trials",
                                  experiment_.name, tasks_.size(), arms_.size(),
                                  experiment_.attempts, trials_of_all());
    document_.simulated = experiment_.simulated();
    add_costs();
    add_power();
    add_gate();
    if (options_.target) add_calibration();
    add_verdict();
    document_.footer.push_back(fmt::format(
        "History: equal configs (agent, models, policy, limits) in {}. Intervals: 95 %. Power "
        "{} at alpha {}.",
        options_.db.string(), kPower, kAlpha));
    return std::move(document_);
  }

 private:
  [[nodiscard]] const ConfigSpec* config_named(const std::string& name) const {
    const auto found = std::find_if(experiment_.configs.begin(), experiment_.configs.end(),
                                    [&](const ConfigSpec& each) { return each.name == name; });
    return found == experiment_.configs.end() ? nullptr : &*found;
  }

  /// A threshold tree has a trial for each of its thresholds; they share calls, so that it costs
  /// less than as many separate ones.
  [[nodiscard]] int trials_of(const std::string& name) const {
    const ConfigSpec* config = config_named(name);
    const int each = config == nullptr ? 1 : config->trials_per_attempt();
    return static_cast<int>(tasks_.size()) * experiment_.attempts * each;
  }
  [[nodiscard]] int trials_of_all() const {
    int all = 0;
    for (const auto& arm : arms_) all += trials_of(arm.row.config);
    return all;
  }

  void read_history() {
    const Reader reader(options_.db);
    std::map<std::string, std::string> digests;
    for (const auto& task : tasks_) digests[task.shown.id] = task.sha256;
    for (const auto& run : reader.runs()) {
      if (!run.source.empty() || !same_limits(run)) continue;
      for (Arm& past : reader.arms(run)) {
        for (auto& arm : arms_) {
          if (same_arm(arm.row, past.config)) pool(arm, reader_prices(reader, past), digests);
        }
      }
    }
  }

  /// Under other limits trials are of other lengths: no history.
  [[nodiscard]] bool same_limits(const Run& run) const {
    const auto facts = nlohmann::json::parse(run.facts, nullptr, false);
    if (!facts.is_object() || !facts.contains("limits"))
      return true;  // of before they were recorded
    return facts.at("limits") == limit_facts(experiment_);
  }

  /// Real calls at the prices of now; simulated ones keep their virtual time's.
  [[nodiscard]] Arm reader_prices(const Reader& reader, const Arm& past) const {
    if (past.config.simulated || !asks_models(past.config.agent)) return past;
    Run today = past.run;
    today.started_at = now();
    return reader.at_prices_of(past, today);
  }

  /// Only trials of the experiment's own tasks, as they are now, are history.
  static void pool(PlannedArm& arm, const Arm& past,
                   const std::map<std::string, std::string>& tasks) {
    if (arm.runs == 0) {
      arm.history = past;
      arm.history.trials.clear();
      arm.history.tasks.clear();
      arm.history.label = arm.row.config;
    }
    for (const auto& trial : past.trials) {
      if (is_missing(trial.outcome)) continue;
      const auto own = tasks.find(trial.task);
      if (own == tasks.end() || own->second != trial.task_sha256) continue;
      arm.history.trials.push_back(trial);
      arm.history.tasks[trial.task] = trial.task_sha256;
    }
    ++arm.runs;
  }

  void add_costs() {
    Table table{{{"config", "config", false},
                 {"trials", "trials"},
                 {"usd", "$ expected"},
                 {"interval", "95 % interval"},
                 {"history_trials", "history, trials"},
                 {"history_tasks", "history, tasks"}},
                {}};
    double sum = 0;
    double low = 0;
    double high = 0;
    bool whole = true;
    for (const auto& arm : arms_) {
      const bool free = !asks_models(arm.row.agent);
      whole = whole && (arm.cost || free);
      table.rows.push_back(
          {Cell::of(arm.row.config), Cell::number(trials_of(arm.row.config)),
           free       ? Cell{"$0", 0.0}
           : arm.cost ? usd_cell(arm.cost->usd)
                      : Cell::unknown(),
           arm.cost && !free ? range_cell(arm.cost->interval, 1, 5) : Cell::unknown("–"),
           Cell::number(arm.cost ? arm.cost->history_trials : 0),
           Cell::number(arm.cost ? arm.cost->history_tasks : 0)});
      if (!arm.cost) continue;
      sum += arm.cost->usd;
      low += arm.cost->interval.low;
      high += arm.cost->interval.high;
    }
    expected_ = whole ? std::optional(sum) : std::nullopt;
    table.rows.push_back({Cell::of("all"), Cell::number(trials_of_all()),
                          whole ? usd_cell(sum) : Cell::unknown(),
                          whole ? range_cell(Interval{low, high}, 1, 5) : Cell::unknown("–"),
                          Cell::unknown("–"), Cell::unknown("–")});
    Section section{"costs", "What it will cost", {std::move(table)}, {}};
    for (const auto& arm : arms_) {
      if (arm.cost || !asks_models(arm.row.agent)) continue;
      section.notes.push_back(
          fmt::format("- {} has no history here. A pilot of ten tasks gives one: weir run "
                      "EXPERIMENT.toml --config "
                      "{} --attempts 1 --task GLOB --max-usd USD",
                      arm.row.config, arm.row.config));
    }
    if (experiment_.limits.run_usd) {
      section.notes.push_back(
          fmt::format("- The run stops at ${:.2f} (limits.run_usd).", *experiment_.limits.run_usd));
    }
    const PeakAdvice advice = peak_advice(experiment_, load_prices(experiment_), now());
    if (!advice.text.empty())
      section.notes.push_back("- Prices are those of now: " + advice.text + ".");
    document_.sections.push_back(std::move(section));
  }

  /// What is known of the difference between two arms.
  struct Spread {
    double sd = 0;  ///< of a task's difference, with the plan's attempts
    bool measured = false;
    std::optional<PairedComparison> pair;
  };

  /// Variance of a trial within its task, from tasks tried more than once; and the mean of
  /// 1 / trials: what repeats took from the variance of a task's mean.
  struct Within {
    std::optional<double> variance;
    double per_task = 0;
  };
  [[nodiscard]] static Within within(const PairedComparison& pair, TaskTally TaskPair::*arm) {
    Within result;
    double sum = 0;
    int repeated = 0;
    for (const auto& each : pair.pairs) {
      const TaskTally& tally = each.*arm;
      result.per_task += 1.0 / tally.trials / pair.tasks;
      if (tally.trials < 2) continue;
      sum += tally.rate() * (1 - tally.rate()) * tally.trials / (tally.trials - 1);
      ++repeated;
    }
    if (repeated > 0) result.variance = sum / repeated;
    return result;
  }

  /// The history's spread had its own numbers of trials; where repeats tell what they take
  /// away, it is that of the plan's attempts, else it stays as it is.
  [[nodiscard]] double spread_with_attempts(const PairedComparison& pair) const {
    const Within base = within(pair, &TaskPair::base);
    const Within fresh = within(pair, &TaskPair::fresh);
    if (!base.variance || !fresh.variance) return pair.sd;
    const double noise = *base.variance * base.per_task + *fresh.variance * fresh.per_task;
    const double between = std::max(0.0, pair.sd * pair.sd - noise);
    return std::sqrt(between + (*base.variance + *fresh.variance) / experiment_.attempts);
  }

  [[nodiscard]] Spread spread_of(const PlannedArm& base, const PlannedArm& fresh) const {
    Spread spread{std::sqrt(kAssumedDiscordance), false, {}};
    if (!base.known() || !fresh.known()) return spread;
    const auto pairs = pair_tasks(base.history, fresh.history);
    const auto both = std::count_if(pairs.begin(), pairs.end(),
                                    [](const TaskPair& pair) { return pair.comparable(); });
    if (both < 2) return spread;
    spread.pair = compare_arms(base.history, fresh.history, {});
    spread.measured = spread.pair->sd > 0;
    if (spread.measured) spread.sd = spread_with_attempts(*spread.pair);
    return spread;
  }

  void add_power() {
    if (arms_.size() < 2) return;
    Table table{{{"fresh", "config", false},
                 {"base", "against", false},
                 {"sd", "sd of a task's difference"},
                 {"basis", "basis", false},
                 {"minimum_detectable", "difference that is seen, points"},
                 {"past", "difference so far, points"},
                 {"tasks_needed", "tasks to see it"}},
                {}};
    const int tasks = static_cast<int>(tasks_.size());
    for (std::size_t i = 1; i < arms_.size(); ++i) {
      const Spread& spread = spreads_[i];
      const double past = spread.measured ? spread.pair->diff : 0;
      const auto seen = detectable_difference(spread.sd * spread.sd + past * past,
                                              experiment_.attempts == 1, tasks, kAlpha, kPower);
      std::optional<double> effect = options_.effect;
      if (!effect && spread.measured) effect = std::abs(spread.pair->diff);
      const Cell needed =
          effect && *effect > 0
              ? Cell::number(static_cast<std::int64_t>(std::ceil(
                    std::pow(minimum_detectable(spread.sd, 1, kAlpha, kPower) / *effect, 2))))
              : Cell::unknown("–");
      table.rows.push_back({Cell::of(arms_[i].row.config),
                            Cell::of(arms_[0].row.config),
                            {fmt::format("{:.2f}", spread.sd), spread.sd},
                            Cell::of(spread.measured ? "history" : "assumed: 15 % of tasks differ"),
                            seen ? points_cell(*seen) : Cell::unknown("none"),
                            spread.measured ? points_cell(spread.pair->diff) : Cell::unknown("–"),
                            needed});
    }
    document_.sections.push_back({"power", "What it can show", {std::move(table)}, {}});
    if (options_.effect) {
      document_.sections.back().notes.push_back(fmt::format(
          "Tasks needed are for a difference of {:.1f} points.", *options_.effect * 100));
    }
  }

  void add_gate() {
    Section section{"gate", "As a nightly gate", {}, {}};
    const double sd = std::sqrt(2 * 0.05);  // of re-runs of one arm: a tenth of tasks differ
    section.notes.push_back(fmt::format(
        "A margin of {:.1f} points passes with power 0.8 from {} tasks on, assuming that "
        "re-running an "
        "arm changes a tenth of the verdicts; this experiment has {}.",
        options_.margin * 100, noninferiority_sample_size(sd, options_.margin, kAlpha, kPower),
        tasks_.size()));
    document_.sections.push_back(std::move(section));
  }

  /// Resolve rate of the arm's history over tasks; nullopt without any.
  static std::optional<double> rate_of(const PlannedArm& arm) {
    if (!arm.known()) return {};
    std::map<std::string, TaskOutcomes> tasks;
    for (const auto& trial : arm.history.trials) {
      auto& task = tasks[trial.task];
      ++task.trials;
      task.resolved += trial.outcome == Outcome::resolved ? 1 : 0;
    }
    double rate = 0;
    for (const auto& [unused, task] : tasks) {
      rate += static_cast<double>(task.resolved) / task.trials / static_cast<double>(tasks.size());
    }
    return rate;
  }

  void add_calibration() {
    Section section{"calibration", "As a calibration", {}, {}};
    std::optional<double> best;
    std::string best_name;
    for (const auto& arm : arms_) {
      const auto rate = rate_of(arm);
      if (rate && (!best || *rate > *best)) {
        best = rate;
        best_name = arm.row.config;
      }
    }
    std::size_t grid = 0;
    for (const auto& config : experiment_.configs) grid = std::max(grid, config.policy.grid.size());
    const int tasks = static_cast<int>(tasks_.size());
    if (!best) {
      section.notes.emplace_back(
          "No history says how often any arm resolves these tasks: a pilot first.");
    } else {
      const CertificateOdds odds = certificate_odds(tasks, *best, *options_.target, options_.delta);
      section.notes.push_back(fmt::format(
          "A target of {} at delta {}: the best arm so far, {}, resolves {}. With {} tasks a "
          "certificate "
          "of one threshold that good holds up to {} failures; the chance to abstain is {}.",
          percent(*options_.target), options_.delta, best_name, percent(*best), tasks,
          odds.most_failures < 0 ? "no number of" : std::to_string(odds.most_failures),
          percent(odds.abstention)));
      section.notes.push_back(
          odds.tasks_needed
              ? fmt::format("{} tasks would certify it with a chance of 0.8.", *odds.tasks_needed)
              : std::string(
                    "No number of tasks certifies a target above what the best arm reaches."));
    }
    section.notes.push_back(
        grid > 1 ? exploring_note(static_cast<int>(grid), best)
                 : std::string(
                       "No config explores thresholds ([explore] in its policy): its log identifies "
                       "one threshold and calibrates none."));
    document_.sections.push_back(std::move(section));
  }

  /// What exploring itself could certify: attempts of a task draw different thresholds, and a
  /// threshold is certified by the tasks that drew it, at its share of delta.
  std::string exploring_note(int grid, const std::optional<double>& best) const {
    const bool tree = std::any_of(experiment_.configs.begin(), experiment_.configs.end(),
                                  [](const ConfigSpec& each) { return each.policy.tree; });
    const double drawn =
        tree ? 1.0 : std::min(1.0, static_cast<double>(experiment_.attempts) / grid);
    const int own = static_cast<int>(drawn * static_cast<double>(tasks_.size()));
    std::string note =
        tree ? fmt::format("Its policy runs all {} thresholds on each of the {} tasks, as trees; "
                           "they share calls, so the costs above are an upper guess.",
                           grid, tasks_.size())
             : fmt::format("Its policy explores {} thresholds with {} attempts: each is drawn on "
                           "about {} of the {} tasks, and those certify it.",
                           grid, experiment_.attempts, own, tasks_.size());
    if (!best) return note;
    const auto shares = starting_shares(static_cast<std::size_t>(grid));
    const double delta = options_.delta * *std::max_element(shares.begin(), shares.end());
    const CertificateOdds odds = certificate_odds(own, *best, *options_.target, delta);
    note += fmt::format(" Of one that good, tested at its share {:.3f} of delta, the chance to abstain "
                        "is {}.",
                        delta, percent(odds.abstention));
    if (!odds.tasks_needed) return note;
    return note + fmt::format(" About {:.0f} tasks would certify it with a chance of 0.8.",
                              std::ceil(*odds.tasks_needed / drawn));
  }

  /// Is it worth its money? Only history can say.
  void add_verdict() {
    Section section{"verdict", "Is it worth it", {}, {}};
    for (std::size_t i = 1; i < arms_.size(); ++i) {
      const Spread& spread = spreads_[i];
      if (!spread.pair) continue;
      const PairedComparison& pair = *spread.pair;
      const std::string& base = arms_[0].row.config;
      const std::string& name = arms_[i].row.config;
      if (pair.interval.high < options_.margin) {
        section.notes.push_back(fmt::format(
            "- Don't bother with {}: use {}. So far it gains {:+.1f} points {} and the most it "
            "could gain is "
            "below the margin of {:.1f}.",
            name, base, pair.diff * 100, range(pair.interval, 100, 1), options_.margin * 100));
        continue;
      }
      section.notes.push_back(
          fmt::format("- {}: so far {:+.1f} points {} against {}{}.", name, pair.diff * 100,
                      range(pair.interval, 100, 1), base,
                      pair.interval.low > 0 ? ", a gain" : ", not yet told from none"));
    }
    add_payback(section);
    if (section.notes.empty()) {
      section.notes.emplace_back("Nothing can be said before a pilot.");
    }
    document_.sections.push_back(std::move(section));
  }

  /// Tasks after which knowing which arm to use has saved the experiment's money.
  void add_payback(Section& section) const {
    const PlannedArm* dearest = nullptr;
    for (const auto& arm : arms_) {
      if (arm.cost && (dearest == nullptr || arm.cost->usd > dearest->cost->usd)) dearest = &arm;
    }
    if (dearest == nullptr || !expected_) return;
    for (const auto& arm : arms_) {
      if (!arm.cost || &arm == dearest || !arm.known()) continue;
      const auto pairs = pair_tasks(dearest->history, arm.history);
      if (std::none_of(pairs.begin(), pairs.end(), [](const auto& p) { return p.comparable(); }))
        continue;
      const PairedComparison pair = compare_arms(dearest->history, arm.history, {});
      if (!pair.usd.diff || !pair.usd.interval || *pair.usd.diff >= 0) continue;
      const auto volume = [&](double saved) { return *expected_ / saved; };
      section.notes.push_back(fmt::format(
          "- If {} may replace {}, a task costs ${:.5f} less: the experiment pays back after "
          "{:.0f} tasks "
          "{}.",
          arm.row.config, dearest->row.config, -*pair.usd.diff, std::ceil(volume(-*pair.usd.diff)),
          pair.usd.interval->high < 0
              ? fmt::format("[{:.0f}, {:.0f}]", std::ceil(volume(-pair.usd.interval->low)),
                            std::ceil(volume(-pair.usd.interval->high)))
              : std::string("or never")));
    }
  }

  const Experiment& experiment_;
  const PlanOptions& options_;
  std::vector<Task> tasks_;
  std::vector<PlannedArm> arms_;
  std::vector<Spread> spreads_;  ///< of each arm against the first
  std::optional<double> expected_;
  Document document_;
};

}  // namespace

Document plan_experiment(const Experiment& experiment, const PlanOptions& options) {
  return Planner(experiment, options).document();
}

}  // namespace weir
