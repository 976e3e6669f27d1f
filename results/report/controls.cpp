// What a cascade must be held against: blind arms, gold and nothing, and what hindsight
// would have allowed.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "results/arm_role.hpp"
#include "results/hindsight.hpp"
#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

/// Shares further apart than this are not "the same share".
constexpr double kSameShare = 0.2;  // relative

std::string meaning_of(const Arm& arm, const ArmRole& role) {
  if (arm.config.agent == "oracle") return "gold solution: must resolve all";
  if (arm.config.agent == "nop") return "no action: must resolve none";
  if (role.control == "random_share") return "switches blindly";
  if (role.control == "threshold") return "redoes turns by threshold alone, signals unread";
  if (role.control == "attempts") return "one tier, afresh while its own checks are red";
  if (role.control == "pre_router") return "chooses a tier before the first turn";
  return "one tier on every turn";
}

/// Share of accepted turns at a strong tier; nullopt without turns.
std::optional<double> strong_turns(const Arm& arm) {
  std::int64_t turns = 0;
  std::int64_t strong = 0;
  for (const auto& trial : arm.trials) {
    turns += trial.turns.value_or(0);
    strong += trial.escalated_turns.value_or(0);
  }
  if (turns == 0) return {};
  return static_cast<double>(strong) / static_cast<double>(turns);
}

const ConfigSummary* summary_of(const RunReport& report, const Arm& arm) {
  const auto& configs = report.comparison.configs;
  const auto found = std::find_if(configs.begin(), configs.end(),
                                  [&](const auto& row) { return row.config == arm.config.config; });
  return found == configs.end() ? nullptr : &*found;
}

Table controls(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"control", "control", false},
               {"trials", "trials"},
               {"resolved", "resolved", true, 3},
               {"usd_per_trial", "$ / trial"},
               {"strong_turns", "turns on strong tiers"}},
              {}};
  for (const auto& arm : report.arms) {
    const ArmRole role = role_of(arm.config);
    const bool blind = role.kind == ArmKind::control || role.kind == ArmKind::reference;
    const ConfigSummary* row = summary_of(report, arm);
    if (!blind || row == nullptr) continue;
    const auto share = strong_turns(arm);
    table.rows.push_back(
        {Cell::of(arm.label), Cell::of(meaning_of(arm, role)), Cell::number(row->headline.trials),
         rate_cell(row->headline), usd_cell(row->usd_per_trial),
         share && role.tiers.size() > 1 ? share_cell(*share) : Cell::unknown("–")});
  }
  return table;
}

Table in_hindsight(const RunReport& report) {
  Table table{{{"bound", "in hindsight", false},
               {"meaning", "who would have had to know the verdicts", false},
               {"tasks", "tasks"},
               {"trials", "trials"},
               {"resolved", "resolved", true, 3},
               {"usd_per_trial", "$ / trial"},
               {"left_out", "left out"}},
              {}};
  std::set<std::string> done;
  for (const auto& arm : report.arms) {
    const ArmRole role = role_of(arm.config);
    if (role.kind != ArmKind::cascade) continue;
    const Arm* base = plain_arm(report.arms, role.tiers.front());
    const Arm* strong = plain_arm(report.arms, role.tiers.back());
    if (base == nullptr || strong == nullptr) continue;
    for (const auto& row : hindsight(*base, *strong)) {
      if (!done.insert(row.name + row.meaning).second) continue;
      table.rows.push_back({Cell::of(row.name), Cell::of(row.meaning),
                            Cell::number(row.resolved.tasks), Cell::number(row.resolved.trials),
                            rate_cell(row.resolved), usd_cell(row.usd_per_trial),
                            Cell::number(row.left_out)});
    }
  }
  return table;
}

/// A blind switch at another share is no control of this cascade.
std::vector<std::string> unequal_shares(const RunReport& report) {
  std::vector<std::string> lines;
  for (const auto& arm : report.arms) {
    const ArmRole role = role_of(arm.config);
    const auto share = strong_turns(arm);
    if (role.kind != ArmKind::cascade || !share) continue;
    for (const auto& other : report.arms) {
      const ArmRole blind = role_of(other.config);
      const auto its = strong_turns(other);
      if (blind.control != "random_share" || blind.tiers != role.tiers || !its) continue;
      if (std::abs(*its - *share) <= kSameShare * std::max(*its, *share)) continue;
      lines.push_back(fmt::format(
          "- {} puts {} of its turns on strong tiers, {} puts {} there: not the same share. Set "
          "random_share = {:.3f}.",
          other.label, percent(*its), arm.label, percent(*share), *share));
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> control_notes(const std::vector<Arm>& arms) {
  std::vector<std::string> lines;
  for (const auto& arm : arms) {
    const ArmRole role = role_of(arm.config);
    if (role.kind != ArmKind::cascade) continue;
    const auto missing = missing_controls(role, arms);
    if (missing.empty()) continue;
    lines.push_back(fmt::format(
        "- {} is a cascade shown without {}: what it gains over the others need not be its "
        "policy's merit.",
        arm.label, fmt::join(missing, " and without ")));
  }
  return lines;
}

void add_controls(Document& document, const RunReport& report) {
  if (report.arms.empty()) return;
  Section section{"controls", "Controls", {}, control_notes(report.arms)};
  Table table = controls(report);
  const bool reference = std::any_of(report.arms.begin(), report.arms.end(), is_control);
  if (!table.rows.empty()) section.tables.push_back(std::move(table));
  if (!reference) {
    section.notes.emplace_back(
        "No reference was run: a config with agent = \"oracle\" and one with \"nop\" show that the "
        "tasks can be solved, and are not solved by nothing.");
  }
  for (auto& line : unequal_shares(report)) section.notes.push_back(std::move(line));
  if (!report.quarantined.empty()) {
    std::string line =
        "Flaky by gold and empty runs, or on the list given: counted here and left out of gates:";
    for (const auto& task : report.quarantined) line += " " + task;
    section.notes.push_back(line);
  }
  document.sections.push_back(std::move(section));
  Table bounds = in_hindsight(report);
  if (bounds.rows.empty()) return;
  document.sections.push_back(
      {"controls-hindsight",
       "Controls in hindsight",
       {std::move(bounds)},
       {"Bounds for choosing one arm per trial, with these draws, and no results: nobody knows a "
        "verdict before it is given, and a cascade, which chooses per turn, may do better. "
        "Attempts "
        "are paired by task and number; left out: those without a partner that has an outcome, and "
        "tasks with fewer attempts."}});
}

}  // namespace weir
