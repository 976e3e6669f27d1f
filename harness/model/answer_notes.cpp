#include "harness/model/answer_notes.hpp"

#include <algorithm>

#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/usage.hpp"

namespace weir {
namespace {

constexpr std::size_t kShortestPiece = 8;
constexpr std::size_t kLongestPiece = 2000;
constexpr std::size_t kLeastRepeats = 8;
constexpr std::size_t kLeastLoop = 800;

/// How many bytes at the end equal those `period` before them.
std::size_t periodic_tail(std::string_view text, std::size_t period) {
  std::size_t length = 0;
  while (length + period < text.size() &&
         text[text.size() - 1 - length] == text[text.size() - 1 - length - period]) {
    ++length;
  }
  return length + period;
}

/// The service's own total is not the sum of its prompt and its output: some
/// bill reasoning beside the output, and what is owed cannot be told.
bool total_contradicts(const Completion& completion) {
  const auto total = count_field(parse_json(completion.raw_usage), "total_tokens");
  const Tokens& tokens = completion.tokens;
  return total && tokens.input_total && tokens.output_total &&
         *total != *tokens.input_total + *tokens.output_total;
}

}  // namespace

std::string_view describe_note(std::string_view note) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"tool_markup_in_text", "the markup of a tool call stands in the text"},
      {"reasoning_only", "reasoning, but no answer"},
      {"loop", "the text goes round in circles"},
      {"refusal", "the model declined"},
      {"usage_contradicts", "the token counts contradict each other"},
      {"thinking_off", "asked without thinking: the history does not allow it"},
      {"in_band", "an error inside a reply of status 200"},
      {"total_contradicts", "the total of tokens is not the sum of input and output"},
      {"priced_by_request", "the price book does not know the model that served"},
      {"no_terminal_event", "the stream was complete but for its last event"},
      {"prefix_rewritten", "the request does not begin with the one before"},
      {"cache_dropped", "less than half of the earlier prompt was found in the cache"}};
  for (const auto& [name, words] : kWords) {
    if (name == note) return words;
  }
  return note;
}

bool has_tool_markup(std::string_view text) {
  for (const std::string_view mark :
       {"｜DSML｜", "<|DSML|", "<｜tool▁calls▁begin｜>", "<tool_call>", "<function_calls>"}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

bool ends_in_loop(std::string_view text) {
  const std::size_t longest = std::min(kLongestPiece, text.size() / kLeastRepeats);
  for (std::size_t period = kShortestPiece; period <= longest; ++period) {
    const std::size_t length = periodic_tail(text, period);
    if (length >= std::max(kLeastLoop, period * kLeastRepeats)) return true;
  }
  return false;
}

void note_answer(Completion& completion) {
  auto& notes = completion.notes;
  const Message& message = completion.message;
  if (message.tool_calls.empty() && has_tool_markup(message.content)) {
    notes.emplace_back("tool_markup_in_text");
  }
  if (completion.ok() && completion.finish_reason == "stop" && message.content.empty() &&
      message.tool_calls.empty() && !message.reasoning.empty()) {
    notes.emplace_back("reasoning_only");
  }
  if (ends_in_loop(message.reasoning) || ends_in_loop(message.content)) notes.emplace_back("loop");
  if (!completion.refusal.empty()) notes.emplace_back("refusal");
  if (!consistent(completion.tokens)) notes.emplace_back("usage_contradicts");
  if (total_contradicts(completion)) notes.emplace_back("total_contradicts");
  if (completion.ok() && completion.stream_complete == false) {
    notes.emplace_back("no_terminal_event");
  }
}

}  // namespace weir
