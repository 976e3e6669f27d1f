#include "tasks/units.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace weir {
namespace {

struct Quantity {
  double value;
  std::string_view unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  Quantity quantity{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity.value);
  if (error != std::errc() || !std::isfinite(quantity.value) || quantity.value < 0) return {};
  quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!quantity.unit.empty() && quantity.unit.front() == ' ') quantity.unit.remove_prefix(1);
  return quantity;
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  if (text.size() < from + count) return {};
  int value = 0;
  const char* first = text.data() + from;
  const auto [end, error] = std::from_chars(first, first + count, value);
  if (error != std::errc() || end != first + count || *first == '-') return {};
  return value;
}

/// Parses "Z", "+hh:mm" or "-hh:mm" into minutes east of UTC.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return {};
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity) return {};
  double scale = 0;
  if (quantity->unit == "ms") scale = 1;
  if (quantity->unit == "s") scale = 1000;
  if (quantity->unit == "m" || quantity->unit == "min") scale = 60'000;
  if (quantity->unit == "h") scale = 3'600'000;
  if (scale == 0 || quantity->value * scale > 1e15) return {};
  return milliseconds(std::llround(quantity->value * scale));
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity) return {};
  std::string_view unit = quantity->unit;
  double scale = 1;
  if (!unit.empty()) {
    constexpr std::string_view kPrefixes = "KMGT";
    const auto power = kPrefixes.find(static_cast<char>(unit.front() & ~0x20));
    if (power != std::string_view::npos) {
      scale = std::pow(1024.0, static_cast<double>(power + 1));
      unit.remove_prefix(1);
    }
    if (!unit.empty() && unit != "B" && unit != "iB" && unit != "b") return {};
  }
  if (quantity->value * scale > 9e18) return {};
  return static_cast<std::int64_t>(std::llround(quantity->value * scale));
}

std::optional<TimePoint> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 0, 4);
  const auto mo = digits(text, 5, 2);
  const auto d = digits(text, 8, 2);
  const auto h = digits(text, 11, 2);
  const auto mi = digits(text, 14, 2);
  const auto s = digits(text, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s) return {};
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return {};
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return {};
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return {};
  text.remove_prefix(19);
  milliseconds fraction(0);
  if (!text.empty() && text.front() == '.') {
    std::size_t length = 1;
    int scale = 100;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
      fraction += milliseconds((text[length] - '0') * scale);
      scale /= 10;
      ++length;
    }
    text.remove_prefix(length);
  }
  const auto offset = parse_offset(text);
  if (!offset) return {};
  return TimePoint(sys_days(date).time_since_epoch() + hours(*h) + minutes(*mi) + seconds(*s) +
                   fraction - *offset);
}

std::string format_time(TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string format_duration(milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const auto seconds = ms / 1000;
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace weir
