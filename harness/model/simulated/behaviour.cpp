#include "harness/model/simulated/behaviour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/seed.hpp"

namespace weir {
namespace {

constexpr int kMostMistakes = 4;  // on one piece; then the model gives it up

constexpr std::array<const char*, 16> kThoughts = {
    "Let me look at the relevant code before changing anything.",
    "The report describes the symptom; the cause must be earlier in the data flow.",
    "I should keep the change small and leave the public interface alone.",
    "That output matches what I expected from reading the function.",
    "There is an edge case at the boundary that the present code does not handle.",
    "I will make this edit now and run the checks afterwards.",
    "The existing tests show how this helper is meant to be called.",
    "Before submitting I want to be sure nothing else depends on the old behaviour.",
    "The loop condition deserves a closer look.",
    "I need to see how the callers use the return value.",
    "This part is independent of the previous change.",
    "The error message suggests the input is not what the code assumes.",
    "I can verify this with a short command.",
    "The naming suggests that the author intended the inclusive range.",
    "It is worth checking the file once more before going on.",
    "The remaining work is straightforward."};

/// One decision to be made at one call: all draws hang off the call's identity.
class Behaviour {
 public:
  Behaviour(const Plan& plan, const Character& character, const std::vector<Message>& history,
            const CallContext& context)
      : plan_(plan),
        character_(character),
        dialogue_(read_dialogue(history)),
        progress_(read_progress(plan, dialogue_.done)),
        seed_(context.segment == 0
                  ? character.seed
                  : mix_seed(character.seed, fmt::format("restart/{}", context.segment))),
        // At a terminal turns that only wait come and go with the machine's load.
        call_(fmt::format("{}/{}/{}/{}", character.model,
                          dialogue_.terminal ? dialogue_.steps + 1 : context.turn, context.sample,
                          context.retry)),
        call_id_(fmt::format("call_{}_{}_{}_{}", context.turn, context.tier, context.sample,
                             context.retry)) {}

  Message next() {
    Message message;
    message.role = Role::assistant;
    message.reasoning = reasoning();
    if (dialogue_.open == Dialogue::Open::nothing) {
      take_step(message);
    } else {
      answer_open(message);
    }
    return message;
  }

 private:
  void take_step(Message& message) const {
    const double clumsy = 1 - character_.skill;
    if (chance("malformed", 0.10 * clumsy)) {
      say_garbled(message, dialogue_, call_id_, choose());
    } else if (chance("silent", 0.07 * clumsy)) {
      message.content = "The cause is clear to me now; I will continue with the next step.";
    } else if (chance("repeat", 0.08 * clumsy) && !progress_.last_command.empty()) {
      act(message, progress_.last_command);
    } else {
      act(message, choose());
    }
  }

  /// What a terminal leaves open.
  void answer_open(Message& message) const {
    if (dialogue_.open == Dialogue::Open::summary) {
      say_summary(message, dialogue_);
    } else if (dialogue_.open == Dialogue::Open::sure) {
      const std::string next = sober_choice();
      const bool goes_on = next != plan_.submit && chance("sure", character_.skill);
      act(message, goes_on ? next : plan_.submit);
    } else {
      say_next(message, dialogue_.open);
    }
  }

  /// The command a model would run that is not clumsy just now.
  std::string choose() const {
    const bool looked = progress_.looked >= looks_wanted();
    const double hasty = 0.04 * (1 - character_.skill) * (1 + 2 * character_.difficulty);
    if (looked && !mend() && chance("hasty", hasty)) return plan_.submit;
    return sober_choice();
  }

  int looks_wanted() const {
    const int wanted = 2 + static_cast<int>(draw(seed_, "look") * 3 + 3 * character_.difficulty);
    return std::min(wanted, static_cast<int>(plan_.look.size()));
  }

  std::string sober_choice() const {
    if (progress_.looked < looks_wanted())
      return plan_.look[static_cast<std::size_t>(progress_.looked)];
    if (const auto command = mend()) return *command;
    if (const auto command = advance()) return *command;
    if (!progress_.checked) return plan_.check;
    if (progress_.check_red) {
      if (const auto command = doubt()) return *command;
    }
    return plan_.submit;
  }

  /// Takes back a mistake the model notices, without being told.
  std::optional<std::string> mend() const {
    for (std::size_t i = 0; i < plan_.pieces.size(); ++i) {
      const PieceState& state = progress_.pieces[i];
      if (state.kind != PieceState::Kind::wrong || state.mistakes_made >= kMostMistakes) continue;
      const double notice = 0.5 * character_.skill * (1 - character_.difficulty);
      if (fixed(fmt::format("notice/{}/{}", i, state.mistakes_made)) < notice) return undo(i);
    }
    return {};
  }

