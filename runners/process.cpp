// The only file that knows Boost.Process.

#include "runners/process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <array>
#include <chrono>
#include <csignal>
#include <thread>

namespace weir {
namespace {

constexpr milliseconds kDrain{100};
constexpr milliseconds kSlice{50};     // a wait looks up this often whether it is stopped
constexpr std::size_t kErrors = 4096;  // bytes kept of a conversation's stderr

namespace asio = boost::asio;
namespace bp = boost::process::v2;

/// Runs in the child before exec: a group of its own, so that a timeout reaches
/// grandchildren; no inherited descriptors (the library leaks some); dies with
/// the calling thread.
struct Isolate {
  template <typename Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const bp::filesystem::path&,
                                          const char* const*&) {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::syscall(SYS_close_range, 3, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */);
    return {};
  }
};

/// A program that closes its input must not take ours down: while alive, a write to a
/// broken pipe is an error like any other, in this thread and nowhere else.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

class Reading {
 public:
  Reading(asio::io_context& context, std::size_t cap) : pipe_(context), cap_(cap) {}
  asio::readable_pipe& pipe() { return pipe_; }
  [[nodiscard]] bool ended() const { return !pipe_.is_open(); }
  void start() {
    pipe_.async_read_some(asio::buffer(buffer_), [this](auto error, std::size_t size) {
      if (text_.size() < cap_) text_.append(buffer_, size);
      if (error) {
        pipe_.close();
      } else {
        start();
      }
    });
  }
  std::string take() { return std::move(text_); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  asio::readable_pipe pipe_;
  std::size_t cap_;
  char buffer_[65536];
  std::string text_;
};

/// A path as given, or the program's place in PATH; empty if there is none.
bp::filesystem::path locate(const std::string& name) {
  if (name.find('/') == std::string::npos) return bp::environment::find_executable(name);
  return ::access(name.c_str(), X_OK) == 0 ? bp::filesystem::path(name) : bp::filesystem::path();
}

int exit_code_of(int native) {
  return WIFSIGNALED(native) ? 128 + WTERMSIG(native) : WEXITSTATUS(native);
}

}  // namespace

namespace {

ProcessResult run(const ProcessRequest& request) {
  ProcessResult result;
  const auto program = locate(request.argv.front());
  if (program.empty()) {  // checked here: a failed exec would run our exit handlers
    result.exit_code = 127;
    result.err = request.argv.front() + ": not found";
    return result;
  }
  std::vector<std::string> arguments(request.argv.begin() + 1, request.argv.end());
  bp::filesystem::path executable = program;
  if (!request.env.empty()) {
    arguments.insert(arguments.begin(), program.string());
    arguments.insert(arguments.begin(), request.env.begin(), request.env.end());
    executable = "/usr/bin/env";
  }

  asio::io_context context;  // one per call: the library is not safe across threads
  Reading out(context, request.output_cap);
  Reading err(context, request.output_cap);
  asio::writable_pipe in(context);
  const std::string cwd = request.cwd.empty() ? "." : request.cwd;
  bp::process child(context, executable, arguments,
                    bp::process_stdio{in, out.pipe(), err.pipe()},
                    bp::process_start_dir(cwd), Isolate{});
  out.start();
  err.start();
  const NoBrokenPipe guard;  // from the first write on: it is tried at once
  asio::async_write(in, asio::buffer(request.input), [&](auto, std::size_t) { in.close(); });
  asio::steady_timer timer(context, request.timeout);
  timer.async_wait([&](auto error) {
    if (error) return;
    result.timed_out = true;
    ::kill(-child.id(), SIGKILL);
    out.pipe().close();
    err.pipe().close();
  });
  asio::steady_timer drain(context);
  child.async_wait([&](auto, int) {
    timer.cancel();
    if (out.ended() && err.ended()) return;
    drain.expires_after(kDrain);  // a grandchild may hold the pipes for ever
    drain.async_wait([&](auto) {
      out.pipe().close();
      err.pipe().close();
    });
  });
  context.run();
  result.exit_code = exit_code_of(child.native_exit_code());
  result.out = out.take();
  result.err = err.take();
  return result;
}

}  // namespace

/// The program's pipes, served only while somebody waits for it.
struct Conversation::State {
  asio::io_context context;
  asio::writable_pipe in{context};
  asio::readable_pipe out{context};
  Reading err{context, kErrors};
  std::string heard;      ///< bytes not yet taken as lines
  std::size_t cap;
  std::optional<bp::process> child;
  int exit_code = 0;

