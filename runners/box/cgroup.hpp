#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runners/box/gauge.hpp"
#include "runners/descriptor.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// Writes a control file in one go. False, with errno set, if the kernel refuses.
bool write_control(const std::filesystem::path& file, const std::string& text);

/// Where this process may make control groups, found out once: below the root
/// of each v1 hierarchy, below the v2 root, or for an ordinary user below a v2
/// group delegated to it. Controllers that are not there have no path.
struct CgroupHome {
  enum class Kind { none, v1, v2 };
  Kind kind = Kind::none;
  std::filesystem::path memory;
  std::filesystem::path pids;
  std::filesystem::path cpu;
  std::filesystem::path cpuacct;
  std::filesystem::path freezer;  ///< v2 only: that hierarchy, with or without controllers
  std::string lacking;            ///< why there is none, and the cure

  /// Of the tree mounted at `root`, as `euid`; makes groups to find out.
  [[nodiscard]] static CgroupHome find(const std::filesystem::path& root = "/sys/fs/cgroup");
  [[nodiscard]] std::string name() const;

  /// Removes groups left behind by programs that are gone.
  void sweep() const;
};

/// The control groups of one box: memory with swap, processes, processor time.
/// Its init is counted among the processes but stays outside the limits on memory
/// and processor, so that no command can have it killed or starved. Removed with
/// the object, after the box's processes are gone. One thread.
class Cgroup {
 public:
  /// Throws InfraError if a limit that the home can hold cannot be set: a box is
  /// never less confined than was reported.
  Cgroup(const CgroupHome& home, const BoxLimits& limits);
  /// The groups a process is in already, to be read, not owned.
  static std::unique_ptr<Cgroup> of_process(pid_t pid);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  /// For the init. v2: the folder to be cloned into; v1: the files it writes to.
  [[nodiscard]] const Descriptor& folder() const { return folder_; }
  [[nodiscard]] const std::vector<Descriptor>& tasks() const { return tasks_; }
  /// For every command. v2: one folder to be cloned into; v1: files to write to.
  [[nodiscard]] const std::vector<Descriptor>& command_groups() const { return command_groups_; }
  [[nodiscard]] bool clones_commands() const { return v2_; }
  /// v2: lets the box's root, as the host knows it, clone into the commands' group.
  void give_to(unsigned uid) const;

  struct Counters {
    std::int64_t oom_kills = 0;
    std::int64_t pids_denied = 0;
    std::optional<std::int64_t> cpu_user_us;
    std::optional<std::int64_t> cpu_sys_us;
  };
  [[nodiscard]] Counters counters() const;
  /// Most bytes used at once since `forget_peak`, or, where the kernel cannot
  /// forget, since the box began; nullopt where it is not counted.
  [[nodiscard]] std::optional<std::int64_t> peak() const;
  void forget_peak() const;

  /// Stops every process where it stands, or lets all go on. False if it cannot.
  [[nodiscard]] bool freeze(bool frozen) const;

 private:
  Cgroup() = default;
  [[nodiscard]] std::filesystem::path make(const std::filesystem::path& parent);
  void set_up(const CgroupHome& home, const BoxLimits& limits);
  void remove() const;
  void divide();
  void limit(const BoxLimits& limits) const;
  void open_gauges();
  void limit_memory(std::int64_t bytes) const;
  void limit_cpu(double cpus) const;

  bool v2_ = false;
  std::string name_;
  std::vector<std::filesystem::path> groups_;
  std::filesystem::path memory_;
  std::filesystem::path pids_;
  std::filesystem::path cpu_;
  std::filesystem::path cpuacct_;
  std::filesystem::path freezer_;
  Gauge oom_;
  Gauge peak_;
  Gauge denied_;
  Gauge cpu_user_;  ///< v2: both
  Gauge cpu_sys_;
  Descriptor folder_;
  std::vector<Descriptor> tasks_;
  std::vector<Descriptor> command_groups_;
};

}  // namespace weir::box
