// Reads price books, schema "weir/price-book@1", and LiteLLM's cost map. Whatever
// is wrong with a price is an error: a wrong number is worse than none.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "results/prices.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::string_view kPeak = "+peak";
constexpr const char* kUnit = "currency units per 1,000,000 tokens";
constexpr double kDearest = 1e6;  // currency units per million tokens

/// Units per token, as picounits: 0.003625 per million -> 3625, exactly.
Picodollars picounits(double per_token_e12, const std::string& what) {
  if (!(per_token_e12 >= 0) || per_token_e12 > kDearest * 1e6) {
    throw UserError(fmt::format("{}: must be a price from 0", what));
  }
  const double whole = std::round(per_token_e12);
  if (std::abs(per_token_e12 - whole) > 1e-9 * std::max(1.0, whole)) {
    throw UserError(fmt::format("{}: is finer than a millionth of a millionth per token", what));
  }
  return static_cast<Picodollars>(whole);
}

void refuse_unknown_keys(const json& object, const std::vector<std::string>& known) {
  for (const auto& [key, unused] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw UserError(fmt::format("unknown key \"{}\"{}", key, did_you_mean(key, known)));
    }
  }
}

std::optional<Picodollars> rate(const json& rates, const char* key) {
  const auto found = rates.find(key);
  if (found == rates.end() || found->is_null()) return {};
  return picounits(found->get<double>() * 1e6, fmt::format("\"{}\"", key));
}

Rates read_rates(const json& written) {
  refuse_unknown_keys(
      written, {"input_cache_miss", "input_cache_hit", "cache_write", "output", "reasoning"});
  return {rate(written, "input_cache_miss"), rate(written, "input_cache_hit"),
          rate(written, "cache_write"), rate(written, "output"), rate(written, "reasoning")};
}

TimePoint required_time(const json& entry, const char* key) {
  const auto parsed = parse_time(entry.at(key).get<std::string>());
  if (!parsed) throw UserError(fmt::format("\"{}\" is not a time", key));
  return *parsed;
}

int minutes_of(const std::string& clock) {  // "09:30", or "24:00" for the end of a day
  if (clock == "24:00") return 24 * 60;
  const auto parsed = parse_time("2000-01-01T" + clock + ":00Z");
  if (clock.size() != 5 || clock[2] != ':' || !parsed) throw UserError("a window wants \"hh:mm\"");
  const auto midnight = std::chrono::floor<std::chrono::days>(*parsed);
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::minutes>(*parsed - midnight).count());
}

PeakWindow read_window(const json& written) {
  static const std::vector<std::string> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  refuse_unknown_keys(written, {"days", "utc"});
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

std::chrono::minutes read_offset(const std::string& text) {  // "+08:00"
  if (text.empty()) return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) {
    throw UserError("\"utc_offset\" wants \"+hh:mm\"");
  }
  const int minutes = minutes_of(text.substr(1));
  return std::chrono::minutes(text[0] == '-' ? -minutes : minutes);
}

using Calendars = std::map<std::string, std::set<std::chrono::sys_days>>;

Calendars read_calendars(const json& written) {
  Calendars calendars;
  for (const auto& [name, days] : written.items()) {
    for (const auto& day : days) {
      const auto time = parse_time(day.get<std::string>() + "T00:00:00Z");
      if (!time) throw UserError(fmt::format("holiday {} is not a date", day.dump()));
      calendars[name].insert(std::chrono::floor<std::chrono::days>(*time));
    }
  }
  return calendars;
}

