#include "results/store/writer.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <mutex>

#include "results/store/database.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr const char* kInsertRun =
    "INSERT INTO run (id, name, started_at, finished_at, seed, spec_sha256, spec, weir_version, "
    "simulated, facts, price_book_sha256, source) VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertConfig =
    "INSERT INTO config VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?)";
constexpr const char* kInsertTask = "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kUpsertTrial =
    "INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(id) DO UPDATE SET counted_try = excluded.counted_try";
constexpr const char* kBeginTry =
    "INSERT INTO try (trial, try, started_at, environment_sha256, sandbox) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT(trial, try) DO UPDATE SET outcome = NULL, stop_reason = NULL, message = NULL, "
    "finished_at = NULL, sandbox = excluded.sandbox, "
    "started_at = CASE WHEN try.outcome = 'not_run' THEN excluded.started_at ELSE try.started_at "
    "END";
constexpr const char* kInsertUnbegunTrial =
    "INSERT OR IGNORE INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
constexpr const char* kInsertNotRun =
    "INSERT OR IGNORE INTO try (trial, try, started_at, outcome, message) "
    "VALUES (?, 1, ?, 'not_run', ?)";
constexpr const char* kFinishTry =
    "UPDATE try SET finished_at = ?, outcome = ?, stop_reason = nullif(?, ''), "
    "error_class = nullif(?, ''), message = nullif(?, ''), leaf = nullif(?, ''), "
    "environment_sha256 = ?, sandbox = ?, anomalies = ?, submission_z = ?, evidence_z = ?, "
    "wall_ms = ?, model_ms = ?, box_ms = ? WHERE trial = ? AND try = ?";
constexpr const char* kInsertReward = "INSERT OR REPLACE INTO reward VALUES (?, ?, ?, ?, ?)";
constexpr const char* kDropArtifacts = "DELETE FROM artifact WHERE trial = ? AND try = ?";
constexpr const char* kInsertArtifact =
    "INSERT INTO artifact VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, nullif(?, ''))";
constexpr const char* kInsertSegment =
    "INSERT OR IGNORE INTO segment VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?)";
constexpr const char* kInsertFork =
    "INSERT OR REPLACE INTO fork VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, "
    "nullif(?, ''), nullif(?, ''))";
constexpr const char* kIntend =
    "INSERT INTO call (id, trial, segment, turn, tier, sample, retry, model, requested_model, "
    "host, request_sha256, started_at, reserved_pusd, simulated, prefix_sha256, "
    "replayed, settled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, 0)";
constexpr const char* kInsertChange =
    "INSERT OR IGNORE INTO model_change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kSettle =
    "UPDATE call SET settled = 1, served_model = nullif(?, ''), fingerprint = nullif(?, ''), "
    "response_id = nullif(?, ''), finish_reason = nullif(?, ''), error_class = nullif(?, ''), "
    "error_message = nullif(?, ''), input_total = ?, input_miss = ?, input_hit = ?, "
    "cache_write = ?, output_total = ?, output_text = ?, output_reasoning = ?, "
    "raw_usage = nullif(?, ''), response_z = ?, cost_pusd = ?, price_entry = nullif(?, ''), "
    "price_book_sha256 = nullif(?, ''), latency_ms = ?, ttft_ms = ?, wait_ms = ?, "
    "http_status = nullif(?, 0), retryable = ?, notes = nullif(?, '') WHERE id = ?";
constexpr const char* kInsertSignal = "INSERT OR REPLACE INTO signal VALUES (?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertDecision =
    "INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertTurn =
    "INSERT OR REPLACE INTO turn VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kForgetFindings = "DELETE FROM audit WHERE trial = ? AND try = ?";
constexpr const char* kInsertFinding = "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)";
constexpr const char* kTurnsUpTo =
    "WITH RECURSIVE step(segment, until) AS (SELECT ?, NULL UNION ALL "
    "SELECT child.parent, min(coalesce(step.until, child.fork_turn), child.fork_turn) "
    "FROM step JOIN segment AS child ON child.id = step.segment WHERE child.parent IS NOT NULL) "
    "SELECT turn.segment, turn, actions_z FROM step JOIN segment ON segment.id = step.segment "
    "JOIN turn ON turn.segment = step.segment AND (until IS NULL OR turn < until) "
    "ORDER BY segment.rowid, turn";

