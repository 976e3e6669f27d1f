#include "tasks/config_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Escapes a key for use in a JSON pointer (RFC 6901).
std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

template <typename T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class Converter {
 public:
  explicit Converter(std::map<std::string, int>& lines) : lines_(lines) {}

  json convert(const toml::node& node, const std::string& pointer) {
    lines_[pointer] = static_cast<int>(node.source().begin.line);
    switch (node.type()) {
      case toml::node_type::table: {
        json object = json::object();
        for (const auto& [key, value] : *node.as_table()) {
          object[std::string(key.str())] = convert(value, pointer + "/" + pointer_token(key.str()));
        }
        return object;
      }
      case toml::node_type::array: {
        json array = json::array();
        for (const auto& value : *node.as_array()) {
          array.push_back(convert(value, pointer + "/" + std::to_string(array.size())));
        }
        return array;
      }
      case toml::node_type::string: return node.as_string()->get();
      case toml::node_type::integer: return node.as_integer()->get();
      case toml::node_type::floating_point: return node.as_floating_point()->get();
      case toml::node_type::boolean: return node.as_boolean()->get();
      case toml::node_type::date: return printed(node.as_date()->get());
      case toml::node_type::time: return printed(node.as_time()->get());
      case toml::node_type::date_time: return printed(node.as_date_time()->get());
      default: return nullptr;
    }
  }

 private:
  std::map<std::string, int>& lines_;
};

}  // namespace

ConfigFile ConfigFile::read(const std::filesystem::path& path) {
  return parse(path, read_file(path));
}

ConfigFile ConfigFile::parse(const std::filesystem::path& path, std::string text) {
  ConfigFile file{path, std::move(text), json::object(), {}};
  try {
    const toml::table table = toml::parse(file.text, path.string());
    file.root = Converter(file.lines).convert(table, "");
  } catch (const toml::parse_error& error) {
    throw UserError(fmt::format("{}:{}: not valid TOML: {}", path.string(),
                                error.source().begin.line, error.description()));
  }
  return file;
}

std::string ConfigFile::where(const std::string& pointer) const {
  const auto line = lines.find(pointer);
  if (line == lines.end() || line->second == 0) return path.string();
  return fmt::format("{}:{}", path.string(), line->second);
}

}  // namespace weir
