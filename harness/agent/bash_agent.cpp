#include "harness/agent/bash_agent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/agent/bash_protocol.hpp"
#include "harness/model/failure.hpp"
#include "harness/model/token_estimate.hpp"
#include "runners/check_patch.hpp"
#include "runners/check_tests.hpp"
#include "runners/repository.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// One tier's answer to a turn, on its way to being accepted or discarded.
struct TurnAttempt {
  int tier = 0;
  Answer answer;
  Draft draft;
  TurnEvidence evidence;
  std::vector<ExecResult> results;
  std::optional<std::string> submission;
  SnapshotPtr before;  ///< the files before execution, where they may be needed
  Judgement judgement;
};

class BashAgent final : public Agent {
 public:
  explicit BashAgent(BashAgentParts parts)
      : parts_(std::move(parts)), router_(parts_.policy, parts_.threshold, parts_.seed) {}

  Submission run(const AgentTask& task, Box& box, Recorder& recorder,
                 Deadline& deadline) override {
    task_ = &task;
    box_ = &box;
    recorder_ = &recorder;
    log_.emplace(recorder, parts_.recorded, parts_.cassette);
    deadline_ = &deadline;
    TrialState state = begin();
    std::optional<Submission> end;
    while (!end) end = guarded_step(state);
    end->leaf = state.segment;
    end->model_time = parts_.ledger->model_time();
    return *end;
  }

 private:
  TrialState begin() {
    TrialState state;
    state.segment = parts_.ledger->segment();
    state.history = first_messages(*task_);
    if (!parts_.nonce.empty()) {
      std::string& head = state.history.front().content;
      head = fmt::format("[{}]\n{}", parts_.nonce, head);
    }
    request_.tools = bash_tool();
    json prompt = {{"tools", request_.tools}, {"messages", json::array()}};
    for (const auto& message : state.history) prompt["messages"].push_back(to_json(message));
    const std::string trial = state.segment.substr(0, state.segment.rfind('#'));
    recorder_->begin_segment({state.segment, trial, parts_.try_number, "", {}, prompt.dump()});
    if (wants_tests()) {
      state.box = box_->snapshot();
      if (state.box) {
        state.router.tests_red = tests_red(state.box).value_or(false);
      }
    }
    return state;
  }

  /// A step within the limits; a wall limit that interrupts a wait ends it too.
  std::optional<Submission> guarded_step(TrialState& state) {
    try {
      auto end = limit_reached(state);
      return end ? end : step(state);
    } catch (const Cancelled&) {
      return stopped();
    }
  }

  std::optional<Submission> limit_reached(const TrialState& state) const {
    if (deadline_->token().stop_requested()) return stopped();
    if (state.turn > parts_.limits.turns) return ended(StopReason::turns);
    if (parts_.limits.tokens && parts_.ledger->tokens() >= *parts_.limits.tokens) {
      return ended(StopReason::tokens);
    }
    if (state.format_errors >= parts_.limits.format_errors) return ended(StopReason::format_errors);
    return {};
  }

  /// One turn: ask, judge the draft, execute, judge the result; then accept it,
  /// or discard it and let the next tier answer the same history.
  std::optional<Submission> step(TrialState& state) {
    const Choice choice = router_.choose(state.router, state.context_tokens);
    json discarded = json::array();
    for (int tier = choice.tier;; ++tier) {
      TurnAttempt attempt;
      attempt.tier = tier;
      if (auto failure = ask(state, attempt)) return failure;
      if (tier == choice.tier) record_choice(state, attempt, choice);
      attempt.evidence = evidence_of_draft(state, attempt);
      attempt.judgement = router_.judge_draft(state.router, attempt.evidence, tier);
      record(state, attempt, "draft");
      if (attempt.judgement.mode == "rerun") continue;

      const Judgement of_draft = attempt.judgement;
      if (attempt.draft.problem.empty()) {
        execute(state, attempt);
        if (deadline_->token().stop_requested()) return stopped();
        attempt.judgement =
            router_.judge_result(state.router, attempt.evidence, tier, attempt.before != nullptr);
        record(state, attempt, "result");
        if (attempt.judgement.mode == "rerun") {
          discarded.push_back(account_of(attempt));
          box_->restore(attempt.before);
          continue;
        }
      }
      if (of_draft.escalate) attempt.judgement = of_draft;  // next_turn: keep the decision
      return accept(state, attempt, discarded);
    }
  }

