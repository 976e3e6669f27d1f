#include "results/store/import_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "results/store/database.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

class Import {
 public:
  Import(SQLite::Database& database, const ImportSource& source, const ForeignOutcomes& outcomes)
      : database_(database), source_(source), outcomes_(outcomes) {
    for (const auto& trial : outcomes.trials) {
      if (std::find(configs_.begin(), configs_.end(), trial.config) == configs_.end()) {
        configs_.push_back(trial.config);
      }
      tasks_.insert(trial.task);
      attempts_ = std::max(attempts_, trial.attempt);
    }
  }

  void write() {
    write_run();
    for (const auto& config : configs_) write_config(config);
    for (const auto& task : tasks_) write_task(task);
    SQLite::Statement trial(database_,
                            "INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, 1)");
    SQLite::Statement attempt(database_,
                              "INSERT INTO try (trial, try, started_at, finished_at, outcome, "
                              "stop_reason, error_class, message, wall_ms, model_ms) VALUES (?, 1, "
                              "?, ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, ?)");
    SQLite::Statement counts(database_, "INSERT INTO imported VALUES (?, ?, ?, ?, ?, ?, ?)");
    SQLite::Statement reward(database_, "INSERT INTO reward VALUES (?, 1, ?, ?, ?)");
    int slot = 0;
    for (const auto& foreign : outcomes_.trials) {
      const std::string id = fmt::format("{}/{}/{}/{}", source_.run, id_part(foreign.task),
                                         id_part(foreign.config), foreign.attempt);
      put(trial, id, source_.run, source_.suite, foreign.task, foreign.config, foreign.attempt,
          slot++);
      const TimePoint began = foreign.started_at.value_or(source_.at);
      const TimePoint ended =
          foreign.started_at ? began + milliseconds(foreign.wall_ms.value_or(0)) : source_.at;
      put(attempt, id, format_time(began), format_time(ended),
          std::string(name_of(foreign.outcome)), foreign.stop_reason, foreign.error_class,
          foreign.message, foreign.wall_ms, foreign.model_ms);
      for (const auto& each : foreign.rewards) put(reward, id, each.step, each.key, each.value);
      put(counts, id, foreign.turns, foreign.calls, foreign.input_total, foreign.input_hit,
          foreign.output_total, foreign.cost_pusd);
    }
  }

 private:
  /// A name in an id, where '/' parts what is above from what is below.
  static std::string id_part(const std::string& name) {
    std::string out;
    for (const char c : name) out += c == '/' ? "%2F" : c == '%' ? "%25" : std::string(1, c);
    return out;
  }

  template <typename... Values>
  static void put(SQLite::Statement& statement, const Values&... values) {
    int index = 0;
    (bind(statement, ++index, values), ...);
    statement.exec();
    statement.reset();
  }
  template <typename T>
  static void bind(SQLite::Statement& statement, int index, const T& value) {
    statement.bind(index, value);
  }
  template <typename T>
  static void bind(SQLite::Statement& statement, int index, const std::optional<T>& value) {
    if (value) {
      statement.bind(index, *value);
    } else {
      statement.bind(index);
    }
  }

  void write_run() {
    const json spec = {{"configs", configs_}, {"attempts", attempts_}};
    SQLite::Statement run(database_,
                          "INSERT INTO run (id, name, started_at, finished_at, seed, spec_sha256, "
                          "spec, weir_version, simulated, facts, price_book_sha256, source) VALUES "
                          "(?, ?, ?, ?, '1', ?, ?, ?, ?, '{}', '', ?)");
    put(run, source_.run, source_.name, format_time(source_.at), format_time(source_.at),
        sha256(spec.dump()), spec.dump(), source_.weir_version, outcomes_.simulated ? 1 : 0,
        source_.source);
  }

  void write_config(const std::string& config) {
    SQLite::Statement row(database_,
                          "INSERT INTO config VALUES (?, ?, 'imported', '[]', '', NULL, '', ?)");
    put(row, source_.run, config, outcomes_.simulated ? 1 : 0);
  }

  /// A foreign task is known by its name alone: files that name it mean the same.
  void write_task(const std::string& task) {
    SQLite::Statement row(database_, "INSERT INTO task VALUES (?, ?, ?, 'imported', ?, '', '')");
    const auto known = source_.task_sha256.find(task);
    put(row, source_.run, task, source_.suite,
        known == source_.task_sha256.end() ? sha256("imported/" + task) : known->second);
  }

  SQLite::Database& database_;
  const ImportSource& source_;
  const ForeignOutcomes& outcomes_;
  std::vector<std::string> configs_;
  std::set<std::string> tasks_;
  int attempts_ = 1;
};

}  // namespace

bool import_run(const std::filesystem::path& file, const ImportSource& source,
                const ForeignOutcomes& outcomes) {
  const auto database = open_writable(file);
  require_sound(*database, file);
  try {
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement known(*database, "SELECT 1 FROM run WHERE id = ?");
    known.bind(1, source.run);
    if (known.executeStep()) return false;
    Import(*database, source, outcomes).write();
    transaction.commit();
  } catch (const SQLite::Exception& error) {
    throw StoreError(fmt::format("{}: cannot be written: {}; nothing was imported", file.string(),
                                 error.what()));
  }
  return true;
}

}  // namespace weir
