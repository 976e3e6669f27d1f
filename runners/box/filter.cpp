#include "runners/box/filter.hpp"

#include <linux/netlink.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "tasks/error.hpp"

namespace weir::box {
namespace {

constexpr const char* kRefused[] = {"acct",
                                    "add_key",
                                    "bpf",
                                    "delete_module",
                                    "fanotify_init",
                                    "finit_module",
                                    "fsconfig",
                                    "fsmount",
                                    "fsopen",
                                    "fspick",
                                    "init_module",
                                    "io_setup",
                                    "io_uring_enter",
                                    "io_uring_register",
                                    "io_uring_setup",
                                    "kexec_file_load",
                                    "kexec_load",
                                    "keyctl",
                                    "lookup_dcookie",
                                    "memfd_secret",
                                    "modify_ldt",
                                    "mount",
                                    "mount_setattr",
                                    "move_mount",
                                    "name_to_handle_at",
                                    "open_by_handle_at",
                                    "open_tree",
                                    "perf_event_open",
                                    "pivot_root",
                                    "quotactl",
                                    "reboot",
                                    "request_key",
                                    "setns",
                                    "swapoff",
                                    "swapon",
                                    "syslog",
                                    "umount2",
                                    "userfaultfd"};

/// Newer than the library's names; the same on every architecture: statmount,
/// listmount, open_tree_attr, quotactl_fd.
constexpr int kRefusedNumbers[] = {443, 457, 458, 467};

void refuse(scmp_filter_ctx filter, const char* name, int error = EPERM) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return;  // newer than this libseccomp
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), number, 0);
}

void refuse_arguments(scmp_filter_ctx filter) {
  const auto eperm = SCMP_ACT_ERRNO(EPERM);
  // Of the socket families: Unix, IPv4, IPv6, and netlink for looking at routes.
  // Greater by its high bits is greater too, so nothing hides in them.
  const auto none = SCMP_ACT_ERRNO(EAFNOSUPPORT);  // what programs take for "not here"
  for (const int call : {SCMP_SYS(socket), SCMP_SYS(socketpair)}) {
    seccomp_rule_add(filter, none, call, 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
    for (scmp_datum_t family = 0; family < AF_NETLINK; ++family) {
      if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
      seccomp_rule_add(filter, none, call, 1, SCMP_A0(SCMP_CMP_EQ, family));
    }
    seccomp_rule_add(filter, none, call, 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                     SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE));
  }
  // Pid 1 gives each command a cgroup namespace, which asks for a capability that
  // commands lack; nothing else may be unshared.
  seccomp_rule_add(filter, eperm, SCMP_SYS(unshare), 1, SCMP_A0(SCMP_CMP_NE, CLONE_NEWCGROUP));
  // Limits of others, pid 1's among them, are not a command's to set.
  seccomp_rule_add(filter, eperm, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0));
  for (const scmp_datum_t request : {0x5412UL /* TIOCSTI */, 0x541CUL /* TIOCLINUX */}) {
    seccomp_rule_add(filter, eperm, SCMP_SYS(ioctl), 1,
                     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffUL, request));
  }
  seccomp_rule_add(filter, eperm, SCMP_SYS(clone), 1,
                   SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
}

}  // namespace

Descriptor make_filter() {
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                      seccomp_release);
  if (!filter) throw InfraError("seccomp: no memory");
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  for (const char* name : kRefused) refuse(filter.get(), name);
  for (const int number : kRefusedNumbers) {
    seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), number, 0);
  }
  refuse(filter.get(), "clone3", ENOSYS);  // its flags are out of reach; libc falls back to clone
  refuse_arguments(filter.get());
  Descriptor program(::memfd_create("weir-filter", MFD_CLOEXEC));
  if (!program || seccomp_export_bpf(filter.get(), program.get()) != 0) {
    throw InfraError("seccomp: the filter cannot be built");
  }
  return program;
}

}  // namespace weir::box
