#include "harness/model/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "harness/model/answer_notes.hpp"
#include "harness/model/failure.hpp"
#include "harness/seed.hpp"
#include "runners/agent.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kMostShrinks = 3;
constexpr int kLeastMaxTokens = 1024;      // below this an answer is not worth asking for
constexpr std::int64_t kOverflowMargin = 64;  // tokens; services count framing differently
constexpr milliseconds kLongestRetryAfter{15 * 60'000};

PriceKey price_key(const ModelSpec& spec, const std::string& served) {
  return {spec.price_host.empty() ? spec.host() : spec.price_host,
          spec.price_as.empty() ? served : spec.price_as, spec.model};
}

/// Waits, or returns early when stopped.
void sleep_for(milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any nothing;
  std::unique_lock lock(mutex);
  nothing.wait_for(lock, stop, duration, [] { return false; });
}

/// Ends of an answer that make the call a failed one; and errors inside a 200
/// that mean what they would have meant with a status of their own.
void adopt_finish(Completion& completion) {
  const std::string& implied = completion.implied_class;
  if (ends_the_run(implied) || implied == "context_overflow" || implied == "content_filter") {
    fail(completion, implied, completion.error_message);
    completion.notes.emplace_back("in_band");
  }
  // A wait longer than a run can afford is a no, here and for the trial.
  if (completion.retry_after > kLongestRetryAfter) completion.retryable = false;
  if (!completion.ok()) return;
  if (completion.finish_reason == "insufficient_system_resource") {
    fail(completion, "insufficient_system_resource", "the service cut the answer off");
  } else if (completion.finish_reason == "content_filter") {
    fail(completion, "content_filter", "the service blocked the answer");
  }
}

/// What a call cost, or all it could have cost where that is not known.
std::optional<Picodollars> cost_at_most(const Call& call) {
  return call.cost_pusd ? call.cost_pusd : call.reserved_pusd;
}

CallEnd end_of(const Completion& completion) {
  CallEnd end;
  // A wait no call will make must not hold the others back either.
  if (completion.retry_after <= kLongestRetryAfter) end.retry_after = completion.retry_after;
  const Tokens& tokens = completion.tokens;
  if (tokens.input_total && tokens.output_total) end.tokens = *tokens.input_total + *tokens.output_total;
  if (completion.refused) end.tokens = 0;
  const std::string& error = completion.error_class;
  if (error.empty()) end.how = CallEnd::How::answered;
  if (error == "rate_limit") end.how = CallEnd::How::rate_limited;
  if (error == "server" || error == "overloaded" || error == "insufficient_system_resource") {
    end.how = CallEnd::How::service_trouble;
  }
  return end;
}

/// A place with a limiter, given back whatever happens.
class Place {
 public:
  Place(CallLimiter& limiter, std::int64_t tokens, Deadline& deadline) : limiter_(limiter) {
    const Deadline::Pause pause(deadline);
    ticket_ = limiter.reserve(tokens, deadline.token());
  }
  ~Place() { limiter_.settle(ticket_, end_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  void ended(const Completion& completion) { end_ = end_of(completion); }

 private:
  CallLimiter& limiter_;
  CallLimiter::Ticket ticket_ = 0;
  CallEnd end_;
};

/// Names go to terminals and tables: no control characters.
std::string plain(std::string name) {
  std::replace_if(name.begin(), name.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return name;
}

std::string notes_text(const std::vector<std::string>& notes) {
  return notes.empty() ? std::string() : nlohmann::json(notes).dump();
}

}  // namespace

TrialLedger::TrialLedger(const LedgerRoom& room, Trial trial, std::vector<TierModel> tiers,
                         std::vector<Call> recorded)
    : TrialLedger(room, std::move(trial), std::move(tiers), std::move(recorded), Backoff()) {}

TrialLedger::TrialLedger(const LedgerRoom& room, Trial trial, std::vector<TierModel> tiers,
                         std::vector<Call> recorded, Backoff backoff)
    : room_(room),
      trial_(std::move(trial)),
      own_budget_(trial_.limit),
      backoff_(backoff),
      tiers_(std::move(tiers)) {
  for (auto& call : recorded) recorded_.emplace(call.id, std::move(call));
}

Answer TrialLedger::call(int tier, ChatRequest& sent, int turn, int sample, Deadline& deadline) {
  TierModel& rung = tiers_[static_cast<std::size_t>(tier)];
  int failures = 0;
  int shrinks = 0;
  for (int retry = 0;; ++retry) {
    sent.max_tokens = rung.max_tokens;
    Call call = intent(rung, sent, {turn, tier, sample, retry});
    const Call* record = recorded(call);
    if (record != nullptr) spent(*record, {});
    // Cut off by a crash or a stop: its row stays, and the request is made anew.
    if (record != nullptr && was_cut_off(*record)) continue;
    if (record == nullptr && !own_budget_.has_room(worst_case(call, sent, rung))) {
      return {{}, "", true, false};
    }
    Completion completion =
        record != nullptr ? answer_from(*record, call, sent) : ask(call, sent, deadline);
    account(completion);
    if (call.replayed && completion.error_class == "interrupted") continue;  // as when resuming
    if (shrinks < kMostShrinks && shrink(rung, completion)) {
      ++shrinks;
      continue;
    }
    const bool again = !completion.ok() && completion.retryable && failures < rung.spec.retries &&
                       !deadline.token().stop_requested();
    const bool recorded = (record != nullptr || call.replayed) && !rung.spec.simulated();
    if (!again) return {std::move(completion), call.id, false, recorded};
    if (record == nullptr && !rung.spec.free()) wait_before_retry(completion, failures, deadline);
    ++failures;
  }
}

std::vector<Answer> TrialLedger::vote(int tier, ChatRequest& request, int turn, int samples,
                                      Deadline& deadline) {
  std::vector<Answer> answers;
  for (int sample = 1; sample < samples; ++sample) {
    answers.push_back(call(tier, request, turn, sample, deadline));
    if (answers.back().over_budget || !answers.back().completion.ok()) break;
  }
  return answers;
}

void TrialLedger::begin_segment(const std::string& segment) {
  begin_history(segment);
  ++segments_;
}

void TrialLedger::begin_history(const std::string& segment) {
  trial_.segment = segment;
  for (auto& tier : tiers_) {
    tier.prefix = {};
    tier.max_tokens.reset();  // it was lowered for a longer prompt
  }
}

void TrialLedger::begin_step(const std::string& segment, bool own_history) {
  if (own_history) return begin_segment(segment);
  trial_.segment = segment;
  ++segments_;
}

bool TrialLedger::recorded_beyond() const {
  return std::any_of(recorded_.begin(), recorded_.end(), [&](const auto& entry) {
    return restarts_before(entry.second.segment) > segments_;
  });
}

std::unique_ptr<TrialLedger> TrialLedger::fork(const std::string& trial,
                                               const std::string& segment) const {
  std::vector<TierModel> tiers;
  for (const auto& tier : tiers_) {
    tiers.push_back({tier.spec, tier.model->clone(), tier.prefix, tier.max_tokens});
  }
  auto fork = std::make_unique<TrialLedger>(room_, Trial{trial, segment, trial_.limit},
                                            std::move(tiers), std::vector<Call>{}, backoff_);
  fork->own_budget_.settle(0, own_budget_.charged());
  fork->recorded_ = recorded_;
  fork->model_time_ = model_time_;
  fork->tokens_ = tokens_;
  fork->strong_spend_ = strong_spend_;
  fork->segments_ = segments_;
  return fork;
}

Call TrialLedger::intent(const TierModel& tier, const ChatRequest& request,
                         const CallPlace& place) const {
  const ModelSpec& spec = tier.spec;
  Call call;
  call.turn = place.turn;
  call.tier = place.tier;
  call.sample = place.sample;
  call.retry = place.retry;
  call.id = fmt::format("{}/t{}/c{}.{}.{}", trial_.segment, call.turn, call.tier, call.sample,
                        call.retry);
  call.trial = trial_.id;
  call.segment = trial_.segment;
  call.model = spec.name;
  call.requested_model = spec.provider == "simulated" ? "simulated-" + spec.name : spec.model;
  call.host = spec.host();
  call.simulated = spec.simulated();
  call.replayed = spec.provider == "replay";
  const PromptDigest digest = tier.prefix.digest(request);
  call.request_sha256 = digest.prompt;
  call.prefix_sha256 = digest.prefix;
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

/// What a settled call of an earlier execution said.
Completion TrialLedger::answer_from(const Call& record, const Call& call,
                                    const ChatRequest& request) {
  TierModel& tier = tiers_[static_cast<std::size_t>(call.tier)];
  Completion completion = completion_of(record);
  tier.model->replayed(request, completion);
  if (completion.ok()) {
    (void)tier.prefix.take(request, {call.request_sha256, call.prefix_sha256}, completion.tokens);
  }
  return completion;
}

Completion TrialLedger::ask(Call& call, const ChatRequest& request, Deadline& deadline) {
  TierModel& tier = tiers_[static_cast<std::size_t>(call.tier)];
  const auto queued = std::chrono::steady_clock::now();
  const std::int64_t estimate = tier.prefix.tokens();
  Place place(*room_.limiters.at(tier.spec.name), estimate, deadline);
  Reservation reservation(room_.budget);
  for (bool held = false; !held;) {  // the wait may have ended under dearer prices
    call.reserved_pusd = worst_case(call, request, tier);
    reserve(reservation, call, deadline);
    call.started_at = now(tier.spec);
    held = worst_case(call, request, tier).value_or(0) <= call.reserved_pusd.value_or(0);
    if (!held) reservation.settle(0);
  }
  call.wait_ms = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - queued)
                     .count();
  if (tier.spec.free()) call.wait_ms = 0;
  Completion completion = complete(call, request, deadline);
  place.ended(completion);
  reservation.settle(call.cost_pusd);
  spent(call, completion);
  if (ends_the_run(completion.error_class) && !call.replayed) {
    room_.control.drain(Halt::provider,
                        fmt::format("{} refuses: {}", call.host, describe_failure(completion)));
  }
  return completion;
}

/// What limits and routes of this trial go by: a replayed call, though free, at its cost.
void TrialLedger::spent(const Call& call, const Completion& completion) {
  const auto cost = call.replayed ? completion.recorded_cost : cost_at_most(call);
  own_budget_.settle(0, cost);
  if (call.tier > 0) strong_spend_ += cost.value_or(0);
}

void TrialLedger::reserve(Reservation& reservation, const Call& call, Deadline& deadline) const {
  const Deadline::Pause pause(deadline);
  if (reservation.hold(call.reserved_pusd, deadline.token())) return;
  room_.control.drain(
      Halt::budget, call.reserved_pusd
                        ? "the run's dollar limit leaves no room for the next call"
                        : fmt::format("a dollar limit is set and the next call to \"{}\" has no price",
                                      call.model));
  throw Cancelled();
}

/// An upper bound of what the call can cost, whose request was digested for its intent;
/// unknown without a price.
std::optional<Picodollars> TrialLedger::worst_case(const Call& call, const ChatRequest& request,
                                                   const TierModel& tier) const {
  if (call.replayed) return 0;
  return room_.prices.worst_case(price_key(tier.spec, ""), call.started_at,
                                 tier.prefix.bytes(),
                                 request.max_tokens.value_or(tier.spec.max_tokens));
}

/// Intent, request, settlement. A replayed call's place and time are those of
/// its record, known only with the answer; nothing is spent in between.
Completion TrialLedger::complete(Call& call, const ChatRequest& request, Deadline& deadline) {
  TierModel& tier = tiers_[static_cast<std::size_t>(call.tier)];
  if (!call.replayed) room_.recorder.intend(call);
  Completion completion =
      tier.model->complete(request, {call.trial, call.turn, call.tier, call.sample, call.retry,
                                     segments_, call.request_sha256, deadline.token()});
  if (completion.recorded_end) return completion;  // no call: the record ends here
  if (call.replayed) {
    if (!completion.recorded_host.empty()) call.host = completion.recorded_host;
    if (!completion.recorded_model.empty()) call.requested_model = completion.recorded_model;
    if (completion.recorded_at) call.started_at = *completion.recorded_at;
    room_.recorder.intend(call);
  }
  book(call, completion, request);
  return completion;
}

void TrialLedger::book(Call& call, Completion& completion, const ChatRequest& request) {
  TierModel& tier = tiers_[static_cast<std::size_t>(call.tier)];
  adopt_finish(completion);
  if (completion.ok()) {
    for (auto& note : tier.prefix.take(request, {call.request_sha256, call.prefix_sha256},
                                       completion.tokens)) {
      room_.warn(call, note);
      completion.notes.push_back(std::move(note));
    }
  }
  call.settled = true;
  call.served_model = plain(completion.served_model);
  call.fingerprint = plain(completion.fingerprint);
  call.response_id = completion.response_id;
  call.finish_reason = completion.finish_reason;
  call.error_class = completion.error_class;
  call.error_message = completion.error_message;
  call.http_status = static_cast<int>(completion.http_status);
  call.retryable = completion.retryable;
  call.tokens = completion.tokens;
  call.raw_usage = completion.raw_usage;
  call.latency_ms = completion.latency.count();
  if (completion.ttft) call.ttft_ms = completion.ttft->count();
  if (completion.ok()) call.response = completion_to_text(completion);
  price(call, completion, tier.spec);
  if (!request.purpose.empty()) completion.notes.push_back(request.purpose);
  call.notes = notes_text(completion.notes);
  room_.recorder.settle(call);
  room_.served.observe(call);
}

void TrialLedger::price(Call& call, Completion& completion, const ModelSpec& spec) const {
  call.price_book_sha256 = room_.prices.sha256();
  if (call.replayed) {
    call.cost_pusd = 0;
    call.price_entry = kReplayed;
  } else if (completion.refused) {  // nothing was processed, so nothing was spent
    call.tokens = {0, 0, 0, 0, 0, 0, 0};
    call.cost_pusd = 0;
    call.price_entry = kRefused;
  } else if (std::count(completion.notes.begin(), completion.notes.end(), "total_contradicts") > 0) {
    return;  // what is owed cannot be told
  } else if (const auto cost = room_.prices.cost(price_key(spec, completion.served_model),
                                                 call.started_at, call.tokens)) {
    call.cost_pusd = cost->pusd;
    call.price_entry = cost->entry;
    if (cost->by_request) completion.notes.emplace_back("priced_by_request");
  }
}

/// After a context overflow: asks for less, if the prompt leaves any room.
bool TrialLedger::shrink(TierModel& tier, const Completion& completion) const {
  if (completion.error_class != "context_overflow") return false;
  const auto overflow = read_context_overflow(completion.error_message);
  if (!overflow || !overflow->window || !overflow->prompt) return false;
  const std::int64_t room = *overflow->window - *overflow->prompt - kOverflowMargin;
  if (room < kLeastMaxTokens || room >= tier.max_tokens.value_or(tier.spec.max_tokens)) return false;
  tier.max_tokens = static_cast<int>(room);
  return true;
}

void TrialLedger::wait_before_retry(const Completion& completion, int failures,
                                    Deadline& deadline) const {
  const Deadline::Pause pause(deadline);
  const double jitter = 0.5 + draw(static_cast<std::uint64_t>(failures), trial_.id + "/backoff");
  auto wait = std::min(backoff_.most, backoff_.first * (1 << failures));
  wait = milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * jitter));
  sleep_for(std::max(wait, completion.retry_after), deadline.token());
}

void TrialLedger::account(const Completion& completion) {
  model_time_ += completion.latency;
  tokens_ += completion.tokens.input_total.value_or(0) + completion.tokens.output_total.value_or(0);
}

TimePoint TrialLedger::now(const ModelSpec& spec) const {
  if (spec.provider == "simulated") return kVirtualEpoch + model_time_;
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace weir
