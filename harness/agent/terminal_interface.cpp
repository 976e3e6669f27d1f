#include "harness/agent/terminal_interface.hpp"

#include <algorithm>

#include "harness/agent/keystrokes.hpp"
#include "harness/agent/shell_request.hpp"
#include "harness/agent/terminal_protocol.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

/// A tty's line holds 4,095 bytes; longer texts are put in as a paste where that is possible.
constexpr std::size_t kPasteFrom = 2048;
/// After its minimum the wait goes on while output keeps coming, for a moment.
constexpr milliseconds kQuiet{150};
constexpr milliseconds kSettling{1500};
constexpr milliseconds kSlice{200};  ///< of a wait, between looks at the deadline
constexpr milliseconds kShellStart{5000};
constexpr milliseconds kGlance{50};
/// Limits longer than this are none.
constexpr auto kNoLimit = std::chrono::hours(24 * 100);

class TerminalInterface final : public ComputerInterface {
 public:
  explicit TerminalInterface(const Parts& parts) : parts_(parts) {}

  ChatRequest opening(const AgentTask& task) const override {
    return {terminal_opening(task, parts_.environment.network, parts_.limit), nullptr};
  }

  Message next_step(const AgentTask& task) const override { return terminal_next_step(task); }

  void begin() override {
    TerminalRequest request = terminal_request(parts_.environment);
    request.rows = kTerminalRows;
    request.columns = kTerminalColumns;
    terminal_ = parts_.box.open_terminal(request);
    const auto latest = Clock::now() + kShellStart;
    while (blank() && terminal_->alive() && !stopping() && Clock::now() < latest) {
      terminal_->settle(kGlance, kGlance);
    }
    settle();
  }

  Draft read(const Completion& completion, const TrialState& state) const override {
    return read_terminal_draft(completion, state.claimed_complete);
  }

  void act(TurnAttempt& attempt) override {
    TerminalSight sight;
    sight.warnings = attempt.draft.warnings;
    for (const auto& action : attempt.draft.actions) {
      attempt.results.push_back(type(action));
      if (stopping()) return;
    }
    settle();
    tell_of_untaken(attempt, sight);
    if (!terminal_->alive()) {
      sight.notices.emplace_back("The shell ended; here is a new one.");
      begin();
    }
    attempt.submitted = attempt.draft.submits;
    sight.confirms = attempt.draft.claims_complete && !attempt.submitted;
    sight.view = terminal_->look();
    if (sight.confirms) sight.view = {true, terminal_->screen(), 0, {}};
    sight.left = time_left();
    attempt.observed = {terminal_observation(sight)};
  }

  std::vector<Message> answer_problem(const Completion&, const Draft& draft) const override {
    return {answer_terminal_problem(draft)};
  }

  void let_pass(milliseconds time) override { look_on(time); }

  std::optional<Message> summary_request() const override { return weir::summary_request(); }

  std::optional<Message> resume_from(const Message& task, const std::string& summary) override {
    (void)terminal_->look();  // what the screen shows is seen
    return resumption(task, summary, terminal_->screen());
  }

 private:
  ActionResult type(const Action& action) {
    const auto started = Clock::now();
    const bool taken = action.command.empty() || press(action.command);
    look_on(action.wait);
    ActionResult result;
    result.status = taken ? "typed" : "not_taken";
    result.wall = std::chrono::duration_cast<milliseconds>(Clock::now() - started);
    return result;
  }

  bool press(const std::string& keystrokes) {
    if (const auto keys = named_keys(keystrokes)) return terminal_->send(*keys);
    const bool plain = keystrokes.find('\x1b') == std::string::npos;
    if (keystrokes.size() < kPasteFrom || !plain) return terminal_->send(typed_text(keystrokes));
    // Pasted text waits in the line; the Enter keys after it are typed.
    const auto end = keystrokes.find_last_not_of("\r\n") + 1;
    return terminal_->paste(typed_text(keystrokes.substr(0, end))) &&
           terminal_->send(typed_text(keystrokes.substr(end)));
  }

  void look_on(milliseconds time) {
    const auto end = Clock::now() + time;
    while (!stopping() && terminal_->alive()) {
      const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
      if (left.count() <= 0) return;
      const auto slice = std::min(left, kSlice);
      terminal_->settle(slice, slice);
    }
  }

  bool blank() { return terminal_->screen().find_first_not_of('\n') == std::string::npos; }

  void settle() { terminal_->settle(kQuiet, kSettling); }

  static void tell_of_untaken(const TurnAttempt& attempt, TerminalSight& sight) {
    const bool untaken =
        std::any_of(attempt.results.begin(), attempt.results.end(),
                    [](const ActionResult& result) { return result.status == "not_taken"; });
    if (untaken) {
      sight.notices.emplace_back(
          "Not all keystrokes were taken: the program in the terminal does not read them, or reads "
          "by lines, of which a terminal holds 4095 bytes.");
    }
  }

  std::optional<milliseconds> time_left() const {
    const auto left = parts_.deadline.left_in_all();
    if (left > kNoLimit) return {};
    return std::chrono::duration_cast<milliseconds>(left);
  }

  bool stopping() const { return parts_.deadline.token().stop_requested(); }

  Parts parts_;
  std::unique_ptr<Terminal> terminal_;
};

}  // namespace

std::unique_ptr<ComputerInterface> make_terminal_interface(const ComputerInterface::Parts& parts) {
  return std::make_unique<TerminalInterface>(parts);
}

}  // namespace weir
