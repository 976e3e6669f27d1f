#include "runners/grade/hidden_tests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/patch.hpp"
#include "tasks/test_files.hpp"
#include "tasks/test_settings.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kDiff = "/tmp/weir-tests.diff";

bool has(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

std::string said(const ExecResult& result) {
  const std::string text = to_utf8(result.out.bytes);
  return text.empty() ? std::string(name_of(result.status)) + "\n" : text;
}

/// The files before "::" in ids of tests, each once.
std::vector<std::string> files_named_by(const PatchGrading& grading) {
  std::set<std::string> files;
  for (const auto* list : {&grading.fail_to_pass, &grading.pass_to_pass}) {
    for (const auto& id : *list) {
      const auto end = id.find("::");
      if (end != std::string::npos && end > 0) files.insert(id.substr(0, end));
    }
  }
  return {files.begin(), files.end()};
}

}  // namespace

HiddenTests hidden_tests(const PatchGrading& grading) {
  HiddenTests tests;
  Patch patch = parse_patch(grading.test_patch);
  tests.files = touched_files(patch);
  tests.diff = grading.test_patch;
  if (tests.files.empty()) tests.named = files_named_by(grading);
  auto& files = patch.files;
  const auto end = std::remove_if(files.begin(), files.end(), lacks_content);
  if (end == files.end()) return tests;
  files.erase(end, files.end());
  tests.diff = render(patch);
  return tests;
}

std::vector<std::string> test_code_of(const std::set<std::string>& changed, const std::string& gold,
                                      const HiddenTests& tests, GradingBox& box) {
  std::vector<std::string> of_gold;
  try {
    of_gold = touched_files(parse_patch(gold));
  } catch (const UserError&) {
    return {};
  }
  std::vector<std::string> found;
  for (const auto& path : changed) {
    if (has(of_gold, path) || has(tests.files, path)) continue;
    const bool test_code = is_test_file(path) || is_test_config(path) || has(tests.named, path);
    if (test_code || changes_test_settings(path, box)) found.push_back(path);
  }
  return found;
}

bool changes_test_settings(const std::string& path, GradingBox& box) {
  if (!holds_test_settings(path)) return false;
  const auto settings = [&](const std::string& script) {
    return test_settings(path, box.run(script + " 2>/dev/null").out.bytes);
  };
  const std::string quoted = shell_quoted(path);
  return settings("cat -- " + quoted) != settings(fmt::format("git show {}:{}", kBaseTag, quoted));
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
  const std::vector<std::string> files = touched_files(parse_patch(tests.diff));
  std::string script = fmt::format(R"sh(
set -e
expected=$(mktemp -d)
take() {{
  ! git cat-file -e "{0}:$1" 2>/dev/null || {{
    case $1 in */*) mkdir -p "$expected/${{1%/*}}" ;; esac
    git cat-file blob "{0}:$1" > "$expected/$1"
  }}
}}
of() {{ [ ! -f "$2/$1" ] || git hash-object $3 -- "$2/$1"; }}
look() {{ [ "$(of "$1" "$expected" --no-filters)" = "$(of "$1" .)" ] || echo "$1"; }}
)sh",
                                   kBaseTag);
  for (const auto& file : files) script += fmt::format("take {}\n", shell_quoted(file));
  script += fmt::format(
      "(cd \"$expected\" && GIT_CEILING_DIRECTORIES=\"${{expected%/*}}\" git apply {})\n", kDiff);
  for (const auto& file : files) script += fmt::format("look {}\n", shell_quoted(file));
  script += "rm -rf \"$expected\"\n";
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
