// What commands are kept from, and how they are held to their limits.

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

void limit(int resource, rlim_t value) {
  rlimit current{};
  getrlimit(static_cast<__rlimit_resource>(resource), &current);
  const rlim_t allowed = value < current.rlim_max ? value : current.rlim_max;
  const rlimit wanted{allowed, allowed};
  setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

bool load_filter(int fd, Grants& grants) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return false;
  const auto size = static_cast<std::size_t>(info.st_size);
  grants.filter = malloc(size);
  grants.filter_length = static_cast<unsigned short>(size / sizeof(sock_filter));
  return grants.filter != nullptr &&
         pread(fd, grants.filter, size, 0) == static_cast<ssize_t>(size);
}

}  // namespace

void become_root(Reply& reply) {
  // Ids that are not mapped yet would cost every capability at the first exec.
  // setgroups is forbidden where the map holds one id, and needless there.
  if (setgroups(0, nullptr) != 0 && errno != EPERM) failed(reply, "setgroups");
  if (setresgid(0, 0, 0) != 0) failed(reply, "setresgid");
  if (setresuid(0, 0, 0) != 0) failed(reply, "setresuid");
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of ids, which clears it
  prctl(PR_SET_DUMPABLE, 0);
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);  // not the harness's
}

void confine(const Request& setup, const Attached& attached, Grants& grants, Reply& reply) {
  grants.setup = setup;
  const int groups = static_cast<int>(setup.groups + setup.clone_into);
  for (int i = 0; i < groups; ++i) {
    grants.groups[i] = fcntl(attached.fds[2 + i], F_DUPFD_CLOEXEC, kSocket + 1);
  }
  for (int cap = 0; cap < 64; ++cap) {
    if ((setup.capabilities >> cap & 1U) == 0) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  }
  if (setup.set_id == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    failed(reply, "no_new_privs");
    return;
  }
  errno = EPROTO;
  if (!load_filter(attached.fds[1], grants)) failed(reply, "seccomp filter");
  // Here, once, commands inherit it. To clone into a group init needs what the
  // filter refuses: then each command takes it on by itself.
  grants.filtered = reply.error == 0 && setup.clone_into == 0;
  if (grants.filtered && !install_filter(grants)) failed(reply, "seccomp filter");
}

pid_t fork_into_groups(const Grants& grants) {
  const bool clones = grants.setup.clone_into != 0;
  clone_args args{};
  args.flags = CLONE_INTO_CGROUP;
  args.cgroup = clones ? static_cast<__u64>(grants.groups[0]) : 0;
  args.exit_signal = SIGCHLD;
  const auto pid = clones ? static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof(args))) : fork();
  if (pid != 0) return pid;
  for (std::uint32_t i = 0; i < grants.setup.groups; ++i) {
    // "0" is the writer: moving oneself needs no wait for the whole machine.
    if (write(grants.groups[i], "0", 1) != 1) _exit(126);
  }
  // Seen from the groups it is in, so that their names stay the host's. Init has
  // no such namespace: from within one it could not clone into a group beside it.
  if (grants.setup.world != World::container) unshare(CLONE_NEWCGROUP);
  return 0;
}

void limit_resources(const Grants& grants) {
  const Request& setup = grants.setup;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, setup.open_files);
  limit(RLIMIT_NPROC, setup.pids);
  if (setup.data_bytes != 0) limit(RLIMIT_DATA, setup.data_bytes);
  if (setup.file_bytes != 0) {
    limit(RLIMIT_FSIZE, setup.file_bytes);
    signal(SIGXFSZ, SIG_IGN);  // a write past the limit fails, its writer lives
  }
}

bool install_filter(const Grants& grants) {
  sock_fprog program{grants.filter_length, static_cast<sock_filter*>(grants.filter)};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace weir::box
