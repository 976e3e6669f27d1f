// The enemy has read Weir's source: pid 1, the next command, the way files go
// in and out.

#include <fmt/format.h>

#include <fstream>

#include "tasks/error.hpp"
#include "tests/hostile/payload.hpp"
#include "tests/temporary_folder.hpp"

namespace weir::hostile {
namespace {

namespace fs = std::filesystem;

std::string nothing_comes_out(Attempt& attempt, const std::string& path) {
  const auto got = attempt.box.get(path, 4096);
  return got ? path + " came out: " + got->substr(0, 60) : "";
}

/// Copies /out of the box and looks for what must not be in the copy.
std::string copied_out(Attempt& attempt, const std::string& forbidden) {
  const TemporaryFolder to;
  TreeCaps caps;
  caps.bytes = 1 << 20;
  caps.entries = 2000;
  const auto left_out = attempt.box.get_tree("/out", to / "copy", caps);
  for (const auto& entry : fs::recursive_directory_iterator(to / "copy")) {
    if (entry.is_symlink()) return "a link was copied";
    if (!entry.is_regular_file() && !entry.is_directory()) return "a device was copied";
    const auto mode = entry.status().permissions();
    if ((mode & (fs::perms::set_uid | fs::perms::set_gid)) != fs::perms::none)
      return "set-id was copied";
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.find(forbidden) != std::string::npos)
      return entry.path().string() + " holds the secret";
  }
  return "";
}

std::string put_reaches_not(Attempt& attempt, const std::string& path) {
  try {
    attempt.box.put("PLANTED", path, 0644);
  } catch (const InfraError&) {
    return "";
  }
  return path + " was written";
}

}  // namespace

