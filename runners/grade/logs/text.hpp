#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/logs/characters.hpp"

namespace weir::logs {

// The few steps log parsers are made of. White space and digits are Python's
// (characters.hpp). `take_*` eat from the front of a text, `drop_*` from its
// back; each returns whether it found what it was to eat, and leaves the text
// alone if not.

inline bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
inline bool ends(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool take(std::string_view& text, std::string_view prefix);
bool take_space(std::string_view& text);   ///< exactly one
bool take_spaces(std::string_view& text);  ///< one or more
bool take_digits(std::string_view& text);  ///< one or more
bool drop(std::string_view& text, std::string_view suffix);
bool drop_space(std::string_view& text);
bool drop_spaces(std::string_view& text);
bool drop_digits(std::string_view& text);

/// Python's lstrip, rstrip and strip.
[[nodiscard]] std::string_view left_stripped(std::string_view text);
[[nodiscard]] std::string_view right_stripped(std::string_view text);
[[nodiscard]] std::string_view stripped(std::string_view text);

/// The characters of white space a line begins with.
[[nodiscard]] std::size_t indentation(std::string_view line);

/// Python's split("\n"): a text that ends in a newline has an empty last line.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// False after the last line.
  bool next(std::string_view& line) {
    if (done_) return false;
    const auto end = rest_.find('\n');
    line = rest_.substr(0, end);
    done_ = end == std::string_view::npos;
    if (!done_) rest_.remove_prefix(end + 1);
    return true;
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

/// The fields of a line: Python's split(), one by one. Empty after the last.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  std::string_view next();

 private:
  std::string_view rest_;
};

/// The pieces between the separators: Python's split(separator).
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  std::string_view separator);

/// What is before the first, after the first and after the last separator; all
/// of the text if there is none.
[[nodiscard]] std::string_view before(std::string_view text, std::string_view separator);
[[nodiscard]] std::string_view after(std::string_view text, std::string_view separator);
[[nodiscard]] std::string_view after_last(std::string_view text, std::string_view separator);
[[nodiscard]] std::string_view before_last(std::string_view text, std::string_view separator);

/// "NAME (INSIDE)" to the end of the text, cut at the last `open` that leaves
/// something inside; neither part is empty.
struct Parenthesised {
  std::string_view name;
  std::string_view inside;
};
[[nodiscard]] std::optional<Parenthesised> parenthesised(std::string_view text);

/// `text` with every run of white space made one space, none at its ends.
[[nodiscard]] std::string collapsed(std::string_view text);

[[nodiscard]] std::string replaced(std::string_view text, std::string_view from,
                                   std::string_view to);

/// `parts`, then `last`, with `separator` between them.
[[nodiscard]] std::string joined(const std::vector<std::string_view>& parts, std::string_view last,
                                 std::string_view separator);

/// Without terminal escape sequences (ECMA-48: ESC letter, and CSI ... letter).
[[nodiscard]] std::string without_ansi(std::string_view text);

/// Where the line that holds `at` begins and ends (its newline, or the text's end).
[[nodiscard]] std::size_t line_begin(std::string_view text, std::size_t at);
[[nodiscard]] std::size_t line_end(std::string_view text, std::size_t at);

/// The next place of a needle, asked for at ever greater places: all questions
/// together read the text once.
class Next {
 public:
  Next(std::string_view text, std::string_view needle) : text_(text), needle_(needle) {}
  /// The first place not before `at`; npos if there is none.
  std::size_t from(std::size_t at) {
    if (!asked_ || (found_ < at && found_ != std::string_view::npos)) {
      found_ = text_.find(needle_, at);
      asked_ = true;
    }
    return found_;
  }

 private:
  std::string_view text_;
  std::string_view needle_;
  std::size_t found_ = 0;
  bool asked_ = false;
};

/// Where lines begin, asked for at ever greater places (as Next).
class LineBegin {
 public:
  explicit LineBegin(std::string_view text) : newline_(text, "\n") {}
  /// Where the line that holds `at` begins.
  std::size_t of(std::size_t at) {
    for (auto end = newline_.from(begin_); end < at; end = newline_.from(begin_)) begin_ = end + 1;
    return begin_;
  }

 private:
  Next newline_;
  std::size_t begin_ = 0;
};

/// The test suites a line stands in, where indentation tells.
class IndentedSuites {
 public:
  /// Leaves all suites at this depth or deeper, then enters this one. A line without
  /// indentation changes nothing.
  void enter(std::string_view line);
  /// The suites' names and `test`, with " - " between.
  [[nodiscard]] std::string name_of(std::string_view test) const;
  [[nodiscard]] const std::vector<std::string_view>& names() const { return names_; }

 private:
  std::vector<std::string_view> names_;
  std::vector<std::size_t> depths_;
};

}  // namespace weir::logs
