#include "runners/box/namespace_box.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstring>
#include <thread>

#include "runners/box/contents.hpp"
#include "runners/box/execution.hpp"
#include "runners/box/mounts.hpp"
#include "runners/box/pty.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

/// What a container's root may do within the box: own files, switch users,
/// signal. No mounts, devices, tracing or network set-up.
constexpr std::uint64_t kContainerRoot = 1U << 0 | 1U << 1 | 1U << 3 | 1U << 4 | 1U << 5 | 1U << 6 |
                                         1U << 7 | 1U << 10 | 1U << 18 | 1U << 31;
// chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service, sys_chroot, setfcap

}  // namespace

NamespaceBox::NamespaceBox(std::shared_ptr<Ground> ground, BoxSpec spec,
                           std::shared_ptr<const LayerStack> stack)
    : ground_(std::move(ground)),
      spec_(std::move(spec)),
      stack_(std::move(stack)),
      disk_(ground_->new_disk(spec_.limits)),
      cgroup_(ground_->cgroups(), spec_.limits),
      created_(std::chrono::steady_clock::now()) {
  start();
}

NamespaceBox::~NamespaceBox() {
  stop();
  disk_.reset();  // so that its last layer takes it along, at once
}

ExecResult NamespaceBox::exec(const ExecRequest& request) {
  ExecResult result;
  if (lost_ || channel_->gone()) {
    result.status = ExecStatus::box_lost;
    result.message = "the box was lost earlier";
    return result;
  }
  ExecRequest placed = with_script_placed(channel(), request);
  placed.timeout = std::min(placed.timeout, wall_left());
  const Cgroup::Counters before = cgroup_.counters();
  cgroup_.forget_peak();
  result = run_command(channel(), placed, lost_, [this] { return over_disk(); });
  const Cgroup::Counters after = cgroup_.counters();
  if (const auto peak = cgroup_.peak()) result.memory_peak = peak;
  result.pids_denied = after.pids_denied - before.pids_denied;
  if (after.cpu_user_us && before.cpu_user_us && after.cpu_sys_us && before.cpu_sys_us) {
    result.cpu_user = milliseconds((*after.cpu_user_us - *before.cpu_user_us) / 1000);
    result.cpu_sys = milliseconds((*after.cpu_sys_us - *before.cpu_sys_us) / 1000);
  }
  if (after.oom_kills > before.oom_kills && !result.ok() && !lost_) result.status = ExecStatus::oom;
  if (lost_) kill_init(init_);
  if (result.status == ExecStatus::timeout) result.leftover_processes = 0;  // all were killed
  return result;
}

Channel& NamespaceBox::channel() {
  if (lost_ || !channel_) throw InfraError("box: the box was lost earlier");
  return *channel_;
}

milliseconds NamespaceBox::wall_left() const {
  if (!spec_.limits.wall) return milliseconds::max();
  const auto spent = std::chrono::steady_clock::now() - created_;
  const auto left = *spec_.limits.wall - std::chrono::duration_cast<milliseconds>(spent);
  return std::max(left, milliseconds(0));
}

bool NamespaceBox::over_disk() const {
  return !disk_->enforced() && spec_.limits.disk && disk_->used() > *spec_.limits.disk;
}

SnapshotPtr NamespaceBox::snapshot() {
  if (!quiet()) return nullptr;
  if (active_->empty()) return stack_;
  stop();
  stack_ = stack_->grown(std::exchange(active_, nullptr));
  start();
  return stack_;
}

SnapshotPtr NamespaceBox::copy() {
  if (lost_ || !cgroup_.freeze(true)) return nullptr;  // every process, init too
  const auto layer = std::make_shared<Layer>(ground_->new_disk(spec_.limits), stack_->pieces.size());
  bool whole = true;
  for (std::size_t i = 0; i < stack_->pieces.size(); ++i) {
    const ProcessResult copied =
        run_process({.argv = {"cp", "-a", "--sparse=always", active_->upper(i).string() + "/.",
                              layer->upper(i).string()},
                     .timeout = std::chrono::minutes(5)});
    whole = whole && copied.ok();
  }
  if (!cgroup_.freeze(false) || !whole) return nullptr;
  return stack_->grown(layer);
}

SnapshotPtr NamespaceBox::end() {
  stop();
  lost_ = true;
  if (!active_ || active_->empty()) return stack_;
  return stack_->grown(std::exchange(active_, nullptr));
}

void NamespaceBox::restore(const SnapshotPtr& snapshot) {
  auto stack = std::dynamic_pointer_cast<const LayerStack>(snapshot);
  if (!stack) throw InfraError("box: the snapshot is of another backend");
  stop();
  active_.reset();
  stack_ = std::move(stack);
  start();
}

