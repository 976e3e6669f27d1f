#include "runners/box/cgroup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>

#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

constexpr int kPeriodUs = 100'000;  // of the processor quota: the kernel's default

void must_write(const fs::path& file, const std::string& text) {
  if (write_control(file, text)) return;
  throw InfraError(fmt::format("box: limit {} cannot be set to {}: {}", file.filename().string(),
                               text, std::strerror(errno)));
}

std::optional<std::int64_t> thousandth(const std::optional<std::int64_t>& value) {
  if (value) return *value / 1000;
  return {};
}

}  // namespace

bool write_control(const fs::path& file, const std::string& text) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Cgroup::Cgroup(const CgroupHome& home, const BoxLimits& limits)
    : v2_(home.kind == CgroupHome::Kind::v2) {
  static std::atomic<int> next{0};
  // With a random part: a number of this process may have been another's before.
  static const unsigned chance = std::random_device{}();
  name_ = fmt::format("weir-{}-{:08x}-{}", ::getpid(), chance, next.fetch_add(1));
  try {
    set_up(home, limits);
  } catch (const InfraError&) {
    remove();
    throw;
  }
}

void Cgroup::set_up(const CgroupHome& home, const BoxLimits& limits) {
  memory_ = make(home.memory);
  pids_ = make(home.pids);
  cpu_ = make(home.cpu);
  cpuacct_ = make(home.cpuacct);
  freezer_ = make(home.freezer);
  if (v2_) divide();
  limit(limits);
  open_gauges();
  if (v2_) return;
  if (!freezer_.empty()) folder_.reset(::open(freezer_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const auto& group : groups_) {
    if (group == freezer_) continue;
    auto& joins = group == memory_ || group == cpu_ ? command_groups_ : tasks_;
    joins.emplace_back(::open((group / "tasks").c_str(), O_WRONLY | O_CLOEXEC));
  }
}

/// Processes may live in leaves only: one for the init, one, limited, for the rest.
void Cgroup::divide() {
  const fs::path whole = freezer_;
  for (const char* controller : {"memory", "cpu"}) {
    (void)write_control(whole / "cgroup.subtree_control", fmt::format("+{}", controller));
  }
  const auto leaf = [&](const char* name) {
    const fs::path group = whole / name;
    if (::mkdir(group.c_str(), 0755) != 0) {
      throw InfraError(fmt::format("box: control group {} cannot be made: {}", group.string(),
                                   std::strerror(errno)));
    }
    groups_.insert(groups_.begin(), group);  // removed before its parent
    return group;
  };
  const fs::path init = leaf("init");
  const fs::path run = leaf("run");
  folder_.reset(::open(init.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  command_groups_.emplace_back(::open(run.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!memory_.empty()) memory_ = run;
  if (!cpu_.empty()) cpu_ = run;
}

void Cgroup::give_to(unsigned uid) const {
  if (!v2_) return;
  for (const auto& folder : {freezer_, freezer_ / "run"}) {
    if (::chown((folder / "cgroup.procs").c_str(), uid, static_cast<gid_t>(-1)) != 0) {
      throw InfraError(fmt::format("box: {}: {}", folder.string(), std::strerror(errno)));
    }
  }
}

void Cgroup::limit(const BoxLimits& limits) const {
  if (limits.memory && !memory_.empty()) limit_memory(*limits.memory);
  // One more than asked: the box's own init is one of them.
  if (!pids_.empty()) must_write(pids_ / "pids.max", std::to_string(limits.pids + 1));
  if (limits.cpus && !cpu_.empty()) limit_cpu(*limits.cpus);
}

std::unique_ptr<Cgroup> Cgroup::of_process(pid_t pid) {
  std::unique_ptr<Cgroup> found(new Cgroup);
  const fs::path root = "/sys/fs/cgroup";
  found->v2_ = fs::exists(root / "cgroup.controllers");
  std::ifstream in(fmt::format("/proc/{}/cgroup", pid));
  for (std::string line; std::getline(in, line);) {  // "9:memory:/path", v2 "0::/path"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path below = fs::path(line.substr(second + 1)).relative_path();
    const auto place = [&](const char* name, fs::path& path) {
      if (found->v2_) path = root / below;
      if (controllers.find(fmt::format(",{},", name)) != std::string::npos)
        path = root / name / below;
    };
    place("memory", found->memory_);
    place("pids", found->pids_);
    place("cpuacct", found->cpuacct_);
  }
  found->open_gauges();
  return found;
}

fs::path Cgroup::make(const fs::path& parent) {
  if (parent.empty()) return {};
  const fs::path group = parent / name_;
  if (std::find(groups_.begin(), groups_.end(), group) != groups_.end()) return group;
  if (::mkdir(group.c_str(), 0755) != 0) {
    throw InfraError(fmt::format("box: control group {} cannot be made: {}", group.string(),
                                 std::strerror(errno)));
  }
  groups_.push_back(group);
  return group;
}

void Cgroup::limit_memory(std::int64_t bytes) const {
  must_write(memory_ / (v2_ ? "memory.max" : "memory.limit_in_bytes"), std::to_string(bytes));
  // Swap would only postpone the end; hosts without it lack these files.
  const fs::path swap = memory_ / (v2_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
  if (fs::exists(swap)) must_write(swap, v2_ ? "0" : std::to_string(bytes));
  // v2 counts socket buffers as memory; v1 does once it is told to.
  const fs::path sockets = memory_ / "memory.kmem.tcp.limit_in_bytes";
  if (!v2_ && fs::exists(sockets)) (void)write_control(sockets, std::to_string(bytes));
}

void Cgroup::limit_cpu(double cpus) const {
  const auto quota = std::max<long>(std::lround(cpus * kPeriodUs), 1000);
  if (v2_) {
    must_write(cpu_ / "cpu.max", fmt::format("{} {}", quota, kPeriodUs));
  } else {
    must_write(cpu_ / "cpu.cfs_period_us", std::to_string(kPeriodUs));
    must_write(cpu_ / "cpu.cfs_quota_us", std::to_string(quota));
  }
}

Cgroup::~Cgroup() {
  remove();
}

void Cgroup::remove() const {
  for (const auto& group : groups_) {
    for (int patience = 0; ::rmdir(group.c_str()) != 0 && errno == EBUSY && patience < 50;
         ++patience) {
      ::usleep(1000);
    }
  }
}

Cgroup::Counters Cgroup::counters() const {
  Counters counters;
  counters.oom_kills = oom_.keyed("oom_kill").value_or(0);
  counters.pids_denied = denied_.keyed("max").value_or(0);
  if (v2_) {
    counters.cpu_user_us = cpu_user_.keyed("user_usec");
    counters.cpu_sys_us = cpu_user_.keyed("system_usec");
  } else {
    counters.cpu_user_us = thousandth(cpu_user_.number());
    counters.cpu_sys_us = thousandth(cpu_sys_.number());
  }
  return counters;
}

std::optional<std::int64_t> Cgroup::peak() const {
  return peak_.number();
}

void Cgroup::forget_peak() const {
  if (!v2_) peak_.write("0");
}

void Cgroup::open_gauges() {
  const auto gauge = [](const fs::path& group, const char* file) {
    return group.empty() ? Gauge() : Gauge(group / file);
  };
  oom_ = gauge(memory_, v2_ ? "memory.events" : "memory.oom_control");
  peak_ = gauge(memory_, v2_ ? "memory.peak" : "memory.max_usage_in_bytes");
  denied_ = gauge(pids_, "pids.events");
  cpu_user_ = gauge(cpuacct_, v2_ ? "cpu.stat" : "cpuacct.usage_user");
  if (!v2_) cpu_sys_ = gauge(cpuacct_, "cpuacct.usage_sys");
}

bool Cgroup::freeze(bool frozen) const {
  if (freezer_.empty()) return false;
  if (!write_control(freezer_ / "cgroup.freeze", frozen ? "1" : "0")) return false;
  const Gauge events(freezer_ / "cgroup.events");
  for (int look = 0; look < 500; ++look) {
    if (events.keyed("frozen") == (frozen ? 1 : 0)) return true;
    ::usleep(1000);
  }
  return false;
}

}  // namespace weir::box
