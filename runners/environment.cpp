#include "runners/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runners/build_replay.hpp"
#include "runners/host.hpp"
#include "runners/host_names.hpp"
#include "runners/oci/engine.hpp"
#include "runners/repository.hpp"
#include "tasks/digest.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// What a task's boxes start from.
struct ChosenBase {
  std::string name;
  bool as_image = false;  ///< the task's own image: nothing is to be replayed
  BaseInfo info = {};

  /// Of an environment of `task_sha256` on it.
  [[nodiscard]] std::string digest_with(const std::string& task_sha256) const {
    return Digest().add(digest()).add(task_sha256).hex();
  }
  [[nodiscard]] std::string digest() const {
    return info.digest.empty() ? host_digest() : info.digest;
  }
};

/// The Dockerfile that an engine would build; "" if there is none.
fs::path dockerfile_of(const Environment& environment) {
  if (environment.build_context.empty()) return {};
  const fs::path file = environment.build_context / environment.dockerfile;
  return fs::exists(file) ? file : fs::path();
}

ChosenBase built_base(const Environment& environment, bool online) {
  const std::string id = Engine::find().build({.folder = environment.build_context,
                                               .dockerfile = environment.dockerfile,
                                               .target = environment.target,
                                               .args = environment.build_args,
                                               .network = online});
  return {"image:" + id, true};
}

ChosenBase named_base(const Environment& environment, const std::string& source) {
  const bool in_image = environment.lives_in_image();
  if (environment.image_only) return {"image:" + environment.base, true};
  if (source == "host" && in_image) return {"image:" + environment.base, true};
  if (!is_declared(source)) return {source, in_image};
  if (!dockerfile_of(environment).empty()) {
    return built_base(environment, source == kDeclaredOnline);
  }
  const bool none = environment.base.empty() || environment.base == "host";
  return none ? ChosenBase{"host"} : ChosenBase{"image:" + environment.base, true};
}

/// The base by `source`, got if need be, and looked at.
ChosenBase choose_base(const Environment& environment, const std::string& source,
                       Sandbox& sandbox) {
  ChosenBase base = named_base(environment, source);
  if (environment.lives_in_image() || environment.image_only) sandbox.obtain(base.name);
  base.info = sandbox.inspect(base.name);
  return base;
}

/// Of a task's environment with those of its services.
std::string digest_of_all(const AgentTask& task, const ChosenBase& base, const std::string& sha256,
                          const std::string& source, Sandbox& sandbox) {
  std::string digest = base.digest_with(sha256);
  for (const auto& service : task.services.beside) {
    digest = Digest()
                 .add(digest)
                 .add(service.name)
                 .add(choose_base(service.environment, source, sandbox).digest())
                 .hex();
  }
  return digest;
}