/// Binds values to `?` left to right.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  Binder& operator()(const std::string& value) { return bind(value); }
  Binder& operator()(std::int64_t value) { return bind(value); }
  Binder& operator()(int value) { return bind(value); }
  Binder& operator()(double value) { return bind(value); }
  Binder& operator()(TimePoint value) { return bind(format_time(value)); }
  template <typename T>
  Binder& operator()(const std::optional<T>& value) {
    if (value) return (*this)(*value);
    statement_.bind(++index_);
    return *this;
  }
  Binder& text_column(const std::string& value) {
    bind_text_column(statement_, ++index_, value);
    return *this;
  }

 private:
  template <typename T>
  Binder& bind(const T& value) {
    statement_.bind(++index_, value);
    return *this;
  }
  SQLite::Statement& statement_;
  int index_ = 0;
};

/// Nothing was spent: resume may make it again.
bool is_free(const Call& call) {
  return call.simulated || call.replayed;
}

Binder bind_to(SQLite::Statement& statement) {
  return Binder(statement);
}

}  // namespace

struct Writer::State {
  std::filesystem::path file;
  std::mutex mutex;
  std::unique_ptr<SQLite::Database> database;
  std::map<const char*, SQLite::Statement> statements;
  /// Rows that may wait for their try's next ones, by try, in order.
  std::map<std::string, std::vector<std::function<void()>>> waiting;

  SQLite::Statement& prepared(const char* sql) {
    auto found = statements.find(sql);
    if (found == statements.end()) {
      found = statements.emplace(sql, SQLite::Statement(*database, sql)).first;
    }
    found->second.tryReset();  // reset() would throw the previous use's error again
    found->second.clearBindings();
    return found->second;
  }

  /// Runs `body` in one transaction under the mutex.
  template <typename Body>
  void transact(Body&& body) {
    const std::lock_guard lock(mutex);
    try {
      SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
      body();
      transaction.commit();
    } catch (const SQLite::Exception& error) {
      throw StoreError(fmt::format(
          "{}: cannot be written: {}; what was committed is safe, free space and run `weir resume`",
          file.string(), error.what()));
    }
  }

  /// TRIAL#TRY of a segment's id.
  static std::string try_of(const std::string& segment) {
    return segment.substr(0, segment.rfind("/s"));
  }

  void wait(const std::string& segment, std::function<void()> write) {
    const std::lock_guard lock(mutex);
    waiting[try_of(segment)].push_back(std::move(write));
  }

  /// Within a transaction: the try's rows that waited.
  void write_waiting(const std::string& attempt) {
    const auto found = waiting.find(attempt);
    if (found == waiting.end()) return;
    for (const auto& write : found->second) write();
    waiting.erase(found);
  }

  void insert_call(const Call& call) {
    auto& statement = prepared(kIntend);
    bind_to(statement)(call.id)(call.trial)(call.segment)(call.turn)(call.tier)(call.sample)(
        call.retry)(call.model)(call.requested_model)(call.host)(call.request_sha256)(
        call.started_at)(call.reserved_pusd)(call.simulated ? 1 : 0)(call.prefix_sha256)(
        call.replayed ? 1 : 0);
    statement.exec();
  }

  void settle_call(const Call& call) {
    auto& statement = prepared(kSettle);
    Binder bind(statement);
    bind(call.served_model)(call.fingerprint)(call.response_id)(call.finish_reason);
    bind(call.error_class)(call.error_message);
    bind(call.tokens.input_total)(call.tokens.input_miss)(call.tokens.input_hit);
    bind(call.tokens.cache_write)(call.tokens.output_total)(call.tokens.output_text);
    bind(call.tokens.output_reasoning)(call.raw_usage);
    bind.text_column(call.response);
    bind(call.cost_pusd)(call.price_entry)(call.price_book_sha256)(call.latency_ms);
    bind(call.ttft_ms)(call.wait_ms)(call.http_status)(call.retryable ? 1 : 0)(call.notes)(call.id);
    if (statement.exec() == 1) return;
    throw StoreError(
        fmt::format("{}: call {} was settled without an intent; is another weir "
                    "executing this run?",
                    file.string(), call.id));
  }

  void insert_judgement(const Decision& decision, const std::vector<Signal>& signals) {
    for (const auto& signal : signals) {
      auto& statement = prepared(kInsertSignal);
      bind_to(statement)(signal.segment)(signal.turn)(signal.call)(signal.name)(signal.value)(
          std::string(name_of(signal.visibility)));
      statement.exec();
    }
    auto& statement = prepared(kInsertDecision);
    bind_to(statement)(decision.segment)(decision.turn)(decision.call)(decision.phase)(
        decision.tier)(decision.decision)(decision.rule)(decision.score)(decision.threshold)(
        decision.propensity)(decision.mode)(decision.undo)(decision.grid);
    statement.exec();
  }

  void insert_trial(const Trial& trial, int try_number) {
    auto& statement = prepared(kUpsertTrial);
    bind_to(statement)(trial.id)(trial.run)(trial.suite)(trial.task)(trial.config)(trial.attempt)(
        trial.slot)(trial.threshold)(trial.threshold_prob)(try_number);
    statement.exec();
  }

