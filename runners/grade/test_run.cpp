#include "runners/grade/test_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "runners/grade/verdict_machinery.hpp"
#include "tasks/error.hpp"
#include "tasks/test_files.hpp"
#include "tasks/test_settings.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kPrepare = "/tmp/weir-eval/prepare.sh";
constexpr const char* kTests = "/tmp/weir-eval/tests.sh";
constexpr const char* kState = "/tmp/weir-eval/state";

/// Ends a preparation: writes down what its shell has become. Options come last, so that a trace
/// begins with the tests.
constexpr const char* kLeaveState = R"sh(
{ weir_options=$(set +o); set +xveu; } 2>/dev/null
{ declare -p; declare -f; alias -p; shopt -p; umask -p; printf 'cd -- %q\nset --' "$PWD"
  [ $# -eq 0 ] || printf ' %q' "$@"; echo
  printf '%s\n' "$weir_options"; } > /tmp/weir-eval/partial && mv /tmp/weir-eval/partial /tmp/weir-eval/state
)sh";

/// Variables that no shell may set again are refused, and said to be, on a stderr that is closed.
constexpr const char* kTakeState = ". /tmp/weir-eval/state 2>/dev/null\n";

/// There is no network: installers that know it fail at once, and build with what is there. They
/// are a preparation's, and gone before the tests.
constexpr std::pair<const char*, const char*> kOffline[] = {
    {"PIP_NO_INDEX", "1"},
    {"PIP_NO_BUILD_ISOLATION", "0"},  // pip reads it as "none"
    {"npm_config_offline", "true"},
    {"CARGO_NET_OFFLINE", "true"},
    {"GOPROXY", "off"}};

/// How much of a preparation's output is kept at either end.
constexpr std::size_t kEvidence = 256 << 10;

constexpr const char* kCutShort = "the preparation of the tests ended before they began";

/// Files that a preparation leaves in the repository at `folder` and that could decide how tests
/// run: their configuration, settings among others, or a runner of its own.
std::vector<std::string> steering_patterns(const std::string& folder) {
  std::vector<std::string> patterns = {folder + "/pytest*", folder + "/_pytest*"};
  const auto anywhere = [&](const std::string& name) {
    patterns.push_back(folder + "/" + name);
    patterns.push_back(folder + "/*/" + name);
  };
  for (const auto& name : test_config_names()) anywhere(name);
  for (const char* name : kFilesWithTestSettings) anywhere(name);
  return patterns;
}

class TestRunner {
 public:
  TestRunner(const PatchGrading& grading, milliseconds timeout, GradingBox& box)
      : grading_(grading), left_(timeout), box_(box) {}

  TestRun run(const HiddenTests& tests, const SubmittedFiles& submitted) {
    if (grading_.clock && !box_.holds(kClockLibrary)) {
      throw InfraError(fmt::format("the tests need a clock of their own, and the base has no {}: "
                                   "apt-get install libfaketime",
                                   kClockLibrary));
    }
    if (!put_in(tests, submitted)) return run_;
    if (!grading_.prepare.empty() && !prepare(tests, submitted)) return run_;
    run_.result = exec(tests_request());
    if (!grading_.print.empty() && run_.result.status == ExecStatus::exited) print();
    return run_;
  }

 private:
  /// False if nothing is to be run then.
  bool put_in(const HiddenTests& tests, const SubmittedFiles& submitted) {
    std::vector<std::string> files = tests.files;
    files.insert(files.end(), submitted.set_back.begin(), submitted.set_back.end());
    std::string said = set_back(files, box_);
    const bool here = grading_.prepare.empty() || !grading_.prepare_places_tests;
    if (said.empty() && here) said = place(tests, box_);
    run_.evidence += said;
    if (!said.empty()) run_.failure = "the hidden tests cannot be put in place after this diff";
    return said.empty();
  }

  bool prepare(const HiddenTests& tests, const SubmittedFiles& submitted) {
    ExecRequest request = scripted(grading_.prepare + kLeaveState, kPrepare);
    request.caps.head = request.caps.tail = kEvidence;
    for (const auto& [name, value] : kOffline) {
      if (request.env.emplace(name, value).second) added_.emplace_back(name);
    }
    const ExecResult result = exec(std::move(request));
    run_.evidence += to_utf8(result.out.bytes);
    if (result.status != ExecStatus::exited) {
      run_.result = result;
      run_.result.out = {};
      if (result.status == ExecStatus::signaled || result.status == ExecStatus::setup_error) {
        run_.failure = kCutShort;
        run_.cut_short = true;
      }
      return false;
    }
    if (!box_.holds(kState)) {
      run_.failure = fmt::format("{} (exit code {})", kCutShort, result.exit_code);
      return false;
    }
    if (result.leftover_processes > 0) {
      run_.anomalies.push_back(fmt::format("the preparation left {} processes behind; ended",
                                           result.leftover_processes));
    }
    const SnapshotPtr files = box_.end_processes();
    run_.changed = machinery_changed_by_preparation(files, box_.room());
    look_at_repository(files, tests, submitted);
    return settle(tests);
  }

