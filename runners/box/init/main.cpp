// The loop of pid 1: requests from the harness, deaths from the kernel.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"
#include "runners/box/init/processes.hpp"

namespace weir::box {
namespace {

struct Packet {
  Request request;
  int fds[kMaxDescriptors];
  int count = 0;
};

/// The command being run; one at a time.
struct Running {
  std::uint32_t id = 0;
  pid_t pid = -1;
  ProcessSet before;  ///< alive when it started
  rusage usage{};     ///< of everything reaped since
};

bool receive(Packet& packet) {
  iovec part{&packet.request, sizeof(packet.request)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t got = recvmsg(kInitSocket, &message, MSG_CMSG_CLOEXEC);
  if (got != static_cast<ssize_t>(sizeof(packet.request))) return false;
  packet.count = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    packet.count = static_cast<int>((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(packet.fds, CMSG_DATA(c), static_cast<std::size_t>(packet.count) * sizeof(int));
  }
  return true;
}

void send_reply(const Reply& reply, int fd = -1) {
  iovec part{const_cast<Reply*>(&reply), sizeof(reply)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
  }
  if (sendmsg(kInitSocket, &message, MSG_NOSIGNAL) < 0) _exit(1);
}

void add(timeval& sum, const timeval& more) {
  sum.tv_sec += more.tv_sec;
  sum.tv_usec += more.tv_usec;
}

void report_end(Running& running, int wait_status) {
  Reply reply;
  reply.op = Op::exec;
  reply.id = running.id;
  reply.wait_status = wait_status;
  reply.cpu_user_us = running.usage.ru_utime.tv_sec * 1'000'000L + running.usage.ru_utime.tv_usec;
  reply.cpu_sys_us = running.usage.ru_stime.tv_sec * 1'000'000L + running.usage.ru_stime.tv_usec;
  reply.max_rss_kib = running.usage.ru_maxrss;
  const ProcessSet now = ProcessSet::now();
  reply.live = now.size();
  reply.leftover = now.count_missing_from(running.before);
  running.pid = -1;
  send_reply(reply);
}

void reap(Running& running) {
  int status = 0;
  rusage usage{};
  for (;;) {
    const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) return;
    add(running.usage.ru_utime, usage.ru_utime);
    add(running.usage.ru_stime, usage.ru_stime);
    if (usage.ru_maxrss > running.usage.ru_maxrss) running.usage.ru_maxrss = usage.ru_maxrss;
    if (pid == running.pid) report_end(running, status);
  }
}

bool make_parents(char* path, bool whole, mode_t mode) {
  for (char* at = path + 1; *at != '\0'; ++at) {
    if (*at != '/') continue;
    *at = '\0';
    const bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
    *at = '/';
    if (!made) return false;
  }
  return !whole || mkdir(path, mode) == 0 || errno == EEXIST;
}

void handle_files(const Packet& packet, Reply& reply) {
  Blob blob = Blob::read(packet.fds[0]);
  char* first = const_cast<char*>(blob.next());
  int fd = -1;
  if (packet.request.op == Op::open) {
    if ((packet.request.flags & O_CREAT) != 0) make_parents(first, false, 0);
    fd = open(first, packet.request.flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW,
              packet.request.mode);
    if (fd < 0) failed(reply, "open");
    struct stat info {};
    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
      errno = EINVAL;
      failed(reply, "not a regular file");
    }
    if (fd >= 0 && reply.error == 0 && (packet.request.flags & O_CREAT) != 0) {
      fchmod(fd, packet.request.mode);
    }
  } else if (packet.request.op == Op::mkdir) {
    if (!make_parents(first, true, packet.request.mode)) failed(reply, "mkdir");
  } else {
    char* path = const_cast<char*>(blob.next());
    make_parents(path, false, 0);
    unlink(path);
    if (symlink(first, path) != 0) failed(reply, "symlink");
  }
  blob.release();
  send_reply(reply, reply.error == 0 ? fd : -1);
  if (fd >= 0) close(fd);
}

void start(const Packet& packet, BoxState& state, Running& running) {
  Reply reply;
  reply.op = Op::exec;
  reply.id = packet.request.id;
  running.id = packet.request.id;
  running.before = ProcessSet::now();
  running.usage = {};
  errno = EPROTO;
  running.pid = -1;
  if (packet.count != 4) {
    failed(reply, "descriptors");
  } else {
    running.pid = start_command(packet.request, packet.fds, state, reply);
  }
  for (int i = 1; i < packet.count; ++i) close(packet.fds[i]);
  if (running.pid < 0) send_reply(reply);
}

void handle(const Packet& packet, BoxState& state, Running& running) {
  Reply reply;
  reply.op = packet.request.op;
  reply.id = packet.request.id;
  switch (packet.request.op) {
    case Op::setup:
      set_up(packet.request, packet.fds, packet.count, state, reply);
      send_reply(reply);
      return;
    case Op::exec: start(packet, state, running); return;
    case Op::signal:
      if (running.pid > 0) kill(-running.pid, SIGTERM);
      return;
    case Op::kill: kill_missing_from(running.before); return;
    case Op::status:
      for (int i = 0; i < packet.count; ++i) close(packet.fds[i]);
      reply.live = ProcessSet::now().size();
      send_reply(reply);
      return;
    case Op::open:
    case Op::mkdir:
    case Op::link: handle_files(packet, reply); return;
  }
}

int run() {
  prctl(PR_SET_DUMPABLE, 0);  // after exec, which resets it
  prctl(PR_SET_PDEATHSIG, 0);
  umask(0);
  sigset_t deaths;
  sigemptyset(&deaths);
  sigaddset(&deaths, SIGCHLD);
  sigprocmask(SIG_SETMASK, &deaths, nullptr);
  const int signals = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);

  BoxState state;
  Running running;
  pollfd events[2] = {{kInitSocket, POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    if (poll(events, 2, -1) < 0 && errno != EINTR) return 1;
    if ((events[1].revents & POLLIN) != 0) {
      signalfd_siginfo info;
      while (read(signals, &info, sizeof(info)) > 0) {
      }
      reap(running);
    }
    if (events[0].revents != 0) {
      Packet packet;
      if (!receive(packet)) return 0;  // the harness is gone
      handle(packet, state, running);
    }
  }
}

}  // namespace

bool failed(Reply& reply, const char* step) {
  reply.error = errno == 0 ? EIO : errno;
  snprintf(reply.step, sizeof(reply.step), "%s", step);
  return false;
}

Blob Blob::read(int fd) {
  Blob blob;
  struct stat info {};
  if (fstat(fd, &info) == 0) {
    blob.data = static_cast<char*>(malloc(static_cast<std::size_t>(info.st_size) + 1));
  }
  while (blob.data != nullptr && blob.size < static_cast<std::size_t>(info.st_size)) {
    const ssize_t got = pread(fd, blob.data + blob.size,
                              static_cast<std::size_t>(info.st_size) - blob.size,
                              static_cast<off_t>(blob.size));
    if (got <= 0) break;
    blob.size += static_cast<std::size_t>(got);
  }
  if (blob.data != nullptr) blob.data[blob.size] = '\0';
  close(fd);
  return blob;
}

const char* Blob::next() {
  if (data == nullptr || at >= size) return "";
  const char* text = data + at;
  at += strlen(text) + 1;
  return text;
}

void Blob::release() {
  free(data);
  *this = {};
}

}  // namespace weir::box

int main() { return weir::box::run(); }
