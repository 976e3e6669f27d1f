// Behaviour that wedges harnesses.

#include <fmt/format.h>

#include "tests/hostile/payload.hpp"

namespace weir::hostile {
namespace {

std::function<std::string(Attempt&)> ends_as(ExecStatus wanted, int code = -1) {
  return [wanted, code](Attempt& attempt) -> std::string {
    const auto& result = attempt.result;
    const int got = wanted == ExecStatus::signaled ? result.signal : result.exit_code;
    if (result.status == wanted && (code < 0 || got == code)) return "";
    return fmt::format("{} {}", name_of(result.status), got);
  };
}

std::function<std::string(Attempt&)> within(milliseconds most, const std::string& output) {
  return [most, output](Attempt& attempt) -> std::string {
    if (attempt.result.wall > most) return fmt::format("took {} ms", attempt.result.wall.count());
    return attempt.result.out.bytes == output ? "" : attempt.result.out.bytes;
  };
}

TerminalRequest program(std::vector<std::string> argv) {
  TerminalRequest request;
  request.argv = std::move(argv);
  return request;
}

std::string box_serves(Attempt& attempt) {
  const auto after = attempt.run("echo alive");
  return after.out.bytes == "alive\n" ? "" : "the box is gone: " + after.message;
}

}  // namespace

std::vector<Payload> nuisances() {
  const milliseconds soon(10'000);
  return {
      {"n01", "exit codes 0 to 255", "",
       [](Attempt& attempt) -> std::string {
         for (int code : {0, 1, 2, 124, 125, 126, 127, 128, 137, 139, 255}) {
           const auto result = attempt.run(fmt::format("exit {}", code));
           if (result.status != ExecStatus::exited || result.exit_code != code)
             return std::to_string(code);
         }
         return "";
       }},
      {"n02", "death by signal", "kill -SEGV $$", ends_as(ExecStatus::signaled, 11)},
      {"n03", "death by its own KILL is not a memory kill", "kill -KILL $$",
       ends_as(ExecStatus::signaled, 9)},
      {"n04", "waiting for input that never comes", "read x; echo got $?", within(soon, "got 1\n")},
      {"n05", "a daemon", "(setsid sleep 300 >/dev/null 2>&1 < /dev/null &) ; echo done",
       within(soon, "done\n")},
      {"n06", "a daemon holding the output pipe", "sleep 300 & echo done", within(soon, "done\n")},
      {"n07", "deaf to TERM", "trap '' TERM INT HUP; while :; do sleep 1; done",
       [](Attempt& attempt) -> std::string {
         const std::string ended = ends_as(ExecStatus::timeout)(attempt);
         return ended.empty() ? box_serves(attempt) : ended;
       },
       milliseconds(500)},
      {"n08", "stopped", "kill -STOP $$", ends_as(ExecStatus::timeout), milliseconds(500)},
      {"n09", "stopped in a session of its own", "setsid sh -c 'kill -STOP $$' & wait",
       ends_as(ExecStatus::timeout), milliseconds(500)},
      {"n10", "blocked in vfork",
       "python3 -c \"import ctypes, os; l = ctypes.CDLL(None)\nif l.vfork() == 0: l.pause()\"",
       ends_as(ExecStatus::timeout), milliseconds(700)},
      {"n11", "raw bytes", "printf '\\x00\\xff\\xfe\\x1b]0;x\\x07\\r'",
       [](Attempt& attempt) -> std::string {
         return attempt.result.out.bytes == std::string("\0\xff\xfe\x1b]0;x\x07\r", 10)
                    ? ""
                    : "bytes were changed";
       }},
      {"n12", "an endless line", "head -c 20M /dev/zero | tr '\\0' a",
       [](Attempt& attempt) -> std::string {
         return attempt.result.out.total == 20 << 20 && attempt.result.out.truncated
                    ? ""
                    : std::to_string(attempt.result.out.total);
       }},
      {"n13", "its working directory removed",
       "mkdir /tmp/w && cd /tmp/w && rmdir /tmp/w; pwd >/dev/null 2>&1; echo HELD"},
      {"n14", "all descriptors closed", "exec <&- >&- 2>&-; sleep 0.2",
       ends_as(ExecStatus::exited, 0)},
      {"n15", "a working directory that is not there", "",
       [](Attempt& attempt) -> std::string {
         ExecRequest request;
         request.script = "true";
         request.cwd = "/no/such";
         const auto result = attempt.box.exec(request);
         return result.exit_code == 127 ? "" : fmt::format("{}", result.exit_code);
       }},
      {"n16", "the shell itself replaced",
       "cp /bin/true /usr/bin/bash.new && mv /usr/bin/bash.new /usr/bin/bash; echo HELD",
       [](Attempt& attempt) -> std::string {
         return attempt.run("echo x").status == ExecStatus::exited ? "" : "the box is gone";
       }},
      {"n17", "every program removed",
       "rm -rf /usr/bin /usr/lib/x86_64-linux-gnu 2>/dev/null; echo HELD",
       [](Attempt& attempt) -> std::string {
         const auto after = attempt.run("echo x");
         if (after.status != ExecStatus::exited || after.exit_code != 127) return "no 127";
         attempt.box.put("still", "/app/x", 0644);
         return attempt.box.get("/app/x", 9) == "still" ? "" : "files no longer go in";
       }},
      {"n18", "/etc/passwd is a FIFO", "rm /etc/passwd && mkfifo /etc/passwd && echo HELD",
       [](Attempt& attempt) -> std::string {
         ExecRequest request;
         request.script = "true";
         request.user = "nobody";
         request.timeout = milliseconds(500);
         if (attempt.box.exec(request).status != ExecStatus::timeout) return "not timed out";
         request.user = "root";
         request.argv = {"/bin/echo", "alive"};  // bash itself would wait for its user's name
         return attempt.box.exec(request).out.bytes == "alive\n" ? "" : "the box is gone";
       }},
      {"n19", "/proc, /dev covered or removed",
       "rm -rf /proc /dev 2>/dev/null; umount /proc 2>/dev/null; echo HELD", box_serves},
      {"n20", "after an out-of-memory kill", "python3 -c \"b = bytearray(2 << 30)\"", box_serves},
      {"n21", "a snapshot with a writer alive",
       "(while :; do date >> /app/log; done) & sleep 0.1; echo HELD",
       [](Attempt& attempt) -> std::string {
         return attempt.box.snapshot() ? "frozen under a writer" : "";
       }},
      {"n22", "a copy with a writer alive is of one instant",
       "(i=0; while :; do i=$((i+1)); echo $i > /app/a; echo $i > /app/b; done) & sleep 0.2; echo "
       "HELD",
       [](Attempt& attempt) -> std::string {
         const SnapshotPtr copy = attempt.box.copy();
         if (!copy) return attempt.sandbox.missing().empty() ? "no copy" : "";
         if (attempt.box.live_processes() == 0) return "the writer did not go on";
         const auto other = attempt.sandbox.create({.from = copy});
         const std::string a = other->get("/app/a", 99).value_or("");
         const std::string b = other->get("/app/b", 99).value_or("");
         const int gap = std::atoi(a.c_str()) - std::atoi(b.c_str());
         return a.empty() || b.empty() || (gap >= 0 && gap <= 1) ? "" : a + " and " + b;
       }},
      {"n23", "a terminal that never stops", "",
       [](Attempt& attempt) -> std::string {
         const auto terminal =
             attempt.box.open_terminal(program({"sh", "-c", "while :; do cat /dev/urandom; done"}));
         terminal->settle(milliseconds(200), milliseconds(1000));
         (void)terminal->send("x\x03");
         return terminal->screen().size() <= 40 * (160 * 32 + 1) ? box_serves(attempt) : "no bound";
       }},
      {"n24", "a reader that never reads its terminal", "",
       [](Attempt& attempt) -> std::string {
         const auto terminal = attempt.box.open_terminal(program({"sleep", "100"}));
         const bool taken = terminal->send(std::string(1 << 20, 'x'));
         return taken ? "" : box_serves(attempt);
       }},
      {"n26", "more snapshots than one mount has layers", "",
       [](Attempt& attempt) -> std::string {
         for (int i = 0; i < 150; ++i) {
           (void)attempt.run(fmt::format("echo {} > /app/n", i));
           if (!attempt.box.snapshot()) return fmt::format("no snapshot {}", i);
         }
         return attempt.run("cat /app/n").out.bytes == "149\n" ? "" : "the last one is lost";
       }},
      {"n25", "environment and arguments of a megabyte", "",
       [](Attempt& attempt) -> std::string {
         ExecRequest request;
         request.script = "echo ${#BIG}";
         request.env = {{"PATH", "/usr/bin"}, {"BIG", std::string(1 << 20, 'x')}};
         const auto refused = attempt.box.exec(request);
         if (refused.ok()) return "more than an argument may hold was taken";
         return box_serves(attempt);
       }},
  };
}

}  // namespace weir::hostile
