#include "runners/grade/suite_evidence.hpp"

#include "runners/grade/logs/text.hpp"

namespace weir {
namespace {

using logs::take;
using logs::take_digits;

constexpr auto kNone = std::string_view::npos;

/// A number that begins with one of 1 to 9.
bool take_positive(std::string_view& text) {
  return !text.empty() && text.front() >= '1' && text.front() <= '9' && take_digits(text);
}

/// True if the digits at the end of a text are, from some digit on, such a number.
bool ends_in_positive(std::string_view text) {
  const std::size_t size = text.size();
  std::string_view head = text;
  if (!logs::drop_digits(head)) return false;
  return text.substr(head.size(), size).find_first_of("123456789") != kNone;
}

/// True if `holds(before, after)` for some occurrence of `word`.
template <class Holds>
bool anywhere(std::string_view text, std::string_view word, const Holds& holds) {
  for (auto at = text.find(word); at != kNone; at = text.find(word, at + 1)) {
    if (holds(text.substr(0, at), text.substr(at + word.size()))) return true;
  }
  return false;
}

bool executed(std::string_view, std::string_view rest) {
  return take_positive(rest) && take(rest, " of ") && take_digits(rest);
}
bool total(std::string_view, std::string_view rest) {
  return take_positive(rest) && (take(rest, " SUCCESS") || take(rest, " FAILED"));
}
bool passing(std::string_view head, std::string_view) {
  return ends_in_positive(head);
}
bool tests(std::string_view, std::string_view rest) {
  return logs::take_spaces(rest) && take_positive(rest);
}

bool take_word(std::string_view& text) {
  const std::size_t size = text.size();
  for (auto c = logs::first_character(text); c.length > 0 && logs::is_word(c.point);
       c = logs::first_character(text)) {
    text.remove_prefix(c.length);
  }
  return text.size() < size;
}

/// "1 failed, 2 passed, 3 total".
bool suites(std::string_view, std::string_view rest) {
  if (!logs::take_spaces(rest)) return false;
  for (;;) {
    std::string_view sum = rest;
    if (take_positive(sum) && take(sum, " total")) return true;
    if (!take_digits(rest) || !take(rest, " ") || !take_word(rest) || !take(rest, ", "))
      return false;
  }
}

bool tap(std::string_view head, std::string_view rest) {
  return (head.empty() || head.back() == '\n') && take_positive(rest);
}
bool specs(std::string_view head, std::string_view rest) {
  take(rest, "s");
  return ends_in_positive(head) && take(rest, ", ") && take_digits(rest) && take(rest, " failure");
}
bool ends_line(std::string_view, std::string_view rest) {
  return rest.empty() || rest.front() == '\n';
}

}  // namespace

bool suite_ran(std::string_view text) {
  return anywhere(text, "Executed ", executed) || anywhere(text, "TOTAL: ", total) ||
         anywhere(text, " passing", passing) || anywhere(text, "Tests:", tests) ||
         anywhere(text, "Test Suites:", suites) || anywhere(text, "# tests ", tap) ||
         anywhere(text, " spec", specs) || anywhere(text, "': ok", ends_line);
}

}  // namespace weir
