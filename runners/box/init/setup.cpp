// Assembling the box's file system, in the order the kernel accepts.

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <initializer_list>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

constexpr unsigned long kQuiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;

bool attach(int mount, const char* path, Reply& reply) {
  if (syscall(SYS_move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    return failed(reply, "move_mount");
  }
  close(mount);
  return true;
}

/// Remounts a bind of `path` onto itself read-only; absent paths are fine.
bool read_only(const char* path, Reply& reply) {
  if (mount(path, path, nullptr, MS_BIND, nullptr) != 0) {
    return errno == ENOENT || failed(reply, "bind proc");
  }
  if (mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | kQuiet, nullptr) != 0) {
    return failed(reply, "remount proc");
  }
  return true;
}

bool mount_proc(Reply& reply) {
  mkdir("proc", 0555);
  // A fresh /proc is allowed only while the old one is still fully visible.
  if (mount("proc", "proc", "proc", kQuiet, nullptr) != 0) return failed(reply, "mount /proc");
  for (const char* path : {"proc/sys", "proc/irq", "proc/bus", "proc/fs", "proc/sysrq-trigger"}) {
    if (!read_only(path, reply)) return false;
  }
  for (const char* path : {"proc/kcore", "proc/keys", "proc/timer_list"}) {
    if (mount("/dev/null", path, nullptr, MS_BIND, nullptr) != 0 && errno != ENOENT) {
      return failed(reply, "mask /proc");
    }
  }
  return true;
}

bool mount_dev(const Request& request, Reply& reply) {
  mkdir("dev", 0755);
  if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=256k") != 0) {
    return failed(reply, "mount /dev");
  }
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    char inside[32];
    char outside[32];
    snprintf(inside, sizeof(inside), "dev/%s", name);
    snprintf(outside, sizeof(outside), "/dev/%s", name);
    const int fd = open(inside, O_CREAT | O_CLOEXEC | O_WRONLY, 0666);
    if (fd >= 0) close(fd);
    if (mount(outside, inside, nullptr, MS_BIND, nullptr) != 0) return failed(reply, "bind /dev");
  }
  mkdir("dev/pts", 0755);
  mkdir("dev/shm", 01777);
  if (mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
            "newinstance,ptmxmode=0666,mode=0620") != 0) {
    return failed(reply, "mount /dev/pts");
  }
  char options[64];
  snprintf(options, sizeof(options), "mode=1777,size=%llu",
           static_cast<unsigned long long>(request.shm_bytes));
  if (mount("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
    return failed(reply, "mount /dev/shm");
  }
  const bool linked = symlink("pts/ptmx", "dev/ptmx") == 0 &&
                      symlink("/proc/self/fd", "dev/fd") == 0 &&
                      symlink("/proc/self/fd/0", "dev/stdin") == 0 &&
                      symlink("/proc/self/fd/1", "dev/stdout") == 0 &&
                      symlink("/proc/self/fd/2", "dev/stderr") == 0;
  return linked || failed(reply, "link /dev");
}

/// Makes the folders above `path`, and `path` itself if it is to be one.
void make_folders(char* path, bool whole) {
  for (char* at = path + 1; *at != '\0'; ++at) {
    if (*at != '/') continue;
    *at = '\0';
    mkdir(path, 0755);
    *at = '/';
  }
  if (whole) mkdir(path, 0755);
}

bool mount_binds(const Request& request, const int* fds, Blob& blob, Reply& reply) {
  for (std::uint32_t i = 0; i < request.binds; ++i) {
    char* path = const_cast<char*>(blob.next());  // relative to the new root
    struct stat info {};
    const bool folder = fstat(fds[i], &info) == 0 && S_ISDIR(info.st_mode);
    make_folders(path, folder);
    if (!folder) close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!attach(fds[i], path, reply)) return false;
  }
  return true;
}

bool bring_loopback_up() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  close(fd);
  return up;
}

bool enter_root(Reply& reply) {
  if (syscall(SYS_pivot_root, ".", ".") != 0) return failed(reply, "pivot_root");
  if (umount2(".", MNT_DETACH) != 0) return failed(reply, "detach the old root");
  if (chdir("/") != 0) return failed(reply, "chdir /");
  struct statvfs info {};
  if (statvfs("/", &info) != 0 || (info.f_flag & ST_RDONLY) != 0) {
    errno = EROFS;  // overlay mounts read-only, silently, when it cannot write
    return failed(reply, "root is read-only");
  }
  return true;
}

bool load_filter(int fd, BoxState& state) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return false;
  const std::size_t size = static_cast<std::size_t>(info.st_size);
  state.filter = malloc(size);
  state.filter_bytes = size;
  const bool whole = pread(fd, state.filter, size, 0) == static_cast<ssize_t>(size);
  close(fd);
  return whole;
}

}  // namespace

void set_up(const Request& request, const int* fds, int count, BoxState& state, Reply& reply) {
  Blob blob = Blob::read(fds[0]);  // hostname, then a path per piece, then per bind
  state.capabilities = request.capabilities;
  state.pids = request.pids;
  state.open_files = request.open_files;
  errno = EPROTO;
  if (count != static_cast<int>(3 + request.pieces + request.binds)) {
    failed(reply, "descriptors");
    return;
  }
  if (!load_filter(fds[1], state)) {
    failed(reply, "seccomp filter");
    return;
  }
  const char* hostname = blob.next();
  if (sethostname(hostname, strlen(hostname)) != 0) failed(reply, "sethostname");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    failed(reply, "make mounts private");
    return;
  }
  if (!attach(fds[2], "/tmp", reply)) return;
  if (chdir("/tmp") != 0) {
    failed(reply, "chdir");
    return;
  }
  for (std::uint32_t i = 0; i < request.pieces; ++i) {
    if (!attach(fds[3 + i], blob.next(), reply)) return;
  }
  if (!mount_proc(reply) || !mount_dev(request, reply)) return;
  if (!mount_binds(request, fds + 3 + request.pieces, blob, reply)) return;
  if (!enter_root(reply)) return;
  if (!bring_loopback_up()) failed(reply, "loopback");
  blob.release();
}

}  // namespace weir::box
