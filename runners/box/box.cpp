// The sandbox on own namespaces: boxes, their snapshots, and files in and out.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "runners/box/cgroup.hpp"
#include "runners/box/channel.hpp"
#include "runners/box/execution.hpp"
#include "runners/box/filter.hpp"
#include "runners/box/layers.hpp"
#include "runners/box/scratch.hpp"
#include "runners/box/skeleton.hpp"
#include "runners/box/spawn.hpp"
#include "runners/sandbox.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace box {
namespace {

namespace fs = std::filesystem;

/// What a container's root may do within the box: own files, switch users,
/// signal. No mounts, devices, tracing or network set-up.
constexpr std::uint64_t kContainerRoot = 1U << 0 | 1U << 1 | 1U << 3 | 1U << 4 | 1U << 5 | 1U << 6 |
                                         1U << 7 | 1U << 10 | 1U << 18 | 1U << 31;
// chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service, sys_chroot, setfcap

/// What all boxes of a process share.
struct Ground {
  std::unique_ptr<Scratch> scratch;
  Descriptor filter;
  fs::path skeleton;
};

class NamespaceBox final : public Box {
 public:
  NamespaceBox(std::shared_ptr<Ground> ground, BoxSpec spec,
               std::shared_ptr<const LayerStack> stack)
      : ground_(std::move(ground)),
        spec_(std::move(spec)),
        stack_(std::move(stack)),
        cgroup_(spec_.limits) {
    start();
  }
  ~NamespaceBox() override { stop(); }

  ExecResult exec(const ExecRequest& request) override {
    if (lost_) {
      ExecResult result;
      result.status = ExecStatus::box_lost;
      result.message = "the box was lost earlier";
      return result;
    }
    const std::int64_t oom_kills = cgroup_.oom_kills();
    ExecResult result = run_command(*channel_, placed(request), lost_);
    if (const auto peak = cgroup_.peak()) result.memory_peak = peak;
    if (cgroup_.oom_kills() > oom_kills && !result.ok() && !lost_) result.status = ExecStatus::oom;
    if (lost_) kill_init(init_);
    if (result.status == ExecStatus::timeout) result.leftover_processes = 0;  // all were killed
    return result;
  }

  SnapshotPtr snapshot() override {
    if (!quiet()) return nullptr;
    if (active_->empty()) return stack_;
    auto grown = std::make_shared<LayerStack>(*stack_);
    stop();
    grown->layers.push_back(std::exchange(active_, nullptr));
    stack_ = grown;
    start();
    return stack_;
  }

  SnapshotPtr end() override {
    stop();
    lost_ = true;
    if (!active_ || active_->empty()) return stack_;
    auto grown = std::make_shared<LayerStack>(*stack_);
    grown->layers.push_back(std::exchange(active_, nullptr));
    return grown;
  }

  void restore(const SnapshotPtr& snapshot) override {
    stop();
    active_.reset();
    stack_ = std::dynamic_pointer_cast<const LayerStack>(snapshot);
    if (!stack_) throw InfraError("box: the snapshot is of another backend");
    start();
  }

  bool changed() const override { return active_ != nullptr && !active_->empty(); }

  int live_processes() override {
    const auto received = ask({}, {});
    return received.reply.live;
  }

