#include "harness/validation/validity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/text.hpp"

namespace weir {
namespace {

/// How the first try that `bad` finds ended, and why; "" if there is none.
template <typename Predicate>
std::string first_end(const ReferenceResult& result, Predicate bad) {
  const auto found = std::find_if(result.tries.begin(), result.tries.end(), bad);
  if (found == result.tries.end()) return {};
  return fmt::format("{}{}{}", name_of(*found->outcome), found->message.empty() ? "" : ": ",
                     found->message);
}

bool failed_machine(const Try& attempt) {
  return is_missing(*attempt.outcome);
}

bool mixed(const ReferenceResult& result) {
  return !result.always(Outcome::resolved) && !result.never(Outcome::resolved);
}

/// `reason` with what names one task's own things taken out: quoted text, numbers, paths.
std::string kind_of(std::string_view reason) {
  std::string kind;
  for (std::size_t i = 0; i < reason.size(); ++i) {
    const char c = reason[i];
    const std::size_t close = c == '"' || c == '`' ? reason.find(c, i + 1) : std::string_view::npos;
    if (close != std::string_view::npos) {
      kind += fmt::format("{0}...{0}", c);
      i = close;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      if (kind.empty() || kind.back() != 'N') kind += 'N';
    } else {
      kind += c;
    }
  }
  return kind;
}

std::vector<std::string> parts_of(const TaskValidity& task) {
  if (task.standing != Standing::unsupported) return {task.reason};
  std::vector<std::string> parts;
  std::string_view rest = task.reason;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("; "), rest.size());
    parts.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return parts;
}

}  // namespace

bool ReferenceResult::always(Outcome outcome) const {
  return std::all_of(tries.begin(), tries.end(),
                     [&](const Try& attempt) { return attempt.outcome == outcome; });
}

bool ReferenceResult::never(Outcome outcome) const {
  return std::none_of(tries.begin(), tries.end(),
                      [&](const Try& attempt) { return attempt.outcome == outcome; });
}

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::valid:
      return "valid";
    case Standing::flaky:
      return "flaky";
    case Standing::broken:
      return "broken";
    case Standing::unsupported:
      return "unsupported";
    case Standing::unjudged:
      return "unjudged";
  }
  return "";
}

void conclude(TaskValidity& task) {
  const auto settle = [&](Standing standing, std::string reason) {
    task.standing = standing;
    task.reason = std::move(reason);
  };
  std::string missing = first_end(task.nop, failed_machine);
  if (missing.empty()) missing = first_end(task.oracle, failed_machine);
  if (!missing.empty()) return settle(Standing::unjudged, missing);
  if (mixed(task.nop)) return settle(Standing::flaky, "nop differs between attempts");
  if (mixed(task.oracle)) return settle(Standing::flaky, "oracle differs between attempts");
  if (!task.nop.never(Outcome::resolved)) return settle(Standing::broken, "doing nothing passes");
  if (task.oracle.always(Outcome::resolved)) return settle(Standing::valid, "");
  settle(Standing::broken,
         "the gold solution does not pass: " + first_end(task.oracle, [](const Try& attempt) {
           return attempt.outcome != Outcome::resolved;
         }));
}

std::vector<ReasonCount> reasons(const std::vector<TaskValidity>& tasks) {
  std::map<std::pair<Standing, std::string>, ReasonCount> counts;
  for (const auto& task : tasks) {
    if (task.standing == Standing::valid) continue;
    for (const auto& part : parts_of(task)) {
      ReasonCount& count = counts[{task.standing, kind_of(part)}];
      count.standing = task.standing;
      // One task's own words say more than what is left of several.
      count.reason = count.tasks.empty() || count.reason == part ? part : kind_of(part);
      if (count.tasks.empty() || count.tasks.back() != task.id) count.tasks.push_back(task.id);
    }
  }
  std::vector<ReasonCount> sorted;
  for (auto& [unused, count] : counts) sorted.push_back(std::move(count));
  std::stable_sort(sorted.begin(), sorted.end(), [](const ReasonCount& a, const ReasonCount& b) {
    return a.tasks.size() > b.tasks.size();
  });
  return sorted;
}

int count(const std::vector<TaskValidity>& tasks, Standing standing) {
  return static_cast<int>(std::count_if(tasks.begin(), tasks.end(), [&](const TaskValidity& task) {
    return task.standing == standing;
  }));
}

Quarantine quarantine_of(const std::vector<TaskValidity>& tasks, int attempts) {
  Quarantine quarantine{attempts, static_cast<int>(tasks.size()), {}};
  for (const auto& task : tasks) {
    if (task.standing != Standing::flaky && task.standing != Standing::broken) continue;
    quarantine.tasks.push_back(
        {task.id, task.sha256, std::string(name_of(task.standing)), task.reason});
  }
  return quarantine;
}

}  // namespace weir