  /// What of the repository steers tests, and is neither the submission's nor the hidden tests'.
  void look_at_repository(const SnapshotPtr& files, const HiddenTests& tests,
                          const SubmittedFiles& submitted) {
    const GradingRoom& room = box_.room();
    const std::string& folder = room.environment.workdir;
    if (!box_.holds(folder + "/.git/HEAD")) run_.changed.push_back(folder + "/.git/HEAD");
    std::set<std::string> known = submitted.unlike_base;
    for (const auto& path : submitted.set_back) known.erase(path);
    known.insert(tests.files.begin(), tests.files.end());
    const auto touched =
        room.sandbox.touched(files, room.environment.snapshot, steering_patterns(folder));
    if (touched.size() >= kMostTouched) run_.changed.emplace_back(kTooManyChanges);
    std::set<std::string> written;
    for (const auto& path : touched) {
      if (path.rfind(folder + "/", 0) != 0) continue;
      std::string inside = path.substr(folder.size() + 1);
      const bool copy = inside.rfind("build/", 0) == 0;  // of a build; nobody reads it
      if (!copy && known.count(inside) == 0) written.insert(std::move(inside));
    }
    if (written.empty()) return;
    constexpr std::size_t kFew = 200;  // as words of one command
    std::vector<std::string> asked;
    if (written.size() <= kFew) asked.assign(written.begin(), written.end());
    const auto unlike = box_.unlike_base(asked);
    if (!unlike) run_.changed.push_back(folder + "/.git");
    for (const auto& path : unlike.value_or(std::set<std::string>())) {
      if (written.count(path) == 0) continue;
      if (!holds_test_settings(path) || changes_test_settings(path, box_)) {
        run_.changed.push_back(path);
      }
    }
  }

  /// Whatever the preparation did, the hidden tests are those of the instance.
  bool settle(const HiddenTests& tests) {
    const auto wrong = misplaced(tests, box_);
    if (wrong.empty()) return true;
    run_.anomalies.push_back(
        fmt::format("hidden tests that the preparation had not put in place "
                    "were put there: {}",
                    fmt::join(wrong, ", ")));
    std::string said = set_back(tests.files, box_);
    if (said.empty()) said = place(tests, box_);
    run_.evidence += said;
    if (!said.empty()) run_.failure = "the hidden tests cannot be put in place after this diff";
    return said.empty();
  }

  [[nodiscard]] ExecRequest tests_request() {
    if (grading_.rule == VerdictRule::swe_bench_pro) return run_script();
    if (grading_.prepare.empty()) {
      ExecRequest request = box_.request(left_);
      request.script = grading_.test_command;
      steady(request.env);
      return request;
    }
    return after_preparation(grading_.test_command);
  }

  /// Pro's script starts from the image's bare environment, prepares and tests in one, and is read
  /// by its streams.
  [[nodiscard]] ExecRequest run_script() {
    ExecRequest request = scripted(grading_.test_command, kTests);
    request.env.insert(std::begin(kOffline), std::end(kOffline));
    request.merge_stderr = false;
    return request;
  }

  /// A script in the shell that the preparation left.
  [[nodiscard]] ExecRequest after_preparation(const std::string& script) {
    std::string text = kTakeState;
    if (!added_.empty()) {
      text = fmt::format("{}{{ unset {}; }} 2>/dev/null\n", text, fmt::join(added_, " "));
    }
    return scripted(text + script, kTests);
  }

  /// A script that nobody can change while it is read, unless it is too long for that.
  [[nodiscard]] ExecRequest scripted(const std::string& text, const char* file) {
    constexpr std::size_t kLongestWord = 100'000;
    ExecRequest request = box_.request(left_);
    box_.put(text, file);
    request.argv = {"bash", file};
    if (text.size() < kLongestWord) request.argv = {"bash", "-c", text, file};
    request.env = box_.room().environment.bare_env;
    steady(request.env);
    return request;
  }

  void steady(std::map<std::string, std::string>& env) const {
    add_steady_environment(env);
    if (grading_.clock) add_clock(env, *grading_.clock);
  }

  /// The log is what `print` prints; how the tests ended is theirs.
  void print() {
    ExecRequest request;
    if (grading_.prepare.empty()) {
      request = box_.request(left_);
      request.script = grading_.print;
    } else {
      request = after_preparation(grading_.print);
    }
    run_.evidence += to_utf8(run_.result.out.bytes);
    ExecResult printed = exec(std::move(request));
    if (printed.status != ExecStatus::exited) {
      run_.result = std::move(printed);
      return;
    }
    run_.result.out = std::move(printed.out);
  }

  ExecResult exec(const ExecRequest& request) {
    ExecResult result = box_.run(request);
    left_ = std::max(left_ - result.wall, milliseconds(1));
    return result;
  }

  const PatchGrading& grading_;
  milliseconds left_;
  GradingBox& box_;
  std::vector<std::string> added_;  ///< variables for the preparation alone
  TestRun run_;
};

}  // namespace

TestRun run_hidden_tests(const HiddenTests& tests, const SubmittedFiles& submitted,
                         const PatchGrading& grading, milliseconds timeout, GradingBox& box) {
  return TestRunner(grading, timeout, box).run(tests, submitted);
}

}  // namespace weir
