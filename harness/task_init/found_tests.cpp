#include "harness/task_init/found_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runners/check_tests.hpp"
#include "runners/grade/grader.hpp"
#include "runners/grade/official_log.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/patch.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr milliseconds kTestTimeout = std::chrono::minutes(30);
constexpr milliseconds kPatchTimeout = std::chrono::minutes(2);
constexpr std::size_t kSeenLines = 20;

std::string last_lines(const std::string& text) {
  const auto lines = split_lines(text);
  std::string out;
  for (auto i = lines.size() - std::min(lines.size(), kSeenLines); i < lines.size(); ++i) {
    out += std::string(lines[i]) + "\n";
  }
  return out;
}

/// Of the files a diff touches, those that are there afterwards.
std::vector<std::string> files_after(const std::string& diff) {
  std::vector<std::string> files;
  for (const auto& change : parse_patch(diff).files) {
    if (!change.new_path.empty()) files.push_back(change.new_path);
  }
  return files;
}

std::string counted(const ReadRun& run) {
  const auto count = [&run](std::string_view status) {
    return std::count_if(run.official.begin(), run.official.end(),
                         [&](const auto& entry) { return entry.second == status; });
  };
  return fmt::format("{} passed, {} failed, {} with errors", count("PASSED"), count("FAILED"),
                     count("ERROR"));
}

class Finder {
 public:
  Finder(const Task& task, const TestCommand& wanted, const FindingRoom& room)
      : task_(task),
        grading_(std::get<PatchGrading>(task.hidden.grading)),
        room_(room),
        environment_(prepare_environment(task.shown, task.sha256, room.sandbox)) {
    found_.tests = wanted;
  }

  FoundTests find() {
    const SnapshotPtr before = with_diff(environment_->snapshot, grading_.test_patch,
                                         "the tests do not apply to the base");
    if (!before) return found_;
    const SnapshotPtr after =
        with_diff(before, task_.hidden.gold_patch, "the solution does not apply to base and tests");
    if (!after || !choose_command(before)) return found_;
    std::vector<ReadRun> runs_before;
    std::vector<ReadRun> runs_after;
    if (!run_all(before, "before", runs_before) || !run_all(after, "after", runs_after))
      return found_;
    found_.transitions = find_transitions(runs_before, runs_after);
    if (found_.transitions.fail_to_pass.empty()) {
      refuse(why_none(runs_before.back(), runs_after.back()), log_);
    }
    return found_;
  }

 private:
  void refuse(std::string reason, const std::string& output) {
    found_.refusal = std::move(reason);
    found_.seen = last_lines(output);
  }

  ExecResult run(Box& box, const std::string& script, milliseconds timeout) const {
    ExecRequest request;
    request.script = script;
    request.cwd = environment_->workdir;
    request.env = environment_->env;
    add_steady_environment(request.env);  // as grading will
    request.timeout = timeout;
    request.merge_stderr = true;
    request.caps = {64 << 20, 1 << 20, std::int64_t{256} << 20};
    return box.exec(request);
  }

  /// `start` with the diff applied; nullptr, and a refusal, if it does not apply.
  SnapshotPtr with_diff(const SnapshotPtr& start, const std::string& diff, const char* refusal) {
    const auto permit = room_.busy_boxes.acquire();
    const auto box = room_.sandbox.create(environment_->on(start));
    box->put(diff, "/tmp/weir.diff");
    const ExecResult applied =
        run(*box, "git apply --verbose /tmp/weir.diff && rm /tmp/weir.diff", kPatchTimeout);
    if (applied.ok()) return box->end();
    refuse(refusal, to_utf8(applied.out.bytes));
    return nullptr;
  }

