// Failures in browsers, of bpmn-js, OpenLayers and Chart.js.

#include <algorithm>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Digits and dots, one or more: a browser's version.
bool take_version(std::string_view& text) {
  const std::size_t size = text.size();
  while (take(text, ".") || take_digits(text)) {
  }
  return text.size() < size;
}

/// Characters that are no white space, the last of them a closing bracket.
bool take_bracketed_word(std::string_view& text) {
  const auto word = Fields(text).next();
  if (word.size() < 2 || word.data() != text.data() || word.back() != ')') return false;
  text.remove_prefix(word.size());
  return true;
}

/// "PREFIX NAME FAILED", where `take_browser` eats the prefix, up to and with the white
/// space before the name, and `take_name` the rest of the line with its newline: it
/// returns the name. Goes on behind what was eaten.
template <class TakeBrowser, class TakeName, class Keep>
void read_failures(std::string_view log, std::string_view first_word, TakeBrowser&& take_browser,
                   TakeName&& take_name, Keep&& keep) {
  for (auto at = log.find(first_word); at != kNone; at = log.find(first_word, at)) {
    at += first_word.size();
    std::string_view rest = log.substr(at);
    if (!take_browser(rest)) continue;
    if (const auto name = take_name(rest)) {
      keep(*name);
      at = log.size() - rest.size();
    }
  }
}

/// The rest of a line that ends in FAILED and a newline, without FAILED.
class FailedLine {
 public:
  explicit FailedLine(std::string_view log) : size_(log.size()), newline_(log, "\n") {}
  std::optional<std::string_view> operator()(std::string_view& rest) {
    const std::size_t begin = size_ - rest.size();
    const std::size_t end = newline_.from(begin);
    if (end == kNone) return {};
    std::string_view name = rest.substr(0, end - begin);
    if (!drop(name, "FAILED")) return {};
    rest.remove_prefix(end - begin + 1);
    return name;
  }

 private:
  std::size_t size_;
  Next newline_;
};

/// The same with white space before FAILED, which may be a newline.
class SpacedFailedLine {
 public:
  explicit SpacedFailedLine(std::string_view log) : size_(log.size()), newline_(log, "\n") {}
  std::optional<std::string_view> operator()(std::string_view& rest) {
    const std::size_t begin = size_ - rest.size();
    const std::size_t end = newline_.from(begin);
    if (end == kNone) return {};
    std::string_view name = rest.substr(0, end - begin);
    std::string_view next = rest.substr(end - begin + 1);
    if (!take(next, "FAILED\n")) {
      if (!drop(name, "FAILED") || !drop_space(name)) return {};
      next = rest.substr(end - begin + 1);
    }
    rest = next;
    return name;
  }

 private:
  std::size_t size_;
  Next newline_;
};

/// " (Linux x86_64) ": what follows.
bool take_linux(std::string_view& text) {
  return take_space(text) && take(text, "(Linux") && take_space(text) && take(text, "x86_64)") &&
         take_space(text);
}

/// "Chrome Headless VERSION (Linux x86_64) NAME FAILED": the version is anything up to
/// the last such bracket behind which the line fails.
class ChromeHeadlessLine {
 public:
  explicit ChromeHeadlessLine(std::string_view log) : log_(log), newline_(log, "\n") {}

  std::optional<std::string_view> operator()(std::string_view& rest) {
    const std::size_t begin = log_.size() - rest.size();
    if (begin > line_end_ || !seen_) look_at(begin);
    if (!name_ || begin > bracket_) return {};
    rest = log_.substr(next_);
    return name_;
  }

 private:
  /// What the line holds is the same wherever in it one begins, so it is read once.
  void look_at(std::size_t begin) {
    seen_ = true;
    line_end_ = std::min(log_.size(), newline_.from(begin));
    name_.reset();
    if (try_bracket(line_end_)) return;
    constexpr std::string_view kLinux = "(Linux";
    const auto line = log_.substr(0, line_end_);
    for (auto at = line.rfind(kLinux); at != kNone && at > begin; at = line.rfind(kLinux, at - 1)) {
      if (try_bracket(at - last_character(line.substr(0, at)).length)) return;
    }
  }

  bool try_bracket(std::size_t at) {
    std::string_view rest = log_.substr(at);
    if (!take_linux(rest)) return false;
    const std::size_t begin = log_.size() - rest.size();
    const auto end = begin <= line_end_ ? line_end_ : log_.find('\n', begin);
    if (end >= log_.size()) return false;
    std::string_view name = log_.substr(begin, end - begin);
    if (!drop(name, "FAILED")) return false;
    name_ = name;
    bracket_ = at;
    next_ = end + 1;
    return true;
  }

  std::string_view log_;
  Next newline_;
  bool seen_ = false;
  std::size_t line_end_ = 0;
  std::optional<std::string_view> name_;
  std::size_t bracket_ = 0;
  std::size_t next_ = 0;
};

/// "  1) NAME", over any number of lines, up to its "Error:".
template <class Keep>
void read_mocha_list(std::string_view log, const Keep& keep) {
  std::size_t free = 0;
  Next error(log, "Error:");
  for (auto at = log.find(')'); at != kNone; at = log.find(')', at + 1)) {
    std::string_view head = log.substr(0, at);
    if (!drop_digits(head) || !drop_space(head) || !drop_space(head)) continue;
    if (head.size() < free || (!head.empty() && head.back() != '\n')) continue;
    const auto end = error.from(at + 1);
    if (end == kNone) break;
    keep(log.substr(at + 1, end - at - 1));
    free = end + 6;
  }
}

