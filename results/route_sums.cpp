#include "results/route_sums.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

constexpr std::int64_t kUnit = 128;  // tokens; caches hit in multiples of it
constexpr std::array<int, 7> kBinStarts = {1, 2, 6, 11, 21, 51, 101};

using Calls = std::vector<const BilledCall*>;

/// What a call would have cost less, had its cache held `held` tokens of its prompt.
std::optional<Picodollars> saved_by_warmth(const BilledCall& call, std::int64_t held,
                                           const PriceBook& book) {
  const Tokens& tokens = call.tokens;
  if (!tokens.input_hit || !tokens.input_miss || call.unknowable) return {};
  const std::int64_t written = tokens.cache_write.value_or(0);
  const std::int64_t more = std::clamp<std::int64_t>(held / kUnit * kUnit - *tokens.input_hit, 0,
                                                     *tokens.input_miss + written);
  if (more == 0) return 0;
  const auto cold_cost = book.cost(call.key, call.at, tokens);
  const auto warm_cost = book.cost(call.key, call.at, with_hits(tokens, *tokens.input_hit + more));
  if (!cold_cost || !warm_cost) return {};
  return cold_cost->pusd - warm_cost->pusd;
}

std::int64_t context_after(const BilledCall& call) {
  return call.tokens.input_total.value_or(0) + call.tokens.output_total.value_or(0);
}

class Summing {
 public:
  explicit Summing(const PriceBook& book) : book_(book) {}

  void take_trial(const Calls& calls) {
    ++sums_.trials;
    const bool steps = calls.front()->of_step;  // such a task is never begun again
    const int last = calls.back()->segment;
    previous_ = nullptr;
    began_strong_ = false;
    sent_.clear();
    for (std::size_t i = 0; i < calls.size();) {
      std::size_t end = i;
      const auto same = [&](const BilledCall& call) {
        return call.segment == calls[i]->segment && call.turn == calls[i]->turn;
      };
      while (end < calls.size() && same(*calls[end])) ++end;
      if (i > 0 && calls[i]->segment != calls[i - 1]->segment) {
        sums_.escalations.restarts += steps ? 0 : 1;
        previous_ = nullptr;
        sent_.clear();
      }
      take_turn({calls.begin() + static_cast<std::ptrdiff_t>(i),
                 calls.begin() + static_cast<std::ptrdiff_t>(end)},
                !steps && calls[i]->segment != last);
      i = end;
    }
  }

  RouteSums end() { return std::move(sums_); }

 private:
  void take_turn(const Calls& calls, bool abandoned) {
    const auto accepted = std::find_if(calls.begin(), calls.end(),
                                       [](const BilledCall* call) { return call->accepted; });
    bool redone = false;
    for (const BilledCall* call : calls) {
      take_call(*call);
      EscalationSums& sums = sums_.escalations;
      const bool drafted =
          call->sample == 0 && accepted != calls.end() && call->tier < (*accepted)->tier;
      redone = redone || drafted;
      if (abandoned) {  // there, and nowhere else
        sums.abandoned.add(call->cost_pusd);
        continue;
      }
      if (call->accepted) continue;
      (call->sample > 0 || voted_down(*call, calls, accepted) ? sums.votes
       : drafted                                              ? sums.drafts
                                                              : sums.other)
          .add(call->cost_pusd);
    }
    if (accepted == calls.end()) return;
    if (!abandoned) sums_.escalations.redone += redone ? 1 : 0;
    take_accepted(**accepted, redone, abandoned);
  }

  /// A first sample that lost its vote to a later one of its tier.
  static bool voted_down(const BilledCall& call, const Calls& calls,
                         Calls::const_iterator accepted) {
    return accepted != calls.end() && (*accepted)->tier == call.tier && (*accepted)->sample > 0;
  }

