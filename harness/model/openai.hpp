#pragma once

#include "harness/model/model.hpp"

namespace weir {

/// OpenAI chat completions over HTTP, for every host that speaks them.
[[nodiscard]] std::unique_ptr<Model> make_openai_model(const ModelSpec& spec);
void check_openai_model(const ModelSpec& spec);

}  // namespace weir
