#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// A task that both models were run on, and the signals the cheap run ended with.
struct PairedTask {
  std::string id;
  std::string group;  ///< repository, or ""
  bool base = false;  ///< resolved by the base model
  bool strong = false;
  Picodollars base_cost = 0;
  Picodollars strong_cost = 0;
  std::vector<double> signals;  ///< one per signal asked for
};

/// Outcomes of two models on the same tasks: every threshold of "run the base; where its
/// signal >= threshold run the strong one from scratch, paying both" can be evaluated
/// exactly. Nothing turn-level can.
struct PairedTasks {
  std::string base;
  std::string strong;
  std::vector<std::string> signals;
  bool priced =
      true;          ///< false: the table has no costs; then an escalation costs 1 pUSD, for search
  int left_out = 0;  ///< tasks without both outcomes
  bool simulated = false;
  std::vector<PairedTask> tasks;
};

/// What to read of a CSV file.
struct PairsQuery {
  std::string base;  ///< M1: columns M1_resolved or M1_correct, M1_cost_usd
  std::string strong;
  std::vector<std::string> signals;  ///< columns, sums "A+B" of them, or "hash"
  std::vector<std::string> where;    ///< COLUMN=VALUE: keep these rows
  std::string group;                 ///< column; "" = `repo`, if there is one
};

/// Rows without both outcomes are refused, as is what else cannot be used. `hash` is
/// int(sha256(instance_id)[:8], 16): noise on purpose, a null control. Throws UserError
/// naming the file, the line and the column.
[[nodiscard]] PairedTasks parse_paired_tasks(const std::string& name, std::string_view text,
                                             const PairsQuery& query);

/// A task's place in noise: int(sha256(id)[:8], 16).
[[nodiscard]] double hash_signal(const std::string& id);

}  // namespace weir
