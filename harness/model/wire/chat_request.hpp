#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/chat.hpp"
#include "harness/model/model_spec.hpp"

namespace weir {

/// What differs between hosts of the chat completions API.
struct Dialect {
  std::string_view name;
  std::string_view reasoning_field;  ///< how a message's reasoning is sent back; "" = not at all
  bool any_arguments;     ///< takes tool arguments back that are no JSON object
  bool always_reasoning;  ///< every earlier answer must carry the field, even empty
  std::string_view max_tokens_field;
  /// Sets thinking on the body, explicitly, as this host wants it.
  void (*set_thinking)(nlohmann::json& body, const std::string& thinking);
};

/// nullptr if there is no such dialect.
[[nodiscard]] const Dialect* find_dialect(std::string_view name);
[[nodiscard]] std::vector<std::string> dialect_names();

/// The body of a chat completions request. Objects have their keys sorted and
/// the history is only ever appended to, so equal beginnings are equal bytes.
[[nodiscard]] nlohmann::json chat_body(const ChatRequest& request, const ModelSpec& spec,
                                       const Dialect& dialect);

}  // namespace weir
