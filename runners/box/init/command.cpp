// From a request to a hardened process.

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

bool is_number(const char* text, unsigned& value) {
  char* end = nullptr;
  value = static_cast<unsigned>(strtoul(text, &end, 10));
  return *text != '\0' && *end == '\0';
}

/// The two numbers after `name` in a file of passwd(5)'s or group(5)'s kind.
int look_up(const char* file, const char* name, unsigned& first, unsigned& second) {
  FILE* in = fopen(file, "re");
  if (in == nullptr) return 0;
  char line[1024];
  int found = 0;
  const std::size_t length = strlen(name);
  while (found == 0 && fgets(line, sizeof(line), in) != nullptr) {
    if (strncmp(line, name, length) != 0 || line[length] != ':') continue;
    found = sscanf(line + length, ":%*[^:]:%u:%u:", &first, &second);
  }
  fclose(in);
  return found;
}

/// "name", "uid", or either with ":group" after it, as images say it; names are
/// those of the box.
bool find_user(char* wanted, User& user) {
  char* group = strchr(wanted, ':');
  if (group != nullptr) *group++ = '\0';
  unsigned ignored = 0;
  bool found = strcmp(wanted, "root") == 0;
  if (!found && is_number(wanted, user.uid)) {
    user.gid = user.uid;
    found = true;
  }
  found = found || look_up("/etc/passwd", wanted, user.uid, user.gid) == 2;
  if (!found || group == nullptr || is_number(group, user.gid)) return found;
  return look_up("/etc/group", group, user.gid, ignored) >= 1;
}

bool set_capabilities(std::uint64_t mask) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int i = 0; i < 2; ++i) {
    data[i].permitted = data[i].effective = static_cast<std::uint32_t>(mask >> (32 * i));
  }
  return syscall(SYS_capset, &header, data) == 0;
}

/// Becomes `user` with the capabilities granted; the rest went with confine().
bool become_user(const Grants& grants, const User& user) {
  // With set-id allowed a filter needs CAP_SYS_ADMIN, which goes next.
  if (!grants.filtered && !install_filter(grants)) return false;
  if (user.uid == 0) return set_capabilities(grants.setup.capabilities);
  if (setgroups(0, nullptr) != 0 && errno != EPERM) return false;
  return setresgid(user.gid, user.gid, user.gid) == 0 &&
         setresuid(user.uid, user.uid, user.uid) == 0;
}

/// The path execve wants: as given with a slash, else the first hit in PATH.
void execute(char** argv, char** env) {
  if (strchr(argv[0], '/') != nullptr) {
    execve(argv[0], argv, env);
    return;
  }
  const char* path = "/usr/local/bin:/usr/bin:/bin";
  for (char** entry = env; *entry != nullptr; ++entry) {
    if (strncmp(*entry, "PATH=", 5) == 0) path = *entry + 5;
  }
  int denied = ENOENT;
  while (*path != '\0') {
    const std::size_t length = strcspn(path, ":");
    char candidate[4096];
    snprintf(candidate, sizeof(candidate), "%.*s/%s", static_cast<int>(length), path, argv[0]);
    execve(candidate, argv, env);
    if (errno == EACCES) denied = EACCES;
    path += length + (path[length] == ':' ? 1 : 0);
  }
  errno = denied;
}

[[noreturn]] void fail_command(const char* what, const char* name) {
  const int cause = errno;
  dprintf(2, "%s: %s: %s\n", name, what, strerror(cause));
  _exit(cause == ENOENT ? kNotFound : kNotExecutable);
}

/// Turns the forked child, its streams in place, into the command.
[[noreturn]] void become(const Request& request, const Grants& grants, Blob& blob) {
  User user;
  char* user_name = blob.next();
  const char* cwd = blob.next();
  char** argv = static_cast<char**>(calloc(request.argc + 1, sizeof(char*)));
  char** env = static_cast<char**>(calloc(request.envc + 1, sizeof(char*)));
  for (std::uint32_t i = 0; i < request.argc; ++i) argv[i] = blob.next();
  for (std::uint32_t i = 0; i < request.envc; ++i) env[i] = blob.next();

  syscall(SYS_close_range, 3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  setpriority(PRIO_PROCESS, 0, 0);
  limit_resources(grants);

  errno = ENOENT;
  if (!find_user(user_name, user)) fail_command("no such user in the box", user_name);
  if (!become_user(grants, user)) fail_command("user", user_name);
  if (chdir(cwd) != 0) fail_command("working directory", cwd);
  execute(argv, env);
  fail_command("cannot be run", argv[0]);
}

int open_slave(int master) {
  char name[64];
  if (unlockpt(master) != 0 || ptsname_r(master, name, sizeof(name)) != 0) return -1;
  return open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

pid_t start_command(const Request& request, const Attached& attached, const Grants& grants,
                    Reply& reply) {
  Blob blob = Blob::read(attached.fds[0]);
  const pid_t pid = fork_into_groups(grants);
  if (pid == 0) {
    setsid();
    for (int i = 0; i < 3; ++i) dup2(attached.fds[i + 1], i);
    become(request, grants, blob);
  }
  if (pid < 0) failed(reply, "fork");
  blob.release();
  return pid;
}

int start_terminal(const Request& request, const Attached& attached, const Grants& grants,
                   Reply& reply) {
  errno = EPROTO;
  if (attached.count < 1) {
    failed(reply, "descriptors");
    return -1;
  }
  Blob blob = Blob::read(attached.fds[0]);
  const int master = open("/dev/ptmx", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const winsize size{static_cast<unsigned short>(request.rows),
                     static_cast<unsigned short>(request.columns), 0, 0};
  // Opened here: the master only tells of an end if there was a beginning.
  const int slave = open_slave(master);
  if (slave < 0 || ioctl(master, TIOCSWINSZ, &size) != 0) failed(reply, "pty");
  const pid_t pid = reply.error == 0 ? fork_into_groups(grants) : 0;
  if (reply.error == 0 && pid == 0) {
    setsid();
    if (ioctl(slave, TIOCSCTTY, 0) != 0) _exit(kNotExecutable);
    for (int i = 0; i < 3; ++i) dup2(slave, i);
    become(request, grants, blob);
  }
  if (pid < 0) failed(reply, "fork");
  if (slave >= 0) close(slave);
  blob.release();
  return master;
}

}  // namespace weir::box
