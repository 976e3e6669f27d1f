#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// What a call cost, and which entry of which book says so.
struct Cost {
  Picodollars pusd = 0;
  std::string entry;
};

/// Rates in picodollars per token. A bucket without a rate cannot be priced.
struct Rates {
  std::optional<Picodollars> input_miss;
  std::optional<Picodollars> input_hit;
  std::optional<Picodollars> cache_write;
  std::optional<Picodollars> output;
};

/// A daily window of peak prices, in minutes after midnight UTC.
struct PeakWindow {
  std::array<bool, 7> days{};  ///< Sunday first
  int from = 0;
  int to = 0;
};

struct PriceEntry {
  std::string id;
  std::string host;
  std::string model;
  TimePoint from{};
  std::optional<TimePoint> to;
  std::string alias_of;  ///< another model of the book whose entries apply
  Rates rates;
  int peak_multiplier = 1;
  std::vector<PeakWindow> peaks;
};

/// How a book is to be read: as each call's own time says, at one fixed time,
/// or by one of the book's named scenarios.
struct PriceView {
  std::optional<TimePoint> at;
  std::string scenario;
};

/// Which entries could apply to a call.
struct PriceKey {
  std::string host;
  std::string served_model;     ///< "" if the response did not say
  std::string requested_model;
};

/// A dated book of prices. Immutable; safe to share between threads.
class PriceBook {
 public:
  /// Reads the JSON schema "weir/price-book@1" (USD rates per million tokens).
  /// Throws UserError naming `origin` and the entry.
  static PriceBook parse(std::string_view text, const std::string& origin);
  /// The book that comes with Weir.
  static PriceBook bundled();

  /// The same book read through `view`. Throws UserError for an unknown scenario.
  [[nodiscard]] PriceBook viewed(const PriceView& view) const;

  /// Rates in force for a call dispatched at `time`, peak multiplier applied.
  /// nullopt if nothing matches: the cost is unknown, never 0.
  [[nodiscard]] std::optional<std::pair<Rates, std::string>> rates(const PriceKey& key,
                                                                  TimePoint time) const;

  /// Cost of a call; nullopt if no entry matches or a needed bucket is unknown.
  [[nodiscard]] std::optional<Cost> cost(const PriceKey& key, TimePoint time,
                                         const Tokens& tokens) const;

  /// An upper bound for a call of at most these tokens; nullopt if unpriced.
  [[nodiscard]] std::optional<Picodollars> worst_case(const PriceKey& key, TimePoint time,
                                                      std::int64_t input_tokens,
                                                      std::int64_t output_tokens) const;

  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Scenario {
    std::vector<std::string> use;
    std::string tariff;  ///< peak | off_peak | "" (by time)
  };
  [[nodiscard]] const PriceEntry* find(const std::string& host, const std::string& model,
                                       TimePoint time, int depth) const;

  std::string text_;
  std::string sha256_;
  std::vector<PriceEntry> entries_;
  std::map<std::string, Scenario> scenarios_;
  PriceView view_;
};

}  // namespace weir
