#include "harness/model_room.hpp"

#include <fmt/format.h>

#include "harness/model/answer_notes.hpp"

namespace weir {
ModelRoom::ModelRoom(Parts parts)
    : parts_(std::move(parts)),
      served_([this](const ModelChange& change) { on_change(change); }),
      ledgers_{parts_.writer,
               parts_.prices,
               parts_.budget,
               limiters_,
               served_,
               parts_.control,
               [this](const Call& call, const std::string& note) { warn(call, note); }} {
  for (const auto& [name, spec] : parts_.experiment.models) {
    limiters_.emplace(name, make_adaptive_limiter(spec.in_flight, spec.tokens_per_second));
  }
}

void ModelRoom::know_served(const Reader& reader, const std::string& run) {
  const Rows rows = reader.query(fmt::format(
      "SELECT model, served_model, coalesce(fingerprint, '') FROM v_call WHERE run = '{}' AND "
      "served_model IS NOT NULL AND error_class IS NULL AND replayed = 0 GROUP BY 1, 2, 3 ORDER BY max(started_at)",
      run));
  for (const auto& row : rows.rows) {
    served_.know(row[0].value_or(""), row[1].value_or(""), row[2].value_or(""));
  }
}

std::unique_ptr<TrialLedger> ModelRoom::open(TrialLedger::Trial place,
                                             const std::vector<std::string>& tiers,
                                             const Task& task, std::uint64_t seed,
                                             std::vector<Call> recorded) const {
  std::vector<TierModel> rungs;
  for (const auto& name : tiers) {
    const ModelSpec& spec = parts_.experiment.models.at(name);
    rungs.push_back({spec, make_model(spec, task, seed)});
  }
  if (parts_.experiment.limits.usd) {
    place.limit = dollar_limit(*parts_.experiment.limits.usd, "[limits] usd");
  }
  return std::make_unique<TrialLedger>(ledgers_, std::move(place), std::move(rungs),
                                       std::move(recorded));
}

void ModelRoom::on_change(ModelChange change) {
  change.allowed = parts_.allow_model_change;
  parts_.writer.record_model_change(change);
  parts_.say(fmt::format(
      "THE MODEL BEHIND \"{}\" CHANGED: {} became {} (call {}). {}", change.model,
      server_name(change.old_served, change.old_fingerprint),
      server_name(change.new_served, change.new_fingerprint), change.call,
      parts_.allow_model_change ? "The run goes on as one, as --allow-model-change says."
                                : "The run is split here; its parts are not pooled."));
}

/// Said once for each model and note; after that only counted.
void ModelRoom::warn(const Call& call, const std::string& note) {
  {
    const std::lock_guard lock(mutex_);
    if (++warned_[{call.model, note}] > 1) return;
  }
  parts_.say(fmt::format("{}: {}: {} (call {})", call.model, note, describe_note(note), call.id));
}

std::string ModelRoom::warnings() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [key, count] : warned_) {
    out += fmt::format("{}{}: {} on {} calls", out.empty() ? "" : "\n", key.first, key.second, count);
  }
  return out;
}

}  // namespace weir
