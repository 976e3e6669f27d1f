#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// Price entries of calls that no entry of a book priced.
inline constexpr const char* kRefused = "refused";  ///< turned away before any token: free
inline constexpr const char* kReplayed = "replay";  ///< answered from a record: free

/// What a call cost, and which entry of which book says so.
struct Cost {
  Picodollars pusd = 0;
  std::string entry;
  bool by_request = false;  ///< the book does not know who served, only who was asked
};

/// Rates in picodollars per token. A bucket without a rate cannot be priced;
/// reasoning without one costs what output costs.
struct Rates {
  std::optional<Picodollars> input_miss;
  std::optional<Picodollars> input_hit;
  std::optional<Picodollars> cache_write;
  std::optional<Picodollars> output;
  std::optional<Picodollars> reasoning;
};

/// A daily window of peak prices, in minutes after midnight UTC.
struct PeakWindow {
  std::array<bool, 7> days{};  ///< Sunday first
  int from = 0;
  int to = 0;
};

/// When peak prices hold. Weekdays and holidays are those of the local date.
struct TimeOfUse {
  int peak_multiplier = 1;
  std::vector<PeakWindow> peaks;
  std::chrono::minutes utc_offset{0};
  std::set<std::chrono::sys_days> holidays;  ///< off-peak all day

  [[nodiscard]] bool in_peak(TimePoint time) const;
};

struct PriceEntry {
  std::string id;
  std::string host;
  std::string model;
  TimePoint from{};
  std::optional<TimePoint> to;
  std::string alias_of;                ///< another model of the book whose entries apply
  std::map<std::string, Rates> rates;  ///< by currency: separate tables, never conversions
  TimeOfUse time_of_use;
  std::string confidence;
  std::vector<std::string> sources;
  /// From a cost map without dates; calls with more input than this are dearer
  /// in a way the map says and this entry does not.
  std::optional<std::int64_t> most_input;
};

/// How a book is to be read: as each call's own time says, at one fixed time,
/// or by one of the book's named scenarios; in one currency.
struct PriceView {
  std::optional<TimePoint> at;
  std::string scenario;
  std::string currency = "usd";
};

/// Which entries could apply to a call.
struct PriceKey {
  std::string host;
  std::string served_model;  ///< "" if the response did not say
  std::string requested_model;
};

/// A dated book of prices. Immutable; safe to share between threads.
class PriceBook {
 public:
  /// Reads the JSON schema "weir/price-book@1" (rates per million tokens).
  /// Throws UserError naming `origin` and the entry.
  static PriceBook parse(std::string_view text, const std::string& origin);
  /// The book that comes with Weir.
  static PriceBook bundled();

  /// The same book with a LiteLLM cost map behind it, for models it lacks. Its
  /// entries apply to the hosts of the map's providers (and to a price_host that
  /// is a provider's name) and have no dates. Throws UserError.
  [[nodiscard]] PriceBook with_fallback(std::string_view cost_map, const std::string& origin) const;

  /// The same book read through `view`. Throws UserError for an unknown scenario
  /// or currency.
  [[nodiscard]] PriceBook viewed(const PriceView& view) const;

  /// Rates in force for a call dispatched at `time`, peak multiplier applied.
  /// nullopt if nothing matches: the cost is unknown, never 0.
  [[nodiscard]] std::optional<std::pair<Rates, std::string>> rates(const PriceKey& key,
                                                                   TimePoint time) const;

  /// Cost of a call; nullopt if no entry matches, a needed bucket is unknown, or
  /// the counts contradict each other. A total is priced whole where the prices
  /// of its parts do not differ.
  [[nodiscard]] std::optional<Cost> cost(const PriceKey& key, TimePoint time,
                                         const Tokens& tokens) const;

  /// An upper bound for a call of at most these tokens; nullopt if unpriced.
  [[nodiscard]] std::optional<Picodollars> worst_case(const PriceKey& key, TimePoint time,
                                                      std::int64_t input_tokens,
                                                      std::int64_t output_tokens) const;

  /// The entry of this id, without the "+peak" a cost may carry; nullptr if none.
  [[nodiscard]] const PriceEntry* entry(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> scenarios() const;
  [[nodiscard]] const PriceView& view() const { return view_; }
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend class PriceBookReader;
  struct Scenario {
    std::vector<std::string> use;
    std::string tariff;  ///< peak | off_peak | "" (by time)
  };
  [[nodiscard]] const PriceEntry* find(const PriceKey& key, TimePoint time) const;
  [[nodiscard]] const PriceEntry* find(const std::string& host, const std::string& model,
                                       TimePoint time, int depth) const;
  [[nodiscard]] const PriceEntry* find_fallback(const std::string& host,
                                                const std::string& model) const;

  std::string text_;
  std::string sha256_;
  std::vector<PriceEntry> entries_;
  std::vector<PriceEntry> fallback_;  ///< undated
  std::map<std::string, Scenario> scenarios_;
  PriceView view_;
};

}  // namespace weir
