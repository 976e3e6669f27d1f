#include <fmt/format.h>

#include <algorithm>

#include "results/store/reader_state.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr const char* kRunColumns =
    "SELECT id, name, started_at, finished_at, seed, spec_sha256, spec, weir_version, simulated, "
    "facts, price_book_sha256, source FROM run";

Run read_run(SQLite::Statement& row) {
  Run run;
  run.id = row.getColumn(0).getString();
  run.name = row.getColumn(1).getString();
  run.started_at = read_optional_time(row.getColumn(2)).value_or(TimePoint{});
  run.finished_at = read_optional_time(row.getColumn(3));
  run.seed = std::stoull(row.getColumn(4).getString());
  run.spec_sha256 = row.getColumn(5).getString();
  run.spec = row.getColumn(6).getString();
  run.weir_version = row.getColumn(7).getString();
  run.simulated = row.getColumn(8).getInt() != 0;
  run.facts = row.getColumn(9).getString();
  run.price_book_sha256 = row.getColumn(10).getString();
  run.source = row.getColumn(11).getString();
  return run;
}

}  // namespace

Reader::Reader(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  state_->database = open_readonly(file);
}

Reader::~Reader() = default;

std::vector<Run> Reader::runs() const {
  std::vector<Run> runs;
  auto row = state_->prepare(std::string(kRunColumns) + " ORDER BY started_at DESC, rowid DESC");
  while (row.executeStep()) runs.push_back(read_run(row));
  return runs;
}

Run Reader::find_run(const std::string& name) const {
  const std::vector<Run> all = runs();
  if (all.empty()) throw UserError("the database holds no runs yet; start one with `weir run`");
  for (const auto& run : all) {
    if (run.id == name) return run;
  }
  if (name == "latest") return all.front();
  const auto named =
      std::find_if(all.begin(), all.end(), [&](const Run& run) { return run.name == name; });
  if (named != all.end()) return *named;
  std::vector<Run> matches;
  for (const auto& run : all) {
    if (!name.empty() && run.id.rfind(name, 0) == 0) matches.push_back(run);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.size() > 1) {
    throw UserError(
        fmt::format("run \"{}\" is ambiguous: {} runs begin with it", name, matches.size()));
  }
  throw UserError(fmt::format("no run \"{}\"; `weir runs` lists them", name));
}

std::optional<std::string> Reader::find_trial(const std::string& name) const {
  auto exact = state_->prepare("SELECT id FROM trial WHERE id = ?", name);
  if (exact.executeStep()) return exact.getColumn(0).getString();
  if (std::count(name.begin(), name.end(), '/') < 2) return {};
  std::vector<std::string> found;
  auto row = state_->prepare(
      "SELECT trial.id FROM trial JOIN run ON run.id = trial.run "
      "WHERE task || '/' || config || '/' || attempt = ?1 "
      "   OR trial.id LIKE substr(?1, 1, instr(?1, '/') - 1) || '%' "
      "      AND task || '/' || config || '/' || attempt = substr(?1, instr(?1, '/') + 1) "
      "ORDER BY run.started_at DESC, run.rowid DESC",
      name);
  if (row.executeStep()) return row.getColumn(0).getString();
  return {};
}

std::vector<ConfigRow> Reader::configs(const std::string& run) const {
  std::vector<ConfigRow> rows;
  auto row = state_->prepare(
      "SELECT run, config, agent, tiers, policy, coalesce(policy_sha256, ''), agent_sha256, "
      "simulated FROM config WHERE run = ?",
      run);
  while (row.executeStep()) {
    rows.push_back({row.getColumn(0).getString(), row.getColumn(1).getString(),
                    row.getColumn(2).getString(), row.getColumn(3).getString(),
                    row.getColumn(4).getString(), row.getColumn(5).getString(),
                    row.getColumn(6).getString(), row.getColumn(7).getInt() != 0});
  }
  return rows;
}

std::vector<TrialProgress> Reader::progress(const std::string& run) const {
  std::vector<TrialProgress> found;
  auto row = state_->prepare(
      "SELECT trial.id, trial.suite, trial.task, trial.config, trial.attempt, trial.slot, "
      "trial.threshold, trial.threshold_prob, trial.counted_try, try.outcome, "
      "coalesce(try.error_class, '') "
      "FROM trial JOIN try ON try.trial = trial.id AND try.try = trial.counted_try "
      "WHERE trial.run = ? AND trial.slot >= 0",
      run);
  while (row.executeStep()) {
    TrialProgress progress;
    progress.trial = {row.getColumn(0).getString(),
                      run,
                      row.getColumn(1).getString(),
                      row.getColumn(2).getString(),
                      row.getColumn(3).getString(),
                      row.getColumn(4).getInt(),
                      row.getColumn(5).getInt(),
                      read_optional_double(row.getColumn(6)),
                      read_optional_double(row.getColumn(7))};
    progress.try_number = row.getColumn(8).getInt();
    progress.finished = !row.getColumn(9).isNull();
    progress.error_class = row.getColumn(10).getString();
    if (progress.finished) {
      progress.outcome = outcome_named(row.getColumn(9).getString()).value_or(Outcome::not_run);
    }
    found.push_back(std::move(progress));
  }
  return found;
}