  void insert_try(const Try& attempt) {
    auto& statement = prepared(kBeginTry);
    bind_to(statement)(attempt.trial)(attempt.number)(attempt.started_at)(
        attempt.environment_sha256)(attempt.sandbox);
    statement.exec();
  }

  void update_try(const Try& attempt) {
    auto& statement = prepared(kFinishTry);
    Binder bind(statement);
    bind(attempt.finished_at);
    bind(attempt.outcome ? std::optional(std::string(name_of(*attempt.outcome))) : std::nullopt);
    bind(attempt.stop_reason ? std::string(name_of(*attempt.stop_reason)) : std::string());
    bind(attempt.error_class)(attempt.message)(attempt.leaf)(attempt.environment_sha256);
    bind(attempt.sandbox)(attempt.anomalies);
    bind.text_column(attempt.submission).text_column(attempt.evidence);
    bind(attempt.wall_ms)(attempt.model_ms)(attempt.box_ms)(attempt.trial)(attempt.number);
    statement.exec();
    for (const auto& reward : attempt.rewards) {
      auto& insert = prepared(kInsertReward);
      bind_to(insert)(attempt.trial)(attempt.number)(reward.step)(reward.key)(reward.value);
      insert.exec();
    }
    write_artifacts(attempt);
  }

  void write_artifacts(const Try& attempt) {
    auto& drop = prepared(kDropArtifacts);
    bind_to(drop)(attempt.trial)(attempt.number);
    drop.exec();
    int number = 0;
    for (const auto& each : attempt.artifacts) {
      auto& insert = prepared(kInsertArtifact);
      const bool kept = !each.path.empty() && !attempt.artifacts_in.empty();
      bind_to(insert)(attempt.trial)(attempt.number)(++number)(each.step)(each.source)(
          kept ? attempt.artifacts_in + "/" + each.path : "")(each.files)(each.bytes)(each.note);
      insert.exec();
    }
  }
};

