#include "runners/grade/hidden_tests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/patch.hpp"
#include "tasks/test_files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kDiff = "/tmp/weir-tests.diff";

bool has(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

/// "Binary files a/x and b/x differ": a change without its content.
bool lacks_content(const FileChange& change) {
  return std::any_of(change.header.begin(), change.header.end(),
                     [](const std::string& line) { return line.rfind("Binary files ", 0) == 0; });
}

std::string said(const ExecResult& result) {
  const std::string text = to_utf8(result.out.bytes);
  return text.empty() ? std::string(name_of(result.status)) + "\n" : text;
}

}  // namespace

HiddenTests hidden_tests(const PatchGrading& grading) {
  HiddenTests tests;
  Patch patch = parse_patch(grading.test_patch);
  tests.files = touched_files(patch);
  tests.diff = grading.test_patch;
  auto& files = patch.files;
  const auto end = std::remove_if(files.begin(), files.end(), lacks_content);
  if (end == files.end()) return tests;
  files.erase(end, files.end());
  tests.diff = render(patch);
  return tests;
}

std::optional<std::set<std::string>> unlike_base(GradingBox& box) {
  const ExecResult result = box.run(
      "git -c core.fsmonitor=false -c core.quotePath=false status --porcelain=v1 -z --no-renames "
      "--untracked-files=all --ignored=traditional");
  if (!result.ok()) return {};
  std::set<std::string> paths;
  const std::string& list = result.out.bytes;
  constexpr std::size_t kState = 3;  // "XY "
  for (std::size_t at = 0, end = 0; (end = list.find('\0', at)) != std::string::npos; at = end + 1) {
    if (end - at > kState) paths.insert(list.substr(at + kState, end - at - kState));
  }
  return paths;
}

std::vector<std::string> test_code_of(const std::set<std::string>& changed, const std::string& gold,
                                      const HiddenTests& tests) {
  std::vector<std::string> of_gold;
  try {
    of_gold = touched_files(parse_patch(gold));
  } catch (const UserError&) {
    return {};
  }
  std::vector<std::string> found;
  for (const auto& path : changed) {
    const bool test_code = is_test_file(path) || is_test_config(path);
    if (test_code && !has(of_gold, path) && !has(tests.files, path)) found.push_back(path);
  }
  return found;
}

std::string set_back(const std::vector<std::string>& paths, GradingBox& box) {
  if (paths.empty()) return {};
  std::string script = "set -e\n";
  for (const auto& path : paths) {
    script += fmt::format(
        "if git cat-file -e {1}:{0} 2>/dev/null; then rm -rf -- {0}; git checkout -q {1} -- {0}; "
        "else rm -rf -- {0}; fi\n",
        shell_quoted(path), kBaseTag);
  }
  const ExecResult result = box.run(script);
  return result.ok() ? std::string() : said(result);
}

std::string place(const HiddenTests& tests, GradingBox& box) {
  if (tests.diff.empty()) return {};
  box.put(tests.diff, kDiff);
  const ExecResult result = box.run(fmt::format("git apply --verbose {}", kDiff));
  return result.ok() ? std::string() : said(result);
}

std::vector<std::string> misplaced(const HiddenTests& tests, GradingBox& box) {
  if (tests.diff.empty()) return {};
  box.put(tests.diff, kDiff);
  std::string script = fmt::format(
      "set -e\nindex=$(mktemp -u)\nGIT_INDEX_FILE=$index git read-tree {}\n"
      "GIT_INDEX_FILE=$index git apply --cached {}\n"
      "look() {{ if [ \"$(GIT_INDEX_FILE=$index git rev-parse -q --verify \":$1\")\" != "
      "\"$([ ! -f \"$1\" ] || git hash-object -- \"$1\")\" ]; then echo \"$1\"; fi; }}\n",
      kBaseTag, kDiff);
  std::vector<std::string> files = touched_files(parse_patch(tests.diff));
  for (const auto& file : files) script += fmt::format("look {}\n", shell_quoted(file));
  script += "rm -f \"$index\"\n";
  const ExecResult result = box.run(script);
  if (!result.ok()) return files;
  std::vector<std::string> found;
  const std::string printed = to_utf8(result.out.bytes);
  for (const auto line : split_lines(printed)) {
    if (!line.empty()) found.emplace_back(line);
  }
  return found;
}

}  // namespace weir
