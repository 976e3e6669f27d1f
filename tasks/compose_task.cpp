#include "tasks/compose_task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "tasks/compose_environment.hpp"
#include "tasks/compose_variables.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/terminal_limits.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr const char* kHere = "127.0.0.1";

/// Where what runs a verifier, its tests and its verdict lie: files that a service could write
/// there, and no snapshot holds, would be nobody's to check.
constexpr auto kVerifiers =
    std::to_array<const char*>({"/bin", "/dev", "/etc", "/lib", "/lib64", "/logs", "/proc", "/root",
                                "/sbin", "/sys", "/tests", "/usr"});

bool is_the_verifiers(const std::string& path) {
  const fs::path place = fs::path(path).lexically_normal();
  const auto second = std::next(place.begin());
  return second != place.end() &&
         std::any_of(kVerifiers.begin(), kVerifiers.end(),
                     [&](const char* each) { return fs::path(each).filename() == *second; });
}

/// Words that only keep a container alive.
bool idles(const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const std::string text = fmt::format("{}", fmt::join(words, " "));
  const std::string program = fs::path(words[0]).filename().string();
  const bool shell =
      words.size() == 1 && (program == "bash" || program == "sh" || program == "cat");
  return shell || program == "sleep" || text.find("tail -f /dev/null") != std::string::npos ||
         (program.ends_with("sh") && words.size() == 3 && words[1] == "-c" &&
          (words[2].starts_with("sleep") || words[2].starts_with("exec sleep")));
}

class Taking {
 public:
  Taking(Task& task, const fs::path& file, const ComposeRules& rules)
      : task_(task),
        name_(file.filename().string()),
        rules_(rules),
        folder_(file.parent_path(), rules.hidden) {
    const fs::path dotenv = file.parent_path() / ".env";
    if (fs::is_regular_file(dotenv)) {
      for (auto& [key, value] : read_env_file(read_file(dotenv))) variables_[key] = value;
    }
    for (const auto& [key, value] : rules.variables) variables_[key] = value;
    compose_ = read_compose(read_file(file), file.string(), lookup_);
    if (rules.main_declared && compose_.find(rules.main) == nullptr) {
      throw UserError(fmt::format("{}: has no service \"{}\"", file.string(), rules.main));
    }
  }

  void take() {
    for (const auto& each : compose_.refused) refuse(each);
    for (const auto& each : compose_.missing) refuse(each + "; none is passed on");
    for (const auto& each : compose_.defaulted) deviate(each);
    for (const auto& each : compose_.unknown) deviate(each + ": unknown, ignored");
    drop_profiles();
    share_files();
    if (const auto* main = compose_.find(rules_.main)) take_main(*main);
    for (const auto& name : start_order(compose_)) {
      if (name != rules_.main) take_service(*compose_.find(name));
    }
    if (task_.shown.services.empty()) return;
    name_each_other();
    look_at_ports();
    tell_what_differs();
  }

 private:
  void refuse(const std::string& what) { add_unsupported(task_, name_ + ": " + what); }
  void deviate(const std::string& what) {
    task_.shown.environment.deviations.push_back(name_ + ": " + what);
  }
  [[nodiscard]] std::string whose(const ComposeService& service) const {
    return fmt::format("{}: service {}: ", name_, service.name);
  }

  /// Compose starts a service with profiles only when asked for one of them.
  void drop_profiles() {
    std::set<std::string> dropped;
    for (const auto& service : compose_.services) {
      if (!service.profiles.empty() && service.name != rules_.main) dropped.insert(service.name);
    }
    std::erase_if(compose_.services, [&](auto& each) { return dropped.count(each.name) > 0; });
    for (auto& service : compose_.services) {
      std::erase_if(service.run.needs, [&](const ServiceNeed& need) {
        if (dropped.count(need.service) == 0) return false;
        refuse(fmt::format("service {} needs {}, which has profiles", service.name, need.service));
        return true;
      });
    }
    for (const auto& each : dropped)
      deviate(fmt::format("service {} has profiles: not started", each));
  }

  /// What several services mount must be the same files for all of them.
  void share_files() {
    std::map<std::string, std::set<std::string>> volumes;
    std::map<std::string, std::set<std::string>> written;
    std::map<std::string, std::set<std::string>> seen;
    for (const auto& service : compose_.services) {
      for (const auto& mount : service.mounts) {
        if (mount.kind == ComposeMount::Kind::volume) volumes[mount.source].insert(service.name);
        if (mount.kind != ComposeMount::Kind::bind) continue;
        const std::string path = fs::path(mount.source).lexically_normal().string();
        seen[path].insert(service.name);
        if (!mount.read_only) written[path].insert(service.name);
      }
    }
    for (const auto& [volume, services] : volumes) {
      if (services.size() > 1) shared_.insert(volume);
    }
    for (const auto& [path, services] : seen) {
      if (services.size() < 2 || written.count(path) == 0 || rules_.log_folders.count(path) > 0) {
        continue;
      }
      refuse(
          fmt::format("{} is a folder of the host that {} share and may write; a volume can be "
                      "shared",
                      path, fmt::join(services, " and ")));
    }
  }

