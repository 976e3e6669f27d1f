#include "runners/box/init/processes.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace weir::box {
namespace {

/// Field 22 of /proc/PID/stat (proc(5)); false for the dead. A zombie with
/// threads lives: its main thread alone has ended.
bool start_time(const char* pid, unsigned long long& started) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%s/stat", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[1024];
  const ssize_t size = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  const char* after_name = strrchr(text, ')');  // the name may hold anything
  char state = 0;
  long threads = 0;
  return after_name != nullptr &&
         sscanf(after_name + 1,
                " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu",
                &state, &threads, &started) == 3 &&
         state != 'X' && (state != 'Z' || threads > 1);
}

}  // namespace

void ProcessSet::look() {
  count_ = 0;
  if (kill(-1, 0) != 0 && errno == ESRCH) return;  // nobody but init: most often so
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  while (const dirent* entry = readdir(proc)) {
    const int pid = atoi(entry->d_name);
    unsigned long long started = 0;
    if (pid <= 1 || count_ == kMost || !start_time(entry->d_name, started)) continue;
    list_[count_++] = {pid, started};
  }
  closedir(proc);
}

bool ProcessSet::contains(pid_t pid, unsigned long long started) const {
  for (int i = 0; i < count_; ++i) {
    if (list_[i].pid == pid && list_[i].started == started) return true;
  }
  return false;
}

int ProcessSet::count_missing_from(const ProcessSet& other) const {
  int missing = 0;
  for (int i = 0; i < count_; ++i) {
    if (!other.contains(list_[i].pid, list_[i].started)) ++missing;
  }
  return missing;
}

int ProcessSet::signal_missing_from(const ProcessSet& other, int signal) const {
  int sent = 0;
  for (int i = 0; i < count_; ++i) {
    if (other.contains(list_[i].pid, list_[i].started)) continue;
    kill(list_[i].pid, signal);
    ++sent;
  }
  return sent;
}

namespace {

void stop_missing_from(const ProcessSet& before) {
  static ProcessSet seen;  // static: large
  static ProcessSet now;
  seen = before;
  for (int round = 0; round < 20; ++round) {
    now.look();
    now.signal_missing_from(before, SIGSTOP);
    if (now.count_missing_from(seen) == 0) return;
    seen = now;
  }
}

}  // namespace

void kill_missing_from(const ProcessSet& before) {
  static ProcessSet now;
  timespec began;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (;;) {
    timespec reached;
    clock_gettime(CLOCK_MONOTONIC, &reached);
    // What cannot be caught in a second takes the others along: the harness waits.
    const bool late = reached.tv_sec - began.tv_sec > 1;
    if (late || before.size() == 0) {
      kill(-1, SIGKILL);  // everything but init, at once
    } else {
      stop_missing_from(before);
    }
    now.look();
    if (late || now.signal_missing_from(before, SIGKILL) == 0) return;
    usleep(1000);
  }
}

}  // namespace weir::box
