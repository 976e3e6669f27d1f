#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// A task's environment, built once and frozen: what every box of the task
/// starts from, agent's and grader's alike. Immutable; shared between threads.
struct PreparedEnvironment {
  SnapshotPtr snapshot;
  std::string base;    ///< digest of the base: the host's packages, an image's id
  std::string sha256;  ///< of base, build and repository
  std::string workdir;
  std::string user;
  std::map<std::string, std::string> env;  ///< complete: nothing is inherited
  std::map<std::string, std::string> bare_env = {};  ///< without what the image's login shell adds
  std::vector<std::string> entrypoint = {};  ///< see service.hpp
  std::vector<std::string> command = {};     ///< of a service: the image's own CMD
  std::optional<Healthcheck> healthcheck = {};
  std::vector<std::string> deviations;     ///< what was declared and not honoured
  Network network = Network::none;         ///< that the commands of whoever acts in it have
  /// Files of its repository that are not the commit's: what was built, and is ignored.
  std::set<std::string> unlike_base = {};
  BoxLimits limits = {};  ///< of every box of the task, agent's, check's or grader's: its own first

  /// A box of the task on `snapshot`.
  [[nodiscard]] BoxSpec on(const SnapshotPtr& from) const {
    return BoxSpec{.from = from, .limits = limits};
  }
};
using EnvironmentPtr = std::shared_ptr<const PreparedEnvironment>;

inline constexpr std::string_view kDeclaredOnline = "declared-online";
/// Whether `source` leaves the base to each task.
[[nodiscard]] inline bool is_declared(std::string_view source) {
  return source == "declared" || source == kDeclaredOnline;
}

/// Throws UserError, beginning with `option`, if `source` names a base that is not there: one that
/// every task would miss is found before any is begun.
void require_base(const std::string& source, Sandbox& sandbox, const std::string& option);

/// Builds `task`'s environment: base, build steps, wrappers, and its repository
/// as one commit in a fresh object store. The base is by `source`:
///   host        the host's toolchain, a Dockerfile's steps replayed on it
///   declared    what the task declares: its Dockerfile built by podman without a
///               network, or its image; the host for tasks that declare neither
///   image:REF, or a rootfs folder, for every task
///   declared-online   the same, but Dockerfiles are built with a network
/// A task that lives in its image has it in place of the host, pulled if need be; commands then
/// see the environment of a login shell, where such images activate what tests need. `bug` is a
/// diff that breaks the repository before it is committed.
/// Throws InfraError naming what is missing or which step failed, and Cancelled.
[[nodiscard]] EnvironmentPtr prepare_environment(const AgentTask& task, const std::string& sha256,
                                                 Sandbox& sandbox,
                                                 const std::string& source = "host",
                                                 const BoxLimits& limits = {},
                                                 std::stop_token stop = {},
                                                 const std::string& bug = {});

/// Keeps the environments last used, so that the trials of one task share one
/// build. Safe to share between threads; two threads asking for the same task
/// build it once.
class EnvironmentCache {
 public:
  EnvironmentCache(Sandbox& sandbox, std::size_t capacity, std::string source = "host",
                   BoxLimits limits = {})
      : sandbox_(sandbox), capacity_(capacity), source_(std::move(source)), limits_(limits) {}

  /// The digest of the task's environment, without building it. Throws InfraError.
  [[nodiscard]] std::string digest_of(const Task& task);
  /// Throws Cancelled if `stop` is requested while it is built.
  [[nodiscard]] EnvironmentPtr get(const Task& task, std::stop_token stop = {});

 private:
  struct Slot {
    std::mutex building;
    EnvironmentPtr environment;
  };
  Sandbox& sandbox_;
  std::size_t capacity_;
  std::string source_;
  BoxLimits limits_;
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<Slot>>> recent_;  ///< newest first
};

}  // namespace weir
