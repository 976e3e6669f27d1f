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
  std::optional<std::int64_t> memory_peak;  ///< bytes; the whole box, else its largest process
  std::int64_t pids_denied = 0;             ///< forks refused by the process limit
  Captured out;
  Captured err;
  int leftover_processes = 0;  ///< started by the command and still alive
  std::string message;         ///< for setup_error and box_lost

  [[nodiscard]] bool ok() const { return status == ExecStatus::exited && exit_code == 0; }
};

struct BoxLimits {
  std::optional<std::int64_t> memory = std::int64_t{2} << 30;  ///< bytes, swap included
  std::optional<double> cpus = 1.0;      ///< processors' worth of time
  std::optional<std::int64_t> disk = std::int64_t{4} << 30;    ///< bytes written and kept
  std::int64_t inodes = 500'000;
  int pids = 512;
  int open_files = 1024;
  std::int64_t shm = std::int64_t{64} << 20;
  std::optional<milliseconds> wall = {};  ///< of the whole box, from its creation

  /// Why no box can have these limits; "" if one can.
  [[nodiscard]] std::string defect() const;
};

/// A frozen state of a box's files. Shared and immutable; its disk space goes
/// when the last holder lets go.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// What a box may reach. `open` needs the OCI backend; `proxy` is HTTP and HTTPS through a
/// relay of the host's that looks at every address (egress.hpp).
enum class Network { none, gateway, open, proxy };

/// What the relay of Network::proxy lets through: whatever is public, or what is listed. The
/// host itself and its private networks are never reached.
struct EgressRules {
  bool all = false;
  std::vector<std::string> allowed = {};  ///< names, *.names, addresses, CIDR ranges
  bool private_too = false;  ///< listed addresses may be the host's own: for tests of Weir alone
  int port = 8118;           ///< of 127.0.0.1 in the box
};

/// The network of one phase of a trial.
struct PhaseNetwork {
  Network network = Network::none;
  EgressRules egress = {};
};

/// The one way out of a box with Network::gateway: connections to
/// 127.0.0.1:`port` in the box that show `token` reach `target`, others nothing.
struct GatewayAccess {
  std::string target;  ///< host:port, or the path of a Unix socket, on the host
  std::string token;   ///< as HTTP bearer token or x-api-key
  int port = 8080;
};

/// A network that boxes share: what listens in one is reached from all of them at 127.0.0.1.
/// Gone with its last holder.
class SharedNetwork {
 public:
  virtual ~SharedNetwork() = default;
};

/// Files that boxes share and write, in no snapshot. Gone with their last holder.
class Volume {
 public:
  virtual ~Volume() = default;
};

struct BoxSpec {
  std::string base = "host";  ///< "host", a rootfs folder, or "image:REF"
  SnapshotPtr from = {};      ///< overrides base
  BoxLimits limits = {};
  Network network = Network::none;
  GatewayAccess gateway = {};
  EgressRules egress = {};
  bool container_root = true;  ///< root keeps a Docker-like set of capabilities in the box
  bool set_id = false;         ///< set-id programs gain privileges within the box (sudo)
  std::vector<std::pair<std::filesystem::path, std::string>> read_only = {};  ///< host path, box path
  std::shared_ptr<const SharedNetwork> shared_network = {};  ///< null: a network of its own
  std::vector<std::pair<std::shared_ptr<const Volume>, std::string>> volumes = {};  ///< and box paths
};

struct TerminalRequest {
  std::vector<std::string> argv = {"bash", "--noprofile", "--norc", "-i"};
  std::string cwd = "/";
  std::map<std::string, std::string> env = {};
  std::string user = "root";
  int rows = 40;
  int columns = 160;
};

/// What a terminal shows beyond what was looked at before.
struct TerminalView {
  bool whole_screen = false;  ///< what stood there has changed: all there is to see now
  std::string head;           ///< lines, blanks at their ends cut
  std::int64_t left_out = 0;  ///< bytes between head and tail
  std::string tail;           ///< "" unless something was left out
};

/// A program on a pty in the box, which outlives single commands. Owned by one
/// thread; its processes die with the box.
class Terminal {
 public:
  virtual ~Terminal() = default;
  /// Types `keys`, control characters included. False if they were not all taken: nobody
  /// reads, a line is longer than a terminal holds, or nobody is there any more.
  virtual bool send(std::string_view keys) = 0;
  /// Puts a text in as one paste where the program says that it takes pastes; else
  /// types it. False as for `send`.
  virtual bool paste(std::string_view text) = 0;
  /// Takes in output until `quiet` passes without any, or `most` in all.
  virtual void settle(milliseconds quiet, milliseconds most) = 0;
  /// The screen as a person sees it: `rows` lines, blanks at their ends cut.
  [[nodiscard]] virtual std::string screen() = 0;
  /// What was printed since the last look, lines that scrolled away included; the whole
  /// screen where that cannot be told from what stood there.
  [[nodiscard]] virtual TerminalView look() = 0;
  /// Whether the program still holds the terminal.
  [[nodiscard]] virtual bool alive() const = 0;
};

