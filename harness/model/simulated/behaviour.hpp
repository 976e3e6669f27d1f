#pragma once

#include <cstdint>
#include <string>

#include "harness/model/chat.hpp"
#include "harness/model/model.hpp"
#include "harness/model/simulated/plan.hpp"

namespace weir {

/// What a simulated model is like on one task. Its world, with skill s and difficulty d:
///
/// - The road to the gold solution is a list of pieces (plan.hpp). After looking around
///   for 2 to 8 commands it makes one piece a turn, then runs the checks, then submits.
/// - A piece is misunderstood, and made wrong, with probability
///   min(1, (1 - s) (0.25 + 1.6 d) (1 + poison w)), w being how many pieces stand wrong in
///   the history: wrong turns that were accepted, by whichever model, poison later ones.
///   The draw belongs to (trial, model, piece, how often it was tried): the same model
///   asked again errs again, another one errs on its own. With `doubt` each call moves
///   the draw by up to doubt / 2, so that samples of a close case disagree.
/// - A wrong piece is noticed unasked with probability 0.5 s (1 - d), and with s (1 - 0.4 d)
///   once the checks are red; then it is taken back and tried again, four times at most.
/// - Clumsiness c = 1 - s: malformed calls 0.10 c, no call 0.07 c, a repeat 0.08 c, a diff
///   that does not apply 0.25 c, a submission too early 0.04 c (1 + 2 d), each per call.
/// - At a terminal it types what it would run, and reads off the screen how that ended; a
///   command's newline is forgotten with 0.06 c, a malformed answer is JSON cut off, and
///   a submission too early is taken back with s, when asked whether it is sure. Its draws
///   hang off its steps there, not off turns: waiting changes nothing.
/// - Checks are the task's own visible tests: how often they miss a wrong piece, or are red
///   about a right one, is the suite's.
/// - The cache holds every prompt the trial has sent this model, in units of 128 tokens,
///   and is lost before a call with probability 1 - cache_survival.
///
/// Nothing else matters: outcomes are functions of seed, task and history.
struct Character {
  double skill = 0.7;       ///< [0,1]
  double difficulty = 0.5;  ///< [0,1]
  std::uint64_t seed = 0;
  std::string model;        ///< its name: two models err independently
  double poison = 0;        ///< >= 0
  double doubt = 0;         ///< [0,1]
};

/// Difficulty in [0,1] from what a task declares ("easy", "<15 min fix", ...);
/// 0.5 if it declares nothing known.
[[nodiscard]] double difficulty_of(const std::string& declared);

/// The model's next message. Pure.
[[nodiscard]] Message next_message(const Plan& plan, const Character& character,
                                   const std::vector<Message>& history,
                                   const CallContext& context);

}  // namespace weir