std::vector<Payload> forgeries(const Canary& canary) {
  const std::string secret = canary.secret;
  return {
      {"f01", "copy out through links to pid 1 and /proc",
       "mkdir /r; ln -s /proc/1 /r/a; ln -s /proc/self /r/b; ln -s /proc/1/environ /r/c; ln -s "
       "/proc/self/environ /r/d; "
       "ln -s /proc/self/fd /r/e; echo HELD",
       [](Attempt& attempt) -> std::string {
         for (const char* path :
              {"/r/a/environ", "/r/b/environ", "/r/b/status", "/r/c", "/r/d", "/r/e/3", "/r/b/fd/3",
               "/r/b/root/etc/passwd", "/proc/self/environ", "/proc/1/status"}) {
           const std::string out = nothing_comes_out(attempt, path);
           if (!out.empty()) return out;
         }
         return "";
       }},
      {"f02", "files put in, led into pid 1's memory and /proc",
       "ln -s /proc/self /tests; mkdir /v; ln -s /proc/self/mem /v/x; ln -s /proc/self/fd /w; ln "
       "-s /dev /d; echo HELD",
       [](Attempt& attempt) -> std::string {
         for (const char* path :
              {"/tests/mem", "/tests/oom_score_adj", "/tests/comm", "/v/x", "/w/3", "/d/null",
               "/d/full", "/dev/tty", "/proc/sys/kernel/core_pattern"}) {
           const std::string out = put_reaches_not(attempt, path);
           if (!out.empty()) return out;
         }
         return attempt.run("echo ok").out.bytes == "ok\n" ? "" : "the box is gone";
       }},
      {"f03", "a FIFO where a file is read or written", "mkfifo /reward /in; echo HELD",
       [](Attempt& attempt) -> std::string {
         const std::string out = nothing_comes_out(attempt, "/reward");
         return out.empty() ? put_reaches_not(attempt, "/in") : out;
       }},
      {"f04", "a hard link where a file is written keeps its other name as it was",
       "echo original > /etc/original; mkdir /in; ln /etc/original /in/f; echo HELD",
       [](Attempt& attempt) -> std::string {
         attempt.box.put("new", "/in/f", 0644);
         return attempt.box.get("/etc/original", 99) == "original\n" ? ""
                                                                     : "written through the link";
       }},
      {"f05", "copy out links, FIFOs, devices, sockets, set-id, a sparse terabyte",
       fmt::format("mkdir -p /out/d && cd /out && ln -s {}/secret a; ln -s / b; mkfifo c; ln -s "
                   "/proc/self/environ e; cp /bin/true s; "
                   "chmod 6755 s; truncate -s 1T t 2>/dev/null; python3 -c \"import socket; "
                   "socket.socket(socket.AF_UNIX).bind('k')\"; "
                   "ln /etc/passwd h; echo x > d/x; chmod 000 d; echo HELD",
                   canary.folder.string()),
       [secret](Attempt& attempt) { return copied_out(attempt, secret); }},
      {"f06", "copy out while files turn into links",
       fmt::format("mkdir -p /out && cd /out && for i in $(seq 300); do echo x > f$i; done; "
                   "(while :; do for i in $(seq 1 7 300); do ln -sfn {}/secret t; mv -f t f$i; "
                   "echo x > u; mv -f u f$i; done; done) "
                   ">/dev/null 2>&1 & sleep 0.3; echo HELD",
                   canary.folder.string()),
       [secret](Attempt& attempt) { return copied_out(attempt, secret); }},
      {"f07", "copy out a tree without end",
       "mkdir -p /out && cd /out && for i in $(seq 300); do mkdir d; cd d; done; cd /out; for i in "
       "$(seq 3000); do echo > f$i; done; echo HELD",
       [](Attempt& attempt) { return copied_out(attempt, "nothing"); }},
      {"f08", "copy out /proc itself", "rm -rf /out; ln -s /proc /out; echo HELD",
       [](Attempt& attempt) -> std::string {
         try {
           const TemporaryFolder to;
           (void)attempt.box.get_tree("/out", to / "copy", {});
         } catch (const InfraError&) {
           return "";
         }
         return "copied";
       }},
      {"f09", "traps for the next command: BASH_ENV, profiles, preload",
       "echo 'echo TRAPPED' > /tmp/trap; for f in /root/.bashrc /root/.profile /etc/profile "
       "/etc/bash.bashrc /etc/environment; do "
       "echo 'echo TRAPPED' >> $f; done; export BASH_ENV=/tmp/trap; echo HELD",
       [](Attempt& attempt) -> std::string {
         const auto out = attempt.run("echo clean").out.bytes;
         return out == "clean\n" ? "" : out;
       }},
      {"f10", "a service that waits to kill the next command",
       "(while :; do pkill -KILL -f judged 2>/dev/null; done) >/dev/null 2>&1 & echo HELD",
       [](Attempt& attempt) -> std::string {
         // Within one box that is its right; a fork has none of its processes.
         const SnapshotPtr files = attempt.box.end();
         const auto fresh = attempt.sandbox.create({.from = files});
         ExecRequest request;
         request.argv = {"bash", "-c", "sleep 0.3; echo judged"};
         return fresh->exec(request).out.bytes == "judged\n" ? ""
                                                             : "the process followed into a fork";
       }},
      {"f11", "forge the status: write to every descriptor, answer as pid 1 would",
       "for i in $(seq 0 255); do (printf '%0512d' 0 >&$i) 2>/dev/null; done >/dev/null 2>&1; exit "
       "42",
       [](Attempt& attempt) -> std::string {
         return attempt.result.status == ExecStatus::exited && attempt.result.exit_code == 42
                    ? ""
                    : "forged";
       }},
      {"f12", "an image whose /proc and /dev are links to the host", "",
       [](Attempt& attempt) -> std::string {
         for (const char* name : {"proc", "dev"}) {
           const TemporaryFolder rootfs;
           const TemporaryFolder target;
           fs::create_symlink(target.path(), rootfs / name);
           try {
             const auto box = attempt.sandbox.create({.base = rootfs.path().string()});
             return std::string(name) + " as a link was accepted";
           } catch (const InfraError&) {
           }
           if (!fs::is_empty(target.path())) return "the link's target was written";
         }
         return "";
       }},
      {"f13", "an image that leads a bind out of the box", "",
       [](Attempt& attempt) -> std::string {
         const TemporaryFolder rootfs;
         const TemporaryFolder target;
         const TemporaryFolder bound;
         fs::create_symlink(target.path(), rootfs / "in");
         try {
           const auto box = attempt.sandbox.create(
               {.base = rootfs.path().string(), .read_only = {{bound.path(), "/in/side"}}});
         } catch (const InfraError&) {
         }
         return fs::is_empty(target.path()) ? "" : "a folder was made on the host";
       }},
      {"f14", "restored: nothing of the later state is left", "echo before > /app/f; echo HELD",
       [](Attempt& attempt) -> std::string {
         const SnapshotPtr before = attempt.box.snapshot();
         if (!before) return "no snapshot";
         (void)attempt.run("echo after > /app/f; rm -rf /etc/ssl; echo x > /app/g; sleep 100 & ");
         attempt.box.restore(before);
         if (attempt.box.live_processes() != 0) return "a process is left";
         return attempt.run("cat /app/f; ls /app; ls -d /etc/ssl").out.bytes ==
                        "before\nf\n/etc/ssl\n"
                    ? ""
                    : "files are left";
       }},
      {"f16", "bytes that crash or hang a terminal", "",
       [](Attempt& attempt) -> std::string {
         TerminalRequest request;
         request.argv = {"sh", "-c",
                         "printf '\\033[4h\\033\\032\\302\\221\\200'; printf '\\033[5b'; sleep 1; "
                         "head -c 300000 /dev/urandom; "
                         "printf '\\033c\\033[2J\\033[H'; echo still drawn; sleep 60"};
         const auto terminal = attempt.box.open_terminal(request);
         terminal->settle(milliseconds(3000), milliseconds(15'000));
         return terminal->screen().find("still drawn") != std::string::npos
                    ? ""
                    : terminal->screen().substr(0, 200);
       }},
      {"f17", "its root folder closed to everybody", "echo x > /app/x; chmod 000 /; echo HELD",
       [](Attempt& attempt) -> std::string {
         if (!attempt.box.changed()) return "not seen as changed";
         return attempt.box.end() ? "" : "no final state";
       }},
      {"f18", "/tmp leads into /proc when a long script is placed there",
       "rm -rf /tmp; ln -s /proc /tmp; echo HELD",
       [](Attempt& attempt) -> std::string {
         const auto result = attempt.run("echo ran #" + std::string(200'000, 'x'));
         return result.status == ExecStatus::setup_error || result.out.bytes == "ran\n"
                    ? ""
                    : std::string(name_of(result.status));
       }},
      {"f19", "a NUL in a command", "",
       [](Attempt& attempt) -> std::string {
         const auto result = attempt.run(std::string("true\0INJECTED=1", 15));
         return result.status == ExecStatus::setup_error ? "" : std::string(name_of(result.status));
       }},
      {"f15", "set-id files of one box in another",
       "cp /bin/bash /tmp/b; chmod 6755 /tmp/b; echo HELD",
       [](Attempt& attempt) -> std::string {
         const auto other = attempt.sandbox.create({.from = attempt.box.end()});
         ExecRequest request;
         request.argv = {"/tmp/b", "-p", "-c", "id -u"};
         request.user = "nobody";
         return other->exec(request).out.bytes == "0\n" ? "gained root" : "";
       }},
  };
}

}  // namespace weir::hostile
