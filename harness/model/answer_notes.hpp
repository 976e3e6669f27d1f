#pragma once

#include <string_view>

#include "harness/model/chat.hpp"

namespace weir {

// What may be wrong with an answer that arrived whole. None of it is an error
// of the call: the notes are stored with it, and the router and readers look.

/// Adds the notes that apply: tool_markup_in_text, reasoning_only, loop,
/// refusal, usage_contradicts, total_contradicts (which leaves the cost unknown),
/// no_terminal_event.
void note_answer(Completion& completion);

/// A note in words, for people.
[[nodiscard]] std::string_view describe_note(std::string_view note);

/// The markup of a tool call, left in the text for want of a parser.
[[nodiscard]] bool has_tool_markup(std::string_view text);

/// The text ends in the same piece over and over: the model went round in
/// circles. Pieces of 8 to 2,000 bytes, at least 8 times and 800 bytes in all.
[[nodiscard]] bool ends_in_loop(std::string_view text);

}  // namespace weir