Writer::Writer(const std::filesystem::path& file, bool simulated)
    : state_(std::make_unique<State>()) {
  state_->file = file;
  state_->database = open_writable(file);
  state_->database->exec(simulated ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
}

Writer::~Writer() = default;

void Writer::begin_run(const Run& run, const std::string& price_book,
                       const std::vector<ConfigRow>& configs, const std::vector<TaskRow>& tasks) {
  state_->transact([&] {
    auto& book = state_->prepared("INSERT OR IGNORE INTO price_book VALUES (?, ?)");
    bind_to(book)(run.price_book_sha256)(price_book);
    book.exec();
    auto& insert = state_->prepared(kInsertRun);
    bind_to(insert)(run.id)(run.name)(run.started_at)(std::to_string(run.seed))(run.spec_sha256)(
        run.spec)(run.weir_version)(run.simulated ? 1 : 0)(run.facts)(run.price_book_sha256)(
        run.source);
    insert.exec();
    for (const auto& row : configs) {
      auto& statement = state_->prepared(kInsertConfig);
      bind_to(statement)(row.run)(row.config)(row.agent)(row.tiers)(row.policy)(row.policy_sha256)(
          row.agent_sha256)(row.simulated ? 1 : 0);
      statement.exec();
    }
    for (const auto& row : tasks) {
      auto& statement = state_->prepared(kInsertTask);
      bind_to(statement)(row.run)(row.task)(row.suite)(row.format)(row.sha256)(row.difficulty)(
          row.declared_name);
      statement.exec();
    }
  });
}

void Writer::finish_run(const std::string& run, TimePoint finished_at) {
  state_->transact([&] {
    auto& statement = state_->prepared("UPDATE run SET finished_at = ? WHERE id = ?");
    bind_to(statement)(finished_at)(run);
    statement.exec();
  });
}

void Writer::reopen_run(const std::string& run) {
  state_->transact([&] {
    auto& statement = state_->prepared("UPDATE run SET finished_at = NULL WHERE id = ?");
    bind_to(statement)(run);
    statement.exec();
  });
}

void Writer::record_not_run(const std::vector<Trial>& trials, const std::string& message,
                            TimePoint now) {
  state_->transact([&] {
    for (const auto& trial : trials) {
      auto& insert = state_->prepared(kInsertUnbegunTrial);
      bind_to(insert)(trial.id)(trial.run)(trial.suite)(trial.task)(trial.config)(trial.attempt)(
          trial.slot)(trial.threshold)(trial.threshold_prob);
      insert.exec();
      auto& not_run = state_->prepared(kInsertNotRun);
      bind_to(not_run)(trial.id)(now)(message);
      not_run.exec();
    }
  });
}

void Writer::record_findings(const std::string& trial, int try_number,
                             const std::vector<Finding>& findings) {
  state_->transact([&] {
    auto& forget = state_->prepared(kForgetFindings);
    bind_to(forget)(trial)(try_number);
    forget.exec();
    int number = 0;
    for (const auto& finding : findings) {
      auto& insert = state_->prepared(kInsertFinding);
      bind_to(insert)(trial)(try_number)(++number)(std::string(name_of(finding.kind)))(
          finding.turn)(finding.detail);
      insert.exec();
    }
  });
}

std::vector<Turn> Writer::turns_up_to(const std::string& leaf) {
  std::vector<Turn> turns;
  state_->transact([&] {
    auto& row = state_->prepared(kTurnsUpTo);
    bind_to(row)(leaf);
    while (row.executeStep()) {
      Turn& turn = turns.emplace_back();
      turn.segment = row.getColumn(0).getString();
      turn.turn = row.getColumn(1).getInt();
      turn.actions = read_text_column(row.getColumn(2));
    }
    row.reset();
  });
  return turns;
}

void Writer::record_model_change(const ModelChange& change) {
  state_->transact([&] {
    auto& statement = state_->prepared(kInsertChange);
    bind_to(statement)(change.run)(change.model)(change.call)(change.at)(change.old_served)(
        change.old_fingerprint)(change.new_served)(change.new_fingerprint)(change.allowed ? 1 : 0);
    statement.exec();
  });
}

void Writer::drop_free_intents(const std::string& run) {
  state_->transact([&] {
    auto& statement = state_->prepared(
        "DELETE FROM call WHERE settled = 0 AND (simulated = 1 OR replayed = 1) AND trial IN "
        "(SELECT id FROM trial WHERE run = ?)");
    bind_to(statement)(run);
    statement.exec();
  });
}

void Writer::begin_try(const Trial& trial, const Try& attempt) {
  state_->transact([&] {
    state_->insert_trial(trial, attempt.number);
    state_->insert_try(attempt);
  });
}

void Writer::begin_segment(const Segment& segment) {
  state_->transact([&] {
    state_->write_waiting(State::try_of(segment.id));
    auto& statement = state_->prepared(kInsertSegment);
    Binder bind(statement);
    bind(segment.id)(segment.trial)(segment.try_number)(segment.parent)(segment.fork_turn);
    bind.text_column(segment.prompt);
    bind(segment.aside ? 1 : 0)(segment.step);
    statement.exec();
  });
}

void Writer::intend(const Call& call) {
  if (is_free(call)) return;  // written when it is settled
  state_->transact([&] {
    state_->write_waiting(State::try_of(call.segment));
    state_->insert_call(call);
  });
}

void Writer::settle(const Call& call) {
  if (is_free(call)) {
    return state_->wait(call.segment, [state = state_.get(), call] {
      state->insert_call(call);
      state->settle_call(call);
    });
  }
  state_->transact([&] { state_->settle_call(call); });
}

void Writer::judge(const Decision& decision, const std::vector<Signal>& signals) {
  state_->wait(decision.segment, [state = state_.get(), decision, signals] {
    state->insert_judgement(decision, signals);
  });
}

void Writer::finish_turn(const Turn& turn) {
  state_->transact([&] {
    state_->write_waiting(State::try_of(turn.segment));
    auto& statement = state_->prepared(kInsertTurn);
    Binder bind(statement);
    bind(turn.segment)(turn.turn)(turn.tier)(turn.accepted_call);
    bind.text_column(turn.actions).text_column(turn.observation);
    bind(turn.results);
    bind.text_column(turn.discarded);
    bind(turn.box_ms);
    statement.exec();
  });
}

void Writer::record_fork(const Fork& fork) {
  state_->transact([&] {
    state_->write_waiting(fmt::format("{}#{}", fork.trial, fork.try_number));
    auto& statement = state_->prepared(kInsertFork);
    Binder bind(statement);
    bind(fork.id)(fork.trial)(fork.try_number)(fork.segment)(fork.turn)(fork.call)(fork.phase);
    bind(fork.score)(fork.probability)(fork.escalates ? 1 : 0)(fork.leaf);
    bind(std::string(name_of(fork.outcome)));
    bind(fork.stop_reason ? std::string(name_of(*fork.stop_reason)) : std::string());
    bind(fork.message);
    statement.exec();
  });
}

void Writer::finish_try(const Try& attempt) {
  state_->transact([&] {
    state_->write_waiting(fmt::format("{}#{}", attempt.trial, attempt.number));
    state_->update_try(attempt);
  });
}

}  // namespace weir