  /// Lets things happen until `done` is set, the time is over or `stop` is requested.
  void wait(const bool& done, milliseconds timeout, const std::stop_token& stop = {}) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    context.restart();
    while (!done && !stop.stop_requested()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= until) break;
      const bool idle = context.run_one_until(std::min(until, now + kSlice)) == 0;
      if (idle && context.stopped()) break;  // nothing is under way
    }
  }
};

Conversation::Conversation(const ProcessRequest& request) : state_(std::make_unique<State>()) {
  state_->cap = request.output_cap;
  const auto program = locate(request.argv.front());
  if (program.empty()) {
    state_->exit_code = 127;
    return;
  }
  const std::vector<std::string> arguments(request.argv.begin() + 1, request.argv.end());
  const std::string cwd = request.cwd.empty() ? "." : request.cwd;
  try {
    state_->child.emplace(state_->context, program, arguments,
                          bp::process_stdio{state_->in, state_->out, state_->err.pipe()},
                          bp::process_start_dir(cwd), Isolate{});
    state_->err.start();
  } catch (const std::system_error&) {
    state_->child.reset();
    state_->exit_code = 126;
  }
}

Conversation::~Conversation() {
  if (!state_->child) return;
  ::kill(-state_->child->id(), SIGKILL);
  boost::system::error_code ignored;
  state_->child->wait(ignored);
}

bool Conversation::say(std::string_view line, milliseconds timeout, const std::stop_token& stop) {
  if (!state_->child) return false;
  const NoBrokenPipe guard;
  const auto text = std::make_shared<std::string>(line);  // may outlive a wait given up
  text->push_back('\n');
  const auto done = std::make_shared<bool>(false);
  const auto sent = std::make_shared<bool>(false);
  asio::async_write(state_->in, asio::buffer(*text), [text, done, sent](auto error, std::size_t) {
    *done = true;
    *sent = !error;
  });
  state_->wait(*done, timeout, stop);
  return *sent;
}

std::optional<std::string> Conversation::hear(milliseconds timeout, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (const auto end = state_->heard.find('\n'); end != std::string::npos) {
      std::string line = state_->heard.substr(0, end);
      state_->heard.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(
        until - std::chrono::steady_clock::now());
    if (!state_->child || left.count() <= 0 || state_->heard.size() > state_->cap) return {};
    const NoBrokenPipe guard;  // what was not yet sent goes on meanwhile
    const auto buffer = std::make_shared<std::array<char, 65536>>();
    const auto done = std::make_shared<bool>(false);
    const auto size = std::make_shared<std::size_t>(0);
    state_->out.async_read_some(asio::buffer(*buffer), [buffer, done, size](auto, std::size_t n) {
      *done = true;
      *size = n;
    });
    state_->wait(*done, left, stop);
    if (!*done) {
      state_->out.close();  // too late: whatever comes now answers another question
      return {};
    }
    if (*size == 0) return {};
    state_->heard.append(buffer->data(), *size);
  }
}

bool Conversation::spoke() {
  if (!state_->heard.empty()) return true;
  if (!state_->child || !state_->out.is_open()) return false;
  pollfd wanted{state_->out.native_handle(), POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & POLLIN) != 0;
}

std::optional<int> Conversation::ended() {
  if (!state_->child) return state_->exit_code;
  boost::system::error_code error;
  const auto until = std::chrono::steady_clock::now() + kDrain;
  while (state_->child->running(error)) {  // its pipes close a moment before it ends
    if (std::chrono::steady_clock::now() > until) return {};
    std::this_thread::sleep_for(milliseconds(2));
  }
  return exit_code_of(state_->child->native_exit_code());
}

std::string Conversation::errors() {
  const bool never = false;
  if (state_->child) state_->wait(never, kDrain);
  return state_->err.text();
}

ProcessResult run_process(const ProcessRequest& request) {
  try {
    return run(request);
  } catch (const std::system_error& error) {  // no process, no descriptor left: a value too
    ProcessResult result;
    result.exit_code = 126;
    result.err = request.argv.front() + ": " + error.what();
    return result;
  }
}

}  // namespace weir
