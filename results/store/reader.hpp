#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/arm.hpp"
#include "results/cache_costs.hpp"
#include "results/comparison.hpp"
#include "results/paired_comparison.hpp"
#include "results/record.hpp"

namespace weir {

struct RunReport;

/// A table as text, for `weir sql` and `weir show`. NULL is nullopt.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

/// What resume must know about a trial that was begun.
struct TrialProgress {
  Trial trial;
  int try_number = 1;
  bool finished = false;
  Outcome outcome = Outcome::not_run;
  std::string error_class;
};

/// A try's own rows.
struct WrittenRows {
  std::vector<Call> calls;
  std::vector<Turn> turns;
  std::vector<Decision> decisions;
};

/// How a step of a multi-step task began.
struct StepPrompt {
  int number = 0;  ///< of its segments: restarts_before()
  std::string step;
  std::string prompt;  ///< first messages and tools, as JSON text; of a conversation that goes on
                       ///< the messages that came with the step
};

/// A fork with both its ways: the one its trial took, and the other.
struct ForkPair {
  Fork fork;
  std::string task;
  std::map<std::string, double> signals;  ///< of the call judged, those a policy may see
  Outcome taken = Outcome::not_run;
  std::optional<Picodollars> taken_cost;  ///< of whole paths, the shared part too
  std::optional<Picodollars> other_cost;
};

/// Reads a database; opens its own read-only connection. One thread at a time.
class Reader {
 public:
  /// Throws UserError if the file is missing or not Weir's.
  explicit Reader(const std::filesystem::path& file);
  ~Reader();

  [[nodiscard]] std::vector<Run> runs() const;  ///< newest first
  /// By id, unique id prefix, name (the newest of that name) or "latest".
  /// Throws UserError with the candidates if it names none or several.
  [[nodiscard]] Run find_run(const std::string& name) const;
  /// The id of the trial meant by `name`: an id, or TASK/CONFIG/ATTEMPT with an
  /// optional run prefix (default: the latest run). nullopt if there is none.
  [[nodiscard]] std::optional<std::string> find_trial(const std::string& name) const;

  [[nodiscard]] std::vector<ConfigRow> configs(const std::string& run) const;
  [[nodiscard]] std::vector<TrialSummary> trials(const std::string& run) const;
  [[nodiscard]] std::vector<TrialProgress> progress(const std::string& run) const;
  /// The run's sums: those kept in the file, if they still describe it, else computed
  /// from its calls; of a finished run they are then kept, unless the file cannot be
  /// written. So a report of a finished run reads trials and not a million calls.
  [[nodiscard]] RunSums sums(const Run& run) const;
  /// One config of a run, with trials never begun as not_run. Throws UserError with
  /// the configs there are if it has none of that name. `label` as in Arm.
  [[nodiscard]] Arm arm(const Run& run, const std::string& config, const std::string& label) const;
  /// All configs of a run, labelled by their names; its trials are read once.
  [[nodiscard]] std::vector<Arm> arms(const Run& run) const;
  /// The arm with its calls priced as they would have been in run `other`: by its book as
  /// it read it, whole weeks earlier or later. Of imported runs costs become unknown.
  [[nodiscard]] Arm at_prices_of(const Arm& arm, const Run& other) const;
  /// All that a report of the run says; other arms are paired with `baseline`, by
  /// default the experiment's first.
  [[nodiscard]] RunReport report(const Run& run, const std::string& baseline) const;
  /// Tasks of the arm whose very content gold and empty runs show to be flaky.
  [[nodiscard]] std::set<std::string> quarantined(const Arm& arm) const;
  /// Finds for each flip the first turn whose actions differ between its two trials.
  void find_turns(std::vector<Flip>& flips) const;
  /// Names of the run's configs, in the experiment's order.
  [[nodiscard]] std::vector<std::string> config_names(const Run& run) const;
  /// The table of a run; in parts where its model changed under its name.
  [[nodiscard]] Comparison compare(const std::string& run) const;
  /// Changes of served models, oldest first; `allowed_too`: those the run was
  /// told to live with as well.
  [[nodiscard]] std::vector<ModelChange> model_changes(const std::string& run,
                                                       bool allowed_too) const;
  /// Every call of a run in the order its trial made it; those of the canary
  /// under the config "@canary".
  [[nodiscard]] std::vector<BilledCall> billed_calls(const std::string& run) const;

  /// The text of a price book a run used. Throws InfraError if it is not stored.
  [[nodiscard]] std::string price_book(const std::string& sha256) const;

  /// Whether the counted try failed for all to see: it ended without submitting, or its
  /// last turn left the visible tests red. The grader's verdict has no part in it.
  [[nodiscard]] bool visibly_failed(const std::string& trial) const;
  /// The counted try with its texts.
  [[nodiscard]] Try counted_try(const std::string& trial) const;
  /// The first messages and tools of the counted try, as JSON text; "" if none.
  [[nodiscard]] std::string first_prompt(const std::string& trial) const;
  /// The first messages of each step of a multi-step task that the counted try began, in order.
  [[nodiscard]] std::vector<StepPrompt> step_prompts(const std::string& trial) const;
  /// What a trial's path holds; in a tree also what other trials wrote of it.
  [[nodiscard]] std::vector<Turn> turns(const std::string& trial) const;
  [[nodiscard]] std::vector<Call> calls(const std::string& trial) const;
  [[nodiscard]] std::vector<Decision> decisions(const std::string& trial) const;
  [[nodiscard]] std::vector<Signal> signals(const std::string& trial) const;
  /// What the counted try wrote itself, on its path or aside: what resume goes by.
  [[nodiscard]] WrittenRows written(const std::string& trial) const;
  /// Forks of a config's counted tries.
  [[nodiscard]] std::vector<ForkPair> forks(const std::string& run, const std::string& config) const;

  /// Any read-only query. Throws UserError with SQLite's message.
  [[nodiscard]] Rows query(const std::string& sql) const;

  struct State;  ///< known to this folder only

 private:
  std::unique_ptr<State> state_;
};

/// `text` as a literal of SQL, for query().
[[nodiscard]] std::string sql_text(const std::string& text);

/// What to tell the user of an error that came out of the database itself, such as a
/// damaged page met while reading; nullopt if it is another one.
[[nodiscard]] std::optional<std::string> store_complaint(const std::exception& error);

}  // namespace weir
