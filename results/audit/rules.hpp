#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/audit/shell.hpp"
#include "results/finding.hpp"
#include "tasks/patch.hpp"

namespace weir {

// The tables an audit goes by, a file for each kind of finding. A rule is a name for people and
// a function that says whether it holds; adding one is a line in its kind's table.

/// What a rule may know beside the text it looks at.
struct AuditContext {
  bool of_repository = false;
  const std::set<std::string>& tests;
  std::string_view instruction;

  /// Whether the task itself speaks of it.
  [[nodiscard]] bool asked_for(std::string_view text) const {
    return instruction.find(text) != std::string_view::npos;
  }
};

/// Of one command.
struct CommandRule {
  FindingKind kind;
  std::string_view what;
  bool (*holds)(const ShellCommand& command, const AuditContext& context);
};

/// Of text that programs are made of: here-documents, `-c` programs, added lines of a diff.
struct TextRule {
  FindingKind kind;
  std::string_view what;
  bool in_diffs;  ///< of added lines of a submission too
  bool (*holds)(std::string_view text, const AuditContext& context);
};

/// Of one file of a submission.
struct FileRule {
  FindingKind kind;
  std::string_view what;
  bool (*holds)(const FileChange& change, const AuditContext& context);
};

[[nodiscard]] std::span<const CommandRule> history_command_rules();
[[nodiscard]] std::span<const TextRule> history_text_rules();
[[nodiscard]] std::span<const CommandRule> network_command_rules();
[[nodiscard]] std::span<const TextRule> network_text_rules();
[[nodiscard]] std::span<const CommandRule> test_edit_command_rules();
[[nodiscard]] std::span<const FileRule> test_edit_file_rules();
[[nodiscard]] std::span<const CommandRule> marker_command_rules();
[[nodiscard]] std::span<const TextRule> marker_text_rules();
[[nodiscard]] std::span<const CommandRule> shim_command_rules();
[[nodiscard]] std::span<const TextRule> shim_text_rules();
[[nodiscard]] std::span<const FileRule> shim_file_rules();

/// A git command: its own options left out, subcommand first.
[[nodiscard]] std::vector<std::string_view> git_words(const ShellCommand& command);

}  // namespace weir