TimeOfUse read_time_of_use(const json& written, const Calendars& calendars) {
  refuse_unknown_keys(written, {"base", "peak_multiplier", "peak_windows", "clock", "holiday_note",
                                "billed_at", "utc_offset", "holidays"});
  if (written.value("base", std::string("off_peak")) != "off_peak") {
    throw UserError("\"base\" must be off_peak: rates are those outside the windows");
  }
  TimeOfUse tou;
  const double multiplier = written.at("peak_multiplier").get<double>();
  if (multiplier < 1 || multiplier > 1000 || multiplier != std::floor(multiplier)) {
    throw UserError("\"peak_multiplier\" must be a whole number");
  }
  tou.peak_multiplier = static_cast<int>(multiplier);
  for (const auto& window : written.at("peak_windows")) tou.peaks.push_back(read_window(window));
  tou.utc_offset = read_offset(written.value("utc_offset", std::string()));
  const std::string calendar = written.value("holidays", std::string());
  if (!calendar.empty()) {
    if (calendars.count(calendar) == 0) {
      throw UserError(fmt::format("the book has no holidays \"{}\"", calendar));
    }
    tou.holidays = calendars.at(calendar);
  }
  return tou;
}

PriceEntry read_entry(const json& written, const std::string& host, const Calendars& calendars) {
  refuse_unknown_keys(
      written, {"id", "host", "model", "effective_from", "effective_to", "alias_of", "alias_mode",
                "rates", "time_of_use", "served_by", "confidence", "sources", "note"});
  PriceEntry entry;
  entry.id = written.at("id").get<std::string>();
  const bool peak =
      entry.id.size() >= kPeak.size() && entry.id.substr(entry.id.size() - kPeak.size()) == kPeak;
  if (entry.id.empty() || peak || entry.id == kRefused || entry.id == kReplayed) {
    throw UserError("\"id\" must not be empty, end in +peak, or be refused or replay");
  }
  entry.host = written.value("host", host);
  entry.model = written.at("model").get<std::string>();
  entry.from = required_time(written, "effective_from");
  if (written.contains("effective_to") && !written.at("effective_to").is_null()) {
    entry.to = required_time(written, "effective_to");
    if (*entry.to <= entry.from)
      throw UserError("\"effective_to\" must be after \"effective_from\"");
  }
  entry.alias_of = written.value("alias_of", std::string());
  entry.confidence = written.value("confidence", std::string());
  entry.sources = written.value("sources", std::vector<std::string>{});
  if (written.contains("rates")) {
    for (const auto& [currency, rates] : written.at("rates").items()) {
      entry.rates[currency] = read_rates(rates);
    }
  }
  if (entry.rates.empty() == entry.alias_of.empty()) {
    throw UserError("has neither \"rates\" nor \"alias_of\", or both");
  }
  const auto tou = written.find("time_of_use");
  if (tou != written.end() && !tou->is_null()) {
    entry.time_of_use = read_time_of_use(*tou, calendars);
  }
  return entry;
}

/// Which host a provider of the cost map is; the provider's name itself where
/// nothing is known, to be named by price_host.
std::string host_of_provider(const std::string& provider) {
  static const std::map<std::string, std::string> kHosts = {{"deepseek", "api.deepseek.com"},
                                                            {"openai", "api.openai.com"},
                                                            {"anthropic", "api.anthropic.com"},
                                                            {"openrouter", "openrouter.ai"},
                                                            {"fireworks_ai", "api.fireworks.ai"},
                                                            {"together_ai", "api.together.xyz"},
                                                            {"mistral", "api.mistral.ai"},
                                                            {"groq", "api.groq.com"},
                                                            {"xai", "api.x.ai"},
                                                            {"deepinfra", "api.deepinfra.com"},
                                                            {"cerebras", "api.cerebras.ai"},
                                                            {"moonshot", "api.moonshot.ai"}};
  const auto found = kHosts.find(provider);
  return found == kHosts.end() ? provider : found->second;
}

std::optional<Picodollars> cost_per_token(const json& model, const char* key) {
  const auto found = model.find(key);
  if (found == model.end() || !found->is_number()) return {};
  return picounits(found->get<double>() * 1e12, fmt::format("\"{}\"", key));
}