  void take_call(const BilledCall& call) {
    TierSums& tier = tier_of(call);
    const Tokens& tokens = call.tokens;
    ++tier.calls;
    tier.key = call.key;
    tier.at = call.at;
    tier.spend.add(call.cost_pusd);
    tier.input_tokens += tokens.input_total.value_or(0);
    tier.output_tokens += tokens.output_total.value_or(0);
    if (tokens.input_total && tokens.input_hit) {
      const std::int64_t before = std::min(sent_[call.tier], *tokens.input_total);
      tier.reread += before;
      tier.reread_hit += std::min(before, *tokens.input_hit);
      sent_[call.tier] = std::max(sent_[call.tier], *tokens.input_total);
      CacheSums& cache = tier.cache[turn_bin(call.turn)];
      ++cache.calls;
      cache.input_total += *tokens.input_total;
      cache.input_hit += *tokens.input_hit;
    }
    if (!call.accepted || call.replayed) return;  // a record's times are its own
    if (tokens.output_total) {
      tier.accepted_output += *tokens.output_total;
      ++tier.accepted_stated;
    }
    if (call.latency_ms && tokens.output_total) {
      ++tier.timed_calls;
      tier.latency_ms += *call.latency_ms;
      tier.timed_output += *tokens.output_total;
    }
    if (!call.ttft_ms) return;
    ++tier.ttft_calls;
    tier.ttft_ms += *call.ttft_ms;
    if (call.latency_ms && tokens.output_total) {
      tier.decoded_ms += *call.latency_ms - *call.ttft_ms;
      tier.decoded_output += *tokens.output_total;
    }
  }

  void take_accepted(const BilledCall& call, bool redone, bool abandoned) {
    ++tier_of(call).turns;
    tier_of(call).accepted_spend.add(call.cost_pusd);
    ShapeSums& shape = sums_.shape;
    if (previous_ == nullptr) {
      ++shape.trajectories;
      shape.first_prompt += call.tokens.input_total.value_or(0);
    } else {
      if (call.tokens.input_total && previous_->tokens.input_total) {
        ++shape.steps;
        shape.growth += *call.tokens.input_total - *previous_->tokens.input_total;
      }
    }
    if (!abandoned) take_step(call, redone);
    previous_ = &call;
  }

  /// A turn that was redone went up, though the one before it had too.
  void take_step(const BilledCall& call, bool redone) {
    EscalationSums& sums = sums_.escalations;
    if (previous_ == nullptr && !redone && call.segment == 0 && call.tier > 0) {
      began_strong_ = true;
      ++sums.began_strong;
    }
    const bool first_again = previous_ == nullptr && call.segment > 0 && call.tier > 0;
    const int before = previous_ == nullptr ? call.tier : previous_->tier;
    if (call.tier < before) began_strong_ = false;
    if (began_strong_ && !redone && call.tier == before) {
      sums.beginnings.add(call.cost_pusd);
    } else if (redone || first_again || call.tier > before) {
      if (!first_again) ++sums.up;
      sums.first.add(call.cost_pusd);
      if (previous_ != nullptr) {
        sums.cold.add(saved_by_warmth(call, context_after(*previous_), book_));
      }
    } else if (call.tier < before) {
      ++sums.down;
      sums.back.add(saved_by_warmth(call, context_after(*previous_), book_));
    } else if (call.tier > 0 && previous_ != nullptr) {
      sums.stay.add(call.cost_pusd);
    }
  }

  TierSums& tier_of(const BilledCall& call) {
    const auto index = static_cast<std::size_t>(call.tier);
    if (sums_.tiers.size() <= index) sums_.tiers.resize(index + 1);
    if (sums_.tiers[index].model.empty()) sums_.tiers[index].model = call.model;
    return sums_.tiers[index];
  }

  const PriceBook& book_;
  RouteSums sums_;
  std::map<int, std::int64_t> sent_;      ///< longest prompt by tier, in this segment
  bool began_strong_ = false;             ///< and has not come down since
  const BilledCall* previous_ = nullptr;  ///< the accepted call before, in this segment
};

}  // namespace

RouteSums route_sums(const std::vector<BilledCall>& calls, const PriceBook& book) {
  Summing summing(book);
  Calls trial;
  const auto flush = [&] {
    if (!trial.empty()) summing.take_trial(trial);
    trial.clear();
  };
  for (const auto& call : calls) {
    if (!call.counted) continue;
    if (!trial.empty() && trial.back()->trial != call.trial) flush();
    trial.push_back(&call);
  }
  flush();
  return summing.end();
}

int turn_bin(int turn) {
  const auto next = std::upper_bound(kBinStarts.begin(), kBinStarts.end(), turn);
  return std::max(0, static_cast<int>(next - kBinStarts.begin()) - 1);
}

std::string turn_bin_name(int bin) {
  const auto at = static_cast<std::size_t>(bin);
  const int from = kBinStarts[at];
  if (at + 1 == kBinStarts.size()) return std::to_string(from) + " and later";
  const int to = kBinStarts[at + 1] - 1;
  return from == to ? std::to_string(from) : std::to_string(from) + "-" + std::to_string(to);
}

}  // namespace weir
