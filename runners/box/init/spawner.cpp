// Cloning pid 1s.

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

/// The spawner's own network, to come back to.
int own_network() {
  static const int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return fd;
}

bool failed(SpawnReply& reply, const char* step) {
  reply.error = errno == 0 ? EIO : errno;
  snprintf(reply.step, sizeof(reply.step), "%s", step);
  return false;
}

/// In the clone: joins the groups, keeps its socket alone, and serves.
[[noreturn]] void become_init(const Attached& attached, int first_group) {
  for (int i = first_group; i < attached.count; ++i) {
    // "0" is the writer: moving oneself needs no wait for the whole machine.
    if (write(attached.fds[i], "0", 1) != 1) _exit(2);
  }
  if (dup3(attached.fds[0], kSocket, O_CLOEXEC) != kSocket) _exit(3);
  syscall(SYS_close_range, kSocket + 1, ~0U, 0);
  signal(SIGCHLD, SIG_DFL);
  _exit(serve_box());
}

bool write_file(pid_t pid, const char* name, const char* text) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool wrote = write(fd, text, strlen(text)) == static_cast<ssize_t>(strlen(text));
  const int cause = errno;
  close(fd);
  errno = cause;
  return wrote;
}

bool map_ids(pid_t pid, const SpawnRequest& request, SpawnReply& reply) {
  if (request.map == IdMap::external) return true;
  char users[64];
  char groups[64];
  const bool range = request.map == IdMap::range;
  snprintf(users, sizeof(users), "0 %u %d\n", range ? request.base : getuid(), range ? 65536 : 1);
  snprintf(groups, sizeof(groups), "0 %u %d\n", range ? request.base : getgid(), range ? 65536 : 1);
  if (!range && !write_file(pid, "setgroups", "deny")) return failed(reply, "setgroups");
  if (!write_file(pid, "uid_map", users)) return failed(reply, "uid_map");
  return write_file(pid, "gid_map", groups) || failed(reply, "gid_map");
}

/// Quotas of the kernel (inotify, signals, message queues) are charged to whoever
/// makes a user namespace: to the box's own uid, then, not to the host's root,
/// whom a box could leave without. Where that uid may make none, root does.
long clone_as(const SpawnRequest& request, clone_args& args) {
  if (request.map != IdMap::range || geteuid() != 0)
    return syscall(SYS_clone3, &args, sizeof(args));
  if (setresuid(static_cast<uid_t>(-1), request.base, static_cast<uid_t>(-1)) != 0) {
    return syscall(SYS_clone3, &args, sizeof(args));  // no such uid here: a container's root
  }
  setfsuid(0);  // the control group is root's to clone into
  const long pid = syscall(SYS_clone3, &args, sizeof(args));
  if (pid == 0) return 0;
  const int cause = errno;
  if (setresuid(static_cast<uid_t>(-1), 0, static_cast<uid_t>(-1)) != 0) _exit(1);
  errno = cause;
  return pid < 0 ? syscall(SYS_clone3, &args, sizeof(args)) : pid;
}

/// Clones from within the network that the box shares, if it does.
long clone_in_network(const SpawnRequest& request, const Attached& attached, clone_args& args,
                      SpawnReply& reply) {
  if (request.into_network == 0) {
    args.flags |= CLONE_NEWNET;
  } else if (own_network() < 0 || setns(attached.fds[1], CLONE_NEWNET) != 0) {
    failed(reply, "join the network");
    return -1;
  }
  const long pid = clone_as(request, args);
  if (pid < 0) failed(reply, "clone3");
  if (pid != 0 && request.into_network != 0 && setns(own_network(), CLONE_NEWNET) != 0) _exit(1);
  return pid;
}

void spawn(const SpawnRequest& request, const Attached& attached) {
  SpawnReply reply;
  int fds[2] = {-1, -1};
  clone_args args{};
  args.flags = kNamespaces | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<__u64>(&fds[0]);
  args.exit_signal = SIGCHLD;
  int first_group = request.into_network != 0 ? 2 : 1;
  if (request.into_cgroup != 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<__u64>(attached.fds[first_group++]);
  }
  const long pid = clone_in_network(request, attached, args, reply);
  if (pid == 0) become_init(attached, first_group);
  if (pid < 0) {
    send_packet(kSocket, &reply, sizeof(reply), nullptr, 0);
    return;
  }
  reply.pid = static_cast<std::int32_t>(pid);
  char path[64];
  snprintf(path, sizeof(path), "/proc/%ld/ns/user", pid);
  fds[1] = open(path, O_RDONLY | O_CLOEXEC);
  if (fds[1] < 0) failed(reply, "open the user namespace");
  if (reply.error == 0) map_ids(reply.pid, request, reply);
  if (reply.error != 0) kill(reply.pid, SIGKILL);
  send_packet(kSocket, &reply, sizeof(reply), fds, reply.error == 0 ? 2 : 0);
  for (const int fd : fds) close(fd);
}

}  // namespace

int serve_spawner() {
  // Inherited by every pid 1: hundreds of spinning processes in its own group
  // must not keep it from ending them. Commands go back to 0. Root's alone.
  setpriority(PRIO_PROCESS, 0, -20);
  signal(SIGCHLD, SIG_IGN);  // the kernel reaps; deaths are seen on pidfds
  SpawnRequest request;
  Attached attached;
  while (receive_packet(kSocket, &request, sizeof(request), attached)) {
    if (attached.count > 0) spawn(request, attached);
    attached.close_all();
  }
  return 0;
}

}  // namespace weir::box
