// What pid 1 gives up once, so that no command ever has it.

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
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

bool install(int filter) {
  struct stat info {};
  if (fstat(filter, &info) != 0) return false;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* code = malloc(size);
  const bool whole = code != nullptr && pread(filter, code, size, 0) == static_cast<ssize_t>(size);
  sock_fprog program{static_cast<unsigned short>(size / sizeof(sock_filter)),
                     static_cast<sock_filter*>(code)};
  const bool installed =
      whole && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
  free(code);
  return installed;
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

void confine(const Request& setup, int filter, Reply& reply) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, setup.open_files);
  limit(RLIMIT_NPROC, setup.pids);
  if (setup.data_bytes != 0) limit(RLIMIT_DATA, setup.data_bytes);
  if (setup.file_bytes != 0) {
    limit(RLIMIT_FSIZE, setup.file_bytes);
    signal(SIGXFSZ, SIG_IGN);  // a write past the limit fails, its writer lives
  }
  for (int cap = 0; cap < 64; ++cap) {
    if ((setup.capabilities >> cap & 1U) == 0) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  }
  if (setup.set_id == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    failed(reply, "no_new_privs");
    return;
  }
  errno = EPROTO;
  if (!install(filter)) failed(reply, "seccomp filter");
}

}  // namespace weir::box
