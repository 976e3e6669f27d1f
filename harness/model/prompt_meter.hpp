#pragma once

#include <string>
#include <vector>

#include "harness/model/chat.hpp"

namespace weir {

/// Digests and sizes of one model's growing prompt. Histories only grow, so what was
/// measured is kept and compared, and only what is new is digested: a turn's cost does not
/// grow with the trial but for that comparison. One thread.
class PromptMeter {
 public:
  /// Takes `request` in. Where it differs from the last one measured, from there on anew.
  void measure(const ChatRequest& request);

  /// Of the tools and the first `messages` messages of the last request, chained: each
  /// message's digest is of the one before and its canonical JSON.
  [[nodiscard]] const std::string& digest(std::size_t messages) const;
  [[nodiscard]] std::size_t messages() const { return steps_.size() - 1; }
  /// As estimate_tokens counts them.
  [[nodiscard]] std::int64_t tokens() const { return steps_.back().tokens; }
  /// With room for framing: no tokenizer makes more tokens than there are bytes.
  [[nodiscard]] std::int64_t bytes() const { return steps_.back().bytes; }

 private:
  /// The prompt as far as one message, that included.
  struct Step {
    Message message;
    std::string digest;
    std::int64_t tokens = 0;
    std::int64_t bytes = 0;
  };
  nlohmann::json tools_;
  std::vector<Step> steps_ = {{}};  ///< the first is of the tools alone
  bool begun_ = false;
};

}  // namespace weir