  void put(std::string_view bytes, const std::string& path, unsigned mode) override {
    Request request;
    request.op = Op::open;
    request.flags = O_WRONLY | O_CREAT | O_TRUNC;
    request.mode = mode;
    const Received opened = ask(request, {path});
    check(opened.reply, "put " + path);
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(opened.fd.get(), bytes.data(), bytes.size());
      if (wrote <= 0) throw InfraError(fmt::format("box: put {}: {}", path, std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  void put_tree(const fs::path& folder, const std::string& path) override {
    make_folder(path);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string inside = path + "/" + entry.path().lexically_relative(folder).string();
      if (entry.is_symlink()) {
        Request request;
        request.op = Op::link;
        check(ask(request, {fs::read_symlink(entry.path()).string(), inside}).reply, inside);
      } else if (entry.is_directory()) {
        make_folder(inside);
      } else if (entry.is_regular_file()) {
        const bool runs =
            (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
        put(read_file(entry.path()), inside, runs ? 0755 : 0644);
      }
    }
  }

  std::optional<std::string> get(const std::string& path, std::size_t cap) override {
    Request request;
    request.op = Op::open;
    request.flags = O_RDONLY;
    const Received opened = ask(request, {path});
    if (opened.reply.error != 0 || !opened.fd) return {};
    std::string bytes;
    char buffer[65536];
    while (bytes.size() < cap) {
      const ssize_t got =
          ::read(opened.fd.get(), buffer, std::min(sizeof(buffer), cap - bytes.size()));
      if (got <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
  }

 private:
  /// Whether nothing lives. A process that was just killed needs a moment to
  /// go: what it did is over, and the answer must not depend on the scheduler.
  bool quiet() {
    for (int look = 0; look < 5; ++look) {
      if (live_processes() == 0) return true;
      std::this_thread::sleep_for(milliseconds(4));
    }
    return false;
  }

  /// A script too long for one argument (128 KiB) goes through a file whose
  /// name nothing in the box can know beforehand.
  ExecRequest placed(const ExecRequest& request) {
    constexpr std::size_t kLongest = 100'000;
    if (!request.argv.empty() || request.script.size() <= kLongest) return request;
    std::random_device random;
    const std::string path = fmt::format("/tmp/.weir-{:08x}{:08x}", random(), random());
    put(request.script, path, 0644);
    ExecRequest placed = request;
    placed.argv = {"bash", path};
    return placed;
  }

  void start() {
    if (!active_) active_ = std::make_shared<Layer>(*ground_->scratch, stack_->pieces.size());
    lost_ = true;  // until it stands
    init_ = spawn_init(cgroup_);
    channel_.emplace(std::move(init_.socket));
    const auto mounts = mount_stack(*stack_, *active_, init_.userns.get(), init_.base);
    std::vector<Descriptor> binds;
    std::vector<std::string> texts = {"box"};
    for (std::size_t i = 1; i < stack_->pieces.size(); ++i) texts.push_back(stack_->pieces[i].path);
    for (const auto& [from, to] : spec_.read_only) {
      binds.push_back(clone_read_only(from, init_.userns.get()));
      texts.push_back(fs::path(to).relative_path().string());
    }
    Request request;
    request.op = Op::setup;
    request.pieces = static_cast<std::uint32_t>(mounts.size() - 1);
    request.binds = static_cast<std::uint32_t>(binds.size());
    request.capabilities = spec_.container_root ? kContainerRoot : 0;
    request.shm_bytes = static_cast<std::uint64_t>(spec_.limits.shm);
    request.pids = static_cast<std::uint32_t>(spec_.limits.pids);
    request.open_files = static_cast<std::uint32_t>(spec_.limits.open_files);
    const Descriptor blob = make_blob(texts);
    std::vector<int> fds = {blob.get(), ground_->filter.get()};
    for (const auto& mount : mounts) fds.push_back(mount.get());
    for (const auto& bind : binds) fds.push_back(bind.get());
    const auto ready = channel_->ask(request, fds);
    if (!ready) throw InfraError("box: the init died while setting up");
    check(ready->reply, "setup");
    lost_ = false;
  }

  void stop() {
    channel_.reset();
    kill_init(init_);
  }

  void make_folder(const std::string& path) {
    Request request;
    request.op = Op::mkdir;
    request.mode = 0755;
    check(ask(request, {path}).reply, "mkdir " + path);
  }

  Received ask(const Request& request, const std::vector<std::string>& texts) {
    if (lost_) throw InfraError("box: the box was lost earlier");
    const Descriptor blob = make_blob(texts);
    auto received = channel_->ask(request, {blob.get()});
    if (!received) {
      lost_ = true;
      throw InfraError("box: the init no longer answers");
    }
    return std::move(*received);
  }

  static void check(const Reply& reply, const std::string& what) {
    if (reply.error == 0) return;
    throw InfraError(
        fmt::format("box: {}: {}: {}", what, reply.step, std::strerror(reply.error)));
  }

  std::shared_ptr<Ground> ground_;
  BoxSpec spec_;
  std::shared_ptr<const LayerStack> stack_;
  std::shared_ptr<Layer> active_;
  Cgroup cgroup_;  // outlives every init it holds
  Spawned init_;
  std::optional<Channel> channel_;
  bool lost_ = false;
};

class NamespaceSandbox final : public Sandbox {
 public:
  explicit NamespaceSandbox(const fs::path& scratch_parent) : ground_(std::make_shared<Ground>()) {
    ground_->scratch = std::make_unique<Scratch>(scratch_parent);
    ground_->filter = make_filter();
    ground_->skeleton = ground_->scratch->fresh("skeleton");
    build_skeleton(ground_->skeleton);
    Cgroup::sweep();
    const Cgroup trial(BoxLimits{});
    limits_memory_ = trial.limits_memory();
    limits_pids_ = trial.limits_pids();
    probe();
  }

  std::unique_ptr<Box> create(const BoxSpec& spec) override {
    auto stack = std::dynamic_pointer_cast<const LayerStack>(spec.from);
    if (!stack) stack = base_stack(spec.base);
    return std::make_unique<NamespaceBox>(ground_, spec, stack);
  }

  std::string description() const override {
    utsname kernel{};
    ::uname(&kernel);
    return nlohmann::json{{"backend", "box"},
                          {"kernel", kernel.release},
                          {"ids", "65536 mapped, host uid never 0"},
                          {"scratch", ground_->scratch->root().parent_path().string()},
                          {"degraded", degraded()}}
        .dump();
  }

  std::vector<std::string> touched(const SnapshotPtr& later, const SnapshotPtr& earlier,
                                   const std::vector<std::string>& paths) const override {
    const auto now = std::dynamic_pointer_cast<const LayerStack>(later);
    const auto then = std::dynamic_pointer_cast<const LayerStack>(earlier);
    if (!now || !then) return {};
    std::vector<std::string> found;
    for (const auto& path : paths) {
      if (now->changed_since(*then, path)) found.push_back(path);
    }
    return found;
  }

  std::vector<std::string> degraded() const override {
    std::vector<std::string> lacking = {"cpu: not limited", "disk: not limited"};
    if (!limits_memory_) lacking.emplace_back("memory: not limited (no cgroup can be made)");
    if (!limits_pids_) lacking.emplace_back("pids: limited per user, not per box");
    return lacking;
  }

 private:
  std::shared_ptr<const LayerStack> base_stack(const std::string& base) const {
    auto stack = std::make_shared<LayerStack>();
    if (base == "host") {
      stack->pieces = {{"", ground_->skeleton}, {"usr", "/usr"}};
    } else {
      if (!fs::is_directory(base)) {
        throw InfraError(fmt::format("box: {} is not a rootfs folder", base));
      }
      stack->pieces = {{"", fs::absolute(base)}};
    }
    return stack;
  }

  /// A box that cannot run `true` is found out before any trial needs it.
  void probe() {
    const auto box = create({});
    ExecRequest request;
    request.script = "touch /tmp/probe && mkdir /usr/weir-probe";
    request.timeout = milliseconds(10'000);
    const ExecResult result = box->exec(request);
    if (!result.ok()) {
      throw InfraError("box: a first command failed: " + result.err.bytes + result.message);
    }
  }

  std::shared_ptr<Ground> ground_;
  bool limits_memory_ = false;
  bool limits_pids_ = false;
};

}  // namespace
}  // namespace box

std::string_view name_of(ExecStatus status) {
  static constexpr std::string_view kNames[] = {"exited", "signaled",     "timeout",    "oom",
                                                "output_limit", "box_lost", "setup_error"};
  return kNames[static_cast<std::size_t>(status)];
}

std::unique_ptr<Sandbox> make_box_sandbox() {
  const auto candidates = box::Scratch::candidates();
  if (candidates.empty()) {
    throw InfraError("box: neither /dev/shm nor /var/tmp has 1 GiB free; set WEIR_SCRATCH");
  }
  if (::geteuid() != 0) {
    throw InfraError("box: needs root to map a range of ids and share the host's files "
                     "(run weir as root; the commands in boxes never are root on the host)");
  }
  std::string reason;
  for (const auto& folder : candidates) {
    try {
      return std::make_unique<box::NamespaceSandbox>(folder);
    } catch (const InfraError& error) {
      if (reason.empty()) reason = error.what();
    }
  }
  throw InfraError(reason);
}

}  // namespace weir
