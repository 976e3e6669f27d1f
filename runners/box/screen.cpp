#include "runners/box/screen.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstring>

#include "runners/box/screen_protocol.hpp"
#include "runners/box/spawner.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace {

constexpr int kPatienceMs = 2000;

}  // namespace

Screen::Screen(int rows, int columns) : rows_(rows), columns_(columns) {
  start();
}

Screen::~Screen() {
  stop();
}

void Screen::start() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    throw InfraError("box: no socket for a terminal's screen");
  }
  socket_.reset(sockets[0]);
  const Descriptor theirs(sockets[1]);
  pid_ = start_init_program({"--screen", std::to_string(rows_), std::to_string(columns_)},
                            theirs.get());
}

void Screen::stop() {
  socket_.reset();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

std::string Screen::draw(std::string_view bytes) {
  std::string answers;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, kScreenPacket / 2);
    answers += ask(kDraw, part);
    bytes.remove_prefix(part.size());
  }
  return answers;
}

std::string Screen::text() {
  const std::string text = ask(kText, {});
  return text.empty() ? std::string(static_cast<std::size_t>(rows_), '\n') : text;
}

Scrolled Screen::scrolled() {
  const std::string answer = ask(kScrolled, {});
  ScrolledSize total = 0;
  if (answer.size() < sizeof(total)) return {};
  std::memcpy(&total, answer.data(), sizeof(total));
  const std::string kept = answer.substr(sizeof(total));
  const auto size = static_cast<std::int64_t>(kept.size());
  if (total <= size) return {kept, 0, {}};
  return {kept.substr(0, kScrolledHalf), total - size, kept.substr(kScrolledHalf)};
}

std::string Screen::paste_mark(bool begins) {
  return ask(kPaste, begins ? "1" : "0");
}

std::string Screen::ask(char letter, std::string_view bytes) {
  std::string packet(1, letter);
  packet += bytes;
  pollfd ready{socket_.get(), POLLIN, 0};
  std::string answer(kScreenPacket, '\0');
  ssize_t got = -1;
  if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0 &&
      ::poll(&ready, 1, kPatienceMs) == 1) {
    got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
  }
  if (got < 1 || answer[0] != letter) {  // it hangs or is gone: a new picture
    stop();
    start();
    return {};
  }
  return answer.substr(1, static_cast<std::size_t>(got) - 1);
}

}  // namespace weir::box
