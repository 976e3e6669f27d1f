#include "harness/router/commands.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// Longer texts are compared by their beginnings: a turn's cost stays bounded.
constexpr std::size_t kCompared = 16'384;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kSpace = " \n";
  for (auto at = text.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const auto end = text.find_first_of(kSpace, at);
    words.push_back(text.substr(at, end - at));
    at = end == std::string_view::npos ? end : text.find_first_not_of(kSpace, end);
  }
  return words;
}

/// Neighbouring words as ranges of the text; of one word, itself.
std::set<std::string_view> pairs_of(std::string_view text) {
  const auto words = words_of(text.substr(0, kCompared));
  std::set<std::string_view> pairs;
  if (words.size() == 1) pairs.insert(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    const char* begin = words[i - 1].data();
    const char* end = words[i].data() + words[i].size();
    pairs.insert({begin, static_cast<std::size_t>(end - begin)});
  }
  return pairs;
}

bool ends_a_word(char c) {
  return c == ' ' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == '\t';
}

bool runs(std::string_view command, std::string_view program) {
  for (auto at = command.find(program); at != std::string_view::npos;
       at = command.find(program, at + 1)) {
    if (at == 0 || ends_a_word(command[at - 1])) return true;
  }
  return false;
}

/// A ">" that writes a file: not into /dev/, not "2>&1".
bool redirects(std::string_view command) {
  for (auto at = command.find('>'); at != std::string_view::npos; at = command.find('>', at + 1)) {
    if (at > 0 && (command[at - 1] == '-' || command[at - 1] == '=')) continue;  // -> and =>
    auto target = command.substr(at + 1);
    while (!target.empty() && (target.front() == '>' || target.front() == ' ')) {
      target.remove_prefix(1);
    }
    if (target.empty() || target.front() == '&' || target.front() == '=') continue;
    if (target.substr(0, 5) == "/dev/") continue;
    return true;
  }
  return false;
}

}  // namespace

std::string normalised(const std::vector<std::string>& commands) {
  std::string out;
  for (const auto& command : commands) {
    for (const auto line : split_lines(command)) {
      const auto text = trimmed(line);
      if (text.empty() || text.front() == '#') continue;
      bool space = false;
      for (const char c : text) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank || !space) out.push_back(blank ? ' ' : c);
        space = blank;
      }
      out.push_back('\n');
    }
    out.push_back('\n');
  }
  return out;
}

double similarity(std::string_view left, std::string_view right) {
  const auto a = pairs_of(left);
  const auto b = pairs_of(right);
  if (a.empty() || b.empty()) return 0;
  std::size_t shared = 0;
  for (const auto& pair : a) shared += b.count(pair);
  return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

bool looks_like_an_edit(std::string_view command) {
  static constexpr std::array<std::string_view, 14> kEditors = {
      "git apply", "patch ", "sed -i", "perl -pi", "tee ",      "mv ",          "cp ",
      "rm ",       "ln ",    "touch ", "mkdir ",   "truncate ", "git checkout", "git mv"};
  return redirects(command) || std::any_of(kEditors.begin(), kEditors.end(),
                                           [&](auto editor) { return runs(command, editor); });
}

bool holds_tool_markup(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kMarkup = {
      "\xEF\xBD\x9C"
      "DSML\xEF\xBD\x9C",  // the model's own, with full-width bars
      "|DSML|",
      "<function_calls>",
      "<tool_call>",
      "<invoke name=",
      "<\xEF\xBD\x9Ctool"};
  return std::any_of(kMarkup.begin(), kMarkup.end(),
                     [&](auto mark) { return text.find(mark) != std::string_view::npos; });
}

}  // namespace weir
