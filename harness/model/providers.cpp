// The table of providers.

#include <fmt/format.h>

#include <vector>

#include "harness/model/model.hpp"
#include "harness/model/openai.hpp"
#include "harness/model/simulated/simulated.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

/// A provider of real models: it never sees the task, let alone its Hidden half.
template <std::unique_ptr<Model> (*Make)(const ModelSpec&)>
std::unique_ptr<Model> blind(const ModelSpec& spec, const Task&, std::uint64_t) {
  return Make(spec);
}

struct Provider {
  std::string_view name;
  std::unique_ptr<Model> (*make)(const ModelSpec&, const Task&, std::uint64_t seed);
  void (*check)(const ModelSpec&);
};

const std::vector<Provider>& providers() {
  static const std::vector<Provider> table = {
      {"openai", blind<make_openai_model>, check_openai_model},
      {"simulated", make_simulated_model, check_simulated_model},
  };
  return table;
}

const Provider& provider_of(const ModelSpec& spec) {
  std::vector<std::string> names;
  for (const auto& provider : providers()) {
    if (provider.name == spec.provider) return provider;
    names.emplace_back(provider.name);
  }
  throw UserError(fmt::format("[models.{}] provider: unknown provider \"{}\"{}", spec.name,
                              spec.provider, did_you_mean(spec.provider, names)));
}

}  // namespace

std::string ModelSpec::host() const {
  if (simulated()) return "simulated";
  const auto scheme = base_url.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  return base_url.substr(start, base_url.find('/', start) - start);
}

nlohmann::json ModelSpec::to_json() const {
  nlohmann::json out = {{"name", name},           {"provider", provider}, {"model", model},
                        {"thinking", thinking},   {"max_tokens", max_tokens},
                        {"price_host", price_host}, {"price_as", price_as}};
  if (simulated()) {
    out["skill"] = skill;
    out["speed"] = speed;
  } else {
    out["dialect"] = dialect;
    out["base_url"] = base_url;
  }
  return out;
}

std::unique_ptr<Model> make_model(const ModelSpec& spec, const Task& task, std::uint64_t seed) {
  return provider_of(spec).make(spec, task, seed);
}

void check_model(const ModelSpec& spec) { provider_of(spec).check(spec); }

}  // namespace weir
