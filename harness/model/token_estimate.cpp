#include "harness/model/token_estimate.hpp"

#include <cctype>

namespace weir {
namespace {

enum class Kind { letter, digit, space, other };

Kind kind_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (std::isalpha(byte) != 0 || byte >= 0x80) return Kind::letter;
  if (std::isdigit(byte) != 0) return Kind::digit;
  return std::isspace(byte) != 0 ? Kind::space : Kind::other;
}

constexpr std::int64_t kMessageFrame = 4;

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Kind kind = kind_of(text[i]);
    std::size_t end = i;
    while (end < text.size() && kind_of(text[end]) == kind) ++end;
    const auto length = static_cast<std::int64_t>(end - i);
    if (kind == Kind::letter) tokens += (length + 3) / 4;
    if (kind == Kind::digit) tokens += 1;
    if (kind == Kind::other) tokens += (length + 1) / 2;
    i = end;
  }
  return tokens;
}

std::int64_t estimate_tokens(const Message& message) {
  std::int64_t tokens = kMessageFrame + estimate_tokens(message.content) +
                        estimate_tokens(message.reasoning);
  for (const auto& call : message.tool_calls) {
    tokens += kMessageFrame + estimate_tokens(call.name) + estimate_tokens(call.arguments);
  }
  return tokens;
}

std::int64_t estimate_tokens(const ChatRequest& request) {
  std::int64_t tokens = request.tools.is_null() ? 0 : estimate_tokens(request.tools.dump());
  for (const auto& message : request.messages) tokens += estimate_tokens(message);
  return tokens;
}

}  // namespace weir
