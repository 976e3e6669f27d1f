// The loop of pid 1: requests from the harness, deaths from the kernel.

#include <errno.h>
#include <netinet/in.h>
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
#include "runners/box/removal.hpp"

namespace weir::box {
namespace {

/// The command being run; one at a time.
struct Running {
  std::uint32_t id = 0;
  pid_t pid = -1;
  ProcessSet before;  ///< alive when it started
  rusage usage{};     ///< of everything reaped since
};

void send_reply(const Reply& reply, int fd = -1) {
  if (send_packet(kSocket, &reply, sizeof(reply), &fd, fd >= 0 ? 1 : 0)) return;
  // Commands can have so many descriptors in flight that the kernel lets no more go.
  Reply without = reply;
  if (fd >= 0) failed(without, "send a descriptor");
  if (fd < 0 || !send_packet(kSocket, &without, sizeof(without), nullptr, 0)) _exit(1);
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
  ProcessSet now;
  now.look();
  reply.live = now.size();
  reply.leftover = now.count_missing_from(running.before);
  running.pid = -1;
  send_reply(reply);
}

void reap(Running& running) {
  int ended = 0;
  bool over = false;
  int status = 0;
  rusage usage{};
  for (pid_t pid = 0; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    add(running.usage.ru_utime, usage.ru_utime);
    add(running.usage.ru_stime, usage.ru_stime);
    if (usage.ru_maxrss > running.usage.ru_maxrss) running.usage.ru_maxrss = usage.ru_maxrss;
    if (pid != running.pid) continue;
    over = true;
    ended = status;
  }
  if (over) report_end(running, ended);
}

void start(const Request& request, Attached& attached, const Grants& grants, Running& running) {
  Reply reply;
  reply.op = Op::exec;
  reply.id = request.id;
  running.id = request.id;
  running.before.look();
  running.usage = {};
  running.pid = -1;
  errno = EPROTO;
  if (attached.count != 4) {
    failed(reply, "descriptors");
  } else {
    running.pid = start_command(request, attached, grants, reply);
  }
  attached.close_all();
  if (running.pid < 0) send_reply(reply);
}

/// Made in the box's network namespace, accepted from wherever it is sent.
int listen_on(std::uint32_t port, Reply& reply) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, 128) != 0) {
    failed(reply, "listen");
  }
  return fd;
}

void begin(const Request& request, Attached& attached, Grants& grants, Reply& reply) {
  errno = EPROTO;
  if (attached.count < 2 + static_cast<int>(request.groups + request.clone_into)) {
    failed(reply, "descriptors");
    return;
  }
  Blob blob = Blob::read(attached.fds[0]);
  if (request.world == World::container) {
    prctl(PR_SET_DUMPABLE, 0);
  } else {
    become_root(reply);
    if (reply.error == 0) set_up(request, attached, blob, reply);
  }
  if (reply.error == 0) confine(request, attached, grants, reply);
  attached.close_all();
  blob.release();
}

void handle(const Request& request, Attached& attached, Grants& grants, Running& running) {
  Reply reply;
  reply.op = request.op;
  reply.id = request.id;
  int fd = -1;
  switch (request.op) {
    case Op::exec:
      start(request, attached, grants, running);
      return;
    case Op::signal:
      attached.close_all();
      if (running.pid > 0) kill(-running.pid, SIGTERM);
      return;
    case Op::kill:
      attached.close_all();
      kill_missing_from(running.before);
      return;
    case Op::end_all:
      kill_missing_from(ProcessSet{});
      reap(running);
      break;
    case Op::setup:
      begin(request, attached, grants, reply);
      break;
    case Op::status: {
      reap(running);
      ProcessSet now;
      now.look();
      reply.live = now.size();
      break;
    }
    case Op::open:
    case Op::folder:
    case Op::link: {
      Blob blob = Blob::of(attached, reply);
      if (reply.error == 0) fd = handle_files(request, blob, reply);
      blob.release();
      break;
    }
    case Op::remove: {
      Blob blob = Blob::of(attached, reply);
      if (reply.error == 0) become_root(reply);
      if (reply.error == 0 && !remove_tree(blob.next())) failed(reply, "remove");
      blob.release();
      break;
    }
    case Op::listen:
      fd = listen_on(request.port, reply);
      break;
    case Op::terminal:
      fd = start_terminal(request, attached, grants, reply);
      break;
  }
  attached.close_all();
  send_reply(reply, reply.error == 0 ? fd : -1);
  if (fd >= 0) close(fd);
}

}  // namespace

int serve_box() {
  umask(0);
  sigset_t deaths;
  sigemptyset(&deaths);
  sigaddset(&deaths, SIGCHLD);
  sigprocmask(SIG_SETMASK, &deaths, nullptr);
  const int signals = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);

  Grants grants;
  static Running running;  // large
  pollfd events[2] = {{kSocket, POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    if (poll(events, 2, -1) < 0 && errno != EINTR) return 1;
    if ((events[1].revents & POLLIN) != 0) {
      signalfd_siginfo info;
      while (read(signals, &info, sizeof(info)) > 0) {
      }
      reap(running);
    }
    if (events[0].revents != 0) {
      Request request;
      Attached attached;
      if (!receive_packet(kSocket, &request, sizeof(request), attached)) return 0;
      handle(request, attached, grants, running);
    }
  }
}

bool failed(Reply& reply, const char* step) {
  if (reply.error != 0) return false;  // the first failure tells most
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
    const ssize_t got =
        pread(fd, blob.data + blob.size, static_cast<std::size_t>(info.st_size) - blob.size,
              static_cast<off_t>(blob.size));
    if (got <= 0) break;
    blob.size += static_cast<std::size_t>(got);
  }
  if (blob.data != nullptr) blob.data[blob.size] = '\0';
  return blob;
}

Blob Blob::of(Attached& attached, Reply& reply) {
  errno = EPROTO;
  if (attached.count < 1) {
    failed(reply, "descriptors");
    return {};
  }
  Blob blob = read(attached.fds[0]);
  attached.close_all();
  return blob;
}

char* Blob::next() {
  static char empty[1] = "";
  if (data == nullptr || at >= size) return empty;
  char* text = data + at;
  at += strlen(text) + 1;
  return text;
}

void Blob::release() {
  free(data);
  *this = {};
}

}  // namespace weir::box
