#include "harness/model/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "harness/seed.hpp"
#include "runners/agent.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kMostRetries = 5;
constexpr milliseconds kFirstBackoff{1000};
constexpr milliseconds kLongestBackoff{60'000};

/// Where every simulated trial's clock starts: 2026-10-20 12:00 UTC, a Tuesday
/// outside peak windows, so that simulated costs are the same on any night.
constexpr TimePoint kVirtualEpoch{std::chrono::sys_days(std::chrono::year(2026) /
                                                        std::chrono::October / 20) +
                                  std::chrono::hours(12)};

std::string request_digest(const ChatRequest& request, const ModelSpec& spec) {
  Digest digest;
  digest.add(spec.to_json().dump()).add(request.tools.dump());
  for (const auto& message : request.messages) {
    digest.add(to_json(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return digest.hex();
}

PriceKey price_key(const ModelSpec& spec, const std::string& served) {
  return {spec.price_host.empty() ? spec.host() : spec.price_host,
          spec.price_as.empty() ? served : spec.price_as, spec.model};
}

bool ends_the_run(const Completion& completion) {
  return completion.error_class == "auth" || completion.error_class == "balance";
}

/// No tokenizer makes more tokens than there are bytes; framing comes on top.
std::int64_t most_input_tokens(const ChatRequest& request) {
  auto bytes = static_cast<std::int64_t>(request.tools.dump().size());
  for (const auto& message : request.messages) {
    bytes += static_cast<std::int64_t>(message.content.size() + message.reasoning.size()) + 64;
    for (const auto& call : message.tool_calls) {
      bytes += static_cast<std::int64_t>(call.name.size() + call.arguments.size()) + 64;
    }
  }
  return bytes;
}

/// Waits, or returns early when stopped.
void sleep_for(milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any nothing;
  std::unique_lock lock(mutex);
  nothing.wait_for(lock, stop, duration, [] { return false; });
}

}  // namespace

TrialLedger::TrialLedger(const LedgerRoom& room, std::string trial, std::string segment,
                         std::vector<TierModel> tiers, std::vector<Call> recorded)
    : room_(room),
      trial_(std::move(trial)),
      segment_(std::move(segment)),
      tiers_(std::move(tiers)) {
  for (auto& call : recorded) recorded_.emplace(call.id, std::move(call));
}

Answer TrialLedger::call(int tier, const ChatRequest& request, int turn, int sample,
                         Deadline& deadline) {
  int failures = 0;
  for (int retry = 0;; ++retry) {
    Call call = intent(tier, request, turn, sample, retry);
    const Call* record = recorded(call);
    // Cut off by a crash or a stop: its row stays, and the request is made anew.
    if (record != nullptr && (!record->settled || record->error_class == "interrupted")) continue;
    Completion completion =
        record != nullptr ? replay(*record, request, tier) : ask(call, request, deadline);
    account(completion);
    if (record == nullptr && ends_the_run(completion)) {
      room_.control.drain(Halt::provider,
                          fmt::format("{} refuses: {}", call.host, completion.error_message));
    }
    const bool again = !completion.ok() && completion.retryable && failures < kMostRetries;
    if (!again || deadline.token().stop_requested()) return {std::move(completion), call.id};
    if (record == nullptr) wait_before_retry(completion, failures, deadline);
    ++failures;
  }
}

Call TrialLedger::intent(int tier, const ChatRequest& request, int turn, int sample,
                         int retry) const {
  const ModelSpec& spec = tiers_[static_cast<std::size_t>(tier)].spec;
  Call call;
  call.id = fmt::format("{}/t{}/c{}.{}.{}", segment_, turn, tier, sample, retry);
  call.trial = trial_;
  call.segment = segment_;
  call.turn = turn;
  call.tier = tier;
  call.sample = sample;
  call.retry = retry;
  call.model = spec.name;
  call.requested_model = spec.simulated() ? "simulated-" + spec.name : spec.model;
  call.host = spec.host();
  call.simulated = spec.simulated();
  call.request_sha256 = request_digest(request, spec);
  call.started_at = now(spec);
  return call;
}

const Call* TrialLedger::recorded(const Call& wanted) const {
  const auto found = recorded_.find(wanted.id);
  if (found == recorded_.end()) return nullptr;
  const Call& record = found->second;
  if (record.settled && record.request_sha256 != wanted.request_sha256) {
    throw ReplayDiverged(fmt::format("call {} was made for another request", wanted.id));
  }
  return &record;
}

Completion TrialLedger::replay(const Call& record, const ChatRequest& request, int tier) {
  Completion completion;
  completion.served_model = record.served_model;
  completion.finish_reason = record.finish_reason;
  completion.error_class = record.error_class;
  completion.error_message = record.error_message;
  completion.retryable = may_be_retried(record.error_class);
  completion.tokens = record.tokens;
  completion.latency = milliseconds(record.latency_ms.value_or(0));
  if (!record.response.empty()) completion_from_text(record.response, completion);
  tiers_[static_cast<std::size_t>(tier)].model->replayed(request, completion);
  return completion;
}

Completion TrialLedger::ask(Call& call, const ChatRequest& request, Deadline& deadline) {
  TierModel& tier = tiers_[static_cast<std::size_t>(call.tier)];
  const auto queued = std::chrono::steady_clock::now();
  const auto permit = acquire_paused(*room_.in_flight.at(tier.spec.name), deadline);
  call.wait_ms = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - queued)
                     .count();
  if (tier.spec.simulated()) call.wait_ms = 0;
  call.started_at = now(tier.spec);
  call.reserved_pusd = room_.prices.worst_case(price_key(tier.spec, ""), call.started_at,
                                               most_input_tokens(request), tier.spec.max_tokens);
  const Picodollars reserved = call.reserved_pusd.value_or(0);
  if (!reserve(reserved, deadline)) {
    room_.control.drain(Halt::budget, "the run's dollar limit leaves no room for the next call");
    throw Cancelled();
  }
  room_.recorder.intend(call);
  Completion completion = tier.model->complete(
      request, {call.trial, call.turn, call.tier, call.sample, call.retry, deadline.token()});
  settle(call, completion, tier.spec);
  room_.budget.settle(reserved, call.cost_pusd);
  return completion;
}

void TrialLedger::settle(Call& call, const Completion& completion, const ModelSpec& spec) {
  call.settled = true;
  call.served_model = completion.served_model;
  call.fingerprint = completion.fingerprint;
  call.response_id = completion.response_id;
  call.finish_reason = completion.finish_reason;
  call.error_class = completion.error_class;
  call.error_message = completion.error_message;
  call.tokens = completion.tokens;
  call.raw_usage = completion.raw_usage;
  call.latency_ms = completion.latency.count();
  if (completion.ttft) call.ttft_ms = completion.ttft->count();
  if (completion.ok()) call.response = completion_to_text(completion);
  if (completion.refused) {  // nothing was processed, so nothing was spent
    call.tokens = {0, 0, 0, 0, 0, 0, 0};
    call.cost_pusd = 0;
    call.price_entry = "refused";
  } else if (const auto cost = room_.prices.cost(price_key(spec, completion.served_model),
                                                 call.started_at, call.tokens)) {
    call.cost_pusd = cost->pusd;
    call.price_entry = cost->entry;
  }
  call.price_book_sha256 = room_.prices.sha256();
  room_.recorder.settle(call);
}

bool TrialLedger::reserve(Picodollars worst, Deadline& deadline) const {
  const Deadline::Pause pause(deadline);
  return room_.budget.reserve(worst, deadline.token());
}

void TrialLedger::wait_before_retry(const Completion& completion, int failures,
                                    Deadline& deadline) const {
  const Deadline::Pause pause(deadline);
  const double jitter = 0.5 + draw(static_cast<std::uint64_t>(failures), trial_ + "/backoff");
  auto wait = std::min(kLongestBackoff, kFirstBackoff * (1 << failures));
  wait = milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * jitter));
  sleep_for(std::max(wait, completion.retry_after), deadline.token());
}

void TrialLedger::account(const Completion& completion) {
  model_time_ += completion.latency;
  tokens_ += completion.tokens.input_total.value_or(0) + completion.tokens.output_total.value_or(0);
}

TimePoint TrialLedger::now(const ModelSpec& spec) const {
  if (spec.simulated()) return kVirtualEpoch + model_time_;
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace weir
