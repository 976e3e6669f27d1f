// Of the YAML library, this file and yaml_file.cpp know.

#include "tasks/terminal_bench_yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

/// A map of a YAML file, read key by key, with errors that name file, line and key.
class YamlMap {
 public:
  YamlMap(YAML::Node node, std::string file) : node_(std::move(node)), file_(std::move(file)) {
    if (!node_.IsMap()) fail_at(node_, "must be a map of keys");
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar()) fail_at(entry.first, "is no key");
      const std::string key = entry.first.Scalar();
      if (!keys_.insert(key).second) fail_at(entry.first, key + ": stands twice");
    }
  }

  std::optional<std::string> text(const std::string& key) {
    const YAML::Node value = find(key);
    if (!value) return {};
    if (!value.IsScalar()) fail(key, "must be text");
    return value.Scalar();
  }
  std::string required(const std::string& key) {
    const auto value = text(key);
    if (!value || value->empty()) fail(key, "is missing");
    return *value;
  }
  std::optional<double> number(const std::string& key) {
    const YAML::Node value = find(key);
    if (!value) return {};
    double number = 0;
    if (!value.IsScalar() || !YAML::convert<double>::decode(value, number) ||
        !std::isfinite(number)) {
      fail(key, "must be a number");
    }
    return number;
  }
  std::optional<milliseconds> seconds(const std::string& key) {
    const auto value = number(key);
    if (!value) return {};
    if (!(*value > 0) || *value > 1e9) fail(key, "must be a positive number of seconds");
    return milliseconds(std::llround(*value * 1000));
  }
  std::optional<bool> flag(const std::string& key) {
    const YAML::Node value = find(key);
    if (!value) return {};
    bool flag = false;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, flag)) {
      fail(key, "must be true or false");
    }
    return flag;
  }
  std::vector<std::string> texts(const std::string& key) {
    const YAML::Node value = find(key);
    std::vector<std::string> out;
    if (!value) return out;
    if (!value.IsSequence()) fail(key, "must be a list of texts");
    for (const auto& item : value) {
      if (!item.IsScalar()) fail(key, "must be a list of texts");
      out.push_back(item.Scalar());
    }
    return out;
  }
  /// A node of any kind; undefined if the key is absent or null.
  YAML::Node find(const std::string& key) {
    known_.push_back(key);
    const YAML::Node& node = node_;
    const YAML::Node value = node[key];
    return value && !value.IsNull() ? value : YAML::Node(YAML::NodeType::Undefined);
  }

  /// Keys nobody asked for: "file:line: key = value", the file without its folder.
  [[nodiscard]] std::vector<std::string> unknown() const {
    std::vector<std::string> out;
    const std::string name = std::filesystem::path(file_).filename().string();
    for (const auto& entry : node_) {
      const std::string key = entry.first.Scalar();
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      YAML::Emitter value;
      value.SetMapFormat(YAML::Flow);
      value.SetSeqFormat(YAML::Flow);
      value << entry.second;
      out.push_back(
          fmt::format("{}:{}: {} = {}", file_, entry.first.Mark().line + 1, key, value.c_str()));
    }
    return out;
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) {
    const YAML::Node& node = node_;
    const YAML::Node value = node[key];
    fail_at(value ? value : node_, key + ": " + what);
  }

 private:
  [[noreturn]] void fail_at(const YAML::Node& node, const std::string& what) const {
    throw UserError(fmt::format("{}:{}: {}", file_, node.Mark().line + 1, what));
  }

  YAML::Node node_;
  std::string file_;
  std::set<std::string> keys_;
  std::vector<std::string> known_;
};

/// What `read` makes of a file, with the library's own complaints as ours.
template <typename Read>
auto parsed(std::string_view text, const std::string& file, Read read) {
  try {
    YamlMap map(YAML::Load(std::string(text)), file);
    return read(map);
  } catch (const YAML::Exception& error) {
    throw UserError(fmt::format("{}:{}: {}", file, std::max(error.mark.line, 0) + 1, error.msg));
  }
}

BenchTask task_of(YamlMap& map) {
  BenchTask task;
  task.instruction = map.required("instruction");
  task.difficulty = map.required("difficulty");
  const std::vector<std::string> known = {"easy", "medium", "hard", "unknown"};
  if (std::find(known.begin(), known.end(), task.difficulty) == known.end()) {
    map.fail("difficulty", fmt::format("\"{}\" is no difficulty{}", task.difficulty,
                                       did_you_mean(task.difficulty, known)));
  }
  task.author_name = map.text("author_name").value_or(task.author_name);
  task.author_email = map.text("author_email").value_or(task.author_email);
  task.category = map.text("category").value_or(task.category);
  task.tags = map.texts("tags");
  task.parser_name = map.text("parser_name").value_or(task.parser_name);
  task.agent_timeout = map.seconds("max_agent_timeout_sec").value_or(task.agent_timeout);
  task.test_timeout = map.seconds("max_test_timeout_sec").value_or(task.test_timeout);
  task.same_shell = map.flag("run_tests_in_same_shell").value_or(false);
  task.disable_asciinema = map.flag("disable_asciinema").value_or(false);
  for (const char* key :
       {"estimated_duration_sec", "expert_time_estimate_min", "junior_time_estimate_min"}) {
    if (const auto value = map.number(key)) task.estimates[key] = *value;
  }
  task.unknown = map.unknown();
  return task;
}

}  // namespace

BenchTask read_bench_task(std::string_view text, const std::string& file) {
  return parsed(text, file, task_of);
}

}  // namespace weir
