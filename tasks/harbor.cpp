// Harbor task folders: task.toml, instruction.md, environment/, tests/, solution/.

#include <fmt/format.h>

#include <cmath>

#include "tasks/config_table.hpp"
#include "tasks/digest.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

std::optional<milliseconds> seconds_key(ConfigTable& table, const std::string& key) {
  const auto seconds = table.number(key);
  if (!seconds) return {};
  if (*seconds <= 0 || *seconds > 1e9) table.fail(key, "must be a positive number of seconds");
  return milliseconds(std::llround(*seconds * 1000));
}

std::map<std::string, std::string> env_key(ConfigTable& table) {
  std::map<std::string, std::string> env;
  auto inner = table.table("env");
  if (!inner) return env;
  for (const auto& name : inner->keys()) env[name] = inner->text(name).value_or("");
  return env;
}

void read_environment(ConfigTable& root, const fs::path& folder, Task& task) {
  Environment& environment = task.shown.environment;
  environment.build_context = folder / "environment";
  const fs::path dockerfile = environment.build_context / "Dockerfile";
  const bool compose = fs::exists(environment.build_context / "docker-compose.yaml");
  if (compose) task.unsupported = "docker-compose environments are not supported yet";
  if (fs::exists(dockerfile)) {
    const Dockerfile parsed = parse_dockerfile(read_file(dockerfile));
    environment.base = parsed.from;
    environment.build = parsed.steps;
    if (!parsed.workdir.empty()) environment.workdir = parsed.workdir;
    if (!parsed.unsupported.empty()) task.unsupported = parsed.unsupported;
  }
  auto table = root.table("environment");
  if (!table) return;
  if (const auto image = table->text("docker_image")) environment.base = *image;
  if (const auto workdir = table->text("workdir")) {
    environment.workdir = *workdir;
    environment.workdir_declared = true;
  }
  task.shown.limits.memory = table->bytes("memory");
  if (const auto mib = table->integer("memory_mb")) task.shown.limits.memory = *mib << 20;
  task.shown.limits.disk = table->bytes("storage");
  if (const auto mib = table->integer("storage_mb")) task.shown.limits.disk = *mib << 20;
  task.shown.limits.cpus = table->number("cpus");
  environment.env = env_key(*table);
  if (table->text("os").value_or("linux") != "linux") task.unsupported = "needs Windows";
  if (table->table("healthcheck")) task.unsupported = "environment.healthcheck is not supported yet";
  const auto network = table->text("network_mode");
  const bool open = network.value_or("public") != "no-network" &&
                    table->flag("allow_internet").value_or(network.has_value());
  if (open) environment.deviations.push_back("a network is declared; the box has none");
}

void read_task(const fs::path& folder, Task& task) {
  const ConfigFile file = ConfigFile::read(folder / "task.toml");
  ConfigTable root(file);
  AgentTask& shown = task.shown;
  if (auto declared = root.table("task")) shown.declared_name = declared->text("name").value_or("");
  if (auto metadata = root.table("metadata")) {
    shown.difficulty = metadata->text("difficulty").value_or("");
    shown.visible_tests = metadata->text("visible_test_cmd");
  }
  RewardGrading grading{folder / "tests", {}};
  if (auto agent = root.table("agent")) {
    shown.limits.agent = seconds_key(*agent, "timeout_sec");
    const auto user = agent->text("user");
    shown.environment.user = user.value_or("root");
    shown.environment.user_declared = user.has_value();
  }
  if (auto verifier = root.table("verifier")) {
    shown.limits.verifier = seconds_key(*verifier, "timeout_sec");
    grading.env = env_key(*verifier);
  }
  if (auto solution = root.table("solution")) task.hidden.solution_env = env_key(*solution);
  read_environment(root, folder, task);
  if (root.has("steps")) task.unsupported = "multi-step tasks are not supported yet";

  if (task.unsupported.empty()) shown.instruction = read_file(folder / "instruction.md");
  if (fs::is_directory(folder / "solution")) task.hidden.solution = folder / "solution";
  if (task.unsupported.empty() && !fs::exists(folder / "tests" / "test.sh")) {
    throw UserError(fmt::format("{}: tests/test.sh is missing", folder.string()));
  }
  task.hidden.grading = std::move(grading);
  task.sha256 = folder_digest(folder);
}

}  // namespace

bool detect_harbor(const fs::path& path) { return fs::is_regular_file(path / "task.toml"); }

std::vector<Task> load_harbor(const fs::path& path, const SuiteSources&) {
  Task task;
  const fs::path normal = fs::absolute(path).lexically_normal();
  task.shown.id = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  task.shown.deliverable = Deliverable::final_state;
  try {
    read_task(path, task);
  } catch (const std::exception& error) {  // also what file system and JSON say
    task.defect = error.what();
  }
  std::vector<Task> tasks;
  tasks.push_back(std::move(task));
  return tasks;
}

}  // namespace weir
