// Forks with both their ways.

#include <fmt/format.h>

#include "results/store/reader_state.hpp"

namespace weir {
namespace {

Fork read_fork(SQLite::Statement& row) {
  Fork fork;
  fork.id = row.getColumn(0).getString();
  fork.trial = row.getColumn(1).getString();
  fork.segment = row.getColumn(2).getString();
  fork.turn = row.getColumn(3).getInt();
  fork.call = row.getColumn(4).getString();
  fork.phase = row.getColumn(5).getString();
  fork.score = row.getColumn(6).getDouble();
  fork.probability = row.getColumn(7).getDouble();
  fork.escalates = row.getColumn(8).getInt() != 0;
  fork.leaf = row.getColumn(9).getString();
  fork.outcome = outcome_named(row.getColumn(10).getString()).value_or(Outcome::not_run);
  fork.stop_reason = stop_reason_named(row.getColumn(11).getString());
  fork.message = row.getColumn(12).getString();
  return fork;
}

/// What a policy may know of a call when its fork is judged. The rows stand with the ways
/// that part there, twice and alike.
std::map<std::string, double> signals_of(const Reader::State& state, const std::string& call) {
  std::map<std::string, double> signals;
  auto row = state.prepare(
      "SELECT DISTINCT signal.name, signal.value FROM call JOIN segment ON segment.trial = "
      "call.trial JOIN signal ON signal.segment = segment.id AND signal.turn = call.turn AND "
      "signal.call = call.id WHERE call.id = ? AND visibility <> 'grader'",
      call);
  while (row.executeStep()) signals[row.getColumn(0).getString()] = row.getColumn(1).getDouble();
  return signals;
}

}  // namespace

std::vector<ForkPair> Reader::forks(const std::string& run, const std::string& config) const {
  std::map<std::string, TrialSummary> trials;
  for (auto& trial : this->trials(run)) {
    if (trial.config == config) trials.emplace(trial.trial, std::move(trial));
  }
  std::vector<ForkPair> pairs;
  auto row = state_->prepare(
      "SELECT fork, trial, segment, turn, call, phase, score, probability, escalates, "
      "coalesce(leaf, ''), outcome, coalesce(stop_reason, ''), coalesce(message, ''), cost_pusd "
      "FROM v_fork WHERE run = ? ORDER BY trial, turn, phase",
      run);
  while (row.executeStep()) {
    ForkPair pair;
    pair.fork = read_fork(row);
    const auto trial = trials.find(pair.fork.trial);
    if (trial == trials.end()) continue;
    pair.task = trial->second.suite + "/" + trial->second.task;
    pair.signals = signals_of(*state_, pair.fork.call);
    pair.taken = trial->second.outcome;
    pair.taken_cost = trial->second.cost_pusd;
    if (!pair.fork.leaf.empty()) pair.other_cost = read_optional(row.getColumn(13));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace weir