  std::optional<std::string> advance() const {
    for (std::size_t i = 0; i < plan_.pieces.size(); ++i) {
      const PieceState& state = progress_.pieces[i];
      const bool open = state.kind == PieceState::Kind::untouched;
      if (open && state.mistakes_made < kMostMistakes) return attempt(i);
    }
    return {};
  }

  /// The checks are red: find a wrong piece, if the model can.
  std::optional<std::string> doubt() const {
    for (std::size_t i = 0; i < plan_.pieces.size(); ++i) {
      const PieceState& state = progress_.pieces[i];
      if (state.kind != PieceState::Kind::wrong || state.mistakes_made >= kMostMistakes) continue;
      const double find = character_.skill * (1 - 0.4 * character_.difficulty);
      if (fixed(fmt::format("doubt/{}/{}", i, state.mistakes_made)) < find) return undo(i);
    }
    return {};
  }

  std::string undo(std::size_t i) const {
    const Piece& piece = plan_.pieces[i];
    const PieceState& state = progress_.pieces[i];
    if (state.mistake < piece.undo.size()) return piece.undo[state.mistake];
    return attempt(i);  // nothing to take back: do it again
  }

  std::string attempt(std::size_t i) const {
    const Piece& piece = plan_.pieces[i];
    const int mistakes = progress_.pieces[i].mistakes_made;
    if (!piece.misfit.empty() && chance("misfit", 0.25 * (1 - character_.skill))) {
      return piece.misfit;
    }
    const auto wrong = static_cast<double>(
        std::count_if(progress_.pieces.begin(), progress_.pieces.end(), [](const PieceState& state) {
          return state.kind == PieceState::Kind::wrong;
        }));
    const double fail = (1 - character_.skill) * (0.25 + 1.6 * character_.difficulty) *
                        (1 + character_.poison * wrong);
    const double wavering =
        character_.doubt * (draw(seed_, call_ + "/doubt") - 0.5);
    if (fixed(fmt::format("understand/{}/{}", i, mistakes)) + wavering >= fail) return piece.right;
    return piece.wrong[static_cast<std::size_t>(mistakes) % piece.wrong.size()];
  }

  void act(Message& message, const std::string& command) const {
    if (!dialogue_.terminal) {
      say_command(message, dialogue_, call_id_, command);
    } else if (command == plan_.submit) {
      say_complete(message);
    } else if (chance("untyped", 0.06 * (1 - character_.skill))) {
      say_untyped(message, command);
    } else {
      say_command(message, dialogue_, call_id_, command);
    }
  }

  std::string reasoning() const {
    const int sentences = 1 + static_cast<int>(draw(seed_, call_ + "/length") * 8);
    std::string text;
    for (int i = 0; i < sentences; ++i) {
      const double which = draw(seed_, fmt::format("{}/thought/{}", call_, i));
      text += kThoughts[static_cast<std::size_t>(which * kThoughts.size())];
      text += ' ';
    }
    text.pop_back();
    return text;
  }

  /// A draw that belongs to this call alone.
  bool chance(const char* what, double probability) const {
    return draw(seed_, fmt::format("{}/{}", call_, what)) < probability;
  }
  /// A draw that stays the same for this model through the whole trial: what it
  /// understands and what it does not.
  double fixed(const std::string& what) const {
    return draw(seed_, character_.model + "/" + what);
  }

  const Plan& plan_;
  const Character& character_;
  Dialogue dialogue_;
  PlanProgress progress_;
  std::uint64_t seed_;  ///< of this trajectory: one that begins again errs anew
  std::string call_;
  std::string call_id_;
};

}  // namespace

double difficulty_of(const std::string& declared) {
  static const std::map<std::string, double> kKnown = {
      {"easy", 0.15},        {"<15 min fix", 0.15},      {"medium", 0.45},
      {"15 min - 1 hour", 0.45}, {"hard", 0.75},         {"1-4 hours", 0.75},
      {">4 hours", 0.95}};
  const auto found = kKnown.find(declared);
  return found == kKnown.end() ? 0.5 : found->second;
}

Message next_message(const Plan& plan, const Character& character,
                     const std::vector<Message>& history, const CallContext& context) {
  return Behaviour(plan, character, history, context).next();
}

}  // namespace weir
