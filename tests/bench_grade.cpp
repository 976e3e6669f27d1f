// What grading one instance costs beyond the work itself: a diff graded by a trivial test
// command, against the same commands run bare in a checkout. Usage: weir_bench_grade [REPO
// COMMIT], a git directory and what to take; else a repository of 3,000 files is made.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "runners/grade/grader.hpp"
#include "runners/private_folder.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kRounds = 25;

double timed(const std::function<void()>& work) {
  const auto began = Clock::now();
  work();
  return Milliseconds(Clock::now() - began).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string shell(const std::string& script, const fs::path& cwd) {
  const ProcessResult result = run_process({.argv = {"bash", "-c", script}, .cwd = cwd.string()});
  if (!result.ok()) throw InfraError(script.substr(0, 80) + ": " + result.err);
  return result.out;
}

/// A checkout with a diff and hidden tests that apply to it.
struct Case {
  fs::path git;  ///< directory of a repository
  std::string commit;
  fs::path checkout;  ///< for the bare commands
  std::string diff;
  std::string tests;
};

/// As it was, and with an index that knows it: the boxes' does.
constexpr const char* kReset =
    "git checkout -q . && git ls-files -z | xargs -0 touch -h -d 2000-01-01 && git update-index -q "
    "--refresh";

constexpr const char* kIdentity = "git config user.name a; git config user.email a@b; ";

void make_repository(const fs::path& folder) {
  shell(std::string("git init -q . && ") + kIdentity +
            "for d in $(seq 30); do mkdir d$d; for f in $(seq 100); do "
            "{ echo $d $f; head -c 3000 /dev/zero | tr '\\0' x; } > d$d/$f; done; done; "
            "git add -A && git commit -qm one",
        folder);
}

Case make_case(const fs::path& folder, fs::path git, std::string commit) {
  fs::create_directories(folder / "checkout");
  if (git.empty()) {
    git = folder / "repository";
    fs::create_directory(git);
    make_repository(git);
    commit = "HEAD";
  }
  Case made{git, commit, folder / "checkout", {}, {}};
  shell(fmt::format("git clone -q --no-checkout {} . && git checkout -q --detach {} && {} git tag "
                    "-f task-base > /dev/null",
                    git.string(), commit, kIdentity),
        made.checkout);
  // The first and the last file that are text: one is mended, one holds tests.
  const auto changed = [&](const char* which) {
    return shell(fmt::format("f=$(git grep -Il '' | sed -n '{}p'); echo x >> \"$f\"; git diff; "
                             "git checkout -q .",
                             which),
                 made.checkout);
  };
  made.diff = changed("1");
  made.tests = changed("$");
  return made;
}

/// What is run of an eval script besides tests.
constexpr const char* kScript =
    "set -uxo pipefail\ncd .\ngit status\ngit log --oneline -1\n"
    "git -c core.fileMode=false diff task-base\n";

class Bench {
 public:
  explicit Bench(Case instance) : case_(std::move(instance)), sandbox_(make_box_sandbox()) {
    task_.id = "bench";
    task_.environment.workdir = "/testbed";
    task_.environment.repository = Repository{"o/r", case_.commit, case_.git};
    const double built =
        timed([&] { environment_ = prepare_environment(task_, "sha", *sandbox_); });
    fmt::print("{} files; environment built once in {:.0f} ms\n",
               std::string(trimmed_count(shell("git ls-files | wc -l", case_.checkout))), built);
    grading_.test_patch = case_.tests;
    grading_.test_command = "true";
    grading_.log_parser = "exit_code";
    grading_.fail_to_pass = {"exit_code"};
    write_file(case_.checkout / ".git/a.diff", case_.diff);
    write_file(case_.checkout / ".git/t.diff", case_.tests);
    shell(kReset, case_.checkout);
  }

  void by_recipe() {
    report("by a recipe", "git apply --verbose .git/a.diff; git apply --verbose .git/t.diff; true");
  }

  void by_script() {
    grading_.prepare = fmt::format("{}git apply -v - <<'EOF_1'\n{}EOF_1\n", kScript, case_.tests);
    grading_.prepare_places_tests = true;
    report(
        "by an eval script",
        fmt::format("git apply --verbose .git/a.diff; {} git apply -v .git/t.diff; true", kScript));
  }

  /// Whether the frozen index knows the files as they are.
  void status() {
    std::vector<double> bare;
    std::vector<double> boxed;
    for (int i = 0; i < kRounds; ++i) {
      bare.push_back(timed([&] { shell("git status --short", case_.checkout); }));
      const auto box = sandbox_->create(environment_->on(environment_->snapshot));
      ExecRequest request;
      request.argv = {"git", "status", "--short"};
      request.cwd = "/testbed";
      request.env = environment_->env;
      boxed.push_back(timed([&] { (void)box->exec(request); }));
    }
    fmt::print("first git status in a checkout {:.1f} ms, in a fresh box {:.1f} ms\n", median(bare),
               median(boxed));
  }

 private:
  static std::string trimmed_count(std::string text) {
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c < '0'; }),
               text.end());
    return text;
  }

  void report(const char* what, const std::string& commands) {
    std::vector<double> whole;
    std::vector<double> bare;
    std::vector<double> overhead;
    for (int i = 0; i < kRounds; ++i) {
      Verdict verdict;
      whole.push_back(timed([&] {
        verdict = grade_patch(case_.diff, task_, grading_, "",
                              {*sandbox_, graders_, *environment_, {}, true});
      }));
      if (verdict.outcome != Outcome::resolved)
        throw InfraError(verdict.message + verdict.evidence);
      bare.push_back(timed([&] { shell(commands, case_.checkout); }));
      shell(kReset, case_.checkout);
      overhead.push_back(whole.back() - bare.back());
    }
    constexpr double kAim = 150;
    const double mine = median(overhead);
    fmt::print(
        "graded {:<20} {:7.1f} ms, bare {:7.1f} ms: overhead {:7.1f} ms  (aim: {} {:g} ms)\n", what,
        median(whole), median(bare), mine, mine <= kAim ? "<=" : "MISSED <=", kAim);
  }

  Case case_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{1};
  AgentTask task_;
  PatchGrading grading_;
  EnvironmentPtr environment_;
};

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  try {
    const weir::PrivateFolder folder;
    weir::Bench bench(
        weir::make_case(folder.path(), argc > 2 ? argv[1] : "", argc > 2 ? argv[2] : ""));
    bench.status();
    bench.by_recipe();
    bench.by_script();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
