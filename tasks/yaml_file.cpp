#include "tasks/yaml_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kDeepest = 50;
constexpr int kMostNodes = 100'000;  // an alias is a copy here: few bytes could be billions

class Converter {
 public:
  explicit Converter(const std::filesystem::path& path) : path_(path) {}

  json convert(const YAML::Node& node, int depth) {
    if (depth > kDeepest || ++nodes_ > kMostNodes) fail(node, "more than any metadata holds");
    if (node.IsScalar()) return to_utf8(node.Scalar());
    if (node.IsSequence()) {
      json list = json::array();
      for (const auto& item : node) list.push_back(convert(item, depth + 1));
      return list;
    }
    if (node.IsMap()) {
      json object = json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) fail(entry.first, "a key must be a word");
        const std::string key = to_utf8(entry.first.Scalar());
        if (object.contains(key))
          fail(entry.first, fmt::format("key \"{}\" stands here twice", key));
        object[key] = convert(entry.second, depth + 1);
      }
      return object;
    }
    return nullptr;
  }

  [[noreturn]] void fail(const YAML::Node& node, const std::string& cause) const {
    throw UserError(fmt::format("{}:{}: {}", path_.string(), node.Mark().line + 1, cause));
  }

 private:
  const std::filesystem::path& path_;
  int nodes_ = 0;
};

}  // namespace

YamlFile YamlFile::read(const std::filesystem::path& path) {
  return parse(path, read_file(path));
}

YamlFile YamlFile::parse(const std::filesystem::path& path, const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);
    Converter converter(path);
    if (!root.IsMap()) converter.fail(root, "expected `key: value` lines");
    YamlFile file{path, converter.convert(root, 0), {}};
    for (const auto& entry : root) file.lines[entry.first.Scalar()] = entry.first.Mark().line + 1;
    return file;
  } catch (const YAML::Exception& error) {
    throw UserError(fmt::format("{}:{}: not valid YAML: {}", path.string(), error.mark.line + 1,
                                to_utf8(error.msg)));
  }
}

}  // namespace weir
