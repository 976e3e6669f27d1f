#pragma once

#include <cstdint>
#include <string>

#include "harness/model/chat.hpp"
#include "harness/model/model.hpp"
#include "harness/model/simulated/plan.hpp"

namespace weir {

/// What a simulated model is like on one task.
struct Character {
  double skill = 0.7;       ///< [0,1]
  double difficulty = 0.5;  ///< [0,1]
  std::uint64_t seed = 0;
  std::string model;        ///< its name: two models err independently
};

/// Difficulty in [0,1] from what a task declares ("easy", "<15 min fix", ...);
/// 0.5 if it declares nothing known.
[[nodiscard]] double difficulty_of(const std::string& declared);

/// The model's next message. Pure.
[[nodiscard]] Message next_message(const Plan& plan, const Character& character,
                                   const std::vector<Message>& history,
                                   const CallContext& context);

}  // namespace weir
