// Edits of tests and of what decides how they run. Often right: who mends code adds tests.

#include <algorithm>
#include <array>

#include "results/audit/rules.hpp"
#include "tasks/test_files.hpp"

namespace weir {
namespace {

/// Words of which one must stand in a changed line, or in the section it is in, for the change
/// to concern tests.
struct SharedFile {
  std::string_view name;
  std::array<std::string_view, 4> words;
};
constexpr SharedFile kShared[] = {
    {"setup.cfg", {"pytest", "[test", "testpaths", "addopts"}},
    {"pyproject.toml", {"pytest", "testpaths", "addopts", "unittest"}},
    {"package.json", {"\"test", "jest", "vitest", "mocha"}},
    {"Makefile", {"test:", "check:", "pytest", "test-"}},
    {"CMakeLists.txt", {"add_test", "gtest_discover_tests", "enable_testing", "catch_discover"}},
};

bool changes_section_on_tests(const FileChange& change) {
  const std::string_view name = base_name(change.path());
  for (const auto& shared : kShared) {
    if (shared.name != name) continue;
    for (const auto& hunk : change.hunks) {
      for (const auto& line : hunk.lines) {
        for (const auto word : shared.words) {
          if (line.find(word) != std::string::npos ||
              hunk.section.find(word) != std::string::npos) {
            return true;
          }
        }
      }
    }
  }
  return false;
}

bool touches(const FileChange& change, bool (*holds)(std::string_view)) {
  return holds(change.old_path) || holds(change.new_path);
}

bool touches_hidden_tests(const FileChange& change, const AuditContext& context) {
  return context.tests.count(change.old_path) != 0 || context.tests.count(change.new_path) != 0;
}

bool concerns_tests(const FileChange& change) {
  return touches(change, is_test_file) && !touches(change, is_test_config);
}

bool changes_tests(const FileChange& change, const AuditContext& context) {
  return concerns_tests(change) && !change.old_path.empty() &&
         !touches_hidden_tests(change, context);
}

bool adds_tests(const FileChange& change, const AuditContext& context) {
  return concerns_tests(change) && change.old_path.empty() &&
         !touches_hidden_tests(change, context);
}

bool changes_settings(const FileChange& change, const AuditContext&) {
  return touches(change, is_test_config) || changes_section_on_tests(change);
}

bool writes_settings(const ShellCommand& command, const AuditContext&) {
  const auto files = written_files(command);
  return std::any_of(files.begin(), files.end(), is_test_config);
}

constexpr CommandRule kCommands[] = {
    {FindingKind::test_edit, "writes settings of test runs", writes_settings},
};
constexpr FileRule kFiles[] = {
    {FindingKind::test_edit, "changes a file of the hidden tests", touches_hidden_tests},
    {FindingKind::test_edit, "changes tests", changes_tests},
    {FindingKind::test_edit, "adds tests", adds_tests},
    {FindingKind::test_edit, "changes settings of test runs", changes_settings},
};

}  // namespace

std::span<const CommandRule> test_edit_command_rules() {
  return kCommands;
}
std::span<const FileRule> test_edit_file_rules() {
  return kFiles;
}

}  // namespace weir
