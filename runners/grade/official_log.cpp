#include "runners/grade/official_log.hpp"

#include <algorithm>
#include <array>
#include <climits>

#include "runners/grade/logs/text.hpp"
#include "runners/grade/suite_evidence.hpp"

namespace weir {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kStart = ">>>>> Start Test Output";
constexpr std::string_view kEnd = ">>>>> End Test Output";
constexpr std::array<std::string_view, 4> kBadCodes = {">>>>> Patch Apply Failed",
                                                       ">>>>> Reset Failed", ">>>>> Tests Errored",
                                                       ">>>>> Tests Timed Out"};

struct ByteRange {
  unsigned low;
  unsigned high;
};

/// What the second byte of a sequence may be (Unicode, table 3-7); none if no
/// sequence begins so.
ByteRange second_bytes(unsigned char first) {
  if (first < 0xC2 || first > 0xF4) return {1, 0};
  switch (first) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

/// The UTF-8 sequence at the start of `bytes`, or as much of one as is there: one
/// that breaks off is replaced as a whole.
struct Sequence {
  std::size_t length;
  bool whole;
};
Sequence sequence_at(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0x80) return {1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  ByteRange allowed = second_bytes(first);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned byte = i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
    if (byte < allowed.low || byte > allowed.high) return {i, false};
    allowed = {0x80, 0xBF};
  }
  return {length, true};
}

bool names_failure(const TestStatuses& statuses) {
  return std::any_of(statuses.begin(), statuses.end(), [](const auto& entry) {
    return entry.second == "FAILED" || entry.second == "ERROR";
  });
}

OfficialLog not_found(std::string reason) {
  return {false, {}, std::move(reason), ""};
}

}  // namespace

std::string official_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto plain = std::find_if(bytes.begin(), bytes.end(), [](char c) {
      return c == '\r' || static_cast<unsigned char>(c) >= 0x80;
    });
    const auto count = static_cast<std::size_t>(plain - bytes.begin());
    text += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (bytes.empty()) break;
    if (bytes.front() == '\r') {
      text += '\n';
      bytes.remove_prefix(logs::starts(bytes, "\r\n") ? 2 : 1);
      continue;
    }
    const Sequence sequence = sequence_at(bytes);
    text += sequence.whole ? bytes.substr(0, sequence.length) : "\xEF\xBF\xBD";
    bytes.remove_prefix(sequence.length);
  }
  return text;
}

std::optional<std::string_view> official_slice(std::string_view text) {
  const auto start = text.find(kStart);
  if (start == kNone || !logs::contains(text, kEnd)) return {};
  const auto rest = text.substr(start + kStart.size());
  return logs::before(logs::before(rest, kStart), kEnd);
}

bool lacks_markers(std::string_view text) {
  return !logs::contains(text, kStart) && !logs::contains(text, kEnd);
}

std::optional<int> recorded_exit_code(std::string_view text) {
  constexpr std::string_view kLine = ">>>>> Test Exit Code:";
  for (auto at = text.find(kLine); at != kNone; at = text.find(kLine, at + 1)) {
    std::string_view rest = logs::left_stripped(text.substr(at + kLine.size()));
    const bool negative = logs::take(rest, "-");
    std::string_view digits = rest;
    if (!logs::take_digits(rest)) continue;
    digits = digits.substr(0, digits.size() - rest.size());
    long value = 0;
    while (!digits.empty()) {
      const auto digit = logs::first_character(digits);
      value = std::min<long>(INT_MAX, value * 10 + logs::digit_value(digit.point));
      digits.remove_prefix(digit.length);
    }
    return static_cast<int>(negative ? -value : value);
  }
  return {};
}

OfficialLog read_official_log(std::string_view text, const LogParser& parser,
                              const LogSource& source) {
  for (const auto code : kBadCodes) {
    if (logs::contains(text, code)) return not_found("the log says \"" + std::string(code) + "\"");
  }
  const auto slice = official_slice(text);
  if (!slice) return not_found("the log lacks a marker of the test output");
  ParsedLog parsed = parser.read(*slice, source);
  if (parsed.failure.empty() && parsed.statuses.empty()) parsed = parser.read(text, source);
  if (!parsed.failure.empty()) return {false, {}, "the log cannot be read", parsed.failure};
  if (parsed.statuses.empty() && !suite_ran(text)) {
    return not_found("the log names no test, and nothing in it says that a suite ran");
  }
  const auto exit_code = recorded_exit_code(text);
  if (exit_code.value_or(0) != 0 && !parsed.statuses.empty() && !names_failure(parsed.statuses)) {
    return not_found("the test command ended with " + std::to_string(*exit_code) +
                     ", yet the log names no failure");
  }
  return {true, std::move(parsed.statuses), "", ""};
}

}  // namespace weir
