// Reading what engines say about images.

#include <fmt/format.h>
#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "runners/oci/engine.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// A member that may be missing or null, as engines have them.
std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& each : *found) {
    if (each.is_string()) texts.push_back(each.get<std::string>());
  }
  return texts;
}

/// Folders of layers that this process can see, top first; none if one is not there.
std::vector<fs::path> layers_of(const json& image) {
  const auto driver = image.find("GraphDriver");
  if (driver == image.end() || !driver->is_object() || !driver->contains("Data")) return {};
  const json& data = driver->at("Data");
  if (!data.is_object()) return {};
  std::vector<fs::path> layers;
  if (const std::string whole = text_at(data, "dir"); !whole.empty()) return {whole};  // vfs
  if (const std::string top = text_at(data, "UpperDir"); !top.empty()) layers.emplace_back(top);
  std::string lowers = text_at(data, "LowerDir");
  while (!lowers.empty()) {
    const auto colon = lowers.find(':');
    layers.emplace_back(lowers.substr(0, colon));
    lowers = colon == std::string::npos ? std::string() : lowers.substr(colon + 1);
  }
  std::error_code ignored;
  for (const auto& layer : layers) {
    if (!fs::is_directory(layer, ignored)) return {};
  }
  return layers;
}

Image read(const json& each) {
  Image image;
  image.id = text_at(each, "Id");
  if (image.id.rfind("sha256:", 0) != 0) image.id = "sha256:" + image.id;
  image.names = texts_at(each, "RepoTags");
  image.architecture = text_at(each, "Architecture");
  if (const auto size = each.find("Size"); size != each.end() && size->is_number_integer()) {
    image.bytes = size->get<std::int64_t>();
  }
  const auto found = each.find("Config");
  const json config = found != each.end() && found->is_object() ? *found : json::object();
  for (const auto& pair : texts_at(config, "Env")) {
    const auto equals = pair.find('=');
    if (equals != std::string::npos) image.env[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  image.workdir = text_at(config, "WorkingDir");
  if (image.workdir.empty()) image.workdir = "/";
  image.user = text_at(config, "User");
  if (image.user.empty()) image.user = "root";
  image.entrypoint = texts_at(config, "Entrypoint");
  image.command = texts_at(config, "Cmd");
  image.layers = layers_of(each);
  return image;
}

}  // namespace

std::vector<Image> parse_images(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_array()) throw InfraError("the container engine's inspect is not a JSON array");
  std::vector<Image> images;
  for (const auto& each : parsed) {
    if (!each.is_object() || text_at(each, "Id").empty()) {
      throw InfraError("the container engine's inspect lacks an Id");
    }
    images.push_back(read(each));
  }
  return images;
}

std::string host_architecture() {
  utsname machine{};
  ::uname(&machine);
  const std::string name = machine.machine;
  if (name == "x86_64") return "amd64";
  if (name == "aarch64") return "arm64";
  return name;
}

}  // namespace weir
