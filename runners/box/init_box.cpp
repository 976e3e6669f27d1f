#include "runners/box/init_box.hpp"

#include <algorithm>
#include <thread>

#include "runners/box/contents.hpp"
#include "runners/box/execution.hpp"
#include "runners/box/pty.hpp"
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

InitBox::InitBox(BoxSpec spec)
    : spec_(std::move(spec)), created_(std::chrono::steady_clock::now()) {}

ExecResult InitBox::exec(const ExecRequest& request) {
  ExecResult result;
  if (lost_ || channel_->gone()) {
    result.status = ExecStatus::box_lost;
    result.message = "the box was lost earlier";
    return result;
  }
  ExecRequest placed;
  try {
    placed = with_script_placed(*channel_, request);
  } catch (const InfraError& error) {
    // Else something of the box's own making is in its way.
    result.status = channel_->gone() ? ExecStatus::box_lost : ExecStatus::setup_error;
    result.message = error.what();
    return result;
  }
  placed.timeout = std::min(placed.timeout, wall_left());
  const Cgroup::Counters before = cgroup_->counters();
  cgroup_->forget_peak();
  result = run_command(*channel_, placed, lost_, [this] { return over_disk(); });
  const Cgroup::Counters after = cgroup_->counters();
  if (const auto peak = cgroup_->peak()) result.memory_peak = peak;
  result.pids_denied = after.pids_denied - before.pids_denied;
  if (after.cpu_user_us && before.cpu_user_us && after.cpu_sys_us && before.cpu_sys_us) {
    result.cpu_user = milliseconds((*after.cpu_user_us - *before.cpu_user_us) / 1000);
    result.cpu_sys = milliseconds((*after.cpu_sys_us - *before.cpu_sys_us) / 1000);
  }
  // Never over a cause of Weir's own: a command may have others killed for memory.
  const bool own_end = result.status == ExecStatus::exited || result.status == ExecStatus::signaled;
  const bool oom_killed = after.oom_kills > before.oom_kills;
  if (oom_killed && own_end && !result.ok()) result.status = ExecStatus::oom;
  if (lost_) abandon();
  if (result.status == ExecStatus::timeout) result.leftover_processes = 0;  // all were killed
  return result;
}

milliseconds InitBox::wall_left() const {
  if (!spec_.limits.wall) return milliseconds::max();
  const auto spent = std::chrono::steady_clock::now() - created_;
  const auto left = *spec_.limits.wall - std::chrono::duration_cast<milliseconds>(spent);
  return std::max(left, milliseconds(0));
}

Channel& InitBox::channel() {
  if (lost_ || !channel_) throw InfraError("box: the box was lost earlier");
  return *channel_;
}

int InitBox::live_processes() {
  return channel().tell({}, std::vector<int>{}, "status").reply.live;
}

void InitBox::put(std::string_view bytes, const std::string& path, unsigned mode) {
  put_file(channel(), bytes, path, mode);
}

void InitBox::put_tree(const fs::path& folder, const std::string& path) {
  put_folder(channel(), folder, path);
}

std::optional<std::string> InitBox::get(const std::string& path, std::size_t cap) {
  return get_file(channel(), path, cap);
}

std::vector<std::string> InitBox::get_tree(const std::string& path, const fs::path& to,
                                           const TreeCaps& caps) {
  return get_folder(channel(), path, to, caps);
}

std::unique_ptr<Terminal> InitBox::open_terminal(const TerminalRequest& request) {
  return open_pty(channel(), request);
}

/// A process that was just killed needs a moment to go: what it did is over, and
/// the answer must not depend on the scheduler.
bool InitBox::quiet() {
  for (int look = 0; look < 5; ++look) {
    if (live_processes() == 0) return true;
    std::this_thread::sleep_for(milliseconds(4));
  }
  return false;
}

void InitBox::kill_all() {
  Request request;
  request.op = Op::end_all;
  (void)channel().tell(request, std::vector<int>{}, "end every process");
}

Request InitBox::setup_request(bool memory_counted, bool pids_counted, bool disk_enforced) const {
  const BoxLimits& limits = spec_.limits;
  Request request;
  request.op = Op::setup;
  request.binds = static_cast<std::uint32_t>(spec_.read_only.size() + spec_.volumes.size());
  request.capabilities = spec_.container_root ? kContainerRoot : 0;
  request.set_id = spec_.set_id ? 1 : 0;
  request.shm_bytes = static_cast<std::uint64_t>(limits.shm);
  // Where a group counts processes, only that one refuses, and tells.
  constexpr std::uint32_t kAboveTheGroup = 64;
  request.pids = static_cast<std::uint32_t>(limits.pids) + (pids_counted ? kAboveTheGroup : 1);
  request.open_files = static_cast<std::uint32_t>(limits.open_files);
  if (!memory_counted) request.data_bytes = static_cast<std::uint64_t>(limits.memory.value_or(0));
  if (!disk_enforced) request.file_bytes = static_cast<std::uint64_t>(limits.disk.value_or(0));
  return request;
}

void InitBox::begin(Request setup, int blob, int filter, const std::vector<Descriptor>& fds) {
  std::vector<int> all = {blob, filter};
  for (const auto& group : cgroup_->command_groups()) all.push_back(group.get());
  for (const auto& fd : fds) all.push_back(fd.get());
  const auto groups = static_cast<std::uint32_t>(cgroup_->command_groups().size());
  setup.groups = cgroup_->clones_commands() ? 0 : groups;
  setup.clone_into = cgroup_->clones_commands() ? groups : 0;
  (void)channel_->tell(setup, all, "setup");
  lost_ = false;
  if (spec_.network == Network::gateway) open_gateway();
  if (spec_.network == Network::proxy) open_proxy();
}

Descriptor InitBox::listen_on(int port) {
  Request request;
  request.op = Op::listen;
  request.port = static_cast<std::uint32_t>(port);
  return std::move(channel().tell(request, std::vector<int>{}, "listen").fd);
}

void InitBox::open_gateway() {
  relay_ = std::make_unique<Relay>(listen_on(spec_.gateway.port), spec_.gateway);
}

void InitBox::open_proxy() {
  egress_ = std::make_unique<EgressRelay>(listen_on(spec_.egress.port), spec_.egress);
}

void InitBox::disconnect() {
  lost_ = true;
  relay_.reset();
  egress_.reset();
  channel_.reset();
}

}  // namespace weir::box