  std::optional<Submission> ask(const TrialState& state, TurnAttempt& attempt) {
    const Turn* recorded = log_->recorded(state.segment, state.turn);
    if (recorded != nullptr && recorded->tier < attempt.tier) {
      throw ReplayDiverged(fmt::format("turn {} escalates, its record does not", state.turn));
    }
    request_.messages = state.history;
    attempt.answer = parts_.ledger->call(attempt.tier, request_, state.turn, 0, *deadline_);
    if (attempt.answer.over_budget) return ended(StopReason::usd);
    const Completion& completion = attempt.answer.completion;
    if (completion.recorded_end) return ended(*completion.recorded_end);
    if (deadline_->token().stop_requested() && !completion.ok()) return stopped();
    if (completion.ok()) {
      attempt.draft = read_draft(completion);
      return {};
    }
    Submission failure = ended(StopReason::submitted);
    failure.error_class = completion.error_class;
    failure.message = describe_failure(completion);
    failure.may_pass = completion.retryable;
    if (completion.error_class == "context_overflow") {
      failure.stop = StopReason::context;
    } else if (completion.error_class == "content_filter") {
      failure.stop = StopReason::blocked;
      failure.failure = Outcome::agent_limit;
    } else {
      failure.failure = Outcome::provider_error;
    }
    return failure;
  }

  TurnEvidence evidence_of_draft(const TrialState& state, const TurnAttempt& attempt) {
    TurnEvidence evidence;
    const Draft& draft = attempt.draft;
    evidence.turn = state.turn;
    evidence.context_tokens =
        attempt.answer.completion.tokens.input_total.value_or(estimate_tokens(request_));
    evidence.no_action = draft.no_action;
    evidence.format_error = !draft.problem.empty() && !draft.no_action;
    evidence.consecutive_failures = state.router.consecutive_failures;
    evidence.tests_red_before = state.router.tests_red;
    evidence.repeats = !draft.actions.empty() && commands_of(draft) == state.last_commands;
    for (const auto& action : draft.actions) {
      evidence.submits = evidence.submits || asks_to_submit(action.command);
      if (const auto patch = find_inline_patch(action.command);
          patch && router_.top_tier() > 0 && evidence.patch_applies.value_or(true)) {
        evidence.patch_applies = patch_applies(*box_, *patch, command_request(""));
      }
    }
    return evidence;
  }

  void execute(TrialState& state, TurnAttempt& attempt) {
    if (router_.may_roll_back(attempt.tier)) attempt.before = box_->snapshot();
    for (const auto& action : attempt.draft.actions) {
      attempt.results.push_back(box_->exec(command_request(action.command)));
      const ExecResult& result = attempt.results.back();
      if (deadline_->token().stop_requested()) return;
      if (result.status == ExecStatus::box_lost) throw InfraError("the box was lost");
      attempt.submission = submission_of(result);
      if (attempt.submission) break;
    }
    TurnEvidence& evidence = attempt.evidence;
    evidence.executed = true;
    evidence.nonzero_exit =
        std::any_of(attempt.results.begin(), attempt.results.end(),
                    [](const ExecResult& result) { return !result.ok(); });
    evidence.changed_files = box_->changed();
    if (!wants_tests() || !evidence.changed_files || attempt.submission) return;
    state.box = box_->snapshot();
    if (state.box) evidence.tests_red = tests_red(state.box);
  }

  std::optional<Submission> accept(TrialState& state, const TurnAttempt& attempt,
                                   const json& discarded) {
    std::vector<Message> appended = {attempt.answer.completion.message};
    const std::vector<Message> observed =
        attempt.draft.problem.empty() ? observations(attempt)
                                      : answer_problem(attempt.answer.completion, attempt.draft);
    for (const auto& message : finish_turn(state, attempt, observed, discarded)) {
      appended.push_back(message);
    }
    state.history.insert(state.history.end(), appended.begin(), appended.end());
    state.router = router_.advance(state.router, attempt.evidence, attempt.tier, attempt.judgement);
    state.format_errors = attempt.draft.problem.empty() ? 0 : state.format_errors + 1;
    state.last_commands = commands_of(attempt.draft);
    const Tokens& tokens = attempt.answer.completion.tokens;
    state.context_tokens = tokens.input_total.value_or(0) + tokens.output_total.value_or(0);
    ++state.turn;
    if (!attempt.submission) return {};
    Submission submission = ended(StopReason::submitted);
    if (task_->deliverable == Deliverable::patch) submission.patch = attempt.submission;
    return submission;
  }