/// "input_cost_per_token_above_200k_tokens" -> 200,000.
std::optional<std::int64_t> most_input(const json& model) {
  std::optional<std::int64_t> least;
  constexpr std::string_view kAbove = "_above_";
  for (const auto& [key, value] : model.items()) {
    const auto at = key.find(kAbove);
    if (at == std::string::npos || !value.is_number()) continue;
    const char* digits = key.c_str() + at + kAbove.size();
    char* unit = nullptr;
    const std::int64_t limit = std::strtoll(digits, &unit, 10) * 1000;
    if (std::string_view(unit) != "k_tokens" || limit <= 0) continue;  // "_above_1hr" is a duration
    least = std::min(least.value_or(limit), limit);
  }
  return least;
}

/// One model of the cost map; nullopt where it is not priced per token.
std::optional<PriceEntry> read_cost(const std::string& name, const json& model) {
  if (!model.is_object() || !model.contains("input_cost_per_token")) return {};
  PriceEntry entry;
  entry.id = "litellm:" + name;
  const std::string provider = model.value("litellm_provider", std::string());
  entry.host = host_of_provider(provider);
  const auto prefix = provider + "/";
  entry.model = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
  Rates rates;
  rates.input_miss = cost_per_token(model, "input_cost_per_token");
  rates.input_hit = cost_per_token(model, "cache_read_input_token_cost");
  rates.cache_write = cost_per_token(model, "cache_creation_input_token_cost");
  rates.output = cost_per_token(model, "output_cost_per_token");
  rates.reasoning = cost_per_token(model, "output_cost_per_reasoning_token");
  // Without a cache there is one price of input; with one whose price the map
  // lacks, hits stay unpriced.
  if (!rates.input_hit && !model.value("supports_prompt_caching", false)) {
    rates.input_hit = rates.input_miss;
  }
  entry.rates["usd"] = rates;
  entry.confidence = "fallback";
  entry.sources = {"LiteLLM cost map, undated"};
  entry.most_input = most_input(model);
  return entry;
}

/// The same, where one odd model of thousands must not cost the others.
std::optional<PriceEntry> readable_cost(const std::string& name, const json& model) {
  try {
    return read_cost(name, model);
  } catch (const std::exception&) {
    return {};  // it stays without a price
  }
}

}  // namespace

/// Fills a book from JSON, remembering where it is for messages.
class PriceBookReader {
 public:
  PriceBookReader(PriceBook& book, const std::string& origin) : book_(book), origin_(origin) {}

  void read(std::string_view text) {
    guarded([&] {
      const json document = json::parse(text);
      if (document.value("schema", "") != "weir/price-book@1") {
        throw UserError("\"schema\" must be \"weir/price-book@1\"");
      }
      const auto unit = document.value("unit", std::string(kUnit));
      if (unit != kUnit) throw UserError(fmt::format("\"unit\" must be \"{}\"", kUnit));
      const std::string host = document.value("host", std::string("api.deepseek.com"));
      const Calendars calendars = read_calendars(document.value("holidays", json::object()));
      for (const auto& entry : document.at("entries")) {
        where_ = entry.value("id", std::string("without an id"));
        book_.entries_.push_back(read_entry(entry, host, calendars));
        require_apart();
      }
      require_alias_targets();
      read_scenarios(document.value("scenarios", json::array()));
      read_models(document.value("fallback", json::object()));
    });
  }

  /// The cost map reduced to what prices need, for the book's stored text.
  json reduced(std::string_view cost_map) {
    json models = json::object();
    guarded([&] {
      const json map = json::parse(cost_map);
      if (!map.is_object()) throw UserError("a cost map is a JSON object of models");
      for (const auto& [name, model] : map.items()) {
        if (name == "sample_spec" || !readable_cost(name, model)) continue;
        for (const auto& [key, value] : model.items()) {
          const bool kept = key.find("_token") != std::string::npos || key == "litellm_provider" ||
                            key == "supports_prompt_caching";
          if (kept && !value.is_object() && !value.is_array()) models[name][key] = value;
        }
      }
    });
    return models;
  }