  bool choose_command(const SnapshotPtr& before) {
    TestCommand& tests = found_.tests;
    const auto files = files_after(grading_.test_patch);
    std::string parser = log_parser_for(tests.command);
    if (tests.command.empty()) {
      Deadline deadline(room_.watchdog, std::stop_token());
      const auto runner = find_test_runner(
          {room_.sandbox, room_.busy_boxes, *environment_, kPatchTimeout, deadline}, before);
      if (!runner) {
        refuse("what runs its tests was not found; --test-cmd CMD says it", "");
        return false;
      }
      auto known = test_command_for(*runner, files);
      tests.command = std::move(known.command);
      parser = std::move(known.log_parser);
    }
    tests.command = with_test_files(tests.command, files);
    if (tests.log_parser.empty()) tests.log_parser = parser;
    parser_ = find_log_parser(tests.log_parser);
    if (parser_ == nullptr) throw UserError(fmt::format("no log parser \"{}\"", tests.log_parser));
    room_.note(fmt::format("{}: tests are run by `{}`, read by {}", task_.shown.id, tests.command,
                           tests.log_parser));
    return true;
  }

  bool run_all(const SnapshotPtr& state, const char* when, std::vector<ReadRun>& runs) {
    for (int i = 1; i <= room_.attempts; ++i) {
      const auto permit = room_.busy_boxes.acquire();
      const auto box = room_.sandbox.create(environment_->on(state));
      const ExecResult result =
          run(*box, found_.tests.command, task_.shown.limits.verifier.value_or(kTestTimeout));
      log_ = official_text(result.out.bytes);
      if (!ended(result, when)) return false;
      runs.push_back(read(result));
      room_.note(fmt::format("{}: {} the fix, run {} of {}: {} ({})", task_.shown.id, when, i,
                             room_.attempts, counted(runs.back()), format_duration(result.wall)));
    }
    return true;
  }

  /// A run that was cut off says nothing of the tests it did not come to.
  bool ended(const ExecResult& result, const char* when) {
    const bool not_run = result.exit_code == 126 || result.exit_code == 127;
    std::string reason;
    if (result.status != ExecStatus::exited) {
      reason = fmt::format("the tests did not end by themselves {} the fix: {}", when,
                           name_of(result.status));
    } else if (not_run) {
      reason =
          fmt::format("`{}` cannot be run (exit code {})", found_.tests.command, result.exit_code);
    } else if (result.out.truncated) {
      reason = fmt::format("the test log {} the fix is longer than is kept", when);
    }
    if (!reason.empty()) refuse(std::move(reason), log_);
    return found_.refusal.empty();
  }

  [[nodiscard]] ReadRun read(const ExecResult& result) const {
    ReadRun run{parser_->parse(log_), read_strict_log(log_, *parser_).statuses};
    if (parser_->name == kExitCodeParser) {
      const char* status = result.ok() ? "PASSED" : "FAILED";
      run.official[kExitCodeParser] = run.strict[kExitCodeParser] = status;
    }
    return run;
  }

  [[nodiscard]] std::string why_none(const ReadRun& before, const ReadRun& after) const {
    if (before.official.empty() && after.official.empty()) {
      return fmt::format("the log parser {} finds no test in the output (--log-parser NAME)",
                         found_.tests.log_parser);
    }
    const auto& flaky = found_.transitions.flaky;
    const auto& unclear = found_.transitions.unclear;
    return fmt::format(
        "no test fails before the fix and passes after it; before: {}; after: {}{}{}",
        counted(before), counted(after),
        flaky.empty() ? "" : fmt::format("; flaky: {}", fmt::join(flaky, ", ")),
        unclear.empty() ? "" : fmt::format("; unclear: {}", fmt::join(unclear, ", ")));
  }

  const Task& task_;
  const PatchGrading& grading_;
  const FindingRoom& room_;
  EnvironmentPtr environment_;
  const LogParser* parser_ = nullptr;
  std::string log_;  ///< of the last run
  FoundTests found_;
};

}  // namespace

FoundTests find_tests(const Task& task, const TestCommand& wanted, const FindingRoom& room) {
  return Finder(task, wanted, room).find();
}

}  // namespace weir
