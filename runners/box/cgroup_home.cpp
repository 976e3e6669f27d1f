// Finding out where control groups can be made.

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <initializer_list>

#include "runners/box/cgroup.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

/// Whether groups can be made there, by making one.
bool can_make(const fs::path& parent) {
  const fs::path trial = parent / fmt::format("weir-{}-trial", ::getpid());
  return ::mkdir(trial.c_str(), 0755) == 0 && ::rmdir(trial.c_str()) == 0;
}

fs::path v1_hierarchy(const fs::path& root, const char* controller) {
  std::error_code ignored;
  const fs::path found = fs::canonical(root / controller, ignored);  // cpu -> cpu,cpuacct
  return !found.empty() && can_make(found) ? found : fs::path();
}

/// This process's own v2 group, as /proc/self/cgroup names it.
fs::path own_group(const fs::path& root) {
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("0::", 0) == 0) return root / fs::path(line.substr(3)).relative_path();
  }
  return {};
}

bool has_word(const fs::path& file, const std::string& word) {
  std::ifstream in(file);
  std::string each;
  while (in >> each) {
    if (each == word) return true;
  }
  return false;
}

/// Lets `parent`'s children have the controllers. A group with processes cannot:
/// then this process moves into a child of its own first.
void enable_controllers(const fs::path& parent) {
  for (const char* controller : {"memory", "pids", "cpu"}) {
    const fs::path enabled = parent / "cgroup.subtree_control";
    if (has_word(enabled, controller)) continue;
    if (write_control(enabled, fmt::format("+{}", controller))) continue;
    const fs::path self = parent / fmt::format("weir-{}-self", ::getpid());
    ::mkdir(self.c_str(), 0755);
    if (write_control(self / "cgroup.procs", "0")) {
      write_control(enabled, fmt::format("+{}", controller));
    } else {
      ::rmdir(self.c_str());
    }
  }
}

CgroupHome find_v2(const fs::path& root) {
  CgroupHome home;
  const bool is_root = ::geteuid() == 0;
  const fs::path parent = is_root ? root : own_group(root);
  if (parent.empty() || !can_make(parent)) {
    home.lacking =
        "no control group can be made; run under `systemd-run --user --scope -p "
        "Delegate=yes`, or as root";
    return home;
  }
  enable_controllers(parent);
  home.kind = CgroupHome::Kind::v2;
  home.freezer = parent;
  const fs::path enabled = parent / "cgroup.subtree_control";
  if (has_word(enabled, "memory")) home.memory = parent;
  if (has_word(enabled, "pids")) home.pids = parent;
  if (has_word(enabled, "cpu")) home.cpu = parent;
  if (home.memory.empty() || home.pids.empty() || home.cpu.empty()) {
    home.lacking = fmt::format(
        "{} does not hand its controllers on, as when other programs run in "
        "it; start weir alone with `systemd-run --user --scope -p "
        "Delegate=yes weir ...`",
        parent.string());
  }
  home.cpuacct = parent;  // cpu.stat counts without any controller
  return home;
}

CgroupHome find_v1(const fs::path& root) {
  CgroupHome home;
  home.memory = v1_hierarchy(root, "memory");
  home.pids = v1_hierarchy(root, "pids");
  home.cpu = v1_hierarchy(root, "cpu");
  home.cpuacct = v1_hierarchy(root, "cpuacct");
  const fs::path unified = root / "unified";
  if (fs::exists(unified / "cgroup.procs") && can_make(unified)) home.freezer = unified;
  const bool any = !home.memory.empty() || !home.pids.empty() || !home.cpu.empty();
  if (any) home.kind = CgroupHome::Kind::v1;
  if (!any) {
    home.lacking =
        "no control group can be made below /sys/fs/cgroup; run as root, or boot with "
        "cgroup v2 and run under `systemd-run --user --scope -p Delegate=yes`";
  }
  return home;
}

}  // namespace

CgroupHome CgroupHome::find(const fs::path& root) {
  return fs::exists(root / "cgroup.controllers") ? find_v2(root) : find_v1(root);
}

std::string CgroupHome::name() const {
  static constexpr const char* kNames[] = {"none", "cgroup v1", "cgroup v2"};
  return kNames[static_cast<std::size_t>(kind)];
}

void CgroupHome::sweep() const {
  for (const auto& hierarchy : {memory, pids, cpu, cpuacct, freezer}) {
    if (hierarchy.empty()) continue;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(hierarchy, ignored)) {
      int owner = 0;
      const std::string name = entry.path().filename().string();
      const bool ours = std::sscanf(name.c_str(), "weir-%d-", &owner) == 1;
      if (!ours || (::kill(owner, 0) == 0 || errno != ESRCH)) continue;
      for (const char* leaf : {"init", "run"}) ::rmdir((entry.path() / leaf).c_str());
      ::rmdir(entry.path().c_str());
    }
  }
}

}  // namespace weir::box
