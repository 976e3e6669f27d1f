#include "harness/agent/model_agent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/agent/agent_parts.hpp"
#include "harness/agent/ballot.hpp"
#include "harness/agent/parting.hpp"
#include "harness/agent/shell_request.hpp"
#include "harness/agent/summing_up.hpp"
#include "harness/agent/trajectory_end.hpp"
#include "harness/agent/turn_account.hpp"
#include "harness/agent/turn_checks.hpp"
#include "harness/model/token_estimate.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kOpening = 2;  // messages

class ModelAgent final : public Agent {
 public:
  explicit ModelAgent(ModelAgentParts parts) : parts_(std::move(parts)) {}

  /// Goes on from the midst of a turn.
  ModelAgent(ModelAgentParts parts, TrialState state, OpenTurn turn)
      : parts_(std::move(parts)), inherited_(std::move(state)), open_(std::move(turn)) {}

  /// Goes on with a task's next step, where `before` ended.
  ModelAgent(ModelAgentParts parts, TrialState before, bool inherits)
      : parts_(std::move(parts)), step_before_(std::move(before)), inherits_(inherits) {}

  std::unique_ptr<Agent> next_step(const AgentContext& context) override {
    const AgentStep& step = context.task.shown.terminal.steps.at(context.step);
    ModelAgentParts parts = handed_over(std::move(parts_), context.environment);
    parts.step = step.name;
    return std::make_unique<ModelAgent>(std::move(parts), std::move(last_), step.inherits_session);
  }

  void end_early() override {
    if (!parts_.ledger->recorded_beyond()) return;
    throw ReplayDiverged(fmt::format("the trial ends in step {}, its record went on", parts_.step));
  }

  Submission run(const AgentTask& task, Box& box, Recorder& recorder, Deadline& deadline) override {
    const milliseconds before = parts_.ledger->model_time();
    task_ = &task;
    box_ = &box;
    recorder_ = &recorder;
    cassette_ = parts_.cassette(parts_.ledger->trial());
    log_.emplace(recorder, parts_.recorded, cassette_);
    deadline_ = &deadline;
    Submission end = run_to_end();
    end.model_time = parts_.ledger->model_time() - before;
    if (visible_->hold_hidden() && router_->looks_at("tests_red")) {
      end.anomalies.push_back(visible_->overlap() + ": the policy does not see their signals");
    }
    return end;
  }

 private:
  /// A policy that fails is the arm's failure, not the machine's.
  Submission run_to_end() {
    TrialState state;
    std::optional<Submission> end;
    try {
      prepare();
      state = inherited_ ? go_on() : step_before_ ? begin_step() : begin();
      while (!end) end = guarded_step(state);
    } catch (const Cancelled&) {
      end = stopped();
    } catch (const PolicyFailed& failure) {
      end = ended(StopReason::agent_error);
      end->failure = Outcome::agent_error;
      end->error_class = "policy_error";
      end->message = failure.what();
    }
    end->leaf = state.segment.empty() ? parts_.ledger->segment() : state.segment;
    last_ = std::move(state);
    return *end;
  }

  void prepare() {
    if (const auto& command = parts_.policy.external) {
      external_ =
          std::make_unique<ExternalPolicy>(*command, brief_of(parts_, *task_), deadline_->token());
    }
    router_.emplace(parts_.policy, parts_.members.front().threshold, parts_.seed, parts_.outlook,
                    external_.get());
    const CheckRoom room{parts_.sandbox, parts_.busy_boxes, parts_.environment,
                         parts_.limits.visible_tests, *deadline_};
    if (router_->wants_tests()) visible_ = parts_.visible_tests(room);
    ExecRequest like = shell_request(parts_.environment);
    like.timeout = parts_.limits.command;
    like.stop = deadline_->token();
    checks_.emplace(
        TurnChecks::Parts{*router_, *visible_, room, std::move(like), parts_.kind.lives_on,
                          parts_.limits.turns, parts_.limits.tokens},
        *box_, *parts_.ledger);
    interface_ = parts_.kind.interface(
        {*box_, parts_.environment, *deadline_, parts_.limits.command, parts_.limits.time});
    interface_->begin();
  }

