#include "results/report/text.hpp"

#include <fmt/format.h>

#include "tasks/text.hpp"

namespace weir {
namespace {

/// The two characters beyond ASCII that XML forbids (U+FFFE, U+FFFF) as '?'.
std::string without_noncharacters(std::string text) {
  for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = 0; (at = text.find(forbidden, at)) != std::string::npos;) {
      text.replace(at, 3, "?");
    }
  }
  return text;
}

}  // namespace

std::string escaped_markup(const std::string& text) {
  std::string out;
  for (const char c : without_noncharacters(to_utf8(text))) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F ? '?' : c;
    }
  }
  return out;
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100);
}

std::string usd(const std::optional<double>& value) {
  return value ? fmt::format("${:.5f}", *value) : kUnknown;
}

std::string p_text(double p) {
  return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

Cell rate_cell(const ClusteredRate& r) {
  if (r.trials == 0) return Cell::unknown("no data");
  return {fmt::format("{} {}", percent(r.rate), range(r.interval, 100, 1)),
          Estimate{r.rate, r.interval}};
}

Cell share_cell(double share) {
  return {percent(share), share};
}

Cell share_cell(std::optional<std::int64_t> part, std::optional<std::int64_t> whole) {
  if (!part || !whole) return Cell::unknown();
  if (*whole == 0) return Cell::unknown("–");
  return share_cell(static_cast<double>(*part) / static_cast<double>(*whole));
}

Cell count_cell(const std::optional<std::int64_t>& count) {
  return count ? Cell::number(*count) : Cell::unknown();
}

Cell tokens_cell(const std::optional<std::int64_t>& value) {
  if (!value) return Cell::unknown();
  const double count = static_cast<double>(*value);
  if (count >= 1e6) return {fmt::format("{:.2f} M", count / 1e6), *value};
  if (count >= 1e4) return {fmt::format("{:.1f} k", count / 1e3), *value};
  return Cell::number(*value);
}

Cell usd_cell(const std::optional<double>& value) {
  return value ? Cell{usd(value), *value} : Cell::unknown();
}

Cell spend_cell(const Spend& sum, int parts) {
  if (parts == 0) return Cell::unknown("no data");
  if (sum.known == 0 && sum.unknown_calls > 0) return Cell::unknown();
  const double known = static_cast<double>(sum.known) / 1e12 / parts;
  if (sum.unknown_calls > 0) return Cell::unknown("≥ " + usd(known));
  return usd_cell(known);
}

std::string signed_text(double value, int digits) {
  std::string text = fmt::format("{:+.{}f}", value, digits);
  if (text.find_first_of("123456789") == std::string::npos) text[0] = '+';  // no negative nothing
  return text;
}

Cell points_cell(double difference) {
  return {signed_text(difference * 100, 1), difference};
}

Cell dollars_cell(const std::optional<double>& difference) {
  if (!difference) return Cell::unknown();
  std::string text = signed_text(*difference, 5);
  return {text.insert(1, "$"), *difference};
}

std::string range(const Interval& interval, double scale, int digits) {
  return fmt::format("[{:.{}f}, {:.{}f}]", interval.low * scale, digits, interval.high * scale,
                     digits);
}

Cell range_cell(const std::optional<Interval>& interval, double scale, int digits) {
  if (!interval) return Cell::unknown("–");
  return {range(*interval, scale, digits), *interval};
}

}  // namespace weir
