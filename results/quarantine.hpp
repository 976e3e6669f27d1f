#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/arm.hpp"

namespace weir {

/// A task that judged itself: gold sometimes passes it and sometimes does not (flaky), or
/// never does, or doing nothing passes (broken).
struct QuarantinedTask {
  std::string id;
  std::string sha256;  ///< of its content: another content is another task
  std::string kind;    ///< flaky | broken
  std::string reason;
};

/// The tasks that a validation took out, as a file says it. They are run and counted all the
/// same: a table shows its rates with and without them. A plain value.
struct Quarantine {
  int attempts = 0;    ///< of each reference agent on each task
  int tasks_seen = 0;  ///< those listed too
  std::vector<QuarantinedTask> tasks;

  /// The arm's tasks that are listed with the content the arm has. Those of other content are
  /// not: see `changed`.
  [[nodiscard]] std::set<std::string> of(const Arm& arm) const;
  /// The arm's tasks that are listed with another content.
  [[nodiscard]] std::vector<std::string> changed(const Arm& arm) const;
};

[[nodiscard]] nlohmann::json quarantine_json(const Quarantine& quarantine);

/// Reads what quarantine_json wrote. Throws UserError naming `file` and the key or task.
[[nodiscard]] Quarantine parse_quarantine(std::string_view text, const std::string& file);

}  // namespace weir