std::string Reader::price_book(const std::string& sha256) const {
  auto row = state_->prepare("SELECT book FROM price_book WHERE sha256 = ?", sha256);
  if (!row.executeStep()) throw InfraError("database: the run's price book is not stored");
  return row.getColumn(0).getString();
}

Rows Reader::query(const std::string& sql) const {
  try {
    SQLite::Statement statement(*state_->database, sql);
    Rows result;
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      result.columns.emplace_back(statement.getColumnName(i));
    }
    while (statement.executeStep()) {
      auto& row = result.rows.emplace_back();
      for (int i = 0; i < statement.getColumnCount(); ++i) {
        const auto column = statement.getColumn(i);
        row.push_back(column.isNull() ? std::nullopt : std::optional(column.getString()));
      }
    }
    return result;
  } catch (const SQLite::Exception& error) {
    throw UserError(fmt::format("query failed: {}", error.what()));
  }
}

// --- One trial's rows ---

bool Reader::visibly_failed(const std::string& trial) const {
  const Try attempt = counted_try(trial);
  if (attempt.outcome == Outcome::agent_error) return true;
  if (!attempt.stop_reason) return false;  // missing data, or not over
  if (attempt.stop_reason != StopReason::submitted) return true;
  auto row = state_->prepare(
      kPathOfTrial +
          std::string("SELECT signal.value FROM step JOIN signal ON signal.segment = step.segment "
                      "AND (step.until IS NULL OR signal.turn < step.until) "
                      "WHERE signal.name = 'tests_red' AND signal.visibility <> 'grader' "
                      "ORDER BY signal.turn DESC, signal.call DESC LIMIT 1"),
      trial);
  return row.executeStep() && row.getColumn(0).getDouble() > 0;
}

namespace {

void read_artifacts(Reader::State& state, Try& attempt) {
  auto row = state.prepare(
      "SELECT step, source, coalesce(path, ''), files, bytes, coalesce(note, '') FROM artifact "
      "JOIN trial ON trial.id = artifact.trial AND trial.counted_try = artifact.try "
      "WHERE trial.id = ? ORDER BY number",
      attempt.trial);
  while (row.executeStep()) {
    attempt.artifacts.push_back({row.getColumn(0).getString(), row.getColumn(1).getString(),
                                 row.getColumn(2).getString(), row.getColumn(3).getInt64(),
                                 row.getColumn(4).getInt64(), row.getColumn(5).getString()});
  }
}

}  // namespace

Try Reader::counted_try(const std::string& trial) const {
  Try attempt;
  auto row = state_->prepare(
      "SELECT try.try, started_at, finished_at, outcome, stop_reason, error_class, message, leaf, "
      "environment_sha256, sandbox, anomalies, submission_z, evidence_z, wall_ms, model_ms, box_ms "
      "FROM try JOIN trial ON trial.id = try.trial AND trial.counted_try = try.try "
      "WHERE trial.id = ?",
      trial);
  if (!row.executeStep()) throw UserError(fmt::format("no trial \"{}\"", trial));
  attempt.trial = trial;
  attempt.number = row.getColumn(0).getInt();
  attempt.started_at = read_optional_time(row.getColumn(1)).value_or(TimePoint{});
  attempt.finished_at = read_optional_time(row.getColumn(2));
  if (!row.getColumn(3).isNull()) attempt.outcome = outcome_named(row.getColumn(3).getString());
  attempt.stop_reason = stop_reason_named(row.getColumn(4).getString());
  attempt.error_class = row.getColumn(5).getString();
  attempt.message = row.getColumn(6).getString();
  attempt.leaf = row.getColumn(7).getString();
  attempt.environment_sha256 = row.getColumn(8).getString();
  attempt.sandbox = row.getColumn(9).getString();
  attempt.anomalies = row.getColumn(10).getString();
  attempt.submission = read_text_column(row.getColumn(11));
  attempt.evidence = read_text_column(row.getColumn(12));
  attempt.wall_ms = row.getColumn(13).getInt64();
  attempt.model_ms = row.getColumn(14).getInt64();
  attempt.box_ms = row.getColumn(15).getInt64();
  attempt.trial = trial;
  read_artifacts(*state_, attempt);
  return attempt;
}

std::string Reader::first_prompt(const std::string& trial) const {
  auto row = state_->prepare(
      kPathOfTrial + std::string("SELECT prompt_z FROM step JOIN segment ON segment.id = "
                                 "step.segment WHERE parent IS NULL"),
      trial);
  return row.executeStep() ? read_text_column(row.getColumn(0)) : std::string();
}

std::vector<StepPrompt> Reader::step_prompts(const std::string& trial) const {
  auto row = state_->prepare(
      kPathOfTrial + std::string("SELECT segment.id, segment.step, prompt_z FROM step JOIN segment "
                                 "ON segment.id = step.segment WHERE segment.step <> '' "
                                 "ORDER BY segment.rowid"),
      trial);
  std::vector<StepPrompt> steps;
  while (row.executeStep()) {
    steps.push_back({restarts_before(row.getColumn(0).getString()), row.getColumn(1).getString(),
                     read_text_column(row.getColumn(2))});
  }
  return steps;
}

std::string sql_text(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? "''" : std::string(1, c);
  return literal + "'";
}

}  // namespace weir
