// The rows of one trial: along its path, or as it wrote them.

#include "results/store/reader_state.hpp"

namespace weir {
namespace {

/// As kPathOfTrial, but the counted try's own segments, whole.
constexpr const char* kOwnSegments =
    "WITH step(segment, until) AS (SELECT segment.id, NULL FROM segment JOIN trial ON trial.id = "
    "segment.trial AND trial.counted_try = segment.try WHERE trial.id = ?1) ";

std::vector<Turn> read_turns(const Reader::State& state, const char* steps,
                             const std::string& trial) {
  std::vector<Turn> turns;
  auto row = state.prepare(
      std::string(steps) +
          "SELECT turn.segment, turn, tier, accepted_call, actions_z, observation_z, results, "
          "discarded_z, turn.box_ms FROM step JOIN segment ON segment.id = step.segment "
          "JOIN turn ON turn.segment = step.segment AND (until IS NULL OR turn < until) "
          "ORDER BY segment.rowid, turn",
      trial);
  while (row.executeStep()) {
    turns.push_back({row.getColumn(0).getString(), row.getColumn(1).getInt(),
                     row.getColumn(2).getInt(), row.getColumn(3).getString(),
                     read_text_column(row.getColumn(4)), read_text_column(row.getColumn(5)),
                     row.getColumn(6).getString(), read_text_column(row.getColumn(7)),
                     row.getColumn(8).getInt64()});
  }
  return turns;
}

std::vector<Decision> read_decisions(const Reader::State& state, const char* steps,
                                     const std::string& trial) {
  std::vector<Decision> found;
  auto row = state.prepare(
      std::string(steps) +
          "SELECT decision.segment, turn, tier, call, decision, phase, rule, score, threshold, "
          "propensity, mode, undo, grid FROM step JOIN segment ON segment.id = step.segment "
          "JOIN decision ON decision.segment = step.segment AND (until IS NULL OR turn < until) "
          "ORDER BY segment.rowid, turn, tier, phase",
      trial);
  while (row.executeStep()) {
    Decision decision;
    decision.segment = row.getColumn(0).getString();
    decision.turn = row.getColumn(1).getInt();
    decision.tier = row.getColumn(2).getInt();
    decision.call = row.getColumn(3).getString();
    decision.decision = row.getColumn(4).getString();
    decision.phase = row.getColumn(5).getString();
    decision.rule = row.getColumn(6).getString();
    decision.score = row.getColumn(7).getDouble();
    decision.threshold = row.getColumn(8).getDouble();
    decision.propensity = row.getColumn(9).getDouble();
    decision.mode = row.getColumn(10).getString();
    decision.undo = row.getColumn(11).getString();
    decision.grid = row.getColumn(12).getString();
    found.push_back(std::move(decision));
  }
  return found;
}

std::vector<Call> read_calls(const Reader::State& state, const char* steps,
                             const std::string& trial) {
  std::vector<Call> found;
  auto row = state.prepare(
      std::string(steps) +
          "SELECT call.id, call.segment, turn, tier, sample, retry, model, requested_model, host, "
          "request_sha256, started_at, simulated, settled, served_model, finish_reason, "
          "error_class, "
          "error_message, input_total, input_miss, input_hit, cache_write, output_total, "
          "output_text, "
          "output_reasoning, raw_usage, response_z, cost_pusd, price_entry, latency_ms, ttft_ms, "
          "coalesce(wait_ms, 0), fingerprint, response_id, prefix_sha256, coalesce(http_status, "
          "0), "
          "coalesce(retryable, 0), notes, replayed, reserved_pusd, call.trial "
          "FROM step JOIN segment ON segment.id = step.segment "
          "JOIN call ON call.segment = step.segment AND (until IS NULL OR turn < until) "
          "ORDER BY segment.rowid, turn, tier, sample, retry",
      trial);
  while (row.executeStep()) {
    Call call;
    call.trial = row.getColumn(39).getString();
    call.id = row.getColumn(0).getString();
    call.segment = row.getColumn(1).getString();
    call.turn = row.getColumn(2).getInt();
    call.tier = row.getColumn(3).getInt();
    call.sample = row.getColumn(4).getInt();
    call.retry = row.getColumn(5).getInt();
    call.model = row.getColumn(6).getString();
    call.requested_model = row.getColumn(7).getString();
    call.host = row.getColumn(8).getString();
    call.request_sha256 = row.getColumn(9).getString();
    call.started_at = read_optional_time(row.getColumn(10)).value_or(TimePoint{});
    call.simulated = row.getColumn(11).getInt() != 0;
    call.settled = row.getColumn(12).getInt() != 0;
    call.served_model = row.getColumn(13).getString();
    call.finish_reason = row.getColumn(14).getString();
    call.error_class = call.settled ? row.getColumn(15).getString() : "interrupted";
    call.error_message = row.getColumn(16).getString();
    call.tokens = {read_optional(row.getColumn(18)), read_optional(row.getColumn(19)),
                   read_optional(row.getColumn(20)), read_optional(row.getColumn(22)),
                   read_optional(row.getColumn(23)), read_optional(row.getColumn(17)),
                   read_optional(row.getColumn(21))};
    call.raw_usage = row.getColumn(24).getString();
    call.response = read_text_column(row.getColumn(25));
    call.cost_pusd = read_optional(row.getColumn(26));
    call.price_entry = row.getColumn(27).getString();
    call.latency_ms = read_optional(row.getColumn(28));
    call.ttft_ms = read_optional(row.getColumn(29));
    call.wait_ms = row.getColumn(30).getInt64();
    call.fingerprint = row.getColumn(31).getString();
    call.response_id = row.getColumn(32).getString();
    call.prefix_sha256 = row.getColumn(33).getString();
    call.http_status = row.getColumn(34).getInt();
    call.retryable = row.getColumn(35).getInt() != 0;
    call.notes = row.getColumn(36).getString();
    call.replayed = row.getColumn(37).getInt() != 0;
    call.reserved_pusd = read_optional(row.getColumn(38));
    found.push_back(std::move(call));
  }
  return found;
}

}  // namespace

std::vector<Turn> Reader::turns(const std::string& trial) const {
  return read_turns(*state_, kPathOfTrial, trial);
}

std::vector<Decision> Reader::decisions(const std::string& trial) const {
  return read_decisions(*state_, kPathOfTrial, trial);
}

std::vector<Call> Reader::calls(const std::string& trial) const {
  return read_calls(*state_, kPathOfTrial, trial);
}

WrittenRows Reader::written(const std::string& trial) const {
  return {read_calls(*state_, kOwnSegments, trial), read_turns(*state_, kOwnSegments, trial),
          read_decisions(*state_, kOwnSegments, trial)};
}

std::vector<Signal> Reader::signals(const std::string& trial) const {
  std::vector<Signal> found;
  auto row = state_->prepare(
      std::string(kPathOfTrial) +
          "SELECT signal.segment, turn, call, name, value, visibility FROM step "
          "JOIN segment ON segment.id = step.segment "
          "JOIN signal ON signal.segment = step.segment AND (until IS NULL OR turn < until) "
          "ORDER BY segment.rowid, turn, call, name",
      trial);
  while (row.executeStep()) {
    found.push_back({row.getColumn(0).getString(), row.getColumn(1).getInt(),
                     row.getColumn(2).getString(), row.getColumn(3).getString(),
                     row.getColumn(4).getDouble(),
                     visibility_named(row.getColumn(5).getString()).value_or(Visibility::grader)});
  }
  return found;
}

}  // namespace weir
