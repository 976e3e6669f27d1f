// weir doctor: what works here, what does not, what to do.

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "harness/examine.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;
using Level = Finding::Level;

constexpr const char* kLevels[] = {"ok", "note", "FAILED"};

struct Section {
  std::string name;
  std::vector<Finding> findings;
};

/// DeepSeek's own endpoint, as it is served today.
std::vector<ModelSpec> official_models() {
  std::vector<ModelSpec> specs;
  for (const char* model : {"deepseek-flash", "deepseek-v4-pro"}) {
    ModelSpec spec;
    spec.name = model;
    spec.provider = "openai";
    spec.dialect = "deepseek";
    spec.base_url = "https://api.deepseek.com";
    spec.model = model;
    spec.api_key_env = "DEEPSEEK_API_KEY";
    specs.push_back(spec);
  }
  return specs;
}

std::vector<ModelSpec> models_of(const Experiment& experiment) {
  std::vector<ModelSpec> specs;
  for (const auto& name : experiment.models_in_use()) {
    if (!experiment.models.at(name).free()) specs.push_back(experiment.models.at(name));
  }
  return specs;
}

}  // namespace

int run(const DoctorCommand& command) {
  std::vector<ModelSpec> models = official_models();
  PriceBook prices = PriceBook::bundled();
  if (!command.experiment.empty()) {
    Overrides overrides;
    overrides.cassette = command.common.db;
    const Experiment experiment = load_experiment(command.experiment, overrides);
    models = models_of(experiment);
    prices = load_prices(experiment);
  }
  std::vector<Section> sections = {{"machine", examine_machine()}};
  if (command.models) {
    for (const auto& spec : models) {
      sections.push_back({"model " + spec.name, examine_model(spec, prices)});
    }
  }
  bool well = true;
  json out = json::object();
  for (const auto& section : sections) {
    std::vector<std::vector<std::string>> rows;
    json list = json::array();
    for (const auto& finding : section.findings) {
      well = well && finding.level != Level::bad;
      const char* level = kLevels[static_cast<int>(finding.level)];
      rows.push_back({"  " + finding.subject, level, printable(finding.text)});
      list.push_back({{"subject", finding.subject}, {"level", level}, {"text", finding.text}});
    }
    out[section.name] = std::move(list);
    if (!command.common.json) fmt::print("{}\n{}", printable(section.name), columns(rows));
  }
  if (command.common.json) {
    const json report = {{"ok", well}, {"findings", out}};
    fmt::print("{}\n", report.dump(2, ' ', false, json::error_handler_t::replace));
  }
  return well ? kOk : kUnwell;
}

}  // namespace weir::cli
