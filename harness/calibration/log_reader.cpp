#include "harness/calibration/log_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "harness/router/policy.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

enum class Kind { meta, run, turn };

/// What a fork's way came to, until the run's own is known.
struct ForkSeen {
  double probability = 1;
  std::optional<bool> resolved;
  std::optional<Picodollars> cost;
  bool escalates = false;
  double score = 0;
};

/// What the turns of one run have said so far.
struct TurnsSeen {
  ThresholdSet consistent = 0;
  std::set<std::int64_t> numbers;
  int strong = 0;
  bool in_doubt = false;
  std::size_t line = 0;
  std::vector<ExploredTurn> turns;
  std::vector<ForkSeen> forks;
};

class LogParser {
 public:
  explicit LogParser(std::string name) : name_(std::move(name)) {}

  ExplorationLog parse(std::string_view text) {
    const auto lines = split_lines(text);
    read_meta(lines);
    for (line_ = 1; line_ <= lines.size(); ++line_) {
      const auto record = parse_line(lines[line_ - 1]);
      if (!record) continue;
      if (record->first == Kind::meta) check_same(record->second);
      if (record->first == Kind::run) add_run(record->second);
      if (record->first == Kind::turn) add_turn(record->second);
    }
    join_turns();
    if (log_.runs.empty()) {
      throw UserError(fmt::format("{}: holds no run with a threshold", name_));
    }
    return std::move(log_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw UserError(fmt::format("{}:{}: {}", name_, line_, message));
  }

  /// The kind of a line and its object; nullopt for an empty line.
  std::optional<std::pair<Kind, json>> parse_line(std::string_view line) const {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    json object;
    try {
      object = json::parse(line);
    } catch (const json::exception&) {
      fail("is not JSON (NaN and Infinity are not either)");
    }
    if (!object.is_object()) fail("must be an object");
    return classify(std::move(object));
  }

  std::pair<Kind, json> classify(json object) const {
    static const std::map<std::string, Kind> kKinds = {
        {"meta", Kind::meta}, {"run", Kind::run}, {"turn", Kind::turn}};
    for (const char* key : {"type", "kind", "record"}) {
      if (!object.contains(key) || !object[key].is_string()) continue;
      const auto kind = kKinds.find(object[key].get<std::string>());
      if (kind != kKinds.end()) return {kind->second, std::move(object)};
    }
    for (const auto& [name, kind] : kKinds) {
      if (object.contains(name) && object[name].is_object()) {
        json inner = std::move(object[name]);
        return {kind, std::move(inner)};
      }
    }
    if (object.contains("turn")) return {Kind::turn, std::move(object)};
    const bool run = object.contains("run");
    if (run && (object.contains("task") || object.contains("resolved"))) {
      return {Kind::run, std::move(object)};
    }
    if (object.contains("grid")) return {Kind::meta, std::move(object)};
    if (run) return {Kind::run, std::move(object)};
    fail("is neither a meta, a run nor a turn line");
  }

  void read_meta(const std::vector<std::string_view>& lines) {
    for (line_ = 1; line_ <= lines.size(); ++line_) {
      if (lines[line_ - 1].find("\"grid\"") == std::string_view::npos) continue;
      const auto record = parse_line(lines[line_ - 1]);
      if (!record || record->first != Kind::meta) continue;
      meta_ = record->second;
      return use_meta(meta_);
    }
    throw UserError(fmt::format(
        "{}: no meta line names the grid its thresholds were drawn from: a log of thresholds that "
        "were not drawn with known probabilities says nothing of other thresholds. Run with "
        "[explore] in the policy",
        name_));
  }

  void check_same(const json& meta) const {
    for (const char* key : {"grid", "grid_probs"}) {
      if (meta.value(key, json()) == meta_.value(key, json())) continue;
      fail(fmt::format("another meta line with another {}: two logs are not one", key));
    }
  }

  void use_meta(const json& meta) {
    if (meta.contains("simulated") && !meta["simulated"].is_boolean()) {
      fail("simulated must be true or false");
    }
    log_.simulated = meta.value("simulated", false);
    try {
      log_.grid = meta.at("grid").get<std::vector<double>>();
      if (meta.contains("grid_probs")) log_.probs = meta["grid_probs"].get<std::vector<double>>();
    } catch (const json::exception&) {
      fail("grid and grid_probs must be lists of numbers");
    }
    if (log_.probs.empty()) {
      log_.probs.assign(log_.grid.size(), 1.0 / static_cast<double>(log_.grid.size()));
    }
    check_grid();
  }

  void check_grid() {
    if (log_.grid.empty() || log_.grid.size() > kMostThresholds) {
      fail(fmt::format("grid must name 1 to {} thresholds", kMostThresholds));
    }
    for (const double threshold : log_.grid) check_threshold(threshold, "grid");
    const double sum = std::accumulate(log_.probs.begin(), log_.probs.end(), 0.0);
    const bool positive =
        std::all_of(log_.probs.begin(), log_.probs.end(), [](double p) { return p > 0 && p <= 1; });
    if (log_.probs.size() != log_.grid.size() || !positive || std::abs(sum - 1) > 1e-6) {
      fail(
          fmt::format("grid_probs must be one positive probability per threshold of grid and sum "
                      "to 1; {} of them sum to {}",
                      log_.probs.size(), sum));
    }
    std::vector<std::size_t> order(log_.grid.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return log_.grid[a] < log_.grid[b]; });
    const ExplorationLog unsorted = log_;
    for (std::size_t k = 0; k < order.size(); ++k) {
      log_.grid[k] = unsorted.grid[order[k]];
      log_.probs[k] = unsorted.probs[order[k]] / sum;
    }
    if (std::adjacent_find(log_.grid.begin(), log_.grid.end()) != log_.grid.end()) {
      fail("grid names a threshold twice");
    }
  }

