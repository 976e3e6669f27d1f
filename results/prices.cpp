#include "results/prices.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

extern const char weir_price_book_begin[];
extern const char weir_price_book_end[];

namespace weir {
namespace {

constexpr std::string_view kPeak = "+peak";

using Sum = std::optional<Picodollars>;
using Count = std::optional<std::int64_t>;

/// tokens x rate; 0 where there are no tokens, unknown where either is.
Sum price(const Count& tokens, const Sum& rate) {
  if (!tokens) return {};
  if (*tokens == 0) return 0;
  Picodollars product = 0;
  if (!rate || __builtin_mul_overflow(*tokens, *rate, &product)) return {};
  return product;
}

Sum plus(const Sum& a, const Sum& b) {
  Picodollars sum = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum)) return {};
  return sum;
}

/// Hosts without a cache-write bucket report none; they write for free.
Sum input_cost(const Tokens& tokens, const Rates& rates) {
  const bool write_matters = rates.cache_write.has_value();
  const Count written = tokens.cache_write ? tokens.cache_write
                        : write_matters    ? Count()
                                           : Count(0);
  if (tokens.input_miss && tokens.input_hit && written) {
    const std::int64_t sum = *tokens.input_miss + *tokens.input_hit + *written;
    if (tokens.input_total && sum != *tokens.input_total) return {};  // it contradicts itself
    return plus(
        plus(price(tokens.input_miss, rates.input_miss), price(tokens.input_hit, rates.input_hit)),
        price(written, rates.cache_write));
  }
  const std::int64_t least =
      tokens.input_miss.value_or(0) + tokens.input_hit.value_or(0) + tokens.cache_write.value_or(0);
  if (tokens.input_total && least > *tokens.input_total) return {};
  const bool one_price = rates.input_hit == rates.input_miss &&
                         (!write_matters || rates.cache_write == rates.input_miss);
  if (one_price || tokens.input_total == 0) return price(tokens.input_total, rates.input_miss);
  return {};
}

Sum output_cost(const Tokens& tokens, const Rates& rates) {
  const bool one_price = !rates.reasoning || rates.reasoning == rates.output;
  if (one_price || tokens.output_total == 0) return price(tokens.output_total, rates.output);
  return plus(price(tokens.output_text, rates.output),
              price(tokens.output_reasoning, rates.reasoning));
}

Rates scaled(Rates rates, Picodollars factor) {
  for (auto* one :
       {&rates.input_miss, &rates.input_hit, &rates.cache_write, &rates.output, &rates.reasoning}) {
    if (*one) **one *= factor;
  }
  return rates;
}

}  // namespace

bool TimeOfUse::in_peak(TimePoint time) const {
  using namespace std::chrono;
  const auto local_day = floor<days>(time + utc_offset);
  if (holidays.count(local_day) != 0) return false;
  const auto day_of_week = weekday(local_day).c_encoding();
  const auto minute = duration_cast<minutes>(time - floor<days>(time)).count();
  return std::any_of(peaks.begin(), peaks.end(), [&](const PeakWindow& window) {
    return window.days[day_of_week] && minute >= window.from && minute < window.to;
  });
}

PriceBook PriceBook::bundled() {
  return parse({weir_price_book_begin, weir_price_book_end}, "bundled price book");
}

std::vector<std::string> PriceBook::scenarios() const {
  std::vector<std::string> names;
  for (const auto& [name, unused] : scenarios_) names.push_back(name);
  return names;
}

PriceBook PriceBook::viewed(const PriceView& view) const {
  if (!view.scenario.empty() && scenarios_.count(view.scenario) == 0) {
    throw UserError(fmt::format("price scenario \"{}\" is not in the book{}; it has: {}",
                                view.scenario, did_you_mean(view.scenario, scenarios()),
                                fmt::join(scenarios(), ", ")));
  }
  const bool known = view.currency == "usd" ||
                     std::any_of(entries_.begin(), entries_.end(), [&](const PriceEntry& entry) {
                       return entry.rates.count(view.currency) != 0;
                     });
  if (!known) {
    throw UserError(fmt::format("the price book has no prices in \"{}\"", view.currency));
  }
  PriceBook book = *this;
  book.view_ = view;
  return book;
}

