#include "harness/model/simulated/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/agent/bash_protocol.hpp"
#include "tasks/files.hpp"
#include "tasks/patch.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

std::string apply_command(const std::string& diff, const char* options) {
  return fmt::format("git apply {}<<'WEIR_PATCH'\n{}WEIR_PATCH", options, diff);
}

std::string render_one(const FileChange& file, std::vector<Hunk> hunks) {
  FileChange copy = file;
  copy.hunks = std::move(hunks);
  return render(Patch{{std::move(copy)}});
}

/// The hunk with one added line subtly wrong.
Hunk with_slip(Hunk hunk, std::size_t which) {
  for (auto& line : hunk.lines) {
    if (line.front() != '+') continue;
    const std::string changed = "+" + subtly_wrong(line.substr(1), which);
    if (changed == line) continue;
    line = changed;
    return hunk;
  }
  return hunk;
}

/// The hunk without its last added line; with an empty comment's worth of
/// nothing if it adds none.
Hunk with_omission(Hunk hunk) {
  const auto last = std::find_if(hunk.lines.rbegin(), hunk.lines.rend(),
                                 [](const std::string& line) { return line.front() == '+'; });
  if (last != hunk.lines.rend()) hunk.lines.erase(std::next(last).base());
  return hunk;
}

/// The hunk with a context line the file does not have.
Hunk misfit(Hunk hunk) {
  for (auto& line : hunk.lines) {
    if (line.front() == '+' || line.size() < 2) continue;
    line += " /* as remembered */";
    return hunk;
  }
  return hunk;
}

bool changes_something(const Hunk& hunk) {
  std::vector<std::string> removed;
  std::vector<std::string> added;
  for (const auto& line : hunk.lines) {
    if (line.front() == '-') removed.push_back(line.substr(1));
    if (line.front() == '+') added.push_back(line.substr(1));
  }
  return removed != added;
}

Piece patch_piece(const FileChange& file, const std::vector<Hunk>& hunks) {
  Piece piece;
  const std::string gold = render_one(file, hunks);
  piece.right = apply_command(gold, "");
  std::vector<Hunk> candidates;
  if (!hunks.empty()) {
    candidates = {with_slip(hunks.front(), 0), with_omission(hunks.front()),
                  with_slip(hunks.front(), 1)};
  }
  for (const auto& candidate : candidates) {
    std::vector<Hunk> changed = hunks;
    changed.front() = candidate;
    const std::string diff = render_one(file, changed);
    if (diff == gold || !changes_something(candidate)) continue;
    piece.wrong.push_back(apply_command(diff, ""));
    piece.undo.push_back(apply_command(diff, "-R "));
  }
  if (piece.wrong.empty()) {
    piece.wrong.push_back("git status --short");  // believes it has done something
    piece.undo.push_back("git diff --stat");
  }
  if (!hunks.empty()) {
    std::vector<Hunk> changed = hunks;
    changed.front() = misfit(hunks.front());
    piece.misfit = apply_command(render_one(file, changed), "");
  }
  return piece;
}

void plan_patch(const Task& task, Plan& plan) {
  const Patch gold = parse_patch(task.hidden.gold_patch);
  plan.look = {"ls", "git log --oneline | head -5",
               "find . -type f -not -path './.git/*' | sort | head -60",
               "cat README* | head -80"};
  for (const auto& file : gold.files) {
    plan.look.push_back("sed -n '1,160p' " + shell_quoted(file.path()));
    const bool whole = file.old_path.empty() || file.new_path.empty() || file.hunks.empty();
    if (whole) {
      plan.pieces.push_back(patch_piece(file, file.hunks));
      continue;
    }
    for (const auto& hunk : file.hunks) plan.pieces.push_back(patch_piece(file, {hunk}));
  }
  plan.check = task.shown.visible_tests.value_or("git diff --stat");
  plan.submit = kSubmitDiff;
}

/// The parts of solve.sh between lines "# step:", or all of it.
std::vector<std::string> solution_steps(const std::string& script) {
  std::vector<std::string> steps(1);
  for (const auto line : split_lines(script)) {
    if (line.rfind("# step:", 0) == 0) steps.emplace_back();
    steps.back() += std::string(line) + "\n";
  }
  if (steps.size() > 1) steps.erase(steps.begin());  // the preamble
  return steps;
}

