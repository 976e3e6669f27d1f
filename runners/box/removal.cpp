#include "runners/box/removal.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::box {
namespace {

constexpr const char kMoved[] = "weir-sweep-";

bool is_folder(int parent, const dirent* entry) {
  if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_DIR;
  struct stat info {};
  return fstatat(parent, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

/// Gives its owner a folder back that was closed to everybody. Not by its name,
/// which could be a link by now.
void open_to_owner(int parent, const char* name) {
  char path[64];
  const int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  if (fd >= 0) chmod(path, 0700);
  if (fd >= 0) close(fd);
}

/// Unlinks the files of `folder` and moves its folders up to `top`, so that no
/// depth is ever walked. Takes ownership of `folder`.
void empty(int folder, int top, bool is_top, long& moved) {
  DIR* entries = fdopendir(folder);
  if (entries == nullptr) {
    close(folder);
    return;
  }
  while (const dirent* entry = readdir(entries)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (is_top && strncmp(entry->d_name, kMoved, sizeof(kMoved) - 1) == 0) continue;
    if (!is_folder(dirfd(entries), entry)) {
      unlinkat(dirfd(entries), entry->d_name, 0);
      continue;
    }
    char name[64];
    snprintf(name, sizeof(name), "%s%ld", kMoved, moved);
    open_to_owner(dirfd(entries), entry->d_name);  // moving a folder rewrites its ".."
    if (renameat(dirfd(entries), entry->d_name, top, name) == 0) ++moved;
  }
  closedir(entries);
}

int open_folder(int parent, const char* name) {
  return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void pass(int top, long& moved) {
  empty(open_folder(top, "."), top, true, moved);
  for (long done = 0; done < moved; ++done) {
    char name[64];
    snprintf(name, sizeof(name), "%s%ld", kMoved, done);
    for (int round = 0; round < 3; ++round) {  // reading while removing may skip some
      const int fd = open_folder(top, name);
      if (fd < 0) break;
      empty(fd, top, false, moved);
      if (unlinkat(top, name, AT_REMOVEDIR) == 0) break;
    }
  }
}

/// One above the highest number already at the top: an earlier removal may have
/// been cut short, and a rename must not meet what it left.
long next_number(int top) {
  long next = 0;
  DIR* entries = fdopendir(open_folder(top, "."));
  while (const dirent* entry = entries == nullptr ? nullptr : readdir(entries)) {
    if (strncmp(entry->d_name, kMoved, sizeof(kMoved) - 1) != 0) continue;
    const long number = atol(entry->d_name + sizeof(kMoved) - 1);
    if (number >= next) next = number + 1;
  }
  if (entries != nullptr) closedir(entries);
  return next;
}

}  // namespace

bool remove_tree(const char* folder) {
  const int top = open_folder(AT_FDCWD, folder);
  if (top < 0) return errno == ENOENT;
  fchmod(top, 0700);
  long moved = next_number(top);
  for (int round = 0; round < 3; ++round) {
    pass(top, moved);
    if (rmdir(folder) == 0) break;
  }
  close(top);
  return access(folder, F_OK) != 0;
}

}  // namespace weir::box