/// "case NAME: mismatch" at the beginning of a line, its white space newlines or not: the
/// name, and how far the match reaches.
struct Mismatch {
  std::string_view name;
  std::size_t end;
};
std::optional<Mismatch> mismatch_at(std::string_view text) {
  constexpr std::string_view kMismatch = "mismatch";
  std::string_view rest = text;
  if (!take(rest, "case") || !take_space(rest)) return {};
  const std::size_t begin = text.size() - rest.size();
  const std::size_t stop = line_end(text, begin);
  const std::string_view line = text.substr(begin, stop - begin);
  if (ends(line, ":") && starts(text.substr(stop), "\nmismatch")) {
    return Mismatch{line.substr(0, line.size() - 1), stop + 1 + kMismatch.size()};
  }
  for (auto at = line.rfind(kMismatch); at != kNone && at > 0; at = line.rfind(kMismatch, at - 1)) {
    std::string_view name = line.substr(0, at);
    if (drop_space(name) && drop(name, ":")) return Mismatch{name, stop};
  }
  return {};
}

template <class Keep>
void read_rendering(std::string_view log, const Keep& keep) {
  for (;;) {
    const auto found = mismatch_at(log);
    if (found) keep(found->name);
    const std::size_t end = line_end(log, found ? found->end : 0);
    if (end == log.size()) return;
    log.remove_prefix(end + 1);
  }
}

}  // namespace

/// Failures of PhantomJS and Chrome on Linux.
TestStatuses parse_bpmn_js(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  const auto keep = [&](std::string_view name) { statuses[name] = "FAILED"; };
  const auto versions = [](std::string_view& rest) {
    return take_space(rest) && take_version(rest) && take_space(rest) && take(rest, "(Linux") &&
           take_space(rest) && take_version(rest) && take(rest, ")") && take_space(rest);
  };
  const auto on_x86 = [](std::string_view& rest) {
    return take_space(rest) && take_version(rest) && take_linux(rest);
  };
  const auto headless = [](std::string_view& rest) {
    return take_space(rest) && take(rest, "Headless") && take_space(rest);
  };
  read_failures(log, "2KPhantomJS", versions, FailedLine(log), keep);
  read_failures(log, "2KPhantomJS", on_x86, FailedLine(log), keep);
  read_failures(log, "Chrome", headless, ChromeHeadlessLine(log), keep);
  read_failures(log, "HeadlessChrome", versions, FailedLine(log), keep);
  return statuses;
}

/// Failures of Chrome, of mocha's list and of the rendering tests.
TestStatuses parse_openlayers(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  const auto keep = [&](std::string_view name) { statuses[collapsed(name)] = "FAILED"; };
  const auto browser = [](std::string_view& rest) {
    return take_space(rest) && take_version(rest) && take_space(rest) && take(rest, "(Linux") &&
           take_space(rest) && take_bracketed_word(rest) && take_space(rest);
  };
  const auto headless = [&](std::string_view& rest) {
    return take_space(rest) && take(rest, "Headless") && browser(rest);
  };
  read_failures(log, "Chrome", headless, SpacedFailedLine(log), keep);
  read_failures(log, "Chrome", browser, FailedLine(log), keep);

  read_mocha_list(log, keep);
  read_rendering(log, keep);
  return statuses;
}

/// "Chrome 99.0 (Linux) NAME FAILED" at the end of a line, colours aside.
TestStatuses parse_chart_js(std::string_view coloured, const LogSource&) {
  TestStatuses statuses;
  const std::string plain = without_ansi(coloured);
  const std::string_view log = plain;
  Next newline(log, "\n");
  Next bracket(log, ")");
  const auto take_blank = [](std::string_view& text) {
    return !starts(text, "\n") && !starts(text, "\r") && take_space(text);
  };
  const auto browser = [&](std::string_view& rest) {
    if (!take_space(rest) || !take_version(rest) || !take_blank(rest) || !take(rest, "("))
      return false;
    const std::size_t begin = log.size() - rest.size();
    const std::size_t end = std::min(log.size(), newline.from(begin));
    // The bracket closes at the first ")" with a blank behind, and holds something.
    const std::size_t least = begin + first_character(rest).length;
    for (auto at = bracket.from(least); at < end; at = bracket.from(at + 1)) {
      std::string_view behind = log.substr(at + 1);
      if (!take_blank(behind)) continue;
      rest = behind;
      return true;
    }
    return false;
  };
  const auto failed = [&](std::string_view& rest) -> std::optional<std::string_view> {
    const std::size_t begin = log.size() - rest.size();
    const std::size_t end = std::min(log.size(), newline.from(begin));
    std::string_view name = rest.substr(0, end - begin);
    if (!drop(name, "FAILED")) return {};
    rest.remove_prefix(end - begin);
    return name;
  };
  read_failures(log, "Chrome", browser, failed,
                [&](std::string_view name) { statuses[name] = "FAILED"; });
  return statuses;
}

}  // namespace weir::logs
