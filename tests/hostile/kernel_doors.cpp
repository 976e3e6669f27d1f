// System calls and kernel interfaces no command may use. Numbers are x86-64's.

#include "tests/hostile/payload.hpp"

namespace weir::hostile {

std::vector<Payload> kernel_doors() {
  return {
      {"k01", "no_new_privs is set", "grep -q 'NoNewPrivs:.1' /proc/self/status && echo HELD"},
      {"k02", "capabilities are within a container's",
       "for c in CapBnd CapEff CapPrm; do v=$(awk \"/$c/ {print \\$2}\" /proc/self/status); "
       "[ $(( 0x$v & ~0x800404fb )) -eq 0 ] || echo BROKEN $c $v; done; echo HELD"},
      {"k03", "mount, umount, pivot_root, remount",
       "mount -t tmpfs x /mnt 2>/dev/null && echo BROKEN; mount --bind / /mnt 2>/dev/null && echo "
       "BROKEN; umount "
       "/proc 2>/dev/null && echo BROKEN; umount -l / 2>/dev/null && echo BROKEN; mount -o "
       "remount,rw /proc/sys "
       "2>/dev/null && echo BROKEN; pivot_root / / 2>/dev/null && echo BROKEN; echo HELD"},
      {"k04", "the newer mount calls",
       python("for n in (428, 429, 430, 431, 432, 433, 442): refused(n, sc(n, 0, 0, 0, 0, 0))\n")},
      {"k05", "device nodes",
       "mknod /tmp/b b 8 0 2>/dev/null && echo BROKEN; mknod /tmp/m c 1 1 2>/dev/null && echo "
       "BROKEN; echo HELD"},
      {"k06", "new user namespaces",
       "unshare -U true 2>/dev/null && echo BROKEN; unshare -Ur id 2>/dev/null && echo BROKEN; "
       "echo HELD"},
      {"k07", "namespaces by clone and clone3",
       python("refused('clone', sc(56, 0x10000000 | 17, 0, 0, 0, 0))\n"
              "r = sc(435, struct.pack('QQQQQQQQ', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64)\n"
              "refused('clone3', r)\nif r[1] != 38: broken('clone3 is not ENOSYS')\n")},
      {"k08", "enter other namespaces",
       python("for n in ('user', 'mnt', 'net', 'pid', 'uts', 'ipc'):\n"
              "  try: fd = os.open('/proc/self/ns/' + n, 0)\n  except OSError: continue\n"
              "  refused(n, sc(308, fd, 0))\n")},
      {"k09", "settings of the kernel in /proc/sys",
       "for f in kernel/core_pattern kernel/hostname kernel/modprobe fs/binfmt_misc/register "
       "vm/drop_caches "
       "kernel/sysrq net/ipv4/ip_forward user/max_user_namespaces; do "
       "( echo x > /proc/sys/$f ) 2>/dev/null && echo BROKEN $f; done; echo HELD"},
      {"k10", "the magic system request key",
       "( echo b > /proc/sysrq-trigger ) 2>/dev/null && echo BROKEN || echo HELD"},
      {"k11", "typing into a terminal by TIOCSTI, TIOCLINUX",
       python("import pty, fcntl\nm, s = pty.openpty()\n"
              "for n in (0x5412, 0x541C, 0x100005412):\n"
              "  r = sc(16, s, n, b'x')\n  refused(hex(n), r)\n")},
      {"k12", "keyrings",
       python("refused('add_key', sc(248, b'user\\0', b'weir\\0', b'x', 1, -4))\n"
              "refused('keyctl', sc(250, 0, -4, 0))\nrefused('request', sc(249, b'user\\0', "
              "b'weir\\0', 0, -4))\n")},
      {"k13", "io_uring",
       python(
           "refused('setup', sc(425, 8, ctypes.create_string_buffer(256)))\n"
           "refused('enter', sc(426, 0, 0, 0, 0, 0))\nrefused('register', sc(427, 0, 0, 0, 0))\n")},
      {"k14", "the line to the hypervisor (vsock), whatever its high bits",
       python("for f in (40, (1 << 32) | 40): refused(f, sc(41, f, 1, 0))\nrefused('pair', sc(53, "
              "40, 1, 0, ctypes.create_string_buffer(8)))\n")},
      {"k15", "packet and raw sockets",
       python("for a in ((17, 3, 0), (2, 3, 1), (10, 3, 58), (2, 10, 0), (16, 3, 9)):\n"
              "  r = sc(41, *a)\n  if a[0] != 16: refused(a, r)\n")},
      {"k16", "bpf, perf events, userfaultfd",
       python("refused('bpf', sc(321, 0, ctypes.create_string_buffer(128), 128))\n"
              "refused('perf', sc(298, ctypes.create_string_buffer(128), 0, -1, -1, "
              "0))\nrefused('uffd', sc(323, 0))\n")},
      {"k17", "modules and kexec",
       python("refused('init_module', sc(175, 0, 0, b'\\0'))\nrefused('finit', sc(313, 0, b'\\0', "
              "0))\n"
              "refused('delete', sc(176, b'x\\0', 0))\nrefused('kexec', sc(246, 0, 0, 0, "
              "0))\nrefused('kexec_file', sc(320, 0, 0, 0, 0, 0))\n")},
      {"k18", "reboot, swap, accounting, quotas",
       python("refused('reboot', sc(169, 0xfee1dead, 672274793, 0x89abcdef, 0))\nrefused('swapon', "
              "sc(167, b'/tmp/x\\0', 0))\n"
              "refused('swapoff', sc(168, b'/tmp/x\\0'))\nrefused('acct', sc(163, "
              "b'/tmp/x\\0'))\nrefused('quotactl', sc(179, 0, 0, 0, 0))\n")},
      {"k19", "the clock",
       "date -s 2001-01-01 2>/dev/null >&2 && echo BROKEN; python3 -c 'import time\ntry:\n  "
       "time.clock_settime(0, 1); print(\"BROKEN\")\nexcept OSError: print(\"HELD\")'"},
      {"k20", "files by handle",
       python("refused('name_to_handle', sc(303, -100, b'/\\0', struct.pack('II', 64, 0) + b'\\0' "
              "* 128, ctypes.create_string_buffer(8), 0))\n"
              "refused('open_by_handle', sc(304, -100, struct.pack('II', 8, 1) + struct.pack('II', "
              "2, 0), 0))\n")},
      {"k21", "real-time priority and negative nice",
       python("refused('fifo', sc(144, 0, 1, struct.pack('i', 50)))\ntry:\n  os.nice(-10); "
              "broken('nice')\nexcept OSError: pass\n")},
      {"k22", "shelter from the out-of-memory killer",
       "( echo -1000 > /proc/self/oom_score_adj ) 2>/dev/null && echo BROKEN || echo HELD"},
      {"k23", "core dumps",
       "ulimit -c unlimited 2>/dev/null && echo BROKEN; cd /tmp; sh -c 'kill -SEGV $$'; ls -A "
       "/tmp | grep -i core && echo BROKEN; echo HELD",
       [](Attempt& attempt) -> std::string {
         return attempt.result.out.bytes == "HELD\n" ? "" : attempt.result.out.bytes;
       }},
      {"k24", "more open files than granted",
       "ulimit -n 1000000 2>/dev/null && echo BROKEN || echo HELD"},
      {"k25", "the 32-bit system call gate",
       python("import mmap\n"
              "m = mmap.mmap(-1, 4096, prot=7)\n"
              "m.write(bytes.fromhex('53b814000000cd805bc3'))  # push rbx; mov eax,20 (getpid); "
              "int 0x80; pop; ret\n"
              "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\n"
              "r = f()\nif r > 0: broken(('int80', r))\n")},
      {"k26", "x32 numbers",
       python("for n in (0x40000000 | 39, 0x40000000 | 165): refused(hex(n), sc(n, 0, 0, 0, 0, "
              "0))\n")},
      {"k27", "set-id programs",
       "cp /bin/bash /tmp/b && chmod 6755 /tmp/b; cp /usr/bin/python3 /tmp/p; setcap "
       "cap_sys_admin+ep /tmp/p 2>/dev/null; echo HELD",
       [](Attempt& attempt) -> std::string {
         ExecRequest request;
         request.argv = {"/tmp/b", "-p", "-c", "id -u; grep CapEff /proc/self/status"};
         request.user = "nobody";
         const auto result = attempt.box.exec(request);
         const bool gained = result.out.bytes.rfind("0\n", 0) == 0 && result.ok();
         const bool powers =
             result.out.bytes.find("CapEff:\t0000000000000000") == std::string::npos;
         return gained || (result.ok() && powers) ? result.out.bytes : "";
       }},
      {"k28", "overwrite the running init (/proc/*/exe)",
       "for p in 1 self; do ( exec 3<>/proc/$p/exe ) 2>/dev/null && echo BROKEN $p; done; echo "
       "HELD"},
      {"k29", "the host's inotify and pipe quotas",
       // Held on to in the background while the host and another box are asked.
       "(exec >/dev/null 2>&1; python3 -c \"\nimport ctypes, time\nl = ctypes.CDLL(None)\nfor _ in "
       "range(2000):\n  if "
       "l.inotify_init() < 0: break\nt = ctypes.c_long()\nfor _ in range(200000):\n  if "
       "l.syscall(222, 0, None, "
       "ctypes.byref(t)) < 0: break\ntime.sleep(60)\" &) ; sleep 1.5; echo HELD",
       [](Attempt& attempt) -> std::string {
         const bool single = attempt.sandbox.description().find("65,536 ids") == std::string::npos;
         if (single) {  // an ordinary user's box is that user, to the kernel: its quotas are shared
           (void)attempt.run("pkill -KILL python3; sleep 1");
           return "";
         }
         const std::string harm = attempt.canary.harm();
         const auto other = attempt.sandbox.create({});
         ExecRequest request;
         request.script =
             "timeout 1 python3 -c 'import ctypes; print(ctypes.CDLL(None).inotify_init() >= 0)'";
         return harm.empty() && other->exec(request).out.bytes != "True\n" ? "another box has none"
                                                                           : harm;
       }},
      {"k30", "personality, speculation and dumpable tricks do not open pid 1",
       python("sc(135, 0x0040000)\nsc(157, 4, 1, 0, 0, 0)\n"
              "try:\n  open('/proc/1/mem', 'rb'); broken('mem')\nexcept OSError: pass\n"
              "try:\n  os.listdir('/proc/1/fd'); broken('fd')\nexcept OSError: pass\n")},
      {"k32", "limits of pid 1",
       python("import resource\n"
              "for r, v in ((resource.RLIMIT_NOFILE, 3), (resource.RLIMIT_NPROC, 0), "
              "(resource.RLIMIT_AS, 0), "
              "(resource.RLIMIT_CPU, 0)):\n  try: resource.prlimit(1, r, (v, v)); broken(r)\n  "
              "except OSError: pass\n"),
       [](Attempt& attempt) -> std::string {
         const std::string inside = says_held(attempt);
         if (!inside.empty()) return inside;
         return attempt.run("echo alive").out.bytes == "alive\n" ? "" : "pid 1 suffers";
       }},
      {"k33", "socket families beyond the internet's",
       python("for f in list(range(3, 10)) + list(range(11, 16)) + list(range(17, 46)) + [(1 << "
              "32) | 38]:\n"
              "  refused(f, sc(41, f, 1, 0)); refused(f, sc(41, f, 2, 0)); refused(f, sc(41, f, 5, "
              "0))\n"
              "for p in range(1, 23): refused(('netlink', p), sc(41, 16, 3, p))\n")},
      {"k34", "asynchronous input and output, secret memory, fanotify, local descriptor tables",
       python("refused('io_setup', sc(206, 1, "
              "ctypes.create_string_buffer(8)))\nrefused('memfd_secret', sc(447, 0))\n"
              "refused('fanotify', sc(300, 0, 0))\nrefused('ldt', sc(154, 1, "
              "ctypes.create_string_buffer(16), 16))\n"
              "refused('statmount', sc(457, 0, 0, 0, 0))\nrefused('listmount', sc(458, 0, 0, 0, "
              "0))\n")},
      {"k31", "syslog, lookup_dcookie, vhangup, iopl",
       python("refused('syslog', sc(103, 3, ctypes.create_string_buffer(64), "
              "64))\nrefused('vhangup', sc(153))\n"
              "refused('iopl', sc(172, 3))\nrefused('ioperm', sc(173, 0, 1, 1))\n")},
  };
}

}  // namespace weir::hostile
