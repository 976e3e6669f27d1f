#include "tasks/problem_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::string_view kTrailers[] = {
    "backport-of", "bug",  "cc",     "change-id", "closes",   "fixes",       "git-svn-id",
    "issue",       "link", "pr-url", "refs",      "resolves", "reviewed-on", "see-also"};
/// Lines shorter than this stand in many places by chance.
constexpr std::size_t kTelling = 16;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_trailer(std::string_view line) {
  if (line.substr(0, 20) == "(cherry picked from ") return true;
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return false;
  const std::string key = lower(line.substr(0, colon));
  if (std::find(std::begin(kTrailers), std::end(kTrailers), key) != std::end(kTrailers))
    return true;
  return key.find(' ') == std::string::npos && key.size() > 3 &&
         key.compare(key.size() - 3, 3, "-by") == 0;
}

/// Where the message ends and its trailers begin.
std::string_view without_trailers(std::string_view message) {
  for (;;) {
    message = trimmed(message);
    const auto last = message.rfind('\n');  // the subject is no trailer
    if (last == std::string_view::npos || !is_trailer(message.substr(last + 1))) break;
    message = message.substr(0, last);
  }
  return message;
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void warn_of_files(const Patch& solution, ProblemText& problem) {
  for (const auto& path : touched_files(solution)) {
    const std::string name = file_name(path);
    if (name.find('.') == std::string::npos || problem.text.find(name) == std::string::npos)
      continue;
    problem.warnings.push_back(fmt::format("it names a file of the solution: {}", name));
  }
}

void warn_of_lines(const Patch& solution, ProblemText& problem) {
  for (const auto& file : solution.files) {
    for (const auto& hunk : file.hunks) {
      for (const auto& line : hunk.lines) {
        const std::string_view words = trimmed(std::string_view(line).substr(1));
        if (line.front() != '+' || words.size() < kTelling) continue;
        if (problem.text.find(words) == std::string::npos) continue;
        problem.warnings.push_back(fmt::format("it quotes a line of the solution: {}", words));
        return;
      }
    }
  }
}

}  // namespace

ProblemText problem_text(std::string_view message, const Patch& solution) {
  ProblemText problem;
  problem.text = std::string(without_trailers(message));
  if (problem.text.find('\n') == std::string::npos) {
    problem.warnings.emplace_back("it is one line: does it say enough to be solved?");
  }
  warn_of_files(solution, problem);
  warn_of_lines(solution, problem);
  return problem;
}

}  // namespace weir
