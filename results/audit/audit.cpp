#include "results/audit/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/audit/rules.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kExcerpt = 160;

/// The text on one line, cut: for people.
std::string excerpt(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
    if (line.size() >= kExcerpt) {
      line += "...";
      break;
    }
  }
  return to_utf8(trimmed(line));
}

std::vector<std::string> commands_of(const Turn& turn) {
  std::vector<std::string> commands;
  const json actions = json::parse(turn.actions, nullptr, false);
  if (!actions.is_array()) return commands;
  for (const auto& action : actions) {
    if (action.is_string()) commands.push_back(action.get<std::string>());
  }
  return commands;
}

/// A diff as far as it can be read. One that is broken is read by its lines: tools more
/// forgiving than ours may apply it.
Patch read_diff(std::string_view diff) {
  try {
    return parse_patch(diff);
  } catch (const UserError&) {
  }
  Patch patch;
  std::string old_path;
  std::size_t at = 0;
  while (at < diff.size()) {
    const auto end = std::min(diff.find('\n', at), diff.size());
    const std::string_view line = diff.substr(at, end - at);
    at = end + 1;
    const auto path = [&] {
      const std::string_view name = line.substr(4, line.substr(4).find('\t'));
      return std::string(name.starts_with("a/") || name.starts_with("b/") ? name.substr(2) : name);
    };
    if (line.starts_with("--- ")) {
      old_path = path();
    } else if (line.starts_with("+++ ")) {
      FileChange& change = patch.files.emplace_back();
      if (old_path != "/dev/null") change.old_path = old_path;
      if (path() != "/dev/null") change.new_path = path();
      change.hunks.emplace_back();
    } else if (!patch.files.empty()) {
      patch.files.back().hunks.back().lines.emplace_back(line);
    }
  }
  return patch;
}

/// Whether what the command writes is for people: no program.
bool is_prose(const ShellCommand& command) {
  const auto& files = command.redirects;
  return !files.empty() && std::all_of(files.begin(), files.end(), [](const std::string& file) {
    return file.ends_with(".md") || file.ends_with(".rst") || file.ends_with(".txt");
  });
}

std::string added_lines(const FileChange& change) {
  std::string added;
  for (const auto& hunk : change.hunks) {
    for (const auto& line : hunk.lines) {
      if (line.starts_with('+')) added.append(line, 1).append("\n");
    }
  }
  return added;
}

template <typename Rule>
void append(std::vector<Rule>& all, std::span<const Rule> rules) {
  all.insert(all.end(), rules.begin(), rules.end());
}

/// All tables together.
struct Rules {
  std::vector<CommandRule> commands;
  std::vector<TextRule> texts;
  std::vector<FileRule> files;

  Rules() {
    append(commands, history_command_rules());
    append(commands, network_command_rules());
    append(commands, test_edit_command_rules());
    append(commands, marker_command_rules());
    append(commands, shim_command_rules());
    append(texts, history_text_rules());
    append(texts, network_text_rules());
    append(texts, marker_text_rules());
    append(texts, shim_text_rules());
    append(files, test_edit_file_rules());
    append(files, shim_file_rules());
  }
};

class Audit {
 public:
  explicit Audit(const AuditSubject& subject)
      : subject_(subject), context_{subject.of_repository, subject.tests, subject.instruction} {}

  std::vector<Finding> run() {
    for (const auto& turn : subject_.turns) {
      found_here_.clear();
      for (const auto& script : commands_of(turn)) look_at(script, turn.turn);
    }
    for (const auto& change : read_diff(subject_.submission).files) look_at(change);
    return std::move(findings_);
  }

 private:
  void look_at(const std::string& script, int turn) {
    for (const auto& command : shell_commands(script)) {
      for (const auto& rule : rules_.commands) {
        if (is_new(rule) && rule.holds(command, context_)) add(rule, turn, command.source);
      }
      if (is_prose(command)) continue;
      for (const auto& text : command.texts) {
        for (const auto& rule : rules_.texts) {
          if (is_new(rule) && rule.holds(text, context_)) add(rule, turn, command.source);
        }
      }
    }
  }

  void look_at(const FileChange& change) {
    found_here_.clear();
    for (const auto& rule : rules_.files) {
      if (rule.holds(change, context_)) add(rule, std::nullopt, change.path());
    }
    const std::string added = added_lines(change);
    for (const auto& rule : rules_.texts) {
      if (rule.in_diffs && rule.holds(added, context_)) add(rule, std::nullopt, change.path());
    }
  }

  /// Within a turn a rule is told once; where a command and its text say the same, too.
  template <typename Rule>
  [[nodiscard]] bool is_new(const Rule& rule) const {
    return found_here_.count(rule.what) == 0;
  }

  template <typename Rule>
  void add(const Rule& rule, std::optional<int> turn, std::string_view where) {
    found_here_.insert(rule.what);
    findings_.push_back({rule.kind, turn, fmt::format("{}: {}", rule.what, excerpt(where))});
  }

  const AuditSubject& subject_;
  AuditContext context_;
  Rules rules_;
  std::set<std::string_view> found_here_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> audit(const AuditSubject& subject) {
  return Audit(subject).run();
}

bool voids_grading(FindingKind kind) {
  return kind != FindingKind::test_edit;
}

std::string void_reason(const std::vector<Finding>& findings) {
  const auto first = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return voids_grading(finding.kind);
  });
  if (first == findings.end()) return "";
  return fmt::format("strict integrity: {}{}: {}", name_of(first->kind),
                     first->turn ? fmt::format(" in turn {}", *first->turn) : " in the submission",
                     first->detail);
}

}  // namespace weir
