// Runs every payload in a box of its own and prints what was seen:
// weir_hostile [ID...]. As root, or as an ordinary user; exit 1 if one broke out.

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tasks/error.hpp"
#include "tests/hostile/payload.hpp"
#include "tests/temporary_folder.hpp"

namespace weir::hostile {

std::string says_held(Attempt& attempt) {
  const auto& result = attempt.result;
  if (result.out.bytes == "HELD\n") return "";
  return fmt::format("{} {}: {}{}", name_of(result.status), result.exit_code,
                     result.out.bytes.substr(0, 200), result.err.bytes.substr(0, 200));
}

std::string python(const std::string& body) {
  return "python3 - <<'WEIR_END'\n"
         "import ctypes, os, socket, struct\n"
         "libc = ctypes.CDLL(None, use_errno=True)\n"
         "ok = True\n"
         "def broken(what):\n  global ok\n  ok = False\n  print('BROKEN', what)\n"
         "def sc(n, *a):\n"
         "  r = libc.syscall(ctypes.c_long(n), *[ctypes.c_long(x) if isinstance(x, int) else x for "
         "x in a])\n"
         "  return r, ctypes.get_errno()\n"
         "def refused(what, r):\n  if r[0] >= 0: broken((what, r))\n" +
         body + "\nif ok: print('HELD')\nWEIR_END\n";
}

ExecResult Attempt::run(const std::string& script, milliseconds timeout) const {
  ExecRequest request;
  request.script = script;
  request.timeout = timeout;
  request.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                 {"HOME", "/root"}};
  return box.exec(request);
}

std::string Canary::harm() const {
  std::ifstream in(folder / "secret");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (text != secret) return "the host's secret was changed";
  if (::kill(victim, 0) != 0) return "a process of the host was killed";
  const int watch = ::inotify_init();
  if (watch < 0) return "the host's inotify quota is used up";
  ::close(watch);
  return "";
}

namespace {

int listening(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, address, size) != 0 || ::listen(fd, 8) != 0) throw InfraError("cannot listen");
  return fd;
}

/// Sets everything up that payloads reach for. What is opened stays open until
/// the program ends.
Canary set_up(const TemporaryFolder& folder) {
  Canary canary;
  canary.folder = folder.path();
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  canary.secret = "canary-of-the-host-5a1e";
  std::ofstream(folder / "secret") << canary.secret;
  ::setenv("WEIR_CANARY", canary.secret.c_str(), 1);
  const int inherited = ::open((folder / "secret").c_str(), O_RDONLY);  // inheritable on purpose
  ::dup2(inherited, 77);

  sockaddr_in tcp{};
  tcp.sin_family = AF_INET;
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = listening(AF_INET, reinterpret_cast<sockaddr*>(&tcp), sizeof(tcp));
  socklen_t size = sizeof(tcp);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&tcp), &size);
  canary.tcp_port = ntohs(tcp.sin_port);

  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  canary.abstract_socket = fmt::format("weir-canary-{}", ::getpid());
  canary.abstract_socket.copy(local.sun_path + 1, sizeof(local.sun_path) - 1);
  listening(
      AF_UNIX, reinterpret_cast<sockaddr*>(&local),
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + canary.abstract_socket.size()));
  local = {};
  local.sun_family = AF_UNIX;
  canary.path_socket = folder / "socket";
  canary.path_socket.string().copy(local.sun_path, sizeof(local.sun_path) - 1);
  listening(AF_UNIX, reinterpret_cast<sockaddr*>(&local), sizeof(local));

  canary.shm_id = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0666);
  canary.posix_shm = fmt::format("canary-{}", ::getpid());
  std::ofstream("/dev/shm/" + canary.posix_shm) << canary.secret;

  char sleep[] = "/bin/sleep";
  char time[] = "1000";
  char* argv[] = {sleep, time, nullptr};
  char* env[] = {nullptr};
  ::posix_spawn(&canary.victim, sleep, nullptr, nullptr, argv, env);
  return canary;
}

void tear_down(const Canary& canary) {
  ::kill(canary.victim, SIGKILL);
  ::waitpid(canary.victim, nullptr, 0);
  ::shmctl(canary.shm_id, IPC_RMID, nullptr);
  ::unlink(("/dev/shm/" + canary.posix_shm).c_str());
}

BoxSpec tight() {
  BoxSpec spec;
  spec.limits.memory = std::int64_t{256} << 20;
  spec.limits.pids = 128;
  spec.limits.disk = std::int64_t{64} << 20;
  spec.limits.inodes = 30'000;
  spec.limits.shm = std::int64_t{16} << 20;
  return spec;
}

/// "" if it held, else what was seen.
std::string attack(const Payload& payload, Sandbox& sandbox, const Canary& canary) {
  BoxSpec spec = tight();
  if (payload.adjust) payload.adjust(spec);
  try {
    const auto box = sandbox.create(spec);
    Attempt attempt{sandbox, canary, *box, {}};
    if (!payload.script.empty()) attempt.result = attempt.run(payload.script, payload.timeout);
    const std::string seen = payload.verdict ? payload.verdict(attempt) : says_held(attempt);
    return seen.empty() ? canary.harm() : seen;
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::vector<Payload> all_payloads(const Canary& canary) {
  std::vector<Payload> all;
  for (auto& part :
       {escapes(canary), kernel_doors(), exhaustions(), nuisances(), forgeries(canary)}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

int run(const std::vector<std::string>& chosen) {
  const auto sandbox = make_box_sandbox();
  const TemporaryFolder folder;
  const Canary canary = set_up(folder);
  int broken = 0;
  int tried = 0;
  for (const auto& payload : all_payloads(canary)) {
    const bool wanted =
        chosen.empty() || std::find(chosen.begin(), chosen.end(), payload.id) != chosen.end();
    if (!wanted) continue;
    ++tried;
    const std::string seen = attack(payload, *sandbox, canary);
    if (!seen.empty()) ++broken;
    fmt::print("{:4} {:6}  {}{}\n", payload.id, seen.empty() ? "held" : "BROKE", payload.title,
               seen.empty() ? "" : "\n            " + seen);
    std::fflush(stdout);
  }
  tear_down(canary);
  fmt::print("{} payloads as {}: {} held, {} broke\n", tried,
             ::geteuid() == 0 ? "root" : fmt::format("uid {}", ::geteuid()), tried - broken,
             broken);
  for (const auto& each : sandbox->degraded()) fmt::print("  degraded: {}\n", each);
  return broken == 0 && tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir::hostile

int main(int argc, char** argv) {
  try {
    return weir::hostile::run({argv + 1, argv + argc});
  } catch (const weir::InfraError& error) {
    fmt::print(stderr, "no boxes here: {}\n", error.what());
    return 77;  // ctest: skipped, visibly
  }
}
