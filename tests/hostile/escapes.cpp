// Reaching for what belongs to the host.

#include <fmt/format.h>

#include "tests/hostile/payload.hpp"

namespace weir::hostile {

std::vector<Payload> escapes(const Canary& canary) {
  const std::string folder = canary.folder.string();
  return {
      {"e01", "read the host's files",
       fmt::format("cat {0}/secret /root/.ssh/* /etc/shadow- /home/*/* 2>/dev/null | grep -q . && "
                   "echo BROKEN || echo HELD",
                   folder)},
      {"e02", "write the host's files",
       fmt::format("mkdir -p {0}; echo x > {0}/planted; echo x > /usr/weir-planted; "
                   "echo x > /etc/weir-planted; rm -rf /usr/share/doc /etc/ssl; echo HELD",
                   folder),
       [folder](Attempt& attempt) -> std::string {
         for (const auto& path : {folder + "/planted", std::string("/usr/weir-planted"),
                                  std::string("/etc/weir-planted")}) {
           if (std::filesystem::exists(path)) return path + " is on the host";
         }
         return std::filesystem::exists("/usr/share/doc") ? says_held(attempt)
                                                          : "host folder removed";
       }},
      {"e03", "secrets in /proc/*/environ",
       "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c "
       "WEIR_CANARY=; true",
       [](Attempt& attempt) -> std::string {
         return attempt.result.out.bytes == "0\n" ? "" : attempt.result.out.bytes;
       }},
      {"e04", "secrets in the own environment", "env | grep -E 'CANARY|KEY|TOKEN' || echo HELD"},
      {"e05", "inherited descriptors",
       "exec python3 -c \"import os; d = '/proc/self/fd/'; print(*sorted(f for f in os.listdir(d) if "
       "os.path.exists(d + f) or os.path.islink(d + f)))\"",
       [](Attempt& attempt) -> std::string {
         return attempt.result.out.bytes == "0 1 2\n" ? "" : attempt.result.out.bytes;
       }},
      {"e06", "look into pid 1",
       "for f in environ exe root cwd maps mem fd/3 ns/user stack auxv; do "
       "(cat /proc/1/$f || readlink /proc/1/$f || ls /proc/1/$f/) 2>/dev/null | grep -aq . && echo "
       "BROKEN $f; done; ls -A /proc/1/fd /proc/1/map_files 2>/dev/null | grep -v : | grep . || "
       "echo HELD"},
      {"e07", "trace pid 1, read its memory, steal its descriptors",
       python("refused('attach', sc(101, 16, 1, 0, 0))\n"
              "refused('seize', sc(101, 0x4206, 1, 0, 0))\n"
              "b = ctypes.create_string_buffer(8)\n"
              "iov = struct.pack('QQ', ctypes.addressof(b), 8)\n"
              "refused('vm_readv', sc(310, 1, iov, 1, struct.pack('QQ', 0x400000, 8), 1, 0))\n"
              "fd = sc(434, 1, 0)[0]\n"
              "for i in range(8): refused('getfd', sc(438, fd, i, 0))\n")},
      {"e08", "kill, stop, hang up pid 1",
       "for s in KILL STOP TERM INT HUP SEGV USR1 CHLD; do kill -$s 1; done; kill -KILL -1; echo "
       "HELD",
       [](Attempt& attempt) -> std::string {
         return attempt.run("echo alive").out.bytes == "alive\n" ? "" : "pid 1 is gone";
       }},
      {"e09", "signal a process of the host",
       fmt::format("kill -KILL {} 2>/dev/null && echo BROKEN || echo HELD", canary.victim)},
      {"e10", "see processes of the host", "ls /proc | grep -c '^[0-9]'",
       [](Attempt& attempt) -> std::string {
         return std::stoi(attempt.result.out.bytes) < 6 ? "" : attempt.result.out.bytes;
       }},
      {"e11", "be the host's root",
       "awk '{print ($2 == 0 ? \"BROKEN\" : \"HELD\"); exit}' /proc/self/uid_map"},
      {"e12", "chroot and climb out",
       fmt::format(
           "python3 - <<'E'\nimport os\nos.makedirs('/x/y', exist_ok=True)\nd = os.open('/', 0)\n"
           "try:\n  os.chroot('/x'); os.fchdir(d)\nexcept OSError: pass\n"
           "for _ in range(64): os.chdir('..')\n"
           "try: os.chroot('.')\nexcept OSError: pass\n"
           "print('BROKEN' if os.path.exists('{}/secret') else 'HELD')\nE",
           folder)},
      {"e13", "the host's abstract socket",
       python(fmt::format(
           "try:\n  s = socket.socket(socket.AF_UNIX); s.connect('\\0{}'); broken('connected')\n"
           "except OSError: pass\n",
           canary.abstract_socket))},
      {"e14", "the host's socket by path",
       python(fmt::format(
           "try:\n  s = socket.socket(socket.AF_UNIX); s.connect('{}'); broken('connected')\n"
           "except OSError: pass\n",
           canary.path_socket.string()))},
      {"e15", "the host's loopback",
       python(fmt::format(
           "try:\n  socket.create_connection(('127.0.0.1', {}), 3); broken('connected')\n"
           "except OSError: pass\n",
           canary.tcp_port))},
      {"e16", "the world: names, addresses, the cloud's metadata",
       python(
           "for host in ('192.0.2.1', '1.1.1.1', '169.254.169.254', '::1'):\n"
           "  try: socket.create_connection((host, 80), 3); broken(host)\n  except OSError: pass\n"
           "try: socket.getaddrinfo('example.com', 80); broken('resolved')\nexcept OSError: "
           "pass\n")},
      {"e17", "sockets of this program in /proc/net/unix",
       "test $(wc -l < /proc/net/unix) -le 1 && echo HELD"},
      {"e18", "System V segments of the host",
       python(fmt::format("refused('shmat', sc(30, {}, 0, 0))\n"
                          "if len(open('/proc/sysvipc/shm').readlines()) > 1: broken('listed')\n",
                          canary.shm_id))},
      {"e19", "shared memory files of the host",
       fmt::format("ls -A /dev/shm | grep . ; test -e /dev/shm/{} && echo BROKEN || echo HELD",
                   canary.posix_shm)},
      {"e20", "rename the host", "hostname owned 2>/dev/null; hostname",
       [](Attempt& attempt) -> std::string {
         char name[256] = {};
         ::gethostname(name, sizeof(name) - 1);
         if (std::string(name) == "owned") return "the host was renamed";
         return attempt.result.out.bytes == "box\n" ? "" : attempt.result.out.bytes;
       }},
      {"e21", "host paths in the mount table",
       "grep -E 'weir-box|/home/|/var/tmp/|/dev/shm/w' /proc/self/mountinfo || echo HELD",
       [](Attempt& attempt) -> std::string {
         // An ordinary user's overlays are mounted from paths, which the kernel shows.
         const bool by_path = attempt.sandbox.description().find("65,536 ids") == std::string::npos;
         return by_path ? "" : says_held(attempt);
       }},
      {"e22", "write to a read-only bind",
       "echo x > /bound/secret; rm -f /bound/secret; mount -o remount,rw /bound; touch /bound/y; "
       "chmod 777 /bound; cat /bound/secret >/dev/null && echo HELD",
       says_held, milliseconds(20'000),
       [folder](BoxSpec& spec) {
         spec.read_only = {{folder, "/bound"}};
       }},
      {"e23", "device nodes beyond the harmless six",
       "cd /dev; for f in * pts/*; do if [ ! -L $f ] && { [ -c $f ] || [ -b $f ]; }; then echo -n "
       "\"$f \"; fi; done",
       [](Attempt& attempt) -> std::string {
         const std::string wanted = "full null random tty urandom zero pts/ptmx ";
         return attempt.result.out.bytes == wanted ? "" : attempt.result.out.bytes;
       }},
      {"e24", "kernel memory and logs",
       "for f in /proc/kcore /proc/keys /proc/timer_list /proc/kmsg /dev/kmsg /dev/mem; do head -c "
       "1 $f "
       "2>/dev/null | grep -aq . && echo BROKEN $f; done; dmesg >/dev/null 2>&1 && echo BROKEN "
       "dmesg; ls -A "
       "/sys | grep . || echo HELD"},
      {"e25", "control groups",
       "mount -t cgroup none /mnt 2>/dev/null && echo BROKEN; mount -t cgroup2 none "
       "/mnt 2>/dev/null && echo BROKEN; ls -A /sys/fs/cgroup 2>/dev/null | grep . ; find / -xdev "
       "-name "
       "release_agent -o -xdev -name cgroup.procs 2>/dev/null | grep . || echo HELD"},
  };
}

}  // namespace weir::hostile
