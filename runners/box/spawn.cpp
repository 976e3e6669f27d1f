#include "runners/box/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "runners/box/protocol.hpp"
#include "tasks/error.hpp"

extern const char weir_box_init_begin[];
extern const char weir_box_init_end[];

namespace weir::box {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw InfraError(fmt::format("box: {}: {}", what, std::strerror(errno)));
}

/// The init program as a sealed memfd, reopened read-only: it has no path, and
/// nothing can change it while it runs.
int init_image() {
  static const Descriptor image = [] {
    const Descriptor writable(::memfd_create("weir-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const auto size = static_cast<std::size_t>(weir_box_init_end - weir_box_init_begin);
    if (!writable || ::write(writable.get(), weir_box_init_begin, size) !=
                         static_cast<ssize_t>(size)) {
      fail("memfd for the init");
    }
    ::fchmod(writable.get(), 0555);
    ::fcntl(writable.get(), F_ADD_SEALS,
            F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    const std::string path = fmt::format("/proc/self/fd/{}", writable.get());
    Descriptor readable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!readable) fail("reopen the init");
    return readable;
  }();
  return image.get();
}

/// A range of 65,536 host ids nobody else uses: far above those of subuid(5).
unsigned fresh_id_base() {
  static std::atomic<unsigned> next{0};
  constexpr unsigned kFirst = 0x40000000;
  const auto pid = static_cast<unsigned>(::getpid());
  return kFirst + (((pid % 512) * 16 + next.fetch_add(1)) % 8192) * 65536;
}

/// Runs in the forked child of a program with many threads: raw system calls
/// only, since libc's wrappers may wait for locks that nobody will release.
[[noreturn]] void become_init(int release, int socket, int image) {
  // Everything but these three goes at once: a copy of another box's release
  // pipe held here would keep that box waiting if the harness died.
  // The three are moved above every descriptor they could collide with first.
  long high[3] = {release, socket, image};
  for (long& fd : high) fd = ::syscall(SYS_fcntl, fd, F_DUPFD, 16);
  if (high[0] < 0 || high[1] < 0 || high[2] < 0) ::_exit(4);
  constexpr int kRelease = 5;
  constexpr int kSocket = 6;
  constexpr int kImage = 7;
  ::syscall(SYS_dup3, high[0], kRelease, 0);
  ::syscall(SYS_dup3, high[1], kSocket, 0);
  ::syscall(SYS_dup3, high[2], kImage, 0);
  ::syscall(SYS_close_range, 0, 4, 0);
  ::syscall(SYS_close_range, 8, ~0U, 0);
  char go = 0;
  if (::syscall(SYS_read, kRelease, &go, 1) != 1) ::_exit(1);  // the harness died
  const bool root = ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                    ::syscall(SYS_setresgid, 0, 0, 0) == 0 &&
                    ::syscall(SYS_setresuid, 0, 0, 0) == 0;
  if (!root) ::_exit(2);
  ::syscall(SYS_dup3, kSocket, kInitSocket, 0);
  for (int fd = 0; fd < 3; ++fd) {
    const long null = ::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (null != fd) ::syscall(SYS_dup3, null, fd, 0);
  }
  ::syscall(SYS_dup3, kImage, 4, O_CLOEXEC);
  ::syscall(SYS_close_range, 5, ~0U, 0);
  char name[] = "weir-init";
  char* argv[] = {name, nullptr};
  char* env[] = {nullptr};
  ::syscall(SYS_execveat, 4, "", argv, env, AT_EMPTY_PATH);
  ::_exit(3);
}

void write_map(pid_t pid, const char* file, unsigned base) {
  const std::string path = fmt::format("/proc/{}/{}", pid, file);
  const std::string map = fmt::format("0 {} 65536\n", base);
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), map.data(), map.size()) != static_cast<ssize_t>(map.size())) {
    fail(fmt::format("{} (root in the initial user namespace is needed)", file));
  }
}

[[noreturn]] void explain_clone_failure() {
  const int cause = errno;
  std::string hint;
  if (cause == ENOSPC || cause == EUSERS) {
    hint = "user namespaces are switched off: set user.max_user_namespaces above 0 (sysctl -w "
           "user.max_user_namespaces=15000)";
  } else if (cause == EPERM) {
    hint = "new namespaces are not permitted: run as root outside restricted containers, or "
           "enable kernel.unprivileged_userns_clone";
  } else {
    hint = "the kernel must support user, mount, pid and net namespaces";
  }
  throw InfraError(fmt::format("box: cannot make namespaces: {}; {}", std::strerror(cause), hint));
}

}  // namespace

Spawned spawn_init(const Cgroup& cgroup) {
  const int image = init_image();
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
  Spawned spawned;
  spawned.socket.reset(sockets[0]);
  const Descriptor theirs(sockets[1]);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) fail("pipe");
  const Descriptor release_read(pipe[0]);
  const Descriptor release_write(pipe[1]);

  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
               CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
  args.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &args, sizeof(args));
  if (pid == 0) become_init(release_read.get(), theirs.get(), image);
  if (pid < 0) explain_clone_failure();
  spawned.pid = static_cast<pid_t>(pid);
  spawned.pidfd.reset(pidfd);
  spawned.base = fresh_id_base();
  write_map(spawned.pid, "uid_map", spawned.base);
  write_map(spawned.pid, "gid_map", spawned.base);
  const std::string userns = fmt::format("/proc/{}/ns/user", spawned.pid);
  spawned.userns.reset(::open(userns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!spawned.userns) fail("open the user namespace");
  cgroup.add(spawned.pid);
  if (::write(release_write.get(), "g", 1) != 1) fail("release the init");
  return spawned;
}

Spawned::~Spawned() { kill_init(*this); }

bool kill_init(Spawned& spawned) {
  if (!spawned.pidfd) return true;
  ::syscall(SYS_pidfd_send_signal, spawned.pidfd.get(), SIGKILL, nullptr, 0);
  pollfd dead{spawned.pidfd.get(), POLLIN, 0};
  const bool died = ::poll(&dead, 1, 5000) == 1;
  if (died) {
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(spawned.pidfd.get()), &info,
             WEXITED);
  }
  spawned.pidfd.reset();
  spawned.socket.reset();
  spawned.userns.reset();
  spawned.pid = -1;
  return died;
}

}  // namespace weir::box
