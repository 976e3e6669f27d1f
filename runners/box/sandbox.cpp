// The sandbox on own namespaces: finds a footing, makes boxes on it.

#include "runners/sandbox.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "runners/box/namespace_box.hpp"
#include "runners/box/shared_files.hpp"
#include "runners/box/shared_network.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace box {
namespace {

namespace fs = std::filesystem;

class NamespaceSandbox final : public Sandbox {
 public:
  NamespaceSandbox(const Footing& footing, std::vector<std::string> refused)
      : ground_(std::make_shared<Ground>(footing)), refused_(std::move(refused)) {
    probe();
  }

  std::unique_ptr<Box> create(const BoxSpec& spec) override {
    const std::string defect = spec.limits.defect();
    if (!defect.empty()) throw InfraError("box: " + defect);
    if (spec.network == Network::open) {
      throw InfraError("box: an open network needs [sandbox] backend = \"oci\"");
    }
    for (const auto& bind : spec.read_only) {
      std::error_code unreadable;
      if (!fs::exists(bind.first, unreadable)) {
        throw InfraError(fmt::format("box: {}, to be bound at {}, is not there",
                                     bind.first.string(), bind.second));
      }
      if (fs::path(bind.second).relative_path().empty()) {
        throw InfraError(fmt::format("box: {} cannot be bound over /", bind.first.string()));
      }
    }
    constexpr std::size_t kMostBinds = 32;
    if (spec.read_only.size() + spec.volumes.size() > kMostBinds) {
      throw InfraError(fmt::format("box: at most {} binds and volumes", kMostBinds));
    }
    auto stack = std::dynamic_pointer_cast<const LayerStack>(spec.from);
    if (!stack) stack = ground_->bases().get(spec.base).stack;
    return std::make_unique<NamespaceBox>(ground_, spec, stack);
  }

  BaseInfo inspect(const std::string& base) override { return ground_->bases().get(base).info; }
  void obtain(const std::string& base) override { ground_->bases().obtain(base); }

  std::shared_ptr<const SharedNetwork> share_network(const BoxSpec&) override {
    return std::make_shared<NetworkNamespace>();
  }
  std::shared_ptr<const Volume> new_volume(const BoxLimits& limits) override {
    if (!ground_->as_root()) throw InfraError("box: files that boxes share need root");
    return std::make_shared<SharedFiles>(ground_->new_disk(limits));
  }

  std::string description() const override {
    utsname kernel{};
    ::uname(&kernel);
    return nlohmann::json{{"backend", "box"},
                          {"kernel", kernel.release},
                          {"footing", ground_->footing().name()},
                          {"limits", ground_->cgroups().name()},
                          {"refused", refused_},
                          {"degraded", degraded()}}
        .dump();
  }

  std::vector<std::string> touched(const SnapshotPtr& later, const SnapshotPtr& earlier,
                                   const std::vector<std::string>& paths) const override {
    const auto now = std::dynamic_pointer_cast<const LayerStack>(later);
    const auto then = std::dynamic_pointer_cast<const LayerStack>(earlier);
    if (!now || !then) return {};
    std::vector<std::string> found;
    std::vector<std::string> patterns;
    for (const auto& path : paths) {
      if (path.find('*') != std::string::npos) {
        patterns.push_back(path);
      } else if (now->changed_since(*then, path)) {
        found.push_back(path);
      }
    }
    const auto matching = now->matching_since(*then, patterns);
    found.insert(found.end(), matching.begin(), matching.end());
    return found;
  }

  std::vector<std::string> degraded() const override {
    std::vector<std::string> all = missing();
    if (ground_->footing().in_memory) {
      all.emplace_back("disk: limited by a tmpfs for each box; files count as memory");
    }
    return all;
  }

  std::vector<std::string> missing() const override {
    const CgroupHome& home = ground_->cgroups();
    std::vector<std::string> lacking;
    const auto lacks = [&](bool there, const char* what) {
      if (!there) lacking.push_back(fmt::format("{} ({})", what, cure_of(home)));
    };
    lacks(!home.memory.empty(), "memory: limited per process, not per box");
    lacks(!home.pids.empty(), "pids: limited per user, not per box");
    lacks(!home.cpu.empty(), "cpu: not limited");
    if (!ground_->footing().in_memory) {
      lacking.emplace_back(
          "disk: looked at once a second while commands run, and single files limited "
          "(newer kernels, 6.18 is one, enforce it for root without WEIR_SCRATCH)");
    }
    if (!ground_->as_root()) {
      lacking.emplace_back(
          "quotas: of inotify, signals and processes, shared with the caller (root's boxes have "
          "their own)");
    }
    if (ground_->footing().map == IdMap::single) {
      lacking.emplace_back(
          "ids: the caller's alone, so that no command can change users or owners (run as root, or "
          "install uidmap and give this user a range in /etc/subuid)");
    }
    return lacking;
  }

 private:
  static std::string cure_of(const CgroupHome& home) {
    return home.lacking.empty() ? "the controller is not enabled in /sys/fs/cgroup" : home.lacking;
  }

  /// A box that cannot run a command is found out before any trial needs it.
  void probe() {
    const auto box = create({});
    ExecRequest request;
    request.script = "touch /tmp/probe && mkdir /usr/weir-probe";
    request.timeout = milliseconds(20'000);
    const ExecResult result = box->exec(request);
    if (!result.ok()) {
      throw InfraError("box: a first command failed: " + result.err.bytes + result.message);
    }
  }

  std::shared_ptr<Ground> ground_;
  std::vector<std::string> refused_;  ///< better footings, and why they failed
};

}  // namespace
}  // namespace box

std::string_view name_of(ExecStatus status) {
  static constexpr std::string_view kNames[] = {"exited",       "signaled", "timeout",    "oom",
                                                "output_limit", "box_lost", "setup_error"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string BoxLimits::defect() const {
  constexpr std::int64_t kLeastMemory = 4 << 20;
  constexpr std::int64_t kLeastDisk = 1 << 20;
  if (memory && *memory < kLeastMemory) return "memory: a box needs at least 4M";
  if (disk && *disk < kLeastDisk) return "disk: a box needs at least 1M";
  if (cpus && !(*cpus >= 0.01 && *cpus <= 4096)) return "cpus: must be from 0.01 to 4096";
  if (pids < 1 || pids > 4000) return "pids: must be from 1 to 4000";
  if (open_files < 16 || open_files > 1'000'000) return "open_files: must be from 16 to 1000000";
  if (shm < 64 << 10) return "shm: a box needs at least 64K";
  if (inodes < 1000) return "inodes: a box needs at least 1000";
  return {};
}

std::unique_ptr<Sandbox> make_sandbox(const SandboxChoice& choice) {
  return choice.backend == "oci" ? make_oci_sandbox(choice.engine) : make_box_sandbox();
}

std::unique_ptr<Sandbox> make_box_sandbox() {
  std::vector<std::string> refused;
  const auto footings = box::possible_footings(refused);
  if (footings.empty()) {
    throw InfraError("box: neither /dev/shm nor /var/tmp has 1 GiB free; set WEIR_SCRATCH");
  }
  for (const auto& footing : footings) {
    try {
      return std::make_unique<box::NamespaceSandbox>(footing, refused);
    } catch (const InfraError& error) {
      refused.push_back(fmt::format("{}: {}", footing.name(), error.what()));
    }
  }
  throw InfraError(refused.back());
}

}  // namespace weir