/// How much is copied out of a box at most.
struct TreeCaps {
  std::int64_t bytes = std::int64_t{1} << 30;
  int entries = 100'000;
  int depth = 64;
  std::vector<std::string> exclude = {};  ///< globs for names, or for paths below the folder, that
                                          ///< are passed over
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
  /// The files as they are at one instant, processes stopped meanwhile and
  /// going on after; nullptr where they cannot be stopped. Costs a copy.
  [[nodiscard]] virtual SnapshotPtr copy() = 0;
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
  /// Copies a folder of the box, or a file, to `to` on the host: regular files and folders,
  /// nothing a link leads to, no set-id bits. Returns what was left out and why. Throws
  /// InfraError where there is neither.
  [[nodiscard]] virtual std::vector<std::string> get_tree(const std::string& path,
                                                          const std::filesystem::path& to,
                                                          const TreeCaps& caps) = 0;
  /// Starts a program on a pty. Throws InfraError.
  [[nodiscard]] virtual std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) = 0;
};

/// What an image or a rootfs declares about itself.
struct BaseInfo {
  std::string digest;  ///< "" for host: the caller knows the host
  std::map<std::string, std::string> env = {};
  std::string workdir = {};
  std::string user = {};
  std::vector<std::string> entrypoint = {};
  std::vector<std::string> command = {};
};

/// Of files that match patterns Sandbox::touched names this many at most. Where it names as many,
/// others could be missing, and nothing may rest on their absence.
inline constexpr std::size_t kMostTouched = 10'000;

/// Makes boxes. Safe to share between threads.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  /// Throws InfraError if the machine cannot give one.
  [[nodiscard]] virtual std::unique_ptr<Box> create(const BoxSpec& spec) = 0;
  /// A network for boxes of this sandbox; `like` is one of them, and says what is reached beside
  /// them. Throws InfraError where boxes cannot share one.
  [[nodiscard]] virtual std::shared_ptr<const SharedNetwork> share_network(const BoxSpec& like) = 0;
  /// A volume for boxes of this sandbox, empty, as large as `limits` lets a box's files be.
  /// Throws InfraError.
  [[nodiscard]] virtual std::shared_ptr<const Volume> new_volume(const BoxLimits& limits) = 0;
  /// What of `paths` (absolute; `*` matches anything, slashes too) `later` changed
  /// since `earlier`: files that match (kMostTouched at most), and paths whose folders were
  /// replaced.
  [[nodiscard]] virtual std::vector<std::string> touched(
      const SnapshotPtr& later, const SnapshotPtr& earlier,
      const std::vector<std::string>& paths) const = 0;
  /// Backend, mechanisms, and what it cannot enforce, as JSON text.
  [[nodiscard]] virtual std::string description() const = 0;
  /// What a base is. Throws InfraError if it is missing or unusable here.
  [[nodiscard]] virtual BaseInfo inspect(const std::string& base) = 0;
  /// Gets a base that is not here: pulls the image. Throws InfraError naming it and the command
  /// that would get it.
  virtual void obtain(const std::string& base) = 0;
  /// What is weaker here than asked for, or bought at a price; each says what.
  [[nodiscard]] virtual std::vector<std::string> degraded() const = 0;
  /// Those of `degraded` that `--require-sandbox full` refuses.
  [[nodiscard]] virtual std::vector<std::string> missing() const = 0;
};

/// Own namespaces, no daemon, no image. As root, or as an ordinary user. Throws
/// InfraError saying what the machine lacks and how to enable it.
[[nodiscard]] std::unique_ptr<Sandbox> make_box_sandbox();

/// Containers of podman or docker (`engine`; "" is whichever is there), with
/// Weir's own init in them. Throws InfraError if the engine is not there.
[[nodiscard]] std::unique_ptr<Sandbox> make_oci_sandbox(const std::string& engine);

/// Where an experiment's trials run, as its [sandbox] says.
struct SandboxChoice {
  std::string backend = "box";  ///< box | oci
  std::string engine;           ///< podman | docker; "" is whichever is there
  Network network = Network::none;
  bool declared_networks = false;    ///< each phase of a task has the network it declares
  std::string environment = "host";  ///< see EnvironmentCache
  BoxLimits limits = {};
};
[[nodiscard]] std::unique_ptr<Sandbox> make_sandbox(const SandboxChoice& choice);

}  // namespace weir
