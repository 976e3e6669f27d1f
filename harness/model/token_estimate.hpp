#pragma once

#include <cstdint>
#include <string_view>

#include "harness/model/chat.hpp"

namespace weir {

/// An estimate of how many tokens `text` is: a word of letters counts one token
/// per four bytes begun, a run of digits one token whatever its length (so that
/// "0.03s" and "12.40s" in a test log weigh the same), other bytes one per two
/// begun in a run, white space nothing. For reservations and simulated models;
/// never stored as a measurement.
[[nodiscard]] std::int64_t estimate_tokens(std::string_view text);

/// The same for a message, with what its framing adds.
[[nodiscard]] std::int64_t estimate_tokens(const Message& message);

/// The same for a whole request.
[[nodiscard]] std::int64_t estimate_tokens(const ChatRequest& request);

}  // namespace weir