const PriceEntry* PriceBook::entry(std::string_view id) const {
  if (id.size() > kPeak.size() && id.substr(id.size() - kPeak.size()) == kPeak) {
    id.remove_suffix(kPeak.size());
  }
  for (const auto* list : {&entries_, &fallback_}) {
    for (const auto& entry : *list) {
      if (entry.id == id) return &entry;
    }
  }
  return nullptr;
}

const PriceEntry* PriceBook::find(const std::string& host, const std::string& model, TimePoint time,
                                  int depth) const {
  if (model.empty() || depth > 4) return nullptr;
  const bool by_scenario = !view_.scenario.empty();
  for (const auto& entry : entries_) {
    if (entry.host != host || entry.model != model) continue;
    if (by_scenario) {
      const auto& use = scenarios_.at(view_.scenario).use;
      const bool alias = !entry.alias_of.empty();
      if (!alias && std::find(use.begin(), use.end(), entry.id) == use.end()) continue;
    } else if (time < entry.from || (entry.to && time >= *entry.to)) {
      continue;
    }
    return entry.alias_of.empty() ? &entry : find(host, entry.alias_of, time, depth + 1);
  }
  return nullptr;
}

const PriceEntry* PriceBook::find_fallback(const std::string& host,
                                           const std::string& model) const {
  if (model.empty() || !view_.scenario.empty()) return nullptr;
  const bool booked = std::any_of(entries_.begin(), entries_.end(), [&](const PriceEntry& entry) {
    return entry.model == model && entry.host == host;
  });
  if (booked) return nullptr;  // the book knows it, at other times
  const auto found = std::find_if(fallback_.begin(), fallback_.end(), [&](const PriceEntry& entry) {
    return entry.model == model && entry.host == host;
  });
  return found == fallback_.end() ? nullptr : &*found;
}

const PriceEntry* PriceBook::find(const PriceKey& key, TimePoint time) const {
  for (const auto* model : {&key.served_model, &key.requested_model}) {
    if (const auto* entry = find(key.host, *model, time, 0)) return entry;
  }
  for (const auto* model : {&key.served_model, &key.requested_model}) {
    if (const auto* entry = find_fallback(key.host, *model)) return entry;
  }
  return nullptr;
}

std::optional<std::pair<Rates, std::string>> PriceBook::rates(const PriceKey& key,
                                                              TimePoint time) const {
  if (view_.at) time = *view_.at;
  const PriceEntry* entry = find(key, time);
  if (entry == nullptr) return {};
  const auto rates = entry->rates.find(view_.currency);
  if (rates == entry->rates.end()) return {};
  bool peak = entry->time_of_use.in_peak(time);
  if (!view_.scenario.empty()) {
    const std::string& tariff = scenarios_.at(view_.scenario).tariff;
    if (!tariff.empty()) peak = tariff == "peak" && !entry->time_of_use.peaks.empty();
  }
  if (!peak) return std::pair(rates->second, entry->id);
  return std::pair(scaled(rates->second, entry->time_of_use.peak_multiplier),
                   entry->id + std::string(kPeak));
}

std::optional<Cost> PriceBook::cost(const PriceKey& key, TimePoint time,
                                    const Tokens& tokens) const {
  const auto found = rates(key, time);
  if (!found) return {};
  const PriceEntry* used = entry(found->second);
  if (used->most_input && tokens.input_total.value_or(INT64_MAX) > *used->most_input) return {};
  const Sum sum = plus(input_cost(tokens, found->first), output_cost(tokens, found->first));
  if (!sum) return {};
  const PriceKey by_served{key.host, key.served_model, ""};
  const bool by_request = !key.served_model.empty() && !rates(by_served, time);
  return Cost{*sum, found->second, by_request};
}

std::optional<Picodollars> PriceBook::worst_case(const PriceKey& key, TimePoint time,
                                                 std::int64_t input_tokens,
                                                 std::int64_t output_tokens) const {
  const auto found = rates(key, time);
  if (!found || !found->first.input_miss || !found->first.output) return {};
  const PriceEntry* used = entry(found->second);
  if (used->most_input && input_tokens > *used->most_input) return {};
  const Rates& rates = found->first;
  const Picodollars input = std::max(*rates.input_miss, rates.cache_write.value_or(0));
  const Picodollars output = std::max(*rates.output, rates.reasoning.value_or(0));
  return plus(price(input_tokens, input), price(output_tokens, output));
}

}  // namespace weir
