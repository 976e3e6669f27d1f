#include "results/prices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

extern const char weir_price_book_begin[];
extern const char weir_price_book_end[];

namespace weir {
namespace {

using nlohmann::json;

/// USD per million tokens -> picodollars per token. 0.003625 -> 3625, exactly.
std::optional<Picodollars> rate(const json& rates, const char* key) {
  const auto found = rates.find(key);
  if (found == rates.end() || found->is_null()) return {};
  return std::llround(found->get<double>() * 1e6);
}

TimePoint required_time(const json& entry, const char* key) {
  const auto parsed = parse_time(entry.at(key).get<std::string>());
  if (!parsed) throw UserError(fmt::format("\"{}\" is not a time", key));
  return *parsed;
}

int minutes_of(const std::string& clock) {  // "09:30"
  if (clock.size() != 5 || clock[2] != ':') throw UserError("a window wants \"hh:mm\"");
  const auto parsed = parse_time("2000-01-01T" + clock + ":00Z");
  if (!parsed) throw UserError("a window wants \"hh:mm\"");
  const auto midnight = std::chrono::floor<std::chrono::days>(*parsed);
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(*parsed - midnight).count());
}

PeakWindow read_window(const json& written) {
  static const std::vector<std::string> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  PeakWindow window;
  for (const auto& day : written.at("days")) {
    const auto found = std::find(kDays.begin(), kDays.end(), day.get<std::string>());
    if (found == kDays.end()) throw UserError("unknown day " + day.dump());
    window.days[static_cast<std::size_t>(found - kDays.begin())] = true;
  }
  window.from = minutes_of(written.at("utc").at(0).get<std::string>());
  window.to = minutes_of(written.at("utc").at(1).get<std::string>());
  if (window.to <= window.from) throw UserError("a peak window must end after it begins");
  return window;
}

PriceEntry read_entry(const json& written, const std::string& default_host) {
  PriceEntry entry;
  entry.id = written.at("id").get<std::string>();
  entry.host = written.value("host", default_host);
  entry.model = written.at("model").get<std::string>();
  entry.from = required_time(written, "effective_from");
  if (written.contains("effective_to") && !written.at("effective_to").is_null()) {
    entry.to = required_time(written, "effective_to");
  }
  entry.alias_of = written.value("alias_of", std::string());
  const json usd = written.value("rates", json::object()).value("usd", json::object());
  entry.rates = {rate(usd, "input_cache_miss"), rate(usd, "input_cache_hit"),
                 rate(usd, "cache_write"), rate(usd, "output")};
  const json tou = written.value("time_of_use", json());
  if (tou.is_object()) {
    const double multiplier = tou.at("peak_multiplier").get<double>();
    entry.peak_multiplier = static_cast<int>(multiplier);
    if (entry.peak_multiplier != multiplier || multiplier < 1) {
      throw UserError("\"peak_multiplier\" must be a whole number");
    }
    for (const auto& window : tou.at("peak_windows")) entry.peaks.push_back(read_window(window));
  }
  return entry;
}

bool in_peak(const PriceEntry& entry, TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const auto weekday_index = weekday(day).c_encoding();
  const auto minute = duration_cast<minutes>(time - day).count();
  return std::any_of(entry.peaks.begin(), entry.peaks.end(), [&](const PeakWindow& window) {
    return window.days[weekday_index] && minute >= window.from && minute < window.to;
  });
}

Rates scaled(Rates rates, Picodollars factor) {
  for (auto* one : {&rates.input_miss, &rates.input_hit, &rates.cache_write, &rates.output}) {
    if (*one) **one *= factor;
  }
  return rates;
}

/// Adds tokens x rate; false if the tokens matter and either is unknown.
bool add(Picodollars& sum, std::optional<std::int64_t> tokens, std::optional<Picodollars> rate) {
  if (!tokens) return false;
  if (*tokens == 0) return true;
  if (!rate) return false;
  sum += *tokens * *rate;
  return true;
}

}  // namespace

