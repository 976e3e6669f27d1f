#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

/// How much of one stream is kept, and how much ends the command.
struct OutputCaps {
  std::size_t head = 1 << 20;
  std::size_t tail = 1 << 20;
  std::int64_t kill = std::int64_t{256} << 20;
};

struct ExecRequest {
  std::vector<std::string> argv;  ///< or, if empty, `script` under `bash -c`
  std::string script;
  std::string cwd = "/";
  std::map<std::string, std::string> env;
  std::string user = "root";
  std::optional<std::string> stdin_bytes;  ///< nullopt: /dev/null
  milliseconds timeout{120'000};
  OutputCaps caps;
  bool merge_stderr = false;  ///< stderr goes into stdout, in order
  std::stop_token stop;
};

/// How a command ended; told apart by evidence, never by exit code.
enum class ExecStatus { exited, signaled, timeout, oom, output_limit, box_lost, setup_error };
[[nodiscard]] std::string_view name_of(ExecStatus status);

/// One captured stream: what was kept, and how much there was.
struct Captured {
  std::string bytes;
  std::int64_t total = 0;
  bool truncated = false;
};

struct ExecResult {
  ExecStatus status = ExecStatus::exited;
  int exit_code = 0;  ///< meaningful for exited
  int signal = 0;     ///< meaningful for signaled
  milliseconds wall{0};
  milliseconds cpu_user{0};
  milliseconds cpu_sys{0};
  std::optional<std::int64_t> memory_peak;  ///< bytes, largest process or the whole box
  Captured out;
  Captured err;
  int leftover_processes = 0;  ///< started by the command and still alive
  std::string message;         ///< for setup_error and box_lost

  [[nodiscard]] bool ok() const { return status == ExecStatus::exited && exit_code == 0; }
};

struct BoxLimits {
  std::optional<std::int64_t> memory = std::int64_t{2} << 30;
  int pids = 512;
  int open_files = 1024;
  std::int64_t shm = std::int64_t{64} << 20;
};

/// A frozen state of a box's files. Shared and immutable; its disk space goes
/// when the last holder lets go.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

struct BoxSpec {
  std::string base = "host";  ///< "host", or a rootfs folder
  SnapshotPtr from;           ///< overrides base
  BoxLimits limits = {};
  bool container_root = true;  ///< root keeps a Docker-like set of capabilities in the box
  std::vector<std::pair<std::filesystem::path, std::string>> read_only = {};  ///< host path, box path
};

/// A place where untrusted commands run. Owned by one thread at a time. Its
/// processes die with it, and it with the program, even by SIGKILL.
class Box {
 public:
  virtual ~Box() = default;

  /// Runs one command to its end; failures of the command are values.
  [[nodiscard]] virtual ExecResult exec(const ExecRequest& request) = 0;

  /// Freezes the files; nullopt while processes are alive, which could still
  /// write. The box goes on. Throws InfraError if the box is lost.
  [[nodiscard]] virtual SnapshotPtr snapshot() = 0;
  /// Kills every process and freezes the files. The box is over.
  [[nodiscard]] virtual SnapshotPtr end() = 0;
  /// Back to `snapshot`: files exactly as they were, every process gone.
  virtual void restore(const SnapshotPtr& snapshot) = 0;
  /// Whether files changed since the box was made, restored or frozen.
  [[nodiscard]] virtual bool changed() const = 0;
  /// Processes alive now, beside the box's own init.
  [[nodiscard]] virtual int live_processes() = 0;

  /// Writes a file (parents made, links not followed). Throws InfraError.
  virtual void put(std::string_view bytes, const std::string& path, unsigned mode = 0644) = 0;
  /// Copies a folder's files, with links and executable bits. Throws InfraError.
  virtual void put_tree(const std::filesystem::path& folder, const std::string& path) = 0;
  /// A regular file's first `cap` bytes; nullopt if it is not one.
  [[nodiscard]] virtual std::optional<std::string> get(const std::string& path,
                                                       std::size_t cap) = 0;
};

/// Makes boxes. Safe to share between threads.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  /// Throws InfraError if the machine cannot give one.
  [[nodiscard]] virtual std::unique_ptr<Box> create(const BoxSpec& spec) = 0;
  /// Those of `paths` (absolute) that `later` changed since `earlier`.
  [[nodiscard]] virtual std::vector<std::string> touched(
      const SnapshotPtr& later, const SnapshotPtr& earlier,
      const std::vector<std::string>& paths) const = 0;
  /// Backend, mechanisms, and what it cannot enforce, as JSON text.
  [[nodiscard]] virtual std::string description() const = 0;
  /// Limits asked for and not enforced here.
  [[nodiscard]] virtual std::vector<std::string> degraded() const = 0;
};

/// Own namespaces, no daemon, no image. Throws InfraError saying what the
/// machine lacks and how to enable it.
[[nodiscard]] std::unique_ptr<Sandbox> make_box_sandbox();

}  // namespace weir
