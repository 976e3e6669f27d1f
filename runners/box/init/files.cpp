// Files in and out. The harness gets descriptors, never paths: what a path
// means is decided here, inside the box, link by link.

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

/// Opens below "/" of the box; /proc/self/fd and its like are not followed.
int open_inside(const char* path, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  how.mode = mode;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

/// Whether a descriptor is of a real file system: reading init's own /proc
/// files, or writing them, is what a planted link would be for.
bool is_real(int fd) {
  struct statfs info {};
  if (fstatfs(fd, &info) != 0) return false;
  const auto type = static_cast<unsigned long>(info.f_type);
  return type != PROC_SUPER_MAGIC && type != SYSFS_MAGIC && type != DEVPTS_SUPER_MAGIC &&
         type != CGROUP_SUPER_MAGIC && type != CGROUP2_SUPER_MAGIC;
}

/// Makes the missing folders of `path`, its last part too with `whole`.
bool make_folders(char* path, bool whole, mode_t mode) {
  for (char* at = path + 1;; ++at) {
    const bool last = *at == '\0';
    if (*at != '/' && !(last && whole)) {
      if (last) return true;
      continue;
    }
    *at = '\0';
    const bool made = mkdir(path, last ? mode : 0755) == 0 || errno == EEXIST;
    if (!last) *at = '/';
    if (!made) return false;
    if (last) return true;
  }
}

int refuse(Reply& reply, int fd, int cause, const char* step) {
  if (fd >= 0) close(fd);
  errno = cause;
  failed(reply, step);
  return -1;
}

int checked(int fd, Reply& reply, struct stat& info) {
  if (fd < 0) return refuse(reply, fd, errno, "open");
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return refuse(reply, fd, EINVAL, "not a regular file");
  }
  if (!is_real(fd)) return refuse(reply, fd, EPERM, "not a file of the box");
  return fd;
}

int open_to_write(char* path, const Request& request, Reply& reply) {
  make_folders(path, false, 0);
  struct stat info {};
  // Not O_TRUNC: what it is must be known before anything happens to it.
  int fd = checked(open_inside(path, O_WRONLY | O_CREAT | O_NOFOLLOW, request.mode), reply, info);
  if (fd < 0) return -1;
  if (info.st_nlink > 1) {  // another name of it is not meant
    close(fd);
    unlink(path);
    fd = checked(open_inside(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, request.mode), reply,
                 info);
    if (fd < 0) return -1;
  }
  if (ftruncate(fd, 0) != 0) return refuse(reply, fd, errno, "truncate");
  fchmod(fd, request.mode & 0777U);
  return fd;
}

int make_link(const char* target, char* path, Reply& reply) {
  make_folders(path, false, 0);
  unlink(path);
  if (symlink(target, path) != 0) failed(reply, "symlink");
  return -1;
}

}  // namespace

int handle_files(const Request& request, Blob& blob, Reply& reply) {
  char* first = blob.next();
  struct stat info {};
  switch (request.op) {
    case Op::open:
      if ((request.flags & O_CREAT) != 0) return open_to_write(first, request, reply);
      return checked(open_inside(first, O_RDONLY | O_NOFOLLOW), reply, info);
    case Op::folder: {
      if ((request.flags & O_CREAT) != 0 && !make_folders(first, true, request.mode)) {
        failed(reply, "mkdir");
        return -1;
      }
      const int fd = open_inside(first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (fd < 0) return refuse(reply, fd, errno, "open folder");
      return is_real(fd) ? fd : refuse(reply, fd, EPERM, "not a folder of the box");
    }
    default:
      return make_link(first, blob.next(), reply);
  }
}

}  // namespace weir::box
