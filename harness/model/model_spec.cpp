#include "harness/model/model_spec.hpp"

#include <nlohmann/json.hpp>

namespace weir {

std::string ModelSpec::host() const {
  if (free()) return provider;
  const auto scheme = base_url.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  return base_url.substr(start, base_url.find('/', start) - start);
}

nlohmann::json ModelSpec::to_json() const {
  nlohmann::json out = {{"name", name},           {"provider", provider}, {"model", model},
                        {"thinking", thinking},   {"max_tokens", max_tokens},
                        {"price_host", price_host}, {"price_as", price_as}};
  if (context_window) out["context_window"] = *context_window;
  if (provider == "simulated") {
    out["skill"] = skill;
    out["speed"] = speed;
    if (!skill_at.empty()) out["skill_at"] = skill_at;
    if (poison > 0) out["poison"] = poison;
    if (doubt > 0) out["doubt"] = doubt;
    if (cache_survival < 1) out["cache_survival"] = cache_survival;
  } else if (provider == "replay") {
    out["cassette_run"] = cassette_run;
  } else {
    out["dialect"] = dialect;
    out["base_url"] = base_url;
    out["stream"] = stream;
    if (logprobs) out["logprobs"] = true;
    out["retries"] = retries;
  }
  return out;
}

}  // namespace weir
