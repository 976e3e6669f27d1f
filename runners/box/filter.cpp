#include "runners/box/filter.hpp"

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

constexpr const char* kRefused[] = {
    "acct",          "add_key",          "bpf",           "delete_module",  "finit_module",
    "fsconfig",      "fsmount",          "fsopen",        "fspick",         "init_module",
    "io_uring_enter", "io_uring_register", "io_uring_setup", "kexec_file_load", "kexec_load",
    "keyctl",        "lookup_dcookie",   "mount",         "mount_setattr",  "move_mount",
    "name_to_handle_at", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root",
    "quotactl",      "reboot",           "request_key",   "setns",          "swapoff",
    "swapon",        "syslog",           "umount2",       "unshare",        "userfaultfd"};

void refuse(scmp_filter_ctx filter, const char* name, int error = EPERM) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return;  // newer than this libseccomp
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), number, 0);
}

void refuse_arguments(scmp_filter_ctx filter) {
  const auto eperm = SCMP_ACT_ERRNO(EPERM);
  for (const int family : {AF_VSOCK, AF_PACKET}) {
    seccomp_rule_add(filter, eperm, SCMP_SYS(socket), 1,
                     SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffUL, static_cast<scmp_datum_t>(family)));
  }
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
  refuse(filter.get(), "clone3", ENOSYS);  // its flags are out of reach; libc falls back to clone
  refuse_arguments(filter.get());
  Descriptor program(::memfd_create("weir-filter", MFD_CLOEXEC));
  if (!program || seccomp_export_bpf(filter.get(), program.get()) != 0) {
    throw InfraError("seccomp: the filter cannot be built");
  }
  return program;
}

}  // namespace weir::box