bool NamespaceBox::changed() const { return active_ != nullptr && !active_->empty(); }

int NamespaceBox::live_processes() {
  return channel().tell({}, std::vector<int>{}, "status").reply.live;
}

void NamespaceBox::put(std::string_view bytes, const std::string& path, unsigned mode) {
  put_file(channel(), bytes, path, mode);
}

void NamespaceBox::put_tree(const fs::path& folder, const std::string& path) {
  put_folder(channel(), folder, path);
}

std::optional<std::string> NamespaceBox::get(const std::string& path, std::size_t cap) {
  return get_file(channel(), path, cap);
}

std::vector<std::string> NamespaceBox::get_tree(const std::string& path, const fs::path& to,
                                                const TreeCaps& caps) {
  return get_folder(channel(), path, to, caps);
}

std::unique_ptr<Terminal> NamespaceBox::open_terminal(const TerminalRequest& request) {
  return open_pty(channel(), request);
}

/// Whether nothing lives. A process that was just killed needs a moment to go:
/// what it did is over, and the answer must not depend on the scheduler.
bool NamespaceBox::quiet() {
  for (int look = 0; look < 5; ++look) {
    if (live_processes() == 0) return true;
    std::this_thread::sleep_for(milliseconds(4));
  }
  return false;
}

void NamespaceBox::start() {
  if (!active_) active_ = std::make_shared<Layer>(disk_, stack_->pieces.size());
  lost_ = true;  // until it stands
  init_ = ground_->spawn(cgroup_);
  channel_.emplace(std::move(init_.socket));
  set_up();
  lost_ = false;
  if (spec_.network == Network::gateway) open_gateway();
}

Request NamespaceBox::setup_request(std::size_t binds) const {
  const BoxLimits& limits = spec_.limits;
  Request request;
  request.op = Op::setup;
  request.world = ground_->as_root() ? World::mounts : World::paths;
  request.pieces = static_cast<std::uint32_t>(stack_->pieces.size());
  request.binds = static_cast<std::uint32_t>(binds);
  request.capabilities = spec_.container_root ? kContainerRoot : 0;
  request.set_id = spec_.set_id ? 1 : 0;
  request.shm_bytes = static_cast<std::uint64_t>(limits.shm);
  request.pids = static_cast<std::uint32_t>(limits.pids);
  request.open_files = static_cast<std::uint32_t>(limits.open_files);
  const bool counted = !ground_->cgroups().memory.empty();
  if (!counted) request.data_bytes = static_cast<std::uint64_t>(limits.memory.value_or(0));
  if (!disk_->enforced()) request.file_bytes = static_cast<std::uint64_t>(limits.disk.value_or(0));
  return request;
}

void NamespaceBox::set_up() {
  const bool as_root = ground_->as_root();
  std::vector<Descriptor> mounts;
  std::vector<std::string> texts = {"box"};
  if (as_root) {
    mounts = mount_stack(*stack_, *active_, init_.userns.get(), init_.base, spec_.set_id);
    for (const auto& bind : spec_.read_only) {
      mounts.push_back(clone_read_only(bind.first, init_.userns.get()));
    }
  } else {
    for (const auto& bind : spec_.read_only) texts.push_back(fs::absolute(bind.first).string());
  }
  // Assembled on a folder that hides nothing still needed.
  texts.push_back(ground_->footing().scratch.string().rfind("/tmp", 0) == 0 ? "/mnt" : "/tmp");
  for (std::size_t i = 0; i < stack_->pieces.size(); ++i) {
    if (i > 0) texts.push_back(stack_->pieces[i].path);
    if (!as_root) texts.push_back(overlay_options(*stack_, *active_, i));
  }
  for (const auto& bind : spec_.read_only) texts.push_back("/" + fs::path(bind.second).relative_path().string());
  const Descriptor blob = make_blob(texts);
  std::vector<int> fds = {blob.get(), ground_->filter().get()};
  for (const auto& mount : mounts) fds.push_back(mount.get());
  (void)channel_->tell(setup_request(spec_.read_only.size()), fds, "setup");
}

void NamespaceBox::open_gateway() {
  Request request;
  request.op = Op::listen;
  request.port = static_cast<std::uint32_t>(spec_.gateway.port);
  relay_ = std::make_unique<Relay>(std::move(channel_->tell(request, std::vector<int>{}, "listen").fd), spec_.gateway);
}

void NamespaceBox::stop() {
  relay_.reset();
  channel_.reset();
  kill_init(init_);
}

}  // namespace weir::box