 private:
  template <typename Body>
  void guarded(Body&& body) {
    try {
      body();
    } catch (const json::exception& error) {
      throw UserError(fmt::format("{}: price entry {}: {}", origin_, where_, error.what()));
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: price entry {}: {}", origin_, where_, error.what()));
    }
  }

  /// Two prices for one model at one time would make either wrong.
  void require_apart() const {
    const PriceEntry& last = book_.entries_.back();
    for (std::size_t i = 0; i + 1 < book_.entries_.size(); ++i) {
      const PriceEntry& other = book_.entries_[i];
      if (other.id == last.id) throw UserError("has the id of another entry");
      if (other.host != last.host || other.model != last.model) continue;
      const bool before = last.to && *last.to <= other.from;
      const bool after = other.to && *other.to <= last.from;
      if (!before && !after) {
        throw UserError(fmt::format("overlaps in time with entry {} of the same model", other.id));
      }
    }
  }

  void require_alias_targets() {
    for (const auto& entry : book_.entries_) {
      const bool found =
          std::any_of(book_.entries_.begin(), book_.entries_.end(), [&](const PriceEntry& other) {
            return other.host == entry.host && other.model == entry.alias_of &&
                   other.alias_of.empty();
          });
      where_ = entry.id;
      if (!entry.alias_of.empty() && !found) {
        throw UserError(fmt::format("is an alias of \"{}\", which has no prices", entry.alias_of));
      }
    }
  }

  void read_scenarios(const json& scenarios) {
    for (const auto& scenario : scenarios) {
      const auto name = scenario.at("name").get<std::string>();
      where_ = "of scenario " + name;
      refuse_unknown_keys(scenario, {"name", "use", "tariff", "note"});
      if (book_.scenarios_.count(name) != 0) throw UserError("there are two of this name");
      const auto use = scenario.at("use").get<std::vector<std::string>>();
      std::set<std::pair<std::string, std::string>> models;
      for (const auto& id : use) {
        const PriceEntry* entry = book_.entry(id);
        if (entry == nullptr || entry->id != id) {
          throw UserError(fmt::format("there is no entry \"{}\"", id));
        }
        if (!models.emplace(entry->host, entry->model).second) {
          throw UserError(fmt::format("entry {} is not the only one of its model", id));
        }
      }
      const auto tariff = scenario.value("tariff", std::string());
      if (!tariff.empty() && tariff != "peak" && tariff != "off_peak") {
        throw UserError("\"tariff\" must be peak or off_peak");
      }
      book_.scenarios_[name] = {use, tariff};
    }
  }

  void read_models(const json& models) {
    for (const auto& [name, model] : models.items()) {
      if (auto entry = readable_cost(name, model)) book_.fallback_.push_back(std::move(*entry));
    }
    drop_ambiguous();
  }

  /// Two names of one model at one provider with different prices: neither.
  void drop_ambiguous() {
    std::map<std::pair<std::string, std::string>, std::size_t> count;
    for (const auto& entry : book_.fallback_) ++count[{entry.host, entry.model}];
    const auto ambiguous = [&](const PriceEntry& entry) {
      return count[{entry.host, entry.model}] > 1;
    };
    auto& list = book_.fallback_;
    list.erase(std::remove_if(list.begin(), list.end(), ambiguous), list.end());
  }

  PriceBook& book_;
  const std::string& origin_;
  std::string where_ = "list";
};

PriceBook PriceBook::parse(std::string_view text, const std::string& origin) {
  PriceBook book;
  book.text_ = text;
  book.sha256_ = weir::sha256(text);
  PriceBookReader(book, origin).read(text);
  return book;
}

PriceBook PriceBook::with_fallback(std::string_view cost_map, const std::string& origin) const {
  PriceBook scratch;
  json document = json::parse(text_);
  document["fallback"] = PriceBookReader(scratch, origin).reduced(cost_map);
  return parse(document.dump(), origin).viewed(view_);
}

}  // namespace weir
