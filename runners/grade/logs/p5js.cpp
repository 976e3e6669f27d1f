// p5.js: failures in mocha's list, between dumps of JSON and XML.

#include <map>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"
#include "tasks/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Without blocks whose first line ends in "{" or "[" and whose last is the closing
/// bracket alone, and without lines that are bracketed whole.
std::string without_json(std::string_view log) {
  std::string out;
  bool object = false;
  bool list = false;
  bool first = true;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    const auto text = right_stripped(line);
    if (ends(text, "{")) {
      object = true;
    } else if (ends(text, "[")) {
      list = true;
    } else if (object && text == "}") {
      object = false;
    } else if (list && text == "]") {
      list = false;
    } else if (!object && !list && !(starts(text, "{") && ends(text, "}")) &&
               !(starts(text, "[") && ends(text, "]"))) {
      if (!first) out += '\n';
      first = false;
      out += line;
    }
  }
  return out;
}

std::size_t word_length(std::string_view text) {
  std::size_t length = 0;
  for (auto c = first_character(text); c.length > 0 && is_word(c.point);
       c = first_character(text.substr(length))) {
    length += c.length;
  }
  return length;
}

/// "<word>" or "</word>" at the beginning of a text: its word, empty if it is neither.
std::string_view tag_word(std::string_view text, std::string_view opening) {
  if (!take(text, opening)) return {};
  const std::size_t length = word_length(text);
  return length < text.size() && text[length] == '>' ? text.substr(0, length) : std::string_view();
}

/// One reading of a text for elements to take out.
class Elements {
 public:
  explicit Elements(std::string_view text) : text_(text) {
    for (auto at = text.find("</"); at != kNone; at = text.find("</", at + 1)) {
      const auto word = tag_word(text.substr(at), "</");
      if (!word.empty()) closings_[word].places.push_back(at);
    }
  }

  /// The text without its elements. Of an element opened more often than closed the
  /// openings left over stay. Where the text around an element may join to a new tag, it
  /// stops there and sets `again`, if that is given.
  std::string taken_out(bool* again) {
    std::string out;
    std::size_t kept = 0;
    for (auto at = text_.find('<'); at != kNone; at = text_.find('<', at)) {
      const auto word = tag_word(text_.substr(at), "<");
      std::size_t end = at + 1;
      std::size_t open = word.empty() ? 0 : unclosed(word, at, end);
      if (end > at + 1) {
        out += text_.substr(kept, at - kept);
        if (again != nullptr && open == 0 && joins(out, text_.substr(end))) {
          *again = true;
          return out += text_.substr(end);
        }
        for (; open > 0; --open) ((out += '<') += word) += '>';
        kept = end;
      }
      at = end;
    }
    return out += text_.substr(kept);
  }

 private:
  struct Closings {
    std::vector<std::size_t> places;
    std::size_t next = 0;
  };

  /// Follows an element opened at `at` to where it, or the last that can be, is closed;
  /// sets `end` behind that. Returns how many openings are left. Leaves `end` if nothing
  /// closes it.
  std::size_t unclosed(std::string_view word, std::size_t at, std::size_t& end) {
    const auto found = closings_.find(word);
    if (found == closings_.end()) return 0;
    auto& [places, next] = found->second;
    const std::string tag = "<" + std::string(word) + ">";
    std::size_t open = 0;
    std::size_t from = at;
    while (next < places.size() && places[next] < at) ++next;
    while (next < places.size()) {
      const std::size_t close = places[next++];
      for (auto more = text_.substr(0, close).find(tag, from); more != kNone;
           more = text_.substr(0, close).find(tag, more + tag.size())) {
        ++open;
      }
      from = end = close + word.size() + 3;
      if (--open == 0) break;
    }
    return open;
  }

  /// True if a tag reaches from the end of one text into the other.
  static bool joins(std::string_view head, std::string_view tail) {
    const auto open = head.rfind('<');
    if (open == kNone) return false;
    std::string_view begun = head.substr(open + 1);
    const bool bare = begun.empty();
    take(begun, "/");
    if (word_length(begun) != begun.size()) return false;
    if (bare) take(tail, "/");
    const std::size_t rest = word_length(tail);
    return rest < tail.size() && tail[rest] == '>';
  }

  std::string_view text_;
  std::map<std::string_view, Closings> closings_;
};

/// Without "<word> ... </word>", until none is left.
std::string without_xml(std::string text) {
  // Only text made for it joins to new tags again and again; each time costs a reading.
  constexpr int kMost = 100;
  for (int round = 0; round < kMost; ++round) {
    bool again = false;
    text = Elements(text).taken_out(&again);
    if (!again) return text;
  }
  return Elements(text).taken_out(nullptr);
}

/// Counts characters up to ever greater places.
class CharacterCount {
 public:
  explicit CharacterCount(std::string_view text) : text_(text) {}
  std::size_t upto(std::size_t at) {
    count_ += code_points(text_.substr(at_, at - at_));
    at_ = at;
    return count_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
};

/// Suites and test, one a line, each deeper than the one before: their names joined.
std::optional<std::string> nested_name(std::string_view text) {
  std::string name;
  std::size_t depth = 0;
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const std::size_t indent = indentation(line);
    if (indent <= depth) return {};
    if (depth > 0) name += ':';
    name += stripped(line);
    depth = indent;
  }
  return name;
}

}  // namespace

/// "  1) suite", deeper "  test:": a number at the beginning of a line, then at most 1000
/// characters to the first colon.
TestStatuses parse_p5js(std::string_view coloured, const LogSource&) {
  TestStatuses statuses;
  const std::string plain = without_xml(without_json(without_ansi(coloured)));
  const std::string_view log = plain;
  Next colon(log, ":");
  LineBegin line(log);
  CharacterCount begun(log);
  CharacterCount ended(log);
  std::size_t free = 0;  // where the last match ended
  for (auto at = log.find(')'); at != kNone; at = log.find(')', at + 1)) {
    std::string_view number = log.substr(0, at);
    if (!drop_digits(number)) continue;
    const std::size_t begin = line.of(number.size());
    if (begin < free || !right_stripped(number.substr(begin)).empty()) continue;
    const auto end = colon.from(at + 1);
    if (end == kNone) break;
    if (ended.upto(end) - begun.upto(at + 1) > 1000) continue;
    if (const auto name = nested_name(log.substr(at + 1, end - at - 1))) statuses[*name] = "FAILED";
    free = end + 1;
  }
  return statuses;
}

}  // namespace weir::logs
