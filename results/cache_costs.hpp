#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/prices.hpp"

namespace weir {

/// A settled call as a bill sees it, with its place in the run.
struct BilledCall {
  std::string trial;
  std::string task;
  std::string config;
  int try_number = 1;
  int segment = 0;       ///< of the try: restarts or steps before it
  bool of_step = false;  ///< of a multi-step task: a later segment abandons nothing
  int turn = 0;
  int tier = 0;
  int sample = 0;
  bool counted = true;  ///< on the path of the trial's counted try
  bool shared = false;  ///< another trial's too, whose row it is: this one pays it no second time
  std::string model;    ///< the experiment's name for it
  std::string served;   ///< model that answered, as it named itself; "" if unknown
  bool accepted = false;
  bool free = false;        ///< turned away before any token
  bool replayed = false;    ///< answered from a record: billed nothing
  bool unknowable = false;  ///< its counts contradict its total: no book prices it
  PriceKey key;
  TimePoint at{};  ///< of dispatch
  Tokens tokens;
  std::optional<Picodollars> cost_pusd;  ///< as stored
  std::optional<std::int64_t> latency_ms;
  std::optional<std::int64_t> ttft_ms;
};

/// A sum of which parts may be unknown: then only that it is at least so much.
struct Spend {
  Picodollars known = 0;
  std::int64_t unknown_calls = 0;

  void add(const std::optional<Picodollars>& part) {
    Picodollars sum = 0;  // more than nine million dollars do not fit: unknown
    const bool fits = part && !__builtin_add_overflow(known, *part, &sum);
    if (fits) known = sum;
    unknown_calls += fits ? 0 : 1;
  }
  void add(const Spend& part) {
    add(std::optional(part.known));
    unknown_calls += part.unknown_calls;
  }
  [[nodiscard]] std::optional<Picodollars> whole() const {
    return unknown_calls == 0 ? std::optional(known) : std::nullopt;
  }
};

/// What calls cost, and would have cost with other caches. The second and third are estimates: they
/// take from the trial's own earlier prompts what a cache could have held.
struct CacheCosts {
  Spend billed;                 ///< the hits there were
  Spend cold;                   ///< as if no cache outlived a trial
  Spend warm;                   ///< as if nothing sent before were ever lost
  std::int64_t by_request = 0;  ///< priced as the model asked for: the book knows not who served
};

/// The same tokens with another number of hits. Hits that go become misses, or writes
/// where the service bills those; hits that come were one or the other.
[[nodiscard]] Tokens with_hits(Tokens tokens, std::int64_t hits);

/// Prices `calls` by `book`. They are in the order they were made within each
/// trial; what a cache could hold is followed per trial, try and model, in units
/// of 128 tokens. A trial's first call to a model is warm by what trials share:
/// the most, over tasks, that even the coldest first call of a task found.
[[nodiscard]] CacheCosts cache_costs(const std::vector<BilledCall>& calls, const PriceBook& book);

/// The same, trial by trial.
[[nodiscard]] std::map<std::string, CacheCosts> cache_costs_by_trial(
    const std::vector<BilledCall>& calls, const PriceBook& book);

}  // namespace weir
