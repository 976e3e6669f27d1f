#include "harness/agent/bash_interface.hpp"

#include "harness/agent/bash_protocol.hpp"
#include "harness/agent/shell_request.hpp"
#include "runners/repository.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

class BashInterface final : public ComputerInterface {
 public:
  explicit BashInterface(const Parts& parts) : parts_(parts) {}

  ChatRequest opening(const AgentTask& task) const override {
    return {first_messages(task, parts_.environment.network), bash_tool()};
  }

  Message next_step(const AgentTask& task) const override { return next_step_message(task); }

  Draft read(const Completion& completion, const TrialState&) const override {
    return read_draft(completion);
  }

  void act(TurnAttempt& attempt) override {
    for (const auto& action : attempt.draft.actions) {
      const ExecResult result = run(action.command);
      attempt.results.push_back(result_of(result));
      if (parts_.deadline.token().stop_requested()) return;
      if (result.status == ExecStatus::box_lost) throw InfraError("the box was lost");
      attempt.submission = submission_of(result);
      attempt.submitted = attempt.submission.has_value();
      if (attempt.submitted) break;
    }
    attempt.observed = observations(attempt);
  }

  std::vector<Message> answer_problem(const Completion& completion,
                                      const Draft& draft) const override {
    return weir::answer_problem(completion, draft);
  }

 private:
  ExecResult run(const std::string& command) {
    ExecRequest request = shell_request(parts_.environment);
    request.script = command;
    request.timeout = parts_.command;
    request.stop = parts_.deadline.token();
    if (asks_to_submit(command)) request.caps.head = kLargestDiff;
    return parts_.box.exec(request);
  }

  ActionResult result_of(const ExecResult& result) const {
    return {std::string(name_of(result.status)), result.exit_code, !result.ok(), result.wall,
            observation_text(result, parts_.command)};
  }

  static std::vector<Message> observations(const TurnAttempt& attempt) {
    std::vector<Message> messages;
    for (std::size_t i = 0; i < attempt.draft.actions.size(); ++i) {
      const std::string text = i < attempt.results.size() ? attempt.results[i].text
                                                          : "not run: an earlier command submitted";
      messages.push_back({Role::tool, text, "", {}, attempt.draft.actions[i].call_id});
    }
    return messages;
  }

  Parts parts_;
};

}  // namespace

std::unique_ptr<ComputerInterface> make_bash_interface(const ComputerInterface::Parts& parts) {
  return std::make_unique<BashInterface>(parts);
}

}  // namespace weir
