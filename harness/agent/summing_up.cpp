#include "harness/agent/summing_up.hpp"

#include <algorithm>

#include "harness/model/token_estimate.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// Votes on a turn have the samples below.
constexpr int kFirstSample = 100;
constexpr int kMostTries = 3;
constexpr std::ptrdiff_t kOpening = 2;  // messages, without which there is no task

}  // namespace

std::int64_t context_of(const TrialState& state) {
  std::int64_t tokens = state.context_tokens;
  for (auto message = state.history.rbegin(); message != state.history.rend(); ++message) {
    if (message->role == Role::assistant) return tokens;
    tokens += estimate_tokens(*message);
  }
  return state.context_tokens;  // nothing was answered yet: they are an estimate of all of it
}

SummingUp sum_up_history(TrialLedger& ledger, int tier, const TrialState& state,
                         const nlohmann::json& tools, const Message& request, Deadline& deadline) {
  SummingUp summing_up;
  auto kept = static_cast<std::ptrdiff_t>(state.history.size());
  for (int attempt = 0; attempt < kMostTries; ++attempt) {
    ChatRequest asked;
    asked.messages.assign(state.history.begin(), state.history.begin() + kept);
    asked.messages.push_back(request);
    asked.tools = tools;
    asked.purpose = "summary";
    summing_up.answer = ledger.call(tier, asked, state.turn, kFirstSample + attempt, deadline);
    const Completion& completion = summing_up.answer.completion;
    if (completion.error_class != "context_overflow") {
      if (completion.ok()) summing_up.text = trimmed(completion.message.content);
      return summing_up;
    }
    kept = std::max(kOpening, kept / 2);
  }
  summing_up.given_up = true;
  return summing_up;
}

Turn summed_up_row(const TrialState& state, int tier, const SummingUp& summary) {
  Turn turn;
  turn.segment = state.segment;
  turn.turn = state.turn;
  turn.tier = tier;
  turn.accepted_call = summary.answer.call;
  turn.actions = "[]";
  turn.results = kSummedUp;
  return turn;
}

}  // namespace weir