  void take_mounts(const ComposeService& service, Environment& environment,
                   std::vector<VolumeMount>& volumes) {
    for (const auto& mount : service.mounts) {
      if (fs::path(mount.target).lexically_normal() == "/") {
        refuse(fmt::format("service {}: {} cannot be mounted over /", service.name, mount.source));
      } else if (mount.kind == ComposeMount::Kind::volume) {
        // One service's own is part of its box's files.
        if (shared_.count(mount.source) > 0) volumes.push_back({mount.source, mount.target});
      } else if (mount.kind == ComposeMount::Kind::bind) {
        take_bind(service, mount, environment);
      }
    }
  }

  void take_bind(const ComposeService& service, const ComposeMount& mount,
                 Environment& environment) {
    if (rules_.log_folders.count(mount.source) > 0) {
      if (service.name != rules_.main) {
        deviate(fmt::format("service {}: its logs at {} are its own", service.name, mount.target));
      }
      return;
    }
    const bool absolute = mount.source.front() != '.';
    const auto found = folder_.find(mount.source);
    const std::string why = absolute ? "is a path of the host" : found.refused;
    if (!why.empty()) {
      return refuse(fmt::format("service {}: {} {}", service.name, mount.source, why));
    }
    environment.files.push_back({found.path, mount.target});
  }

  /// Keys that hold for the agent's box and for services alike.
  void take_common(const ComposeService& service, Environment& environment, TaskLimits& limits) {
    for (const auto& each : service.refused) {
      refuse(fmt::format("service {}: {}", service.name, each));
    }
    for (const auto& each : service.ignored) {
      deviate(fmt::format("service {}: {} has no effect", service.name, each));
    }
    for (const auto& each : service.unknown) {
      deviate(fmt::format("service {}: {}: unknown, ignored", service.name, each));
    }
    if (service.working_dir && !environment.workdir_declared) {
      environment.workdir = *service.working_dir;
      environment.workdir_declared = true;
    }
    if (service.user && !environment.user_declared) {
      environment.user = *service.user;
      environment.user_declared = true;
    }
    environment.env.merge(compose_env(task_, service, folder_, lookup_, whose(service)));
    const auto& check = service.healthcheck;
    const bool has_check = check && !check->disabled && !check->check.words.empty();
    if (has_check && !environment.healthcheck) environment.healthcheck = check->check;
    if (!limits.memory) limits.memory = service.memory;
    if (!limits.cpus) limits.cpus = service.cpus;
    for (const auto& [name, address] : service.hosts) environment.hosts[name] = address;
  }

  std::vector<ServiceNeed> needs_of(const ComposeService& service) {
    std::vector<ServiceNeed> needs;
    for (const auto& need : service.run.needs) {
      const ComposeService& other = *compose_.find(need.service);
      const bool checked = other.healthcheck && !other.healthcheck->disabled &&
                           !other.healthcheck->check.words.empty();
      if (need.until == ServiceNeed::Until::healthy && !checked) {
        refuse(fmt::format("service {} waits for the health of {}, which has no healthcheck here",
                           service.name, need.service));
      } else if (need.service == rules_.main) {
        const bool started = need.until == ServiceNeed::Until::started;
        const std::string what = fmt::format("service {} needs {}, which is the last to start",
                                             service.name, rules_.main);
        started ? deviate(what) : refuse(what);
      } else {
        needs.push_back(need);
      }
    }
    return needs;
  }

  void take_main(const ComposeService& main) {
    Environment& environment = task_.shown.environment;
    const fs::path dockerfile = environment.build_context / "Dockerfile";
    const bool built = fs::is_regular_file(dockerfile);
    const ComposeBuild plain;
    const auto& build = main.build;
    const bool other =
        build && (fs::path(build->context).lexically_normal() != "." ||
                  fs::path(build->dockerfile).lexically_normal() != plain.dockerfile ||
                  !build->target.empty() || !build->args.empty() || !build->refused.empty());
    const bool by_image =
        !built && !build && main.image && (environment.base.empty() || environment.base == "host");
    if (other) {
      take_compose_build(task_, main, folder_, whose(main), environment);
    } else if (by_image) {
      environment.base = *main.image;
    }
    take_common(main, environment, task_.shown.limits);
    take_mounts(main, environment, task_.shown.services.volumes);
    for (const auto& [volume, path] : task_.shown.services.volumes) {
      if (is_the_verifiers(path)) {
        refuse(fmt::format("volume {}: services could write to {}, where verifiers run", volume,
                           path));
      } else {
        deviate(
            fmt::format("volume {} at {}: what is changed there of a verifier's programs is "
                        "not seen",
                        volume, path));
      }
    }
    task_.shown.services.needs = needs_of(main);
    take_command(main, environment);
  }