/// The script without its last line that does something.
std::string cut_short(const std::string& script) {
  const std::string whole(trimmed(script));
  const auto last = whole.rfind('\n');
  return last == std::string::npos ? "true" : whole.substr(0, last) + "\n";
}

void plan_final_state(const Task& task, Plan& plan) {
  plan.look = {
      "ls", "pwd", "find . -type f -not -path '*/.git/*' | sort | head -60",
      "head -40 $(find . -maxdepth 2 -type f -not -path '*/.git/*' | sort | head -1) < /dev/null",
      "head -c 400 $(find . -maxdepth 2 -type f -not -path '*/.git/*' | sort | tail -1) < "
      "/dev/null | "
      "od -c | head -20"};
  const fs::path solve = task.hidden.solution / "solve.sh";
  const std::string script = fs::exists(solve) ? read_file(solve) : "true\n";
  for (const auto& step : solution_steps(script)) {
    Piece piece;
    piece.right = "set -e\n" + step;
    for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
      const std::string slip = subtly_wrong(step, which);
      if (slip != step) piece.wrong.push_back("set -e\n" + slip);
    }
    piece.wrong.push_back("set -e\n" + cut_short(step));
    plan.pieces.push_back(std::move(piece));
  }
  plan.check = task.shown.visible_tests.value_or("ls -l");  // none of the looks
  plan.submit = fmt::format("echo {}", kSubmitMarker);
}

/// A script may have got its last newline on the way to its shell.
bool same(std::string_view command, std::string_view other) {
  while (command.ends_with('\n')) command.remove_suffix(1);
  while (other.ends_with('\n')) other.remove_suffix(1);
  return command == other;
}

/// Updates a piece's state for a command; true if the command was about it.
bool note_piece(const Piece& piece, PieceState& state, const Done& done) {
  if (same(done.command, piece.right)) {
    if (done.ok) state.kind = PieceState::Kind::right;
    if (!done.ok) ++state.mistakes_made;
    return true;
  }
  if (!piece.misfit.empty() && same(done.command, piece.misfit)) {
    ++state.mistakes_made;
    return true;
  }
  for (std::size_t i = 0; i < piece.wrong.size(); ++i) {
    if (same(done.command, piece.wrong[i])) {
      ++state.mistakes_made;
      if (!done.ok && !piece.undo.empty()) return true;  // nothing changed
      state.kind = PieceState::Kind::wrong;
      state.mistake = i;
      return true;
    }
    if (i < piece.undo.size() && same(done.command, piece.undo[i])) {
      if (done.ok) state.kind = PieceState::Kind::untouched;
      return true;
    }
  }
  return false;
}

}  // namespace

std::string subtly_wrong(const std::string& text, std::size_t which) {
  static const std::vector<std::pair<std::string, std::string>> kSlips = {
      {"<= ", "< "},       {">= ", "> "},      {" == ", " != "},  {" < ", " <= "},
      {" > ", " >= "},     {" + 1", ""},       {" - 1", ""},      {"True", "False"},
      {" and ", " or "},   {" && ", " || "},   {" + ", " - "},    {"sort -n", "sort"},
      {"sort ", "sort -r "}, {" not ", " "},   {"NR>1", "NR>2"},  {"-eq", "-ne"},
      {"count", "total"},  {" 1", " 2"},       {"0", "1"}};
  std::size_t seen = 0;
  for (const auto& [from, to] : kSlips) {
    const auto at = text.find(from);
    if (at == std::string::npos || seen++ < which) continue;
    return text.substr(0, at) + to + text.substr(at + from.size());
  }
  return text;
}

Plan make_plan(const Task& task) {
  Plan plan;
  if (task.shown.deliverable == Deliverable::patch) {
    plan_patch(task, plan);
  } else {
    plan_final_state(task, plan);
  }
  return plan;
}

PlanProgress read_progress(const Plan& plan, const std::vector<Done>& history) {
  PlanProgress progress;
  progress.pieces.resize(plan.pieces.size());
  for (const auto& done : history) {
    progress.last_command = done.command;
    if (same(done.command, plan.check)) {
      progress.checked = true;
      progress.check_red = !done.ok;
      continue;
    }
    const bool looked = std::any_of(plan.look.begin(), plan.look.end(),
                                    [&](const auto& look) { return same(done.command, look); });
    if (looked) {
      ++progress.looked;
      continue;
    }
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      if (!note_piece(plan.pieces[i], progress.pieces[i], done)) continue;
      progress.checked = false;
      break;
    }
  }
  return progress;
}

}  // namespace weir
