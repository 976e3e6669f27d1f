// Using up what others need. Every box here has the limits of main.cpp.

#include <fmt/format.h>

#include "tests/hostile/payload.hpp"

namespace weir::hostile {
namespace {

/// The box still serves after what happened.
std::string goes_on(Attempt& attempt) {
  const auto after = attempt.run("echo alive");
  return after.out.bytes == "alive\n" ? "" : "the box is gone: " + after.message;
}

bool limited(Attempt& attempt, const char* what) {
  for (const auto& each : attempt.sandbox.missing()) {
    if (each.rfind(what, 0) == 0) return false;
  }
  return true;
}

/// A file filled until refused must have stopped near `most` bytes.
std::function<std::string(Attempt&)> stopped_below(const std::string& file, std::int64_t most) {
  return [file, most](Attempt& attempt) -> std::string {
    const auto size = attempt.run("stat -c %s " + file + " 2>/dev/null || echo 0").out.bytes;
    if (std::stoll(size) > most) return file + " grew to " + size;
    return goes_on(attempt);
  };
}

}  // namespace

std::vector<Payload> exhaustions() {
  const auto ended = [](Attempt& attempt) -> std::string {
    if (attempt.result.ok()) return "it was never stopped";
    return goes_on(attempt);
  };
  return {
      {"x01", "fork bomb", ":(){ :|:& };:; sleep 60", goes_on, milliseconds(3000)},
      {"x02", "forks in sessions of their own, deaf to signals",
       "python3 - <<'E'\nimport os, signal\nfor s in range(1, 32):\n  try: signal.signal(s, "
       "signal.SIG_IGN)\n"
       "  except OSError: pass\nwhile True:\n  try:\n    if os.fork() == 0: os.setsid()\n  except "
       "OSError: pass\nE",
       [](Attempt& attempt) -> std::string {
         const std::string gone = goes_on(attempt);
         if (!gone.empty()) return gone;
         return attempt.box.live_processes() == 0 ? "" : "processes are left";
       },
       milliseconds(2000)},
      {"x03", "thread bomb",
       "python3 - <<'E'\nimport threading, time\ntry:\n  for _ in range(5000): "
       "threading.Thread(target=time.sleep, "
       "args=(30,), daemon=True).start()\n  print('BROKEN', flush=True)\nexcept RuntimeError: "
       "print('HELD', flush=True)\nimport os; os._exit(0)\nE"},
      {"x04", "zombie bomb",
       "python3 - <<'E'\nimport os, time\nn = 0\ntry:\n  for _ in range(3000):\n    if os.fork() "
       "== 0: os._exit(0)\n"
       "    n += 1\nexcept OSError: pass\nprint('BROKEN' if n >= 3000 else 'HELD')\nE"},
      {"x05", "orphans for pid 1 to reap",
       "for i in $(seq 1500); do (true & ) ; done; sleep 0.3; ps ax 2>/dev/null | grep -c defunct",
       [](Attempt& attempt) -> std::string {
         return std::stoi("0" + attempt.result.out.bytes) <= 2 ? "" : attempt.result.out.bytes;
       }},
      {"x06", "2 GiB of memory", "python3 -c \"b = bytearray(2 << 30); print(len(b))\"",
       [ended](Attempt& attempt) -> std::string {
         if (limited(attempt, "memory") && attempt.result.status != ExecStatus::oom) {
           return fmt::format("ended as {}", name_of(attempt.result.status));
         }
         return ended(attempt);
       }},
      {"x07", "memory by many processes",
       "for i in $(seq 8); do python3 -c \"b = bytearray(100 << 20); import time; time.sleep(2); "
       "print('whole')\" & done; wait",
       [](Attempt& attempt) -> std::string {
         if (!limited(attempt, "memory")) return "";  // per process only: declared
         int whole = 0;
         for (std::size_t at = 0;
              (at = attempt.result.out.bytes.find("whole", at)) != std::string::npos; ++at)
           ++whole;
         return whole < 4 ? goes_on(attempt) : fmt::format("{} of 8 got 100 MiB each", whole);
       }},
      {"x08", "locked memory",
       python("r = sc(9, 0, 1 << 30, 3, 0x22 | 0x2000, -1, 0)\nif r[0] > 0: broken('mlocked 1 "
              "GiB')\n"),
       [](Attempt& attempt) {
         return attempt.result.ok() ? says_held(attempt) : goes_on(attempt);
       }},
      {"x09", "/dev/shm", "head -c 1G /dev/zero > /dev/shm/x",
       stopped_below("/dev/shm/x", 16 << 20)},
      {"x10", "/tmp", "head -c 1500M /dev/zero > /tmp/x", stopped_below("/tmp/x", 70 << 20)},
      {"x11", "the root file system", "head -c 1500M /dev/zero > /x",
       stopped_below("/x", 70 << 20)},
      {"x12", "/usr", "head -c 1500M /dev/zero > /usr/x", stopped_below("/usr/x", 70 << 20)},
      {"x13", "inodes",
       "mkdir /tmp/i && cd /tmp/i && python3 -c \"\nimport os\ntry:\n  for i in range(100000): "
       "os.close(os.open(str(i), "
       "os.O_CREAT | os.O_WRONLY))\n  print('BROKEN')\nexcept OSError: print('HELD')\n\"",
       [](Attempt& attempt) {
         return limited(attempt, "disk") ? says_held(attempt) : goes_on(attempt);
       }},
      {"x14", "300 MB of output", "head -c 300M /dev/zero",
       [](Attempt& attempt) -> std::string {
         if (attempt.result.status != ExecStatus::output_limit)
           return std::string(name_of(attempt.result.status));
         return attempt.result.out.bytes.size() < (3 << 20) ? goes_on(attempt)
                                                            : "too much was kept";
       }},
      {"x15", "output for ever on both streams", "yes & yes >&2 & wait",
       [](Attempt& attempt) -> std::string {
         return attempt.result.status == ExecStatus::output_limit
                    ? goes_on(attempt)
                    : std::string(name_of(attempt.result.status));
       }},
      {"x16", "processor: four spinners on one processor's quota",
       "for i in 1 2 3 4; do timeout 2 sh -c 'while :; do :; done' & done; wait",
       [](Attempt& attempt) -> std::string {
         if (!limited(attempt, "cpu")) return "";
         const auto used = attempt.result.cpu_user + attempt.result.cpu_sys;
         return used <= attempt.result.wall * 5 / 4
                    ? ""
                    : fmt::format("{} ms in {} ms", used.count(), attempt.result.wall.count());
       }},
      {"x17", "descriptors",
       python("n = 0\ntry:\n  while n < 5000: os.open('/dev/null', 0); n += 1\n  broken(n)\nexcept "
              "OSError: pass\n")},
      {"x18", "ptys",
       python("n = 0\ntry:\n  while n < 20000: os.open('/dev/ptmx', os.O_RDWR); n += 1\n  "
              "broken(n)\nexcept OSError: pass\n")},
      {"x19", "kernel memory by pipes and sockets",
       python("keep = []\ntry:\n  while len(keep) < 4000:\n    a, b = socket.socketpair(); "
              "a.setblocking(False); keep += [a, b]\n"
              "    try:\n      while True: a.send(b'x' * 65536)\n    except BlockingIOError: "
              "pass\nexcept (OSError, MemoryError): pass\n"),
       goes_on},
      {"x20", "a tree deeper than any path",
       "cd /tmp && python3 -c \"\nimport os\ntry:\n  for i in range(20000): os.mkdir('d'); "
       "os.chdir('d')\nexcept OSError: pass\n\"; echo HELD",
       [](Attempt& attempt) -> std::string {
         const std::string held = says_held(attempt);
         return held.empty() ? goes_on(attempt) : held;
       }},
      {"x22", "memory filled with files: the next command runs all the same",
       "head -c 1G /dev/zero > /tmp/a; head -c 1G /dev/zero > /dev/shm/b; python3 -c 'b = "
       "bytearray(1 << 30)'",
       goes_on},
      {"x23", "descriptors in flight, as many as there may be",
       "(exec >/dev/null 2>&1; python3 - <<'E' &\nimport array, os, socket, time\nkeep = "
       "[]\ntry:\n  while len(keep) < 600:\n"
       "    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); keep += [a, b]\n"
       "    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', "
       "[a.fileno()] * 200))])\nexcept OSError: pass\n"
       "time.sleep(60)\nE\n); sleep 1; echo HELD",
       [](Attempt& attempt) -> std::string {
         attempt.box.put("in", "/app/f", 0644);
         if (attempt.box.get("/app/f", 9) != "in") return "files no longer come out";
         const auto other = attempt.sandbox.create({});
         other->put("in", "/app/f", 0644);
         return other->get("/app/f", 9) == "in" ? goes_on(attempt) : "nor in another box";
       }},
      {"x24", "a process whose main thread has ended",
       "python3 - <<'E'\nimport ctypes, threading, time\ndef work():\n  while True:\n    "
       "open('/app/log', 'a').write('x'); time.sleep(0.01)\n"
       "threading.Thread(target=work).start()\nctypes.CDLL(None).syscall(60, 0)\nE",
       [](Attempt& attempt) -> std::string {
         if (attempt.result.status != ExecStatus::timeout)
           return std::string(name_of(attempt.result.status));
         const auto before = attempt.box.get("/app/log", 1 << 20).value_or("").size();
         (void)attempt.run("sleep 0.3");
         const auto after = attempt.box.get("/app/log", 1 << 20).value_or("").size();
         return before == after ? goes_on(attempt) : "it goes on writing";
       },
       milliseconds(500)},
      {"x25", "a hidden one is no quiet box",
       "(exec >/dev/null 2>&1; python3 - <<'E' &\nimport ctypes, threading, "
       "time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
       "ctypes.CDLL(None).syscall(60, 0)\nE\n); sleep 0.5; echo x > /app/x",
       [](Attempt& attempt) -> std::string {
         if (attempt.box.live_processes() == 0) return "not counted";
         return attempt.box.snapshot() ? "frozen under it" : "";
       }},
      {"x26", "no inode left for the next layer",
       "cd /tmp && python3 -c \"\nimport os\ntry:\n  for i in range(100000): "
       "os.close(os.open(str(i), os.O_CREAT | os.O_WRONLY))\n"
       "except OSError: pass\n\"; echo HELD",
       [](Attempt& attempt) -> std::string {
         const SnapshotPtr full = attempt.box.snapshot();
         if (!full) return "no snapshot";
         if (!attempt.run("echo x > /app/x").ok()) return "nothing can be written after a snapshot";
         attempt.box.restore(full);
         return goes_on(attempt);
       }},
      {"x27", "processes that multiply as they are ended",
       "python3 - <<'E'\nimport os\nwhile True:\n  try:\n    if os.fork():\n      os._exit(0)\n    "
       "os.setsid()\n  except OSError: pass\nE\nsleep 30",
       [](Attempt& attempt) -> std::string {
         const auto next = attempt.run("echo alive");
         return next.out.bytes == "alive\n" && next.wall < milliseconds(8000)
                    ? ""
                    : fmt::format("{} after {} ms", name_of(next.status), next.wall.count());
       },
       milliseconds(1000)},
      {"x28", "a memory kill does not cover a timeout",
       "python3 -c 'b = bytearray(1 << 30)'; sleep 60",
       [](Attempt& attempt) -> std::string {
         return attempt.result.status == ExecStatus::timeout
                    ? ""
                    : std::string(name_of(attempt.result.status));
       },
       milliseconds(3000)},
      {"x21", "a sparse terabyte", "truncate -s 1T /tmp/sparse 2>/dev/null; echo HELD",
       [](Attempt& attempt) -> std::string {
         const auto got = attempt.box.get("/tmp/sparse", 1 << 20);
         return !got || got->size() <= (1 << 20) ? "" : "more came out than asked for";
       }},
  };
}

}  // namespace weir::hostile