PriceBook PriceBook::parse(std::string_view text, const std::string& origin) {
  PriceBook book;
  book.text_ = text;
  book.sha256_ = weir::sha256(text);
  std::string entry_id = "?";
  try {
    const json document = json::parse(text);
    if (document.value("schema", "") != "weir/price-book@1") {
      throw UserError("\"schema\" must be \"weir/price-book@1\"");
    }
    const std::string host = document.value("host", std::string("api.deepseek.com"));
    for (const auto& entry : document.at("entries")) {
      entry_id = entry.value("id", std::string("?"));
      book.entries_.push_back(read_entry(entry, host));
    }
    for (const auto& scenario : document.value("scenarios", json::array())) {
      book.scenarios_[scenario.at("name").get<std::string>()] = {
          scenario.at("use").get<std::vector<std::string>>(),
          scenario.value("tariff", std::string())};
    }
  } catch (const json::exception& error) {
    throw UserError(fmt::format("{}: price entry {}: {}", origin, entry_id, error.what()));
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: price entry {}: {}", origin, entry_id, error.what()));
  }
  return book;
}

PriceBook PriceBook::bundled() {
  return parse({weir_price_book_begin, weir_price_book_end}, "bundled price book");
}

PriceBook PriceBook::viewed(const PriceView& view) const {
  if (!view.scenario.empty() && scenarios_.count(view.scenario) == 0) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : scenarios_) names.push_back(name);
    throw UserError(fmt::format("price scenario \"{}\" is not in the book{}; it has: {}",
                                view.scenario, did_you_mean(view.scenario, names),
                                fmt::join(names, ", ")));
  }
  PriceBook book = *this;
  book.view_ = view;
  return book;
}

const PriceEntry* PriceBook::find(const std::string& host, const std::string& model,
                                  TimePoint time, int depth) const {
  if (model.empty() || depth > 4) return nullptr;
  const bool by_scenario = !view_.scenario.empty();
  for (const auto& entry : entries_) {
    if (entry.host != host || entry.model != model) continue;
    if (by_scenario) {
      const auto& use = scenarios_.at(view_.scenario).use;
      if (std::find(use.begin(), use.end(), entry.id) == use.end()) continue;
    } else if (time < entry.from || (entry.to && time >= *entry.to)) {
      continue;
    }
    return entry.alias_of.empty() ? &entry : find(host, entry.alias_of, time, depth + 1);
  }
  return nullptr;
}

std::optional<std::pair<Rates, std::string>> PriceBook::rates(const PriceKey& key,
                                                              TimePoint time) const {
  if (view_.at) time = *view_.at;
  const PriceEntry* entry = find(key.host, key.served_model, time, 0);
  if (entry == nullptr) entry = find(key.host, key.requested_model, time, 0);
  if (entry == nullptr) return {};
  bool peak = in_peak(*entry, time);
  if (!view_.scenario.empty()) {
    const std::string& tariff = scenarios_.at(view_.scenario).tariff;
    if (!tariff.empty()) peak = tariff == "peak";
  }
  return std::pair(peak ? scaled(entry->rates, entry->peak_multiplier) : entry->rates,
                   peak ? entry->id + "+peak" : entry->id);
}

std::optional<Cost> PriceBook::cost(const PriceKey& key, TimePoint time,
                                    const Tokens& tokens) const {
  const auto found = rates(key, time);
  if (!found) return {};
  const auto& [rates, entry] = *found;
  Cost cost{0, entry};
  // Hosts without a cache-write bucket report none; they write for free.
  std::optional<std::int64_t> written = tokens.cache_write;
  if (!written && !rates.cache_write) written = 0;
  const bool priced = add(cost.pusd, tokens.input_miss, rates.input_miss) &&
                      add(cost.pusd, tokens.input_hit, rates.input_hit) &&
                      add(cost.pusd, written, rates.cache_write) &&
                      add(cost.pusd, tokens.output_total, rates.output);
  if (!priced) return {};
  return cost;
}

std::optional<Picodollars> PriceBook::worst_case(const PriceKey& key, TimePoint time,
                                                 std::int64_t input_tokens,
                                                 std::int64_t output_tokens) const {
  const auto found = rates(key, time);
  if (!found || !found->first.input_miss || !found->first.output) return {};
  const Picodollars dearest =
      std::max(*found->first.input_miss, found->first.cache_write.value_or(0));
  return input_tokens * dearest + output_tokens * *found->first.output;
}

}  // namespace weir
