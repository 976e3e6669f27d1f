#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tasks/env_template.hpp"
#include "tasks/service_group.hpp"
#include "tasks/terminal_task.hpp"

namespace weir {

// A compose file, read: what it declares, in plain values, whether or not Weir can give it
// (compose_task.hpp says that). Paths are as written, relative to the file's folder.

struct ComposeBuild {
  std::string context = ".";
  std::string dockerfile = "Dockerfile";  ///< below the context
  std::string target;
  std::map<std::string, std::string> args;
  std::vector<std::string> refused;  ///< keys of it that change what is built
};

struct ComposeMount {
  enum class Kind { volume, bind, anonymous };
  Kind kind = Kind::anonymous;
  std::string source;  ///< a volume's name, or a path
  std::string target;  ///< absolute
  bool read_only = false;
};

/// healthcheck: how often and how long are compose's defaults.
struct ComposeHealthcheck {
  bool disabled = false;
  Healthcheck check;
};

struct ComposeService {
  std::string name;
  std::optional<std::string> image;
  std::optional<ComposeBuild> build;
  ServiceRun run;                                                       ///< without its volumes
  std::vector<std::pair<std::string, std::optional<std::string>>> env;  ///< no value: the host's
  std::vector<std::pair<std::string, bool>> env_files;  ///< path, and whether it must be there
  std::optional<std::string> working_dir;
  std::optional<std::string> user;
  std::optional<ComposeHealthcheck> healthcheck;
  std::vector<ComposeMount> mounts;
  std::set<std::string> ports;    ///< that it listens on, "5000" or "53/udp"
  std::set<std::string> aliases;  ///< names it answers to, beside its own
  std::set<std::string> networks;
  std::map<std::string, std::string> hosts;  ///< extra_hosts: name, address
  std::optional<std::int64_t> memory;        ///< bytes
  std::optional<double> cpus;
  std::vector<std::string> profiles;
  std::vector<std::string> refused;  ///< what it asks for and no box gives: "privileged: true"
  std::vector<std::string> ignored;  ///< keys that mean nothing here: "read_only"
  std::vector<std::string> unknown;  ///< keys that compose does not know either
};

struct ComposeFile {
  std::vector<ComposeService> services;  ///< by name
  std::vector<std::string> networks;     ///< declared
  std::vector<std::string> refused;      ///< of the whole file
  std::vector<std::string> unknown;
  std::vector<std::string> missing;  ///< see ComposeTree
  std::vector<std::string> defaulted;

  [[nodiscard]] const ComposeService* find(const std::string& name) const;
};

/// Throws UserError "file: services.api.ports: cause" for what is no compose file: a wrong type,
/// a service's name that is no host name, a need or a volume that is not declared, services that
/// wait for each other in a circle.
[[nodiscard]] ComposeFile read_compose(const std::string& text, const std::string& file,
                                       const HostLookup& value_of);

/// The names of services, each after all that it needs. Throws UserError naming a circle.
[[nodiscard]] std::vector<std::string> start_order(const ComposeFile& file);

}  // namespace weir