  TrialState begin() {
    TrialState state;
    state.segment = parts_.ledger->segment();
    state.router = router_->begin();
    begin_segment(state, {}, {});
    return state;
  }

  /// A further step of the task: what routes and what was spent goes on, and the turns count on;
  /// the conversation is a new one, unless the step says that it inherits.
  TrialState begin_step() {
    const TrialState& before = *step_before_;
    TrialState state;
    state.turn = before.turn;
    state.steps = before.steps + 1;
    state.box_time = before.box_time;
    state.router = before.router;
    state.segment = segment_id(parts_.ledger->trial(), parts_.try_number, state);
    parts_.ledger->begin_step(state.segment, !inherits_);
    if (inherits_) state.history = before.history;
    begin_segment(state, before.segment, state.turn);
    return state;
  }

  TrialState go_on() {
    TrialState state = std::move(*inherited_);
    request_.tools = interface_->opening(*task_).tools;
    last_call_ = open_->attempt.answer.call;
    begin_part(state);
    return state;
  }

  /// The segment in which a way goes on from where it parted.
  void begin_part(TrialState& state) {
    const std::string parent = state.segment;
    state.segment = segment_id(parts_.ledger->trial(), parts_.try_number, state);
    parts_.ledger->go_on_in(state.segment);
    recorder_->begin_segment({state.segment, parts_.ledger->trial(), parts_.try_number, parent,
                              state.turn + 1, "", state.aside, parts_.step});
  }

  /// A history of its own: the first, or one that a restart begins.
  void begin_segment(TrialState& state, const std::string& parent, std::optional<int> fork_turn) {
    const std::vector<Message> come = opening(state);
    state.history.insert(state.history.end(), come.begin(), come.end());
    begin_history(state, come, parent, fork_turn);
    state.used_at_start = checks_->budget_used(state, 0);
    if (state.steps > 0) {  // nobody has looked at the files as they are
      state.router.tests_red.reset();
      return;
    }
    state.router.tests_red =
        visible_->command.empty() ? std::nullopt : std::optional(visible_->red_at_start);
    const TestNames& names = visible_->at_start;
    const bool named = !visible_->red_at_start || !names.red.empty();
    state.red_tests = named && !visible_->command.empty() ? std::optional(names.red) : std::nullopt;
  }

  /// Messages of the state's history that no request has held yet are a segment's beginning.
  void begin_history(TrialState& state, const std::vector<Message>& come, const std::string& parent,
                     std::optional<int> fork_turn) {
    request_.messages.clear();
    json prompt = {{"tools", request_.tools}, {"messages", json::array()}};
    for (const auto& message : come) prompt["messages"].push_back(to_json(message));
    recorder_->begin_segment(
        {state.segment, parts_.ledger->trial(), parts_.try_number, parent, fork_turn,
         prompt.dump(-1, ' ', false, json::error_handler_t::replace), state.aside, parts_.step});
    state.context_tokens = estimate_tokens(ChatRequest{state.history, request_.tools});
  }

  /// The messages with which a history begins; or goes on, in a step that inherits it.
  std::vector<Message> opening(const TrialState& state) {
    ChatRequest first = interface_->opening(*task_);
    request_.tools = std::move(first.tools);
    if (!state.history.empty()) return {interface_->next_step(*task_)};
    if (!parts_.nonce.empty()) {
      first.messages.front().content.insert(0, fmt::format("[{}]\n", parts_.nonce));
    }
    return std::move(first.messages);
  }

  /// Afresh: the box and the history as they were at the start, at `judgement`'s tier.
  /// What was done so far is paid for and counts.
  void restart(TrialState& state, const Judgement& judgement) {
    box_->restore(parts_.environment.snapshot);
    interface_->begin();
    TrialState fresh;
    fresh.turn = state.turn + 1;
    fresh.box_time = state.box_time;
    fresh.partings = state.partings;
    fresh.aside = state.aside;
    fresh.router = router_->restarted(state.router, judgement);
    fresh.segment = segment_id(parts_.ledger->trial(), parts_.try_number, fresh);
    parts_.ledger->begin_segment(fresh.segment);
    begin_segment(fresh, state.segment, fresh.turn);
    state = std::move(fresh);
  }

