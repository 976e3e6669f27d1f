#include "tasks/eval_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <vector>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::string_view kStart = ">>>>> Start Test Output";
constexpr std::string_view kEnd = ">>>>> End Test Output";

struct Line {
  std::size_t begin;      ///< offset in the script
  std::string_view text;  ///< without its newline
  bool document = false;  ///< of a heredoc, its closing word too
};

/// The word that ends a document begun with "<<".
struct Closing {
  std::string_view word;
  bool tabs;  ///< "<<-": may be indented by tabs
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view without_tabs(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('\t'), text.size()));
}

/// What follows "<<", if it begins a document. A here-string ("<<<") does not.
std::vector<Closing> closings_in(std::string_view line) {
  std::vector<Closing> found;
  for (auto at = line.find("<<"); at != std::string_view::npos; at = line.find("<<", at)) {
    const auto run = line.find_first_not_of('<', at);
    if (run == std::string_view::npos) break;
    const bool begins = run - at == 2;
    at = run;
    if (!begins) continue;
    const bool tabs = line[at] == '-';
    if (tabs) ++at;
    at = std::min(line.find_first_not_of(" \t", at), line.size());
    if (at < line.size() && (line[at] == '\'' || line[at] == '"' || line[at] == '\\')) ++at;
    const std::size_t begin = at;
    while (at < line.size() && is_word(line[at])) ++at;
    if (at > begin) found.push_back({line.substr(begin, at - begin), tabs});
  }
  return found;
}

std::vector<Line> lines_of(std::string_view script) {
  std::vector<Line> lines;
  std::unordered_map<std::string_view, std::size_t> last;  // line of a text, its last
  for (std::size_t begin = 0; begin <= script.size();) {
    const auto end = std::min(script.find('\n', begin), script.size());
    lines.push_back({begin, script.substr(begin, end - begin)});
    last[without_tabs(lines.back().text)] = lines.size() - 1;
    begin = end + 1;
  }
  std::deque<Closing> open;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Line& line = lines[i];
    if (open.empty()) {
      for (const auto& closing : closings_in(line.text)) {
        // "1 << n" is no document: nothing closes it.
        const auto found = last.find(closing.word);
        if (found != last.end() && found->second > i) open.push_back(closing);
      }
      continue;
    }
    line.document = true;
    const Closing& closing = open.front();
    if ((closing.tabs ? without_tabs(line.text) : line.text) == closing.word) open.pop_front();
  }
  return lines;
}

bool prints(std::string_view line, std::string_view marker) {
  const std::string text(trimmed(line));
  for (const std::string_view command : {":", "echo"}) {
    for (const char quote : {'\'', '"'}) {
      if (text == fmt::format("{} {}{}{}", command, quote, marker, quote)) return true;
    }
  }
  return false;
}

/// The one line that prints `marker`.
std::size_t line_that_prints(std::string_view marker, const std::vector<Line>& lines) {
  std::size_t found = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].document || !prints(lines[i].text, marker)) continue;
    if (found != lines.size()) {
      throw UserError(fmt::format("lines {} and {} both print \"{}\"", found + 1, i + 1, marker));
    }
    found = i;
  }
  if (found == lines.size()) throw UserError(fmt::format("no line prints \"{}\"", marker));
  return found;
}

bool is_full_hash(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

EvalScript cut_eval_script(std::string_view script) {
  const auto lines = lines_of(script);
  const std::size_t start = line_that_prints(kStart, lines);
  const std::size_t end = line_that_prints(kEnd, lines);
  if (end < start) {
    throw UserError(
        fmt::format("line {} ends the tests' output before line {} begins it", end + 1, start + 1));
  }
  const auto between = [&](std::size_t from, std::size_t to) {
    const std::size_t begin = from < lines.size() ? lines[from].begin : script.size();
    const std::size_t stop = to < lines.size() ? lines[to].begin : script.size();
    return std::string(script.substr(begin, stop - begin));
  };
  return {between(0, start), between(start + 1, end), between(end + 1, lines.size())};
}

std::string with_commit_named(std::string_view script, std::string_view hash,
                              std::string_view name) {
  if (!is_full_hash(hash)) return std::string(script);
  std::string out;
  for (const auto& line : lines_of(script)) {
    if (line.begin > 0) out += '\n';
    std::string_view rest = line.text;
    for (auto at = rest.find(hash); !line.document && at != std::string_view::npos;
         at = rest.find(hash)) {
      out.append(rest.substr(0, at)).append(name);
      rest.remove_prefix(at + hash.size());
    }
    out += rest;
  }
  return out;
}

}  // namespace weir
