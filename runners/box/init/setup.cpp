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
  return true;
}

/// In a user's own namespace: overlays from host paths, still visible here.
bool mount_overlay(const char* place, const char* options, const Request& request, Reply& reply) {
  const unsigned long flags = MS_NODEV | (request.set_id == 0 ? MS_NOSUID : 0);
  return mount("overlay", place, "overlay", flags, options) == 0 || failed(reply, "mount overlay");
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

/// Whether `name` is, or can become, a folder of the new root itself: an image
/// may hold a link there.
bool own_folder(const char* name, Reply& reply) {
  mkdir(name, 0755);
  const int fd = open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failed(reply, name);
  close(fd);
  return true;
}

bool mount_proc(Reply& reply) {
  if (!own_folder("proc", reply)) return false;
  // A fresh /proc is allowed only while the old one is still fully visible.
  if (mount("proc", "proc", "proc", kQuiet, nullptr) != 0) return failed(reply, "mount /proc");
  for (const char* path : {"proc/sys", "proc/irq", "proc/bus", "proc/fs", "proc/sysrq-trigger"}) {
    if (!read_only(path, reply)) return false;
  }
  for (const char* path : {"proc/kcore", "proc/keys", "proc/timer_list", "proc/kmsg",
                           "proc/sched_debug", "proc/latency_stats"}) {
    if (mount("/dev/null", path, nullptr, MS_BIND, nullptr) != 0 && errno != ENOENT) {
      return failed(reply, "mask /proc");
    }
  }
  return true;
}

bool mount_dev(const Request& request, Reply& reply) {
  if (!own_folder("dev", reply)) return false;
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
            "newinstance,ptmxmode=0666,mode=0620,max=64") != 0) {
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

/// In a user's own namespace: a detached read-only clone of a host path.
int clone_read_only(const char* source) {
  const auto fd = static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const bool done = fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE,
                                       &attributes, sizeof(attributes)) == 0;
  return done ? fd : -1;
}

/// Once inside, so that no link of an image can lead a mount out.
bool mount_binds(const Request& request, const int* mounts, Blob& blob, Reply& reply) {
  for (std::uint32_t i = 0; i < request.binds; ++i) {
    char* path = blob.next();  // absolute
    struct stat info {};
    const bool folder = fstat(mounts[i], &info) == 0 && S_ISDIR(info.st_mode);
    make_folders(path, folder);
    if (!folder) close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (!attach(mounts[i], path, reply)) return false;
  }
  return true;
}

bool bring_loopback_up() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  // A network that boxes share is up already, and not theirs to change.
  bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  up = up || ioctl(fd, SIOCSIFFLAGS, &request) == 0;
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

}  // namespace

void set_up(const Request& request, const Attached& attached, Blob& blob, Reply& reply) {
  const bool ready_made = request.world == World::mounts;
  const int first = 2 + static_cast<int>(request.groups + request.clone_into);
  const int* fds = attached.fds + first;
  errno = EPROTO;
  const auto carried = ready_made ? request.pieces + request.binds : 0;
  if (request.binds > kMaxDescriptors || attached.count != first + static_cast<int>(carried)) {
    failed(reply, "descriptors");
    return;
  }
  const char* hostname = blob.next();
  if (sethostname(hostname, strlen(hostname)) != 0) failed(reply, "sethostname");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    failed(reply, "make mounts private");
    return;
  }
  int binds[kMaxDescriptors];
  for (std::uint32_t i = 0; i < request.binds; ++i) {
    binds[i] = ready_made ? fds[request.pieces + i] : clone_read_only(blob.next());
    if (binds[i] < 0) {
      failed(reply, "bind");
      return;
    }
  }
  const char* at = blob.next();  // a host folder to assemble the root on
  for (std::uint32_t i = 0; i < request.pieces; ++i) {
    const char* place = i == 0 ? at : blob.next();
    const bool placed = ready_made ? attach(fds[i], place, reply)
                                   : mount_overlay(place, blob.next(), request, reply);
    if (!placed) return;
    if (i == 0 && chdir(at) != 0) {
      failed(reply, "chdir");
      return;
    }
  }
  if (!mount_proc(reply) || !mount_dev(request, reply)) return;
  if (!enter_root(reply) || !mount_binds(request, binds, blob, reply)) return;
  if (!bring_loopback_up()) failed(reply, "loopback");
}

}  // namespace weir::box
