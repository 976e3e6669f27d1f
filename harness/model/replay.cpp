#include "harness/model/replay.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "harness/model/failure.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// The cassette's trial for one of ours: the same place in another run.
std::string trial_in_cassette(const ModelSpec& spec, const std::string& trial) {
  return spec.cassette_run + trial.substr(trial.find('/'));
}

/// A replayed model is the recorded one in what decides how often it is asked;
/// and other prices are looked up as its own were.
void take_record(ModelSpec& spec, const std::vector<ConfigRow>& configs) {
  for (const auto& config : configs) {
    const auto tiers = nlohmann::json::parse(config.tiers, nullptr, false);
    if (!tiers.is_array()) continue;
    for (const auto& tier : tiers) {
      if (tier.value("name", std::string()) != spec.name) continue;
      spec.max_tokens = tier.value("max_tokens", spec.max_tokens);
      spec.retries = tier.value("retries", spec.retries);
      if (tier.contains("context_window")) {
        spec.context_window = tier.at("context_window").get<std::int64_t>();
      }
      if (spec.price_host.empty()) spec.price_host = tier.value("price_host", std::string());
      if (spec.price_as.empty()) spec.price_as = tier.value("price_as", std::string());
    }
  }
}

constexpr std::size_t kNonceLength = 32;

class ReplayModel final : public Model {
 public:
  explicit ReplayModel(const ModelSpec& spec) : spec_(spec) {}

  Completion complete(const ChatRequest&, const CallContext& context) override {
    load(context.trial);
    const auto found = calls_->find({context.turn, context.tier, context.sample, context.retry});
    if (found == calls_->end()) return end_or_miss(context);
    const Call& record = found->second;
    const bool cut_off = was_cut_off(record);
    if (!cut_off && record.request_sha256 != context.request_sha256) {
      return miss(context, "was made for another request in");
    }
    Completion completion = completion_of(record);
    if (cut_off) fail(completion, "interrupted", "the recorded call was cut off");
    completion.recorded_host = record.host;
    completion.recorded_model = record.requested_model;
    completion.recorded_at = record.started_at;
    completion.recorded_cost = record.cost_pusd ? record.cost_pusd : record.reserved_pusd;
    return completion;
  }

  /// A branch is another trial in the cassette: read afresh.
  std::unique_ptr<Model> clone() const override { return std::make_unique<ReplayModel>(spec_); }

 private:
  using Place = std::tuple<int, int, int, int>;  ///< turn, tier, sample, retry

  void load(const std::string& trial) {
    if (calls_) return;
    calls_.emplace();
    const Reader reader(spec_.cassette);
    const std::string recorded = trial_in_cassette(spec_, trial);
    if (!reader.find_trial(recorded)) return;
    end_ = reader.counted_try(recorded).stop_reason;
    for (auto& call : reader.calls(recorded)) {
      const Place place{call.turn, call.tier, call.sample, call.retry};
      calls_->emplace(place, std::move(call));
    }
  }

  /// Past the last call of a trial that a clock or its money ended, so does this
  /// one.
  [[nodiscard]] Completion end_or_miss(const CallContext& context) const {
    Completion completion = miss(context, "was not made in");
    const bool past = !calls_->empty() && Place{context.turn, context.tier, context.sample,
                                                context.retry} > calls_->rbegin()->first;
    if (past && (end_ == StopReason::wall || end_ == StopReason::usd)) {
      completion.recorded_end = end_;
    }
    return completion;
  }

  [[nodiscard]] Completion miss(const CallContext& context, const char* what) const {
    Completion completion;
    fail(completion, "cassette_miss",
         fmt::format("turn {}, tier {}, sample {}, retry {} of {} {} run {} of {}", context.turn,
                     context.tier, context.sample, context.retry,
                     context.trial.substr(context.trial.find('/') + 1), what,
                     spec_.cassette_run.substr(0, 12), spec_.cassette));
    return completion;
  }

  ModelSpec spec_;
  std::optional<std::map<Place, Call>> calls_;
  std::optional<StopReason> end_;  ///< why the recorded trial ended
};

}  // namespace

std::unique_ptr<Model> make_replay_model(const ModelSpec& spec) {
  return std::make_unique<ReplayModel>(spec);
}

void check_replay_model(const ModelSpec& spec) {
  if (!spec.cassette_run.empty()) return;
  throw UserError(fmt::format("[models.{}] cassette: is missing; name a database", spec.name));
}

void open_cassette(ModelSpec& spec, const std::string& run) {
  if (spec.cassette.empty()) check_replay_model(spec);
  try {
    const Run found = Reader(spec.cassette).find_run(run);
    spec.cassette_run = found.id;
    spec.cassette_simulated = found.simulated;
    take_record(spec, Reader(spec.cassette).configs(found.id));
  } catch (const UserError& error) {
    throw UserError(fmt::format("[models.{}] cassette: {}", spec.name, error.what()));
  }
}

CassetteTrial cassette_trial(const ModelSpec& spec, const std::string& trial) {
  const Reader reader(spec.cassette);
  const std::string recorded = trial_in_cassette(spec, trial);
  CassetteTrial found;
  if (!reader.find_trial(recorded)) return found;
  found.turns = reader.turns(recorded);
  const Try attempt = reader.counted_try(recorded);
  found.was_run = attempt.outcome && *attempt.outcome != Outcome::not_run;
  const auto prompt = nlohmann::json::parse(reader.first_prompt(recorded), nullptr, false);
  if (!prompt.is_object() || prompt.value("messages", nlohmann::json::array()).empty()) return found;
  const std::string head = prompt.at("messages").at(0).value("content", std::string());
  const auto end = head.find("]\n");
  if (!head.empty() && head.front() == '[' && end == kNonceLength + 1) {
    found.nonce = head.substr(1, kNonceLength);
  }
  return found;
}

}  // namespace weir