  /// A step within the limits; a wall limit that interrupts a wait ends it too. A
  /// trajectory that ends without a submission may begin again.
  std::optional<Submission> guarded_step(TrialState& state) {
    try {
      auto end = limit_reached(state);
      if (!end && !open_ && out_of_room(state)) return sum_up(state);
      if (!end) return step(state);
      return start_again(state, *end) ? std::nullopt : end;
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

  /// Of the limits only this one leaves room for another beginning.
  bool start_again(TrialState& state, const Submission& end) {
    if (end.stop != StopReason::format_errors || last_call_.empty()) return false;
    const double used = checks_->budget_used(state, 0);
    if (1 - used < used - state.used_at_start) return false;
    const int tier = state.router.last_tier;
    const Judgement judgement = router_->judge_end(state.router, tier);
    if (judgement.mode != "restart") return false;
    log_->judged({state.segment, state.turn - 1, tier, last_call_, "end"}, judgement,
                 router_->threshold(), {});
    --state.turn;  // no turn was spent on it
    restart(state, judgement);
    return true;
  }

  /// One turn: ask, judge the draft, execute, judge the result; then accept it,
  /// or discard it and let another tier answer the same history.
  std::optional<Submission> step(TrialState& state) {
    OpenTurn turn = open_ ? std::move(*open_) : begin_turn(state);
    open_.reset();
    for (;;) {
      TurnAttempt& attempt = turn.attempt;
      if (turn.stage == OpenTurn::Stage::ask) {
        auto failure = take_draft(state, turn);
        const bool too_long = failure && failure->stop == StopReason::context;
        if (too_long && can_sum_up(state)) return sum_up(state);
        if (failure) return failure;
      }
      if (turn.stage == OpenTurn::Stage::draft) {
        judge_draft(state, turn);
        if (attempt.judgement.mode == "restart") {
          restart(state, attempt.judgement);
          return {};
        }
        if (attempt.judgement.mode == "rerun") {
          ask_again(turn);
          continue;
        }
        turn.of_draft = attempt.judgement;
        if (!attempt.draft.problem.empty()) return accept(state, turn);
        execute(state, attempt);
        if (deadline_->token().stop_requested()) return stopped();
      }
      judge_result(state, turn);
      if (attempt.judgement.mode != "rerun") return accept(state, turn);
      turn.discarded.push_back(account_of(attempt));
      box_->restore(attempt.before);
      ask_again(turn);
    }
  }

  OpenTurn begin_turn(const TrialState& state) const {
    OpenTurn turn;
    turn.choice = router_->choose(state.router, state.turn, state.context_tokens);
    turn.tier = turn.choice.tier;
    return turn;
  }

  static void ask_again(OpenTurn& turn) {
    turn.tier = turn.attempt.judgement.to;
    turn.stage = OpenTurn::Stage::ask;
  }

  std::optional<Submission> take_draft(const TrialState& state, OpenTurn& turn) {
    turn.attempt = {};
    turn.attempt.tier = turn.tier;
    if (auto failure = ask(state, turn.attempt)) return failure;
    if (turn.discarded.empty() && turn.tier == turn.choice.tier) {
      log_->chosen({state.segment, state.turn, turn.tier, turn.attempt.answer.call, "choose"},
                   turn.choice, router_->threshold());
    }
    checks_->look_at_draft(state, turn.attempt);
    turn.stage = OpenTurn::Stage::draft;
    return {};
  }

  void judge_draft(TrialState& state, OpenTurn& turn) {
    TurnAttempt& attempt = turn.attempt;
    const DraftText text = text_of(attempt);
    attempt.judgement = router_->judge_draft(state.router, attempt.evidence, turn.tier, &text,
                                             std::exchange(turn.forced, {}));
    part_ways(state, turn);
    record(state, attempt, "draft");
  }

  void judge_result(TrialState& state, OpenTurn& turn) {
    TurnAttempt& attempt = turn.attempt;
    DraftText text = text_of(attempt);
    for (const auto& message : attempt.observed) text.results.push_back(message.content);
    turn.stage = OpenTurn::Stage::result;
    attempt.judgement = router_->judge_result(state.router, attempt.evidence, turn.tier,
                                              attempt.undo, &text, std::exchange(turn.forced, {}));
    part_ways(state, turn);
    record(state, attempt, "result");
  }

  /// Lets another way go, if one parts from this turn; what decides is judged and not yet
  /// written down.
  void part_ways(TrialState& state, const OpenTurn& turn) {
    auto branch = other_way(parts_, state, turn, *box_);
    if (!branch) return;
    parts_.part(std::move(*branch));
    begin_part(state);
  }

  std::optional<Submission> ask(const TrialState& state, TurnAttempt& attempt) {
    const Turn* recorded = log_->recorded(state.segment, state.turn);
    const bool summed_up = recorded != nullptr && recorded->results == kSummedUp;
    if (recorded != nullptr && recorded->tier < attempt.tier && !summed_up) {
      throw ReplayDiverged(fmt::format("turn {} escalates, its record does not", state.turn));
    }
    // A history only grows: what the request holds of it already stays.
    if (request_.messages.size() > state.history.size()) request_.messages.clear();
    const auto held = static_cast<std::ptrdiff_t>(request_.messages.size());
    request_.messages.insert(request_.messages.end(), state.history.begin() + held,
                             state.history.end());
    const milliseconds before = parts_.ledger->model_time();
    attempt.answer = parts_.ledger->call(attempt.tier, request_, state.turn, 0, *deadline_);
    if (auto end = without_answer(attempt.answer)) return end;
    attempt.draft = interface_->read(attempt.answer.completion, state);
    if (router_->may_vote(state.router, attempt.tier)) vote(state, attempt);
    if (attempt.answer.recorded) interface_->let_pass(parts_.ledger->model_time() - before);
    if (deadline_->token().stop_requested()) return stopped();  // in the midst of a vote, perhaps
    last_call_ = attempt.answer.call;
    return {};
  }

  /// How the trajectory ends with a call that brought no answer.
  std::optional<Submission> without_answer(const Answer& answer) const {
    if (answer.over_budget) return ended(StopReason::usd);
    const Completion& completion = answer.completion;
    if (completion.recorded_end) return ended(*completion.recorded_end);
    if (completion.ok()) return {};
    return deadline_->token().stop_requested() ? stopped() : ended_by(completion);
  }

  /// Asks again and again; the draft becomes the one most samples agree on.
  void vote(const TrialState& state, TurnAttempt& attempt) {
    const VoteRule& rule = *parts_.policy.vote;
    const std::string kind = kind_of(attempt.draft);
    const bool reviewed = kind == "submit" && attempt.tier == 0 && parts_.policy.final_review;
    if (rule.on.count(kind) == 0 || reviewed) return;  // reviewed whatever a vote says
    count_ballot(
        attempt, parts_.ledger->vote(attempt.tier, request_, state.turn, rule.samples, *deadline_),
        rule, [&](const Completion& completion) { return interface_->read(completion, state); });
  }

  void execute(TrialState& state, TurnAttempt& attempt) {
    checks_->freeze(state, attempt);
    interface_->act(attempt);
    if (deadline_->token().stop_requested()) return;
    checks_->look_at_results(state, attempt);
  }

  std::optional<Submission> accept(TrialState& state, OpenTurn& turn) {
    TurnAttempt& attempt = turn.attempt;
    if (turn.of_draft.escalate) attempt.judgement = turn.of_draft;  // next_turn: keep the decision
    attempt.asked_first = turn.choice.tier;
    if (!attempt.draft.problem.empty()) {
      attempt.observed = interface_->answer_problem(attempt.answer.completion, attempt.draft);
    }
    std::vector<Message> appended = {attempt.answer.completion.message};
    auto seen = log_->finish(turn_row(state, attempt, turn.discarded), attempt.observed);
    appended.insert(appended.end(), seen.begin(), seen.end());
    state.history.insert(state.history.end(), appended.begin(), appended.end());
    const bool redone = attempt.tier > attempt.asked_first;
    state.router = router_->advance(state.router, attempt.evidence, attempt.tier, attempt.judgement,
                                    redone ? std::optional(attempt.asked_first) : std::nullopt);
    state.router.strong_pusd = parts_.ledger->strong_spend();
    state.format_errors = attempt.draft.problem.empty() ? 0 : state.format_errors + 1;
    state.claimed_complete = attempt.draft.claims_complete;
    const Tokens& tokens = attempt.answer.completion.tokens;
    state.context_tokens = tokens.input_total.value_or(0) + tokens.output_total.value_or(0);
    remember(state, attempt);
    ++state.turn;
    if (!attempt.submitted) return {};
    Submission submission = ended(StopReason::submitted);
    if (task_->deliverable == Deliverable::patch) submission.patch = attempt.submission;
    return submission;
  }

  [[nodiscard]] bool can_sum_up(const TrialState& state) const {
    return interface_->summary_request() && state.history.size() > kOpening;
  }

  /// Whether the model asked last has too little of its declared window left. A history that
  /// is as long as its opening and one turn is not summed up again.
  [[nodiscard]] bool out_of_room(const TrialState& state) const {
    const auto& window = parts_.ledger->spec(state.router.last_tier).context_window;
    if (!window || !can_sum_up(state) || state.history.size() <= kOpening + 2) return false;
    return *window - context_of(state) < parts_.limits.free_context;
  }

  /// The history begins again in the same box, with a summary in place of what was said. A
  /// turn of its own: the call is accepted, nothing is executed.
  std::optional<Submission> sum_up(TrialState& state) {
    const int tier = state.router.last_tier;
    const SummingUp summary = sum_up_history(*parts_.ledger, tier, state, request_.tools,
                                             *interface_->summary_request(), *deadline_);
    if (auto end = without_answer(summary.answer); end && !summary.given_up) return end;
    if (deadline_->token().stop_requested()) return stopped();
    if (summary.answer.recorded) interface_->let_pass(summary.answer.completion.latency);
    const Message task = interface_->opening(*task_).messages.back();
    auto seen = log_->finish(summed_up_row(state, tier, summary),
                             {*interface_->resume_from(task, summary.text)});
    state.history.resize(1);
    state.history.insert(state.history.end(), seen.begin(), seen.end());
    const std::string parent = state.segment;
    ++state.turn;
    ++state.summaries;
    state.claimed_complete = false;
    state.segment = segment_id(parts_.ledger->trial(), parts_.try_number, state);
    parts_.ledger->begin_history(state.segment);
    begin_history(state, state.history, parent, state.turn);
    return {};
  }

  /// What an external policy may read; empty where there is none.
  DraftText text_of(const TurnAttempt& attempt) const {
    if (external_ == nullptr) return {};
    return {attempt.answer.completion.message.content, attempt.commands(), {}};
  }

  void record(const TrialState& state, const TurnAttempt& attempt, const char* phase) {
    if (!router_->decides()) return;
    log_->judged({state.segment, state.turn, attempt.tier, attempt.answer.call, phase},
                 attempt.judgement, router_->threshold(), attempt.evidence);
  }

  /// The token stopped: at the wall limit a submission as it stands; else the
  /// run is being stopped.
  Submission stopped() const {
    if (!deadline_->expired()) throw Cancelled();
    return ended(StopReason::wall);
  }

  ModelAgentParts parts_;
  std::optional<TrialState> inherited_;    ///< from the way this one parted from
  std::optional<OpenTurn> open_;           ///< in whose midst it did
  std::optional<TrialState> step_before_;  ///< as the step before this one ended
  bool inherits_ = false;                  ///< its conversation goes on
  TrialState last_;                        ///< as run() left it
  std::vector<Turn> cassette_;
  std::unique_ptr<ExternalPolicy> external_;
  std::optional<Cascade> router_;
  std::unique_ptr<ComputerInterface> interface_;
  std::shared_ptr<const VisibleTests> visible_ = std::make_shared<const VisibleTests>();
  std::optional<TurnChecks> checks_;
  ChatRequest request_;
  const AgentTask* task_ = nullptr;
  Box* box_ = nullptr;
  Recorder* recorder_ = nullptr;
  std::optional<TurnLog> log_;
  Deadline* deadline_ = nullptr;
  std::string last_call_;  ///< that was answered
};

}  // namespace

std::unique_ptr<Agent> make_model_agent(ModelAgentParts parts) {
  return std::make_unique<ModelAgent>(std::move(parts));
}

std::unique_ptr<Agent> make_model_agent(ModelAgentParts parts, TrialState state, OpenTurn turn) {
  return std::make_unique<ModelAgent>(std::move(parts), std::move(state), std::move(turn));
}

}  // namespace weir
