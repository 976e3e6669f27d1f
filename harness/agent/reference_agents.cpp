#include "harness/agent/reference_agents.hpp"

#include <fmt/format.h>

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
    } else if (hidden_.solution.empty()) {
      submission.message = "the task has no solution folder";
    } else {
      solve(box, deadline, submission);
    }
    return submission;
  }

 private:
  void solve(Box& box, Deadline& deadline, Submission& submission) const {
    box.put_tree(hidden_.solution, "/solution");
    ExecRequest request;
    request.script = "chmod -R a+rX /solution && chmod a+x /solution/solve.sh";
    request.env = environment_.env;
    (void)box.exec(request);
    request.script = "/solution/solve.sh";
    request.cwd = environment_.workdir;
    request.env["DEBIAN_FRONTEND"] = "noninteractive";
    for (const auto& [name, value] : hidden_.solution_env) request.env[name] = value;
    request.user = environment_.user;
    request.timeout = std::chrono::hours(1);
    request.merge_stderr = true;
    request.stop = deadline.token();
    const ExecResult result = box.exec(request);
    if (deadline.token().stop_requested()) submission.stop = StopReason::wall;
    if (result.ok()) return;
    submission.message = fmt::format("solve.sh: {} {}: {}", name_of(result.status),
                                     result.exit_code, to_utf8(result.out.bytes).substr(0, 300));
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
