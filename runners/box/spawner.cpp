#include "runners/box/spawner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "runners/box/packet.hpp"
#include "tasks/error.hpp"

extern const char weir_box_init_begin[];
extern const char weir_box_init_end[];

namespace weir::box {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw InfraError(fmt::format("box: {}: {}", what, std::strerror(errno)));
}

/// A range of 65,536 host ids nobody else uses: far above those of subuid(5).
unsigned fresh_id_base() {
  static std::atomic<unsigned> next{0};
  constexpr unsigned kFirst = 0x40000000;
  const auto pid = static_cast<unsigned>(::getpid());
  return kFirst + (((pid % 512) * 16 + next.fetch_add(1)) % 8192) * 65536;
}

[[noreturn]] void explain(const SpawnReply& reply) {
  const int cause = reply.error;
  std::string hint;
  if (std::strcmp(reply.step, "join the network") == 0) {
    hint = "boxes that share a network need root";
  } else if (std::strcmp(reply.step, "clone3") != 0) {
    hint = "mapping ids needs root in the initial user namespace, or newuidmap";
  } else if (cause == ENOSPC || cause == EUSERS) {
    hint =
        "user namespaces are switched off: set user.max_user_namespaces above 0 (sysctl -w "
        "user.max_user_namespaces=15000)";
  } else if (cause == EPERM) {
    hint =
        "new namespaces are not permitted: run outside restricted containers, or enable "
        "kernel.unprivileged_userns_clone";
  } else {
    hint = "the kernel must support user, mount, pid and net namespaces";
  }
  throw InfraError(fmt::format("box: cannot make namespaces: {}: {}; {}", reply.step,
                               std::strerror(cause), hint));
}

}  // namespace

int init_image() {
  static const Descriptor image = [] {
    const Descriptor writable(::memfd_create("weir-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const auto size = static_cast<std::size_t>(weir_box_init_end - weir_box_init_begin);
    if (!writable ||
        ::write(writable.get(), weir_box_init_begin, size) != static_cast<ssize_t>(size)) {
      fail("memfd for the init");
    }
    ::fchmod(writable.get(), 0555);
    ::fcntl(writable.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    const std::string path = fmt::format("/proc/self/fd/{}", writable.get());
    Descriptor readable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!readable) fail("reopen the init");
    return readable;
  }();
  return image.get();
}

Spawned::~Spawned() {
  kill_init(*this);
}

bool kill_init(Spawned& spawned) {
  if (!spawned.pidfd) return true;
  ::syscall(SYS_pidfd_send_signal, spawned.pidfd.get(), SIGKILL, nullptr, 0);
  pollfd dead{spawned.pidfd.get(), POLLIN, 0};
  const bool died = ::poll(&dead, 1, 5000) == 1;
  spawned.pidfd.reset();
  spawned.socket.reset();
  spawned.userns.reset();
  spawned.pid = -1;
  return died;
}

Spawner::Spawner() {
  start();
}

Spawner::~Spawner() {
  stop();
}

pid_t start_init_program(const std::vector<std::string>& arguments, int their_socket) {
  constexpr int kImage = kSocket + 1;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  // Above what they could collide with, then into place.
  const Descriptor socket(::fcntl(their_socket, F_DUPFD_CLOEXEC, 16));
  const Descriptor image(::fcntl(init_image(), F_DUPFD_CLOEXEC, 16));
  for (int fd = 0; fd < 3; ++fd) {
    ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  }
  ::posix_spawn_file_actions_adddup2(&files, socket.get(), kSocket);
  ::posix_spawn_file_actions_adddup2(&files, image.get(), kImage);
  ::posix_spawn_file_actions_addclosefrom_np(&files, kImage + 1);
  ::posix_spawn_file_actions_addchdir_np(&files, "/");
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  // A session of its own: an interrupt from the terminal is for the harness.
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<const char*> argv = {"weir-spawner"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  char* env[] = {nullptr};
  const std::string path = fmt::format("/proc/self/fd/{}", kImage);
  pid_t pid = -1;
  errno =
      ::posix_spawn(&pid, path.c_str(), &files, &attributes, const_cast<char**>(argv.data()), env);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (errno != 0) fail("start the init program");
  return pid;
}

void Spawner::start() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
  socket_.reset(sockets[0]);
  const Descriptor theirs(sockets[1]);

  pid_ = start_init_program({}, theirs.get());
}

void Spawner::stop() {
  socket_.reset();  // its end of file is the spawner's end
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool Spawner::ask(const SpawnRequest& request, const std::vector<int>& fds, SpawnReply& reply,
                  Spawned& spawned) {
  Attached attached;
  if (!send_packet(socket_.get(), &request, sizeof(request), fds.data(),
                   static_cast<int>(fds.size())) ||
      !receive_packet(socket_.get(), &reply, sizeof(reply), attached)) {
    return false;
  }
  if (attached.count > 0) spawned.pidfd.reset(attached.fds[0]);
  if (attached.count > 1) spawned.userns.reset(attached.fds[1]);
  return true;
}

Spawned Spawner::spawn(IdMap map, const Cgroup& cgroup, int network) {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
  Spawned spawned;
  spawned.socket.reset(sockets[0]);
  const Descriptor theirs(sockets[1]);
  SpawnRequest request;
  request.map = map;
  request.base = spawned.base = fresh_id_base();
  std::vector<int> fds = {theirs.get()};
  if (network >= 0) {
    request.into_network = 1;
    fds.push_back(network);
  }
  if (cgroup.folder()) {
    request.into_cgroup = 1;
    fds.push_back(cgroup.folder().get());
  }
  for (const auto& tasks : cgroup.tasks()) fds.push_back(tasks.get());
  SpawnReply reply;
  {
    const std::lock_guard lock(mutex_);
    if (!ask(request, fds, reply, spawned)) {
      stop();
      start();
      if (!ask(request, fds, reply, spawned)) throw InfraError("box: the spawner died twice");
    }
  }
  if (reply.error != 0) explain(reply);
  spawned.pid = reply.pid;
  return spawned;
}

}  // namespace weir::box
