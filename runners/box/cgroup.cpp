#include "runners/box/cgroup.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

namespace weir::box {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr const char* kPrefix = "weir-";

bool write_to(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.flush();
  return static_cast<bool>(out);
}

std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  if (in >> value) return value;
  return {};
}

/// The value of "KEY N" in a file of such lines.
std::int64_t keyed_number(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string name;
  std::int64_t value = 0;
  while (in >> name >> value) {
    if (name == key) return value;
  }
  return 0;
}

/// Where groups can be made: v2's root, or the v1 hierarchies for our limits.
std::vector<fs::path> hierarchies(bool v2) {
  if (v2) return {kRoot};
  return {fs::path(kRoot) / "memory", fs::path(kRoot) / "pids"};
}

bool is_v2() { return fs::exists(fs::path(kRoot) / "cgroup.controllers"); }

}  // namespace

Cgroup::Cgroup(const BoxLimits& limits) : v2_(is_v2()) {
  static std::atomic<int> next{0};
  const std::string name = fmt::format("{}{}-{}", kPrefix, ::getpid(), next.fetch_add(1));
  for (const auto& hierarchy : hierarchies(v2_)) {
    const fs::path group = hierarchy / name;
    if (::mkdir(group.c_str(), 0755) == 0) groups_.push_back(group);
  }
  for (const auto& group : groups_) {
    const fs::path memory = group / (v2_ ? "memory.max" : "memory.limit_in_bytes");
    if (limits.memory && fs::exists(memory) && write_to(memory, std::to_string(*limits.memory))) {
      memory_ = group;
      // Swap would only postpone the end; hosts without it lack these files.
      const fs::path swap = group / (v2_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
      if (fs::exists(swap)) write_to(swap, v2_ ? "0" : std::to_string(*limits.memory));
    }
    const fs::path pids = group / "pids.max";
    // One more than asked: the box's own init is one of them.
    if (fs::exists(pids) && write_to(pids, std::to_string(limits.pids + 1))) pids_ = group;
  }
}

Cgroup::~Cgroup() {
  for (const auto& group : groups_) {
    for (int patience = 0; ::rmdir(group.c_str()) != 0 && patience < 50; ++patience) ::usleep(1000);
  }
}

void Cgroup::add(pid_t pid) const {
  for (const auto& group : groups_) write_to(group / "cgroup.procs", std::to_string(pid));
}

std::int64_t Cgroup::oom_kills() const {
  if (memory_.empty()) return 0;
  return keyed_number(memory_ / (v2_ ? "memory.events" : "memory.oom_control"), "oom_kill");
}

std::optional<std::int64_t> Cgroup::peak() const {
  if (memory_.empty()) return {};
  return number_in(memory_ / (v2_ ? "memory.peak" : "memory.max_usage_in_bytes"));
}

void Cgroup::sweep() {
  for (const auto& hierarchy : hierarchies(is_v2())) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(hierarchy, ignored)) {
      int owner = 0;
      const std::string name = entry.path().filename().string();
      const bool ours = std::sscanf(name.c_str(), "weir-%d-", &owner) == 1;
      if (ours && ::kill(owner, 0) != 0) ::rmdir(entry.path().c_str());
    }
  }
}

}  // namespace weir::box
