#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "results/finding.hpp"
#include "results/record.hpp"

namespace weir {

/// The one connection that writes a run's rows. Every method is one
/// transaction, durable on return: synchronous FULL where money was spent,
/// NORMAL for simulated runs, where nothing was. Judgements, and simulated and
/// replayed calls, wait for their trial's next rows: cut off before, they are made
/// again at no cost. A full disk or a lost file is a StoreError; what was committed
/// stays. Safe to call from many threads.
class Writer final : public Recorder {
 public:
  /// Opens or creates `file`. Throws UserError or InfraError.
  Writer(const std::filesystem::path& file, bool simulated);
  ~Writer() override;

  void begin_run(const Run& run, const std::string& price_book,
                 const std::vector<ConfigRow>& configs, const std::vector<TaskRow>& tasks);
  void finish_run(const std::string& run, TimePoint finished_at);
  /// Marks a finished run as running again.
  void reopen_run(const std::string& run);
  /// Rows for trials that will not start: one try with outcome not_run. Trials
  /// that have rows already keep them.
  void record_not_run(const std::vector<Trial>& trials, const std::string& message, TimePoint now);
  /// What an audit of the try found, in place of what one found before.
  void record_findings(const std::string& trial, int try_number,
                       const std::vector<Finding>& findings);
  /// The turns from the try's beginning to the end of segment `leaf`, whoever wrote them; of
  /// them segment, turn and actions.
  [[nodiscard]] std::vector<Turn> turns_up_to(const std::string& leaf);
  void record_model_change(const ModelChange& change);
  /// Deletes unsettled intents of simulated and replayed calls: nothing was spent.
  void drop_free_intents(const std::string& run);

  void begin_try(const Trial& trial, const Try& attempt) override;
  void begin_segment(const Segment& segment) override;
  void intend(const Call& call) override;
  void settle(const Call& call) override;
  void judge(const Decision& decision, const std::vector<Signal>& signals) override;
  void finish_turn(const Turn& turn) override;
  void finish_try(const Try& attempt) override;
  void record_fork(const Fork& fork) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