  /// The agent's box idles; what else its container would run is a service in it.
  static void take_command(const ComposeService& main, Environment& environment) {
    if (main.run.entrypoint) {
      environment.entrypoint =
          idles(*main.run.entrypoint) ? std::vector<std::string>() : *main.run.entrypoint;
    }
    if (!main.run.command || idles(*main.run.command)) return;
    std::string line;
    for (const auto& word : environment.entrypoint) line += shell_quoted(word) + " ";
    for (const auto& word : *main.run.command) line += shell_quoted(word) + " ";
    environment.entrypoint = {"sh", "-c", line + "& exec \"$@\"", "command"};
  }

  void take_service(const ComposeService& declared) {
    Service service;
    service.name = declared.name;
    Environment& environment = service.environment;
    environment.beside = true;
    environment.workdir = "/";
    take_compose_build(task_, declared, folder_, whose(declared), environment);
    take_common(declared, environment, service.limits);
    take_mounts(declared, environment, service.run.volumes);
    service.run.entrypoint = declared.run.entrypoint;
    service.run.command = declared.run.command;
    service.run.restart = declared.run.restart;
    service.run.needs = needs_of(declared);
    task_.shown.services.beside.push_back(std::move(service));
  }

  /// Each name leads to the address that all of them share.
  void name_each_other() {
    std::map<std::string, std::string> names;
    for (const auto& service : compose_.services) {
      names[service.name] = kHere;
      for (const auto& alias : service.aliases) names[alias] = kHere;
    }
    names[rules_.main] = kHere;
    task_.shown.environment.hosts.insert(names.begin(), names.end());
    for (auto& service : task_.shown.services.beside) {
      service.environment.hosts.insert(names.begin(), names.end());
    }
  }

  void look_at_ports() {
    std::map<std::string, std::string> taken;
    for (const auto& service : compose_.services) {
      for (const auto& port : service.ports) {
        const auto [first, fresh] = taken.emplace(port, service.name);
        if (fresh) continue;
        refuse(
            fmt::format("services {} and {} both listen on port {}, and services share one "
                        "address here",
                        first->second, service.name, port));
      }
    }
  }

  void tell_what_differs() {
    deviate(
        "services share one address with the agent's box: it reaches what listens on their "
        "127.0.0.1 too");
    if (compose_.networks.size() > 1) {
      deviate(fmt::format("networks {} are one", fmt::join(compose_.networks, ", ")));
    }
    if (!task_.shown.visible_tests) return;
    task_.shown.visible_tests.reset();
    deviate("visible tests are not run: the copy of the box that they would see has no services");
  }

  Task& task_;
  std::string name_;
  const ComposeRules& rules_;
  ComposeFolder folder_;
  std::map<std::string, std::string> variables_;
  HostLookup lookup_ = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  };
  ComposeFile compose_;
  std::set<std::string> shared_;  ///< volumes of several services
};

bool has_service(const Task& task, const std::string& name) {
  const auto& beside = task.shown.services.beside;
  return name.empty() || name == "main" ||
         std::any_of(beside.begin(), beside.end(),
                     [&](const Service& each) { return each.name == name; });
}

}  // namespace

void take_compose(Task& task, const fs::path& file, const ComposeRules& rules) {
  Taking(task, file, rules).take();
}

void require_services(Task& task) {
  const auto require = [&](const Verifier& verifier, const std::vector<Artifact>& artifacts) {
    for (const auto& each : verifier.collect) {
      if (has_service(task, each.service)) continue;
      add_unsupported(
          task, fmt::format("verifier.collect in the service {}, which is none", each.service));
    }
    for (const auto& each : artifacts) {
      if (has_service(task, each.service)) continue;
      add_unsupported(task,
                      fmt::format("an artifact of the service {}, which is none", each.service));
    }
  };
  require(task.hidden.terminal.verifier, task.hidden.terminal.artifacts);
  for (const auto& step : task.hidden.terminal.steps) require(step.verifier, step.artifacts);
}

}  // namespace weir