  void check_threshold(double threshold, const char* key) const {
    if ((threshold >= 0 && threshold <= 1) || std::abs(threshold - kNever) < 1e-9) return;
    fail(
        fmt::format("{}: {} is outside the convention: a threshold is in [0,1], or exactly 1.01 "
                    "for never",
                    key, threshold));
  }

  const json& at(const json& object, const char* key) const {
    if (!object.contains(key)) {
      std::vector<std::string> keys;
      for (const auto& [name, unused] : object.items()) keys.push_back(name);
      fail(fmt::format("lacks \"{}\"; it has {}", key, fmt::join(keys, ", ")));
    }
    return object[key];
  }

  double number(const json& object, const char* key) const {
    const json& value = at(object, key);
    if (!value.is_number()) fail(fmt::format("{} must be a number", key));
    return value.get<double>();
  }

  std::string id(const json& object, const char* key) const {
    const json& value = at(object, key);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return value.dump();
    fail(fmt::format("{} must be a text or a whole number", key));
  }

  /// true, false, 1, 0; nullopt for null.
  std::optional<bool> flag(const json& object, const char* key) const {
    const json& value = at(object, key);
    if (value.is_null()) return {};
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number() && (value == 0 || value == 1)) return value == 1;
    fail(fmt::format("{} must be true or false", key));
  }

  std::optional<Picodollars> cost(const json& object) const {
    if (!object.contains("cost") || object["cost"].is_null()) return {};
    const double usd = number(object, "cost");
    if (!(usd >= 0 && usd < 1e6)) fail("cost must be USD, not negative");
    return std::llround(usd * 1e12);
  }

  void add_run(const json& object) {
    const std::string name = id(object, "run");
    if (!run_index_.emplace(name, log_.runs.size()).second) {
      fail(fmt::format("run {} is there twice", name));
    }
    const auto resolved = flag(object, "resolved");
    if (!object.contains("threshold") || object["threshold"].is_null()) {
      run_index_[name] = kPlain;
      return add_plain(object, resolved);
    }
    ExploredRun run;
    run.id = name;
    run.drawn = drawn(number(object, "threshold"));
    const std::string task = id(object, "task");
    const auto [found, fresh] = task_index_.emplace(task, log_.tasks.size());
    if (fresh) log_.tasks.push_back(task);
    run.task = found->second;
    run.resolved = resolved;
    run.cost = cost(object);
    if (object.contains("turns") && !object["turns"].is_null()) {
      const json& turns = object["turns"];
      if (!turns.is_number_integer() || turns < 0 || turns > kMostTurns) {
        fail(fmt::format("turns must be a whole number from 0 to {}", kMostTurns));
      }
      run.turns = turns.get<int>();
    }
    run.consistent = ThresholdSet{1} << run.drawn;
    log_.runs.push_back(std::move(run));
  }

  void add_plain(const json& object, std::optional<bool> resolved) {
    if (!resolved) return;
    const std::string config = object.contains("config") ? id(object, "config") : "";
    PlainArm& arm = log_.plain_arm(config);
    const auto spent = cost(object);
    ++arm.runs;
    arm.resolved += *resolved ? 1 : 0;
    arm.usd += static_cast<double>(spent.value_or(0)) / 1e12;
    arm.priced = arm.priced && spent;
  }

  std::size_t drawn(double threshold) const {
    check_threshold(threshold, "threshold");
    if (const auto place = place_of(log_.grid, threshold)) return *place;
    fail(fmt::format("threshold {} is not on the grid {}", threshold, fmt::join(log_.grid, ", ")));
  }

  void add_turn(const json& object) {
    TurnsSeen& seen = turns_[id(object, "run")];
    if (seen.numbers.empty()) seen.consistent = ~ThresholdSet{0};
    seen.line = line_;
    const json& number_of = at(object, "turn");
    if (!number_of.is_number_integer() || number_of < 0 || number_of > kMostTurns) {
      fail(fmt::format("turn must be a whole number from 0 to {}", kMostTurns));
    }
    if (!seen.numbers.insert(number_of.get<std::int64_t>()).second) {
      fail(fmt::format("turn {} of run {} is there twice", number_of.dump(), id(object, "run")));
    }
    const double score = number(object, "score");
    if (!(score >= 0 && score <= 1)) fail(fmt::format("score {} is not in [0,1]", score));
    const auto escalated = flag(object, "escalated");
    if (!escalated) fail("escalated must be true or false");
    seen.turns.push_back(choice_of(object, score, *escalated));
    if (object.contains("fork") && object["fork"].is_object()) {
      seen.forks.push_back(fork_of(object, score, *escalated));
    }
    seen.strong += *escalated ? 1 : 0;
    seen.in_doubt =
        seen.in_doubt || (object.contains("restorable") && !object["restorable"].is_null() &&
                          !flag(object, "restorable").value_or(true));
    for (std::size_t k = 0; k < log_.grid.size(); ++k) {
      if ((score >= log_.grid[k]) != *escalated) seen.consistent &= ~(ThresholdSet{1} << k);
    }
  }

  ExploredTurn choice_of(const json& object, double score, bool escalated) {
    ExploredTurn turn{score, escalated, escalated ? 1.0 : 0.0, {}};
    if (const auto spent = cost(object)) turn.usd = static_cast<double>(*spent) / 1e12;
    if (!object.contains("p_escalate") || object["p_escalate"].is_null()) return turn;
    turn.p_escalate = number(object, "p_escalate");
    if (!(turn.p_escalate >= 0 && turn.p_escalate <= 1)) fail("p_escalate must be in [0,1]");
    if ((escalated ? turn.p_escalate : 1 - turn.p_escalate) <= 0) {
      fail("p_escalate gives what the turn did no chance at all");
    }
    per_turn_ = per_turn_ || (turn.p_escalate > 0 && turn.p_escalate < 1);
    return turn;
  }

  ForkSeen fork_of(const json& object, double score, bool escalated) const {
    const json& fork = object["fork"];
    ForkSeen seen;
    seen.probability = number(object, "fork_probability");
    if (!(seen.probability > 0 && seen.probability <= 1)) fail("fork_probability must be in (0,1]");
    seen.resolved = flag(fork, "resolved");
    seen.cost = cost(fork);
    seen.escalates = !escalated;
    seen.score = score;
    return seen;
  }

  /// As differences between escalating and not, now that the run's own end is known.
  void add_forks(const TurnsSeen& seen, const ExploredRun& run) {
    for (const auto& fork : seen.forks) {
      ForkEffect effect{.task = log_.tasks[run.task], .weight = 1 / fork.probability,
                        .resolved = {}, .usd = {}, .score = fork.score};
      const double sign = fork.escalates ? 1 : -1;
      if (fork.resolved && run.resolved) effect.resolved = sign * (*fork.resolved - *run.resolved);
      if (fork.cost && run.cost) {
        effect.usd = sign * static_cast<double>(*fork.cost - *run.cost) / 1e12;
      }
      log_.forks.push_back(std::move(effect));
    }
  }

  /// Turns may come before or after their run.
  void join_turns() {
    for (const auto& [name, seen] : turns_) {
      line_ = seen.line;
      const auto found = run_index_.find(name);
      if (found == run_index_.end()) fail(fmt::format("turns of run {}, which has no line", name));
      if (found->second == kPlain) continue;
      ExploredRun& run = log_.runs[found->second];
      const auto count = static_cast<std::int64_t>(seen.numbers.size());
      const std::int64_t first = *seen.numbers.begin();
      const std::int64_t span = *seen.numbers.rbegin() - first + 1;
      if ((first != 0 && first != 1) || span != count || run.turns.value_or(count) != count) {
        fail(fmt::format(
            "run {} has {} turns, numbered {} to {}, and should have {} from 0 or 1 on: what the "
            "others would have decided under other thresholds is unknown",
            name, count, first, *seen.numbers.rbegin(), run.turns.value_or(span)));
      }
      run.turns = static_cast<int>(count);
      add_forks(seen, run);
      if (per_turn_) {
        log_.turns.resize(log_.runs.size());
        log_.turns[found->second] = seen.turns;
        continue;
      }
      if (!holds(seen.consistent, run.drawn)) {
        fail(
            fmt::format("the turns of run {} did not go by its threshold {}: a turn escalates iff "
                        "score >= threshold",
                        name, log_.grid[run.drawn]));
      }
      run.consistent = seen.consistent & every();
      run.strong_turns = seen.strong;
      run.in_doubt = seen.in_doubt;
    }
    if (!per_turn_) return;
    for (std::size_t i = 0; i < log_.runs.size(); ++i) {
      if (i < log_.turns.size() && !log_.turns[i].empty()) continue;
      throw UserError(fmt::format("{}: turns were explored one by one, and run {} has none: what it "
                                  "did is unknown",
                                  name_, log_.runs[i].id));
    }
  }

  [[nodiscard]] ThresholdSet every() const {
    const std::size_t n = log_.grid.size();
    return n == kMostThresholds ? ~ThresholdSet{0} : (ThresholdSet{1} << n) - 1;
  }

  static constexpr std::size_t kPlain = static_cast<std::size_t>(-1);
  static constexpr int kMostTurns = 1'000'000;
  std::string name_;
  std::size_t line_ = 0;
  json meta_;
  bool per_turn_ = false;  ///< some turn was explored on its own
  ExplorationLog log_;
  std::map<std::string, std::size_t> run_index_;
  std::map<std::string, std::size_t> task_index_;
  std::map<std::string, TurnsSeen> turns_;
};

}  // namespace

ExplorationLog parse_exploration_log(const std::string& name, std::string_view text) {
  return LogParser(name).parse(text);
}

}  // namespace weir
