// Drawing what a program in a box wrote to its terminal. The bytes are an
// enemy's and libvterm has had its bugs, so this runs as a process of its own
// that can read and write its one socket and nothing else.

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vterm.h>

#include "runners/box/init/init.hpp"
#include "runners/box/init/scrollback.hpp"
#include "runners/box/screen_protocol.hpp"

namespace weir::box {
namespace {

constexpr unsigned kAllowed[] = {SYS_read,    SYS_write, SYS_recvfrom,  SYS_sendto,
                                 SYS_brk,     SYS_mmap,  SYS_munmap,    SYS_mremap,
                                 SYS_madvise, SYS_futex, SYS_exit_group};
#if defined(__x86_64__)
constexpr unsigned kNativeArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kNativeArch = AUDIT_ARCH_AARCH64;
#endif
constexpr std::size_t kCalls = sizeof(kAllowed) / sizeof(kAllowed[0]);

/// Everything else ends the process.
bool confine_to_socket() {
  const rlimit memory{std::size_t{256} << 20, std::size_t{256} << 20};
  setrlimit(RLIMIT_AS, &memory);
  sock_filter code[kCalls + 6];
  std::size_t at = 0;
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNativeArch, 1, 0);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto left = static_cast<unsigned char>(kCalls - i);
    code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kAllowed[i], left, 0);
  }
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog program{static_cast<unsigned short>(at), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int push_line(int columns, const VTermScreenCell* cells, void* user) {
  auto& scrollback = *static_cast<Scrollback*>(user);
  if (!scrollback.alternate) scrollback.add_line(cells, columns);
  return 1;
}

int set_property(VTermProp property, VTermValue* value, void* user) {
  if (property == VTERM_PROP_ALTSCREEN) {
    static_cast<Scrollback*>(user)->alternate = value->boolean != 0;
  }
  return 1;
}

std::size_t text_of(const VTermScreen* screen, int rows, int columns, char* text,
                    std::size_t room) {
  std::size_t size = 0;
  for (int row = 0; row < rows && size + 1 < room; ++row) {
    std::size_t end = size + vterm_screen_get_text(screen, text + size, room - size - 1,
                                                   VTermRect{row, row + 1, 0, columns});
    if (end > room - 1) end = room - 1;
    while (end > size && (text[end - 1] == ' ' || text[end - 1] == '\0')) --end;
    text[end] = '\n';
    size = end + 1;
  }
  return size;
}

}  // namespace

int draw_screen(int rows, int columns) {
  VTerm* vterm = vterm_new(rows, columns);
  vterm_set_utf8(vterm, 1);
  VTermScreen* screen = vterm_obtain_screen(vterm);
  vterm_screen_enable_altscreen(screen, 1);
  static Scrollback scrollback;
  static VTermScreenCallbacks callbacks;
  callbacks.settermprop = set_property;
  callbacks.sb_pushline = push_line;
  vterm_screen_set_callbacks(screen, &callbacks, &scrollback);
  vterm_screen_reset(screen, 1);
  static char packet[kScreenPacket];
  if (!confine_to_socket()) return 1;
  for (;;) {
    const ssize_t got = recv(kSocket, packet, sizeof(packet), 0);
    if (got <= 0) return 0;
    std::size_t size = 1;
    if (packet[0] == kDraw) {
      vterm_input_write(vterm, packet + 1, static_cast<std::size_t>(got) - 1);
      size += vterm_output_read(vterm, packet + 1, sizeof(packet) - 1);
    } else if (packet[0] == kPaste) {
      if (got > 1 && packet[1] == '1') vterm_keyboard_start_paste(vterm);
      if (got > 1 && packet[1] == '0') vterm_keyboard_end_paste(vterm);
      size += vterm_output_read(vterm, packet + 1, sizeof(packet) - 1);
    } else if (packet[0] == kScrolled) {
      size += scrollback.take(packet + 1);
    } else {
      size += text_of(screen, rows, columns, packet + 1, sizeof(packet) - 1);
    }
    if (send(kSocket, packet, size, MSG_NOSIGNAL) < 0) return 0;
  }
}

}  // namespace weir::box