  /// Writes the turn down and returns the messages it appends.
  std::vector<Message> finish_turn(const TrialState& state, const TurnAttempt& attempt,
                                   const std::vector<Message>& observed, const json& discarded) {
    Turn turn;
    turn.segment = state.segment;
    turn.turn = state.turn;
    turn.tier = attempt.tier;
    turn.accepted_call = attempt.answer.call;
    turn.actions = json(commands_of(attempt.draft)).dump(-1, ' ', false,
                                                         json::error_handler_t::replace);
    turn.results = results_of(attempt).dump();
    if (!discarded.empty()) {
      turn.discarded = discarded.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    for (const auto& result : attempt.results) turn.box_ms += result.wall.count();
    return log_->finish(std::move(turn), observed);
  }

  std::vector<Message> observations(const TurnAttempt& attempt) const {
    std::vector<Message> messages;
    for (std::size_t i = 0; i < attempt.draft.actions.size(); ++i) {
      const std::string text = i < attempt.results.size()
                                   ? observation_text(attempt.results[i], parts_.limits.command)
                                   : "not run: an earlier command submitted";
      messages.push_back({Role::tool, text, "", {}, attempt.draft.actions[i].call_id});
    }
    return messages;
  }

  /// A tier chosen before the call, by a rule that needs no draft.
  void record_choice(const TrialState& state, const TurnAttempt& attempt, const Choice& choice) {
    if (choice.rule.empty()) return;
    Decision decision;
    decision.segment = state.segment;
    decision.turn = state.turn;
    decision.tier = choice.tier;
    decision.call = attempt.answer.call;
    decision.decision = choice.tier > 0 ? "escalate" : "accept";
    decision.phase = "choose";
    decision.rule = choice.rule;
    decision.threshold = router_.threshold();
    decision.propensity = choice.propensity;
    decision.mode = choice.tier > 0 ? "next_turn" : "";
    decision.grid = "{}";
    log_->decide(decision, {});
  }

  void record(const TrialState& state, const TurnAttempt& attempt, const char* phase) {
    if (router_.top_tier() == 0) return;  // nothing to decide
    const Judgement& judgement = attempt.judgement;
    Decision decision{state.segment,
                      state.turn,
                      attempt.tier,
                      attempt.answer.call,
                      judgement.escalate ? "escalate" : "accept",
                      phase,
                      judgement.rule,
                      judgement.score,
                      router_.threshold(),
                      judgement.propensity,
                      judgement.mode,
                      judgement.undo,
                      judgement.grid};
    std::vector<Signal> signals;
    for (const auto& definition : signal_definitions()) {
      const auto value = judgement.signals.find(std::string(definition.name));
      if (value == judgement.signals.end()) continue;
      signals.push_back({state.segment, state.turn, attempt.answer.call,
                         std::string(definition.name), value->second, definition.visibility});
    }
    log_->decide(decision, signals);
  }

  static std::vector<std::string> commands_of(const Draft& draft) {
    std::vector<std::string> commands;
    for (const auto& action : draft.actions) commands.push_back(action.command);
    return commands;
  }

  static json results_of(const TurnAttempt& attempt) {
    json results = json::array();
    for (const auto& result : attempt.results) {
      results.push_back({{"status", name_of(result.status)}, {"exit_code", result.exit_code}});
    }
    return results;
  }

  /// An executed and discarded draft, for readers.
  json account_of(const TurnAttempt& attempt) const {
    json outputs = json::array();
    for (const auto& result : attempt.results) {
      outputs.push_back(observation_text(result, parts_.limits.command).substr(0, 2000));
    }
    return {{"call", attempt.answer.call},
            {"tier", attempt.tier},
            {"commands", commands_of(attempt.draft)},
            {"results", results_of(attempt)},
            {"outputs", outputs},
            {"undo", attempt.judgement.undo}};
  }

  bool wants_tests() const { return task_->visible_tests && router_.wants_tests(); }

  std::optional<bool> tests_red(const SnapshotPtr& snapshot) const {
    return visible_tests_red(parts_.sandbox, parts_.busy_boxes, snapshot, *task_->visible_tests,
                             parts_.environment, parts_.limits.visible_tests, *deadline_);
  }

  ExecRequest command_request(const std::string& command) const {
    ExecRequest request;
    request.script = command;
    request.cwd = parts_.environment.workdir;
    request.env = parts_.environment.env;
    for (const auto& [name, value] : command_environment()) request.env[name] = value;
    request.user = parts_.environment.user;
    request.timeout = parts_.limits.command;
    request.merge_stderr = true;
    request.stop = deadline_->token();
    if (asks_to_submit(command)) request.caps.head = kLargestDiff;
    return request;
  }

  static Submission ended(StopReason reason) {
    Submission submission;
    submission.stop = reason;
    return submission;
  }

  /// The token stopped: at the wall limit a submission as it stands; else the
  /// run is being stopped.
  Submission stopped() const {
    if (!deadline_->expired()) throw Cancelled();
    return ended(StopReason::wall);
  }

  BashAgentParts parts_;
  Cascade router_;
  ChatRequest request_;
  const AgentTask* task_ = nullptr;
  Box* box_ = nullptr;
  Recorder* recorder_ = nullptr;
  std::optional<TurnLog> log_;
  Deadline* deadline_ = nullptr;
};

}  // namespace

std::unique_ptr<Agent> make_bash_agent(BashAgentParts parts) {
  return std::make_unique<BashAgent>(std::move(parts));
}

}  // namespace weir