class Builder {
 public:
  Builder(const AgentTask& task, const std::string& sha256, Sandbox& sandbox,
          const std::string& source, const BoxLimits& limits, std::stop_token stop)
      : task_(task),
        stop_(std::move(stop)),
        built_(std::make_shared<PreparedEnvironment>()),
        sandbox_(sandbox) {
    const ChosenBase base = choose_base(task.environment, source, sandbox);
    const BaseInfo& info = base.info;
    as_image_ = base.as_image;
    lives_in_image_ = task.environment.lives_in_image();
    built_->base = base.digest();
    built_->sha256 = digest_of_all(task, base, sha256, source, sandbox);
    built_->workdir = task.environment.workdir;
    built_->user = task.environment.user;
    built_->entrypoint = task.environment.entrypoint;
    built_->command = task.environment.command;
    if (as_image_ && task.environment.beside) {
      built_->entrypoint = info.entrypoint;
      built_->command = info.command;
    }
    built_->healthcheck = task.environment.healthcheck;
    if (as_image_ && !task.environment.workdir_declared && !info.workdir.empty()) {
      built_->workdir = info.workdir;
    }
    if (as_image_ && !task.environment.user_declared && !info.user.empty()) {
      built_->user = info.user;
    }
    built_->env = info.env;
    built_->env.insert({{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                        {"HOME", "/root"},
                        {"LANG", "C.UTF-8"},
                        {"TERM", "dumb"},
                        {"TZ", "UTC"}});
    built_->deviations = task.environment.deviations;
    const std::string& image = task.environment.base;
    if (!as_image_ && !image.empty() && image != "host" && base.name != "image:" + image) {
      built_->deviations.push_back(
          fmt::format("image {} declared; runs on {}", image,
                      base.name == "host" ? "the host's /usr" : base.name));
    }
    built_->limits = limits;
    const TaskLimits& declared = task.limits;
    if (declared.memory) built_->limits.memory = declared.memory;
    if (declared.disk) built_->limits.disk = declared.disk;
    if (declared.cpus) built_->limits.cpus = declared.cpus;
    spec_.base = base.name;
    spec_.limits = built_->limits;
    box_ = sandbox.create(spec_);
  }

  std::shared_ptr<PreparedEnvironment> build(const std::string& bug) {
    if (!lives_in_image_) require_packages();
    if (!as_image_) replay();
    built_->bare_env = built_->env;
    if (lives_in_image_) log_in();
    for (const auto& [name, value] : task_.environment.env) {
      built_->env[name] = built_->bare_env[name] = value;
    }
    if (!task_.environment.beside) make_folders();
    place_files();
    for (const auto& name : task_.environment.wrappers) wrap(name);
    if (task_.environment.repository) place(*task_.environment.repository, bug);
    if (!task_.environment.prepare.empty()) prepare();
    if (task_.environment.repository) look_at_repository();
    built_->snapshot = box_->end();
    return built_;
  }

 private:
  void make_folders() {
    run(fmt::format("mkdir -p {} /logs/agent /logs/verifier /logs/artifacts && "
                    "chmod 777 /logs /logs/agent /logs/artifacts",
                    shell_quoted(built_->workdir)),
        "/");
  }

  /// What a compose file has lie in the box, and the names in it.
  void place_files() {
    for (const auto& [from, to] : task_.environment.files) {
      if (fs::is_directory(from)) {
        box_->put_tree(from, to);
      } else {
        const auto runs = fs::status(from).permissions() & fs::perms::owner_exec;
        box_->put(read_file(from), to, runs != fs::perms::none ? 0755 : 0644);
      }
    }
    const auto& names = task_.environment.hosts;
    if (names.empty()) return;
    const std::string file = box_->get(kHostsFile, kLargestHosts).value_or("");
    box_->put(with_hosts(file, names), kHostsFile);
  }

  void place(const Repository& repository, const std::string& bug) {
    if (!lives_in_image_) {
      place_repository(repository, built_->workdir, built_->env, bug, *box_);
      return;
    }
    for (auto& each : settle_repository(repository, built_->workdir, built_->env, bug, *box_)) {
      built_->deviations.push_back(std::move(each));
    }
  }

  void look_at_repository() {
    ExecRequest request;
    request.cwd = built_->workdir;
    request.env = built_->env;
    request.timeout = std::chrono::minutes(10);
    request.caps = {64 << 20, 1 << 20, std::int64_t{256} << 20};
    request.stop = stop_;
    auto files = unlike_base(*box_, request);
    if (stop_.stop_requested()) throw Cancelled();
    if (!files) throw InfraError(task_.id + ": git cannot read the repository it was placed in");
    built_->unlike_base = std::move(*files);
  }

  /// What a login shell makes of the image's own environment; nothing where it has none.
  void log_in() {
    constexpr const char* kFile = "/tmp/weir-login-env";
    ExecRequest request;
    request.argv = {"bash", "-lc", std::string("env -0 > ") + kFile};
    request.env = built_->env;
    request.timeout = std::chrono::minutes(1);
    request.stop = stop_;
    if (!box_->exec(request).ok()) return;
    constexpr std::size_t kMost = 1 << 20;
    const std::string all = box_->get(kFile, kMost).value_or("");
    for (std::size_t begin = 0, end = 0; (end = all.find('\0', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string entry = all.substr(begin, end - begin);
      const auto equals = entry.find('=');
      const std::string name = entry.substr(0, equals);
      if (equals == std::string::npos || name == "_" || name == "PWD" || name == "OLDPWD" ||
          name == "SHLVL" || name.find('%') != std::string::npos) {  // functions: BASH_FUNC_f%%
        continue;
      }
      built_->env[name] = entry.substr(equals + 1);
    }
    (void)run(std::string("rm ") + kFile, "/");
  }

  void require_packages() {
    const auto missing = missing_packages(task_.environment.packages);
    if (missing.empty()) return;
    throw InfraError(fmt::format("{}: Debian packages not installed: {}; apt-get install them",
                                 task_.id, fmt::join(missing, " ")));
  }

  void prepare() {
    const std::string said = run(task_.environment.prepare, built_->workdir);
    for (const auto line : split_lines(said)) {
      if (!trimmed(line).empty()) built_->deviations.emplace_back(line);
    }
  }

  void wrap(const std::string& name) {
    const char* module = name == "pytest" ? "-m pytest " : "";
    box_->put(fmt::format("#!/bin/sh\nexec /usr/bin/python3 {}\"$@\"\n", module),
              "/usr/local/bin/" + name, 0755);
  }

  /// Returns what it printed.
  std::string run(const std::string& script, const std::string& cwd) {
    return run_build_step(task_.id, *box_, script, cwd, built_->env, stop_);
  }

  void replay() {
    BuildReplay build(task_.id, task_.environment, sandbox_, spec_, *box_, built_->env, stop_);
    build.replay(task_.environment.build);
    for (const auto& each : build.deviations()) built_->deviations.push_back(each);
  }

  const AgentTask& task_;
  std::stop_token stop_;
  std::unique_ptr<Box> box_;
  std::shared_ptr<PreparedEnvironment> built_;
  Sandbox& sandbox_;
  BoxSpec spec_;
  bool as_image_ = false;  ///< the base is the task's own image: nothing is to be replayed
  bool lives_in_image_ = false;  ///< and the repository is in it
};

}  // namespace

void require_base(const std::string& source, Sandbox& sandbox, const std::string& option) {
  if (is_declared(source)) return;
  try {
    (void)sandbox.inspect(source);
  } catch (const InfraError& error) {
    throw UserError(fmt::format("{}: {}", option, error.what()));
  }
}

EnvironmentPtr prepare_environment(const AgentTask& task, const std::string& sha256,
                                   Sandbox& sandbox, const std::string& source,
                                   const BoxLimits& limits, std::stop_token stop,
                                   const std::string& bug) {
  return Builder(task, sha256, sandbox, source, limits, std::move(stop)).build(bug);
}

std::string EnvironmentCache::digest_of(const Task& task) {
  const ChosenBase base = choose_base(task.shown.environment, source_, sandbox_);
  return digest_of_all(task.shown, base, task.sha256, source_, sandbox_);
}

EnvironmentPtr EnvironmentCache::get(const Task& task, std::stop_token stop) {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) {
      return entry.first == task.shown.id;
    });
    if (found != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, found);
    } else {
      recent_.emplace_front(task.shown.id, std::make_shared<Slot>());
      if (recent_.size() > capacity_) recent_.pop_back();
    }
    slot = recent_.front().second;
  }
  const std::lock_guard lock(slot->building);
  if (!slot->environment) {
    slot->environment = prepare_environment(task.shown, task.sha256, sandbox_, source_, limits_,
                                            std::move(stop), task.hidden.bug);
  }
  return slot->environment;
}

}  // namespace weir
