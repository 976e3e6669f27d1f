#include "results/exchange/foreign_json.hpp"

#include <fmt/format.h>

#include <cmath>

#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

const json& nothing() {
  static const json null;
  return null;
}

constexpr double kMostWhole = 9e15;  // beyond it a double skips numbers

}  // namespace

ForeignJson::ForeignJson(const json& value, std::string origin, std::string path)
    : value_(&value), origin_(std::move(origin)), path_(std::move(path)) {}

ForeignJson ForeignJson::at(const std::string& key) const {
  const std::string path = path_.empty() ? key : path_ + "." + key;
  if (is_null()) return {nothing(), origin_, path};
  if (!value_->is_object()) fail("is no object");
  const auto found = value_->find(key);
  return {found == value_->end() ? nothing() : *found, origin_, path};
}

std::vector<ForeignJson> ForeignJson::elements() const {
  std::vector<ForeignJson> all;
  if (is_null()) return all;
  if (!value_->is_array()) fail("is no list");
  for (std::size_t i = 0; i < value_->size(); ++i) {
    all.emplace_back((*value_)[i], origin_, fmt::format("{}[{}]", path_, i));
  }
  return all;
}

std::vector<std::pair<std::string, ForeignJson>> ForeignJson::members() const {
  std::vector<std::pair<std::string, ForeignJson>> all;
  if (is_null()) return all;
  if (!value_->is_object()) fail("is no object");
  for (const auto& [key, unused] : value_->items()) all.emplace_back(key, at(key));
  return all;
}

std::optional<std::string> ForeignJson::text() const {
  if (is_null()) return {};
  if (!value_->is_string()) fail("is no text");
  return value_->get<std::string>();
}

std::optional<bool> ForeignJson::flag() const {
  if (is_null()) return {};
  if (!value_->is_boolean()) fail("is neither true nor false");
  return value_->get<bool>();
}

std::optional<double> ForeignJson::number() const {
  if (is_null()) return {};
  if (!value_->is_number()) fail("is no number");
  const double number = value_->get<double>();
  if (!std::isfinite(number)) fail("is no finite number");
  return number;
}

std::optional<std::int64_t> ForeignJson::whole() const {
  const auto value = number();
  if (!value) return {};
  if (*value < 0 || *value > kMostWhole || *value != std::floor(*value)) {
    fail("is no whole number from 0");
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> ForeignJson::tokens() const {
  const auto value = whole();
  return value == 0 ? std::nullopt : value;
}

std::optional<Picodollars> ForeignJson::money() const {
  const auto usd = number();
  if (!usd) return {};
  if (*usd < 0 || *usd >= 1e6) fail("is no sum in US dollars");
  return static_cast<Picodollars>(std::llround(*usd * 1e12));
}

std::optional<TimePoint> ForeignJson::time() const {
  const auto written = text();
  if (!written) return {};
  const auto time = parse_foreign_time(*written);
  if (!time) fail(fmt::format("\"{}\" is no ISO 8601 time", *written));
  return time;
}

std::string ForeignJson::required_text() const {
  auto written = text();
  if (!written || written->empty()) fail("is missing");
  return std::move(*written);
}

void ForeignJson::fail(const std::string& what) const {
  throw UserError(fmt::format("{}: {}: {}", origin_, path_.empty() ? "the file" : path_, what));
}

std::optional<TimePoint> parse_foreign_time(const std::string& text) {
  if (const auto time = parse_time(text)) return time;
  if (const auto time = parse_time(text + "Z")) return time;
  return text.size() == 10 ? parse_time(text + "T00:00:00Z") : std::nullopt;
}

}  // namespace weir
