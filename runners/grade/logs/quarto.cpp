// deno test, as quarto-cli's suite prints it.

#include <map>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Numbers temporary files in the order they are first seen: their names differ by run.
class TemporaryFiles {
 public:
  /// `line` with every "/tmp/WORD`end`" replaced by the number of the first of them.
  std::string numbered(std::string_view line, std::string_view end) {
    std::string out;
    std::string number;
    constexpr std::string_view kTmp = "/tmp/";
    for (auto at = line.find(kTmp); at != kNone; at = line.find(kTmp)) {
      std::string_view rest = line.substr(at + kTmp.size());
      std::size_t word = 0;
      for (auto c = first_character(rest); c.length > 0 && is_word(c.point);
           c = first_character(rest.substr(word))) {
        word += c.length;
      }
      rest.remove_prefix(word);
      if (word == 0 || !take(rest, end)) {
        out += line.substr(0, at + 1);
        line.remove_prefix(at + 1);
        continue;
      }
      if (number.empty()) number = number_of(line.substr(at, line.size() - rest.size() - at));
      (out += line.substr(0, at)) += kTmp;
      out += number;
      line = rest;
    }
    return out += line;
  }

 private:
  std::string number_of(std::string_view file) {
    return std::to_string(numbers_.try_emplace(std::string(file), numbers_.size()).first->second);
  }

  std::map<std::string, std::size_t> numbers_;
};

bool is_no_test(std::string_view line) {
  return starts(line, "test result:") || contains(line, "34mINFO") ||
         (contains(line, "passed") && contains(line, "failed") && contains(line, "steps"));
}

}  // namespace

/// "[smoke] > NAME ... ok"; a test without a verdict has failed. Ends where failures are told.
TestStatuses parse_quarto(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  TemporaryFiles files;
  Lines lines(log);
  for (std::string_view raw; lines.next(raw);) {
    if (contains(raw, "ERRORS") || contains(raw, "failures:")) break;
    if (!contains(raw, "[smoke]") && !contains(raw, "[unit]")) continue;
    const std::string line = files.numbered(files.numbered(raw, ".qmd"), "/");
    if (is_no_test(line)) continue;
    std::string& status = statuses[stripped(before(line, "..."))];
    if (contains(line, "32mok")) {
      status = "PASSED";
    } else if (contains(line, "31mFAILED") || status.empty()) {
      status = "FAILED";
    }
  }
  return statuses;
}

}  // namespace weir::logs
