// The table of providers.

#include <fmt/format.h>

#include <vector>

#include "harness/model/http_model.hpp"
#include "harness/model/model.hpp"
#include "harness/model/replay.hpp"
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
      {"openai", blind<make_openai_model>, check_http_model},
      {"anthropic", blind<make_anthropic_model>, check_http_model},
      {"replay", blind<make_replay_model>, check_replay_model},
      {"simulated", make_simulated_model, check_simulated_model},
  };
  return table;
}

const Provider& provider_of(const ModelSpec& spec) {
  for (const auto& provider : providers()) {
    if (provider.name == spec.provider) return provider;
  }
  throw UserError(fmt::format("[models.{}] provider: unknown provider \"{}\"{}", spec.name,
                              spec.provider, did_you_mean(spec.provider, provider_names())));
}

}  // namespace

std::vector<std::string> provider_names() {
  std::vector<std::string> names;
  for (const auto& provider : providers()) names.emplace_back(provider.name);
  return names;
}

std::unique_ptr<Model> make_model(const ModelSpec& spec, const Task& task, std::uint64_t seed) {
  return provider_of(spec).make(spec, task, seed);
}

void check_model(const ModelSpec& spec) { provider_of(spec).check(spec); }

}  // namespace weir
