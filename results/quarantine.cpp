#include "results/quarantine.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

class FileReader {
 public:
  explicit FileReader(const std::string& file) : file_(file) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(fmt::format(
        "{}: {}; `weir validate SUITE --quarantine FILE` writes such a list", file_, what));
  }

  std::string text(const json& object, const char* key, const std::string& where) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) {
      fail(fmt::format("{}{} is missing or no text", where, key));
    }
    return found->get<std::string>();
  }

  int count(const json& object, const char* key) const {
    const auto found = object.find(key);
    const bool fits = found != object.end() && found->is_number_unsigned() &&
                      found->get<std::uint64_t>() <= 100'000'000;
    if (!fits) fail(fmt::format("{} is missing or no count", key));
    return found->get<int>();
  }

  QuarantinedTask task(const json& entry, std::size_t index) const {
    const std::string where = fmt::format("tasks[{}].", index);
    if (!entry.is_object()) fail(fmt::format("tasks[{}] is no object", index));
    QuarantinedTask task{text(entry, "id", where), text(entry, "task_sha256", where),
                         text(entry, "kind", where), text(entry, "reason", where)};
    if (task.kind != "flaky" && task.kind != "broken") {
      fail(fmt::format("{}kind is \"{}\", not flaky or broken", where, task.kind));
    }
    return task;
  }

 private:
  const std::string& file_;
};

}  // namespace

std::set<std::string> Quarantine::of(const Arm& arm) const {
  std::set<std::string> ids;
  for (const auto& task : tasks) {
    const auto own = arm.tasks.find(task.id);
    if (own != arm.tasks.end() && own->second == task.sha256) ids.insert(task.id);
  }
  return ids;
}

std::vector<std::string> Quarantine::changed(const Arm& arm) const {
  const std::set<std::string> same = of(arm);
  std::set<std::string> ids;
  for (const auto& task : tasks) {
    if (arm.tasks.count(task.id) != 0 && same.count(task.id) == 0) ids.insert(task.id);
  }
  return {ids.begin(), ids.end()};
}

json quarantine_json(const Quarantine& quarantine) {
  json tasks = json::array();
  for (const auto& task : quarantine.tasks) {
    tasks.push_back({{"id", task.id},
                     {"task_sha256", task.sha256},
                     {"kind", task.kind},
                     {"reason", task.reason}});
  }
  return {{"weir_quarantine", kVersion},
          {"attempts", quarantine.attempts},
          {"tasks_seen", quarantine.tasks_seen},
          {"tasks", tasks}};
}

Quarantine parse_quarantine(std::string_view text, const std::string& file) {
  const FileReader reader(file);
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("weir_quarantine")) {
    reader.fail("is no list of quarantined tasks");
  }
  if (object.at("weir_quarantine") != kVersion) {
    reader.fail(fmt::format(
        "weir_quarantine is {}, this Weir reads {}",
        object.at("weir_quarantine").dump(-1, ' ', false, json::error_handler_t::replace),
        kVersion));
  }
  Quarantine quarantine{reader.count(object, "attempts"), reader.count(object, "tasks_seen"), {}};
  const auto tasks = object.find("tasks");
  if (tasks == object.end() || !tasks->is_array()) reader.fail("tasks is missing or no list");
  for (std::size_t i = 0; i < tasks->size(); ++i) {
    quarantine.tasks.push_back(reader.task(tasks->at(i), i));
  }
  return quarantine;
}

}  // namespace weir
