#include "runners/box/pty.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runners/box/screen.hpp"
#include "runners/box/screen_protocol.hpp"
#include "runners/box/transcript.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};  ///< with a program that takes nothing
constexpr std::chrono::seconds kLongestSend{60};
constexpr std::size_t kLongestLine = 4095;  ///< bytes, of Linux's line discipline
constexpr std::array kEmptying = {VEOF, VEOL, VKILL, VWERASE, VINTR, VQUIT, VSUSP};

class PtyTerminal final : public Terminal {
 public:
  PtyTerminal(Descriptor master, int rows, int columns)
      : master_(std::move(master)), screen_(rows, columns) {}

  bool send(std::string_view keys) override {
    const bool fits = !cuts(keys);
    // A program that does not read, or a byte now and then, must not hold up the harness.
    const auto deadline = Clock::now() + kLongestSend;
    auto patience = Clock::now() + kPatience;
    while (!keys.empty() && alive() && Clock::now() < std::min(deadline, patience)) {
      const ssize_t wrote = ::write(master_.get(), keys.data(), keys.size());
      if (wrote > 0) {
        keys.remove_prefix(static_cast<std::size_t>(wrote));
        patience = Clock::now() + kPatience;
      } else if (wrote < 0 && errno != EAGAIN) {
        alive_ = false;
      } else {
        take(milliseconds(10));
      }
    }
    return keys.empty() && fits;
  }

  bool paste(std::string_view text) override {
    const std::string begin = screen_.paste_mark(true);
    if (begin.empty()) return send(text);
    return send(begin) && send(text) && send(screen_.paste_mark(false));
  }

  void settle(milliseconds quiet, milliseconds most) override {
    const auto deadline = Clock::now() + most;
    while (alive()) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      if (left.count() <= 0 || !take(std::min(quiet, left))) return;
    }
  }

  [[nodiscard]] std::string screen() override { return screen_.text(); }
  [[nodiscard]] TerminalView look() override { return transcript_.look(screen_); }
  [[nodiscard]] bool alive() const override { return alive_; }

 private:
  /// Whether the terminal will drop some of `keys`: it holds a line for a program that reads
  /// line by line, and no more of it than kLongestLine. The kernel tells nobody (no bell, no short
  /// write), so what was typed of the line is counted, from key to key while the same programs
  /// stand at the terminal and read that way.
  [[nodiscard]] bool cuts(std::string_view keys) {
    termios mode{};
    const bool by_lines = ::tcgetattr(master_.get(), &mode) == 0 && (mode.c_lflag & ICANON) != 0;
    const pid_t reader = by_lines ? ::tcgetpgrp(master_.get()) : 0;
    if (reader != reader_) line_ = 0;
    reader_ = reader;
    bool cut = false;
    for (const char key : by_lines ? keys : std::string_view()) {
      if (ends_line(key, mode)) {
        line_ = 0;
      } else if (static_cast<cc_t>(key) == mode.c_cc[VERASE]) {
        line_ -= std::min<std::size_t>(line_, 1);
      } else if (line_ == kLongestLine) {
        cut = true;
      } else {
        ++line_;
      }
    }
    return cut;
  }

  /// Keys after which nothing typed so far waits in the line.
  static bool ends_line(char key, const termios& mode) {
    if (key == '\r' || key == '\n') return true;
    return std::any_of(std::begin(kEmptying), std::end(kEmptying), [&](int which) {
      return mode.c_cc[which] != 0 && static_cast<cc_t>(key) == mode.c_cc[which];
    });
  }

  /// Reads once, waiting at most `patience`; false if nothing came.
  bool take(milliseconds patience) {
    pollfd ready{master_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return false;
    char buffer[65536];
    const ssize_t got = ::read(master_.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      alive_ = false;  // EIO: the last holder of the slave is gone
      return false;
    }
    const std::string answers = screen_.draw({buffer, static_cast<std::size_t>(got)});
    [[maybe_unused]] const auto wrote = ::write(master_.get(), answers.data(), answers.size());
    return true;
  }

  Descriptor master_;
  Screen screen_;
  Transcript transcript_;
  pid_t reader_ = 0;      ///< the process group that last read by lines; 0 = none did
  std::size_t line_ = 0;  ///< bytes that wait for its end, at most
  bool alive_ = true;
};

}  // namespace

std::unique_ptr<Terminal> open_pty(Channel& channel, const TerminalRequest& wanted) {
  if (wanted.rows < 1 || wanted.columns < 1 || wanted.rows > kMostCells ||
      wanted.columns > kMostCells / wanted.rows) {
    throw InfraError(fmt::format("box: a terminal has from 1 to {} cells", kMostCells));
  }
  std::vector<std::string> texts = {wanted.user, wanted.cwd};
  texts.insert(texts.end(), wanted.argv.begin(), wanted.argv.end());
  std::map<std::string, std::string> env = wanted.env;
  env.emplace("TERM", "xterm-256color");
  for (const auto& [name, value] : env) texts.push_back(name + "=" + value);
  Request request;
  request.op = Op::terminal;
  request.argc = static_cast<std::uint32_t>(wanted.argv.size());
  request.envc = static_cast<std::uint32_t>(env.size());
  request.rows = static_cast<std::uint32_t>(wanted.rows);
  request.columns = static_cast<std::uint32_t>(wanted.columns);
  Received opened = channel.tell(request, texts, "terminal");
  return std::make_unique<PtyTerminal>(std::move(opened.fd), wanted.rows, wanted.columns);
}

}  // namespace weir::box
