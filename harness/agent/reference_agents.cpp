#include "harness/agent/reference_agents.hpp"

#include <fmt/format.h>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

class OracleAgent final : public Agent {
 public:
  OracleAgent(const Hidden& hidden, const PreparedEnvironment& environment)
      : hidden_(hidden), environment_(environment) {}

  Submission run(const AgentTask& task, Box& box, Recorder&, Deadline& deadline) override {
    Submission submission;
    if (task.deliverable == Deliverable::patch) {
      submission.patch = hidden_.gold_patch;
    } else if (const auto& log = hidden_.terminal.log) {
      solve_as_bench(log->solution, box, deadline, submission);
    } else if (hidden_.solution.empty()) {
      submission.message = "the task has no solution folder";
    } else {
      solve(box, deadline, submission);
    }
    return submission;
  }

 private:
  void solve(Box& box, Deadline& deadline, Submission& submission) const {
    ExecRequest request;
    request.script = "rm -rf /solution";  // an earlier step's
    request.env = environment_.env;
    (void)box.exec(request);
    box.put_tree(hidden_.solution, "/solution");
    request.script = "chmod -R a+rX /solution && chmod a+x /solution/solve.sh";
    (void)box.exec(request);
    run("/solution/solve.sh", box, deadline, submission);
  }

  /// The old Terminal-Bench: one script, or keystrokes.
  void solve_as_bench(const std::filesystem::path& solution, Box& box, Deadline& deadline,
                      Submission& submission) const {
    if (solution.empty()) {
      submission.message = "the task has no solution.sh";
    } else if (solution.extension() != ".sh") {
      submission.message = "solution.yaml: recorded keystrokes are not replayed";
    } else {
      box.put(read_file(solution), "/oracle/solution.sh", 0755);
      run("bash /oracle/solution.sh", box, deadline, submission);
    }
  }

  void run(const std::string& script, Box& box, Deadline& deadline, Submission& submission) const {
    ExecRequest request;
    request.script = script;
    request.cwd = environment_.workdir;
    request.env = environment_.env;
    request.env["DEBIAN_FRONTEND"] = "noninteractive";
    for (const auto& [name, value] : hidden_.solution_env) request.env[name] = value;
    request.user = environment_.user;
    request.timeout = std::chrono::hours(1);
    request.merge_stderr = true;
    request.stop = deadline.token();
    const ExecResult result = box.exec(request);
    if (deadline.token().stop_requested()) submission.stop = StopReason::wall;
    if (result.ok()) return;
    submission.message =
        fmt::format("{}: {} {}: {}", std::filesystem::path(script).filename().string(),
                    name_of(result.status), result.exit_code,
                    to_utf8(result.out.bytes).substr(0, 300));
  }

  const Hidden& hidden_;
  const PreparedEnvironment& environment_;
};

class NopAgent final : public Agent {
 public:
  Submission run(const AgentTask& task, Box&, Recorder&, Deadline&) override {
    Submission submission;
    if (task.deliverable == Deliverable::patch) submission.patch = "";
    return submission;
  }
};

}  // namespace

std::unique_ptr<Agent> make_oracle_agent(const Hidden& hidden,
                                         const PreparedEnvironment& environment) {
  return std::make_unique<OracleAgent>(hidden, environment);
}

std::unique_ptr<Agent> make_nop_agent() { return std::make_unique<NopAgent>(); }

}  // namespace weir
