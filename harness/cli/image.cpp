// weir image: the container images that boxes can start from.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "runners/oci/engine.hpp"
#include "tasks/error.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

json json_of(const Image& image) {
  return {{"id", image.id},       {"names", image.names},     {"architecture", image.architecture},
          {"bytes", image.bytes}, {"workdir", image.workdir}, {"user", image.user}};
}

int say(const Common& common, const Image& image) {
  if (common.json) {
    fmt::print("{}\n", json_of(image).dump(2));
  } else {
    fmt::print("{}\n", image.id);
  }
  return kOk;
}

}  // namespace

int run(const ImageListCommand& command) {
  json list = json::array();
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "ARCH", "MB"}};
  for (const auto& image : Engine::find().list()) {
    list.push_back(json_of(image));
    rows.push_back({image.id.substr(0, 19), image.names.empty() ? "" : image.names.front(),
                    image.architecture, std::to_string(image.bytes / 1'000'000)});
  }
  if (command.common.json) {
    fmt::print("{}\n", json{{"images", list}}.dump(2));
  } else {
    fmt::print("{}", columns(rows));
  }
  return kOk;
}

int run(const ImagePullCommand& command) {
  const Engine engine = Engine::find();
  engine.pull(command.reference);
  return say(command.common, engine.inspect(command.reference));
}

int run(const ImageImportCommand& command) {
  const Engine engine = Engine::find();
  if (!std::filesystem::exists(command.source)) {
    throw UserError(fmt::format("{}: there is no such folder or archive", command.source.string()));
  }
  return say(command.common, engine.inspect(engine.import(command.source, command.name)));
}

int run(const ImageRemoveCommand& command) {
  const Engine engine = Engine::find();
  std::string id;
  try {
    id = engine.inspect(command.reference).id;
  } catch (const InfraError& error) {
    throw UserError(error.what());
  }
  engine.remove(command.reference);
  fmt::print(stderr, "weir: removed {} ({})\n", command.reference, id);
  if (command.common.json) fmt::print("{}\n", json{{"removed", id}}.dump(2));
  return kOk;
}

}  // namespace weir::cli
