#include "runners/box/execution.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>

#include "runners/box/capture.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kGrace{2000};             // between TERM and KILL
constexpr milliseconds kPatience{5000};          // after KILL, before the box is called lost
constexpr std::chrono::hours kLongest{24 * 30};  // so that sums with it do not overflow
constexpr milliseconds kLook{1000};              // between looks at the disk
constexpr milliseconds kQuiet{10};               // without any: what was in flight is in
constexpr milliseconds kDrain{100};              // for output in flight when the command is reaped

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw InfraError("box: no more pipes");
  Pipe pipe{Descriptor(fds[0]), Descriptor(fds[1])};
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// What the deadline has done to the command so far.
enum class Phase { running, asked, killed };

class Execution {
 public:
  Execution(Channel& channel, const ExecRequest& request, const std::function<bool()>& over_disk)
      : channel_(channel),
        request_(request),
        over_disk_(over_disk),
        out_(request.caps),
        err_(request.caps),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        on_stop_(request.stop, [this] {
          const std::uint64_t one = 1;
          [[maybe_unused]] const auto wrote = ::write(wake_.get(), &one, sizeof(one));
        }) {}

  ExecResult run(bool& lost) {
    started_ = Clock::now();
    if (holds_nul()) {  // it would end a text early and make one more of the rest
      ExecResult refused;
      refused.status = ExecStatus::setup_error;
      refused.message = "a command, its directory or environment holds a NUL";
      return refused;
    }
    deadline_ = started_ + std::min(request_.timeout, milliseconds(kLongest));
    next_look_ = started_ + kLook;
    if (!start()) {
      lost = true;
      return finish(ExecStatus::box_lost);
    }
    while (!reply_ && !lost_) step();
    drain();
    lost = lost_;
    return finish(lost_ ? ExecStatus::box_lost : verdict());
  }

 private:
  [[nodiscard]] bool holds_nul() const {
    const auto nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    return nul(request_.script) || nul(request_.cwd) || nul(request_.user) ||
           std::any_of(request_.argv.begin(), request_.argv.end(), nul) ||
           std::any_of(request_.env.begin(), request_.env.end(),
                       [&](const auto& pair) { return nul(pair.first) || nul(pair.second); });
  }

  bool start() {
    static std::atomic<std::uint32_t> next_id{1};
    const std::vector<std::string> argv = arguments();
    std::vector<std::string> texts = {request_.user, request_.cwd};
    texts.insert(texts.end(), argv.begin(), argv.end());
    for (const auto& [name, value] : request_.env) texts.push_back(name + "=" + value);
    Request packet;
    packet.op = Op::exec;
    packet.id = id_ = next_id.fetch_add(1);
    packet.argc = static_cast<std::uint32_t>(argv.size());
    packet.envc = static_cast<std::uint32_t>(request_.env.size());
    const Descriptor blob = make_blob(texts);
    const Descriptor input = request_.stdin_bytes
                                 ? make_memfd(*request_.stdin_bytes)
                                 : Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    const int err_write = request_.merge_stderr ? out.write.get() : err.write.get();
    if (!channel_.send(packet, {blob.get(), input.get(), out.write.get(), err_write})) return false;
    out_pipe_ = std::move(out.read);
    err_pipe_ = std::move(err.read);
    return true;
  }

  std::vector<std::string> arguments() const {
    if (!request_.argv.empty()) return request_.argv;
    return {"bash", "-c", request_.script};
  }

  /// One wait: output, the reply, a stop, or the next deadline.
  void step() {
    const auto now = Clock::now();
    if (now >= deadline_) expire(now);
    if (now >= next_look_) look_at_disk();
    const auto wait =
        std::chrono::ceil<milliseconds>(std::min(deadline_, next_look_) - now).count();
    pollfd events[4] = {{channel_.fd(), POLLIN, 0},
                        {out_pipe_.get(), POLLIN, 0},
                        {err_pipe_.get(), POLLIN, 0},
                        {stopped_ ? -1 : wake_.get(), POLLIN, 0}};
    ::poll(events, 4, static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000)));
    if (events[1].revents != 0) read_some(out_pipe_, out_);
    if (events[2].revents != 0) read_some(err_pipe_, err_);
    if (events[3].revents != 0) stopped_ = true, kill_now(ExecStatus::timeout);
    if (events[0].revents != 0) take_reply();
    if (phase_ != Phase::killed && out_.total() + err_.total() > request_.caps.kill) {
      kill_now(ExecStatus::output_limit);
    }
  }

  void expire(Clock::time_point now) {
    if (phase_ == Phase::running) {
      cause_ = ExecStatus::timeout;
      phase_ = Phase::asked;
      deadline_ = now + kGrace;
      signal(Op::signal);
    } else if (phase_ == Phase::asked) {
      kill_now(ExecStatus::timeout);
    } else {
      lost_ = true;  // in uninterruptible sleep: never wait for what is killed
    }
  }

  /// Walking a large tree takes its time: looks are spaced by twenty times that.
  void look_at_disk() {
    const auto began = Clock::now();
    if (over_disk_()) {
      message_ = "the disk limit was passed";
      kill_now(ExecStatus::output_limit);
    }
    const auto ended = Clock::now();
    next_look_ = ended + std::max<Clock::duration>(kLook, 20 * (ended - began));
  }

  void kill_now(ExecStatus cause) {
    if (phase_ == Phase::killed) return;
    if (cause_ == ExecStatus::exited) cause_ = cause;
    phase_ = Phase::killed;
    deadline_ = Clock::now() + kPatience;
    signal(Op::kill);
  }

  void signal(Op op) {
    Request packet;
    packet.op = op;
    packet.id = id_;
    if (!channel_.send(packet, {})) lost_ = true;
  }

  void take_reply() {
    auto received = channel_.receive(milliseconds(0));
    if (!received) {
      lost_ = true;
    } else if (received->reply.op == Op::exec && received->reply.id == id_) {
      reply_ = received->reply;
    }
  }

  static bool read_some(Descriptor& pipe, Capture& capture) {
    char buffer[65536];
    const ssize_t got = ::read(pipe.get(), buffer, sizeof(buffer));
    if (got > 0) capture.add({buffer, static_cast<std::size_t>(got)});
    if (got == 0) pipe.reset();
    return got > 0;
  }

  void drain() {
    const auto until = Clock::now() + kDrain;
    while (out_pipe_ || err_pipe_) {
      const auto left =
          std::min(kQuiet, std::chrono::ceil<milliseconds>(until - Clock::now())).count();
      pollfd events[2] = {{out_pipe_.get(), POLLIN, 0}, {err_pipe_.get(), POLLIN, 0}};
      if (left <= 0 || ::poll(events, 2, static_cast<int>(left)) <= 0) break;
      if (events[0].revents != 0) read_some(out_pipe_, out_);
      if (events[1].revents != 0) read_some(err_pipe_, err_);
      if (out_.total() + err_.total() > request_.caps.kill) break;
    }
  }

  ExecStatus verdict() {
    if (reply_->error != 0) return ExecStatus::setup_error;
    if (phase_ != Phase::running) signal(Op::kill);  // the rest of the tree goes too
    if (cause_ != ExecStatus::exited) return cause_;
    return WIFSIGNALED(reply_->wait_status) ? ExecStatus::signaled : ExecStatus::exited;
  }

  ExecResult finish(ExecStatus status) {
    ExecResult result;
    result.status = status;
    result.wall = std::chrono::duration_cast<milliseconds>(Clock::now() - started_);
    result.out = out_.finish();
    result.err = err_.finish();
    result.message = message_;
    if (!reply_) {
      result.message = "the box no longer answers";
      return result;
    }
    if (WIFEXITED(reply_->wait_status)) result.exit_code = WEXITSTATUS(reply_->wait_status);
    if (WIFSIGNALED(reply_->wait_status)) result.signal = WTERMSIG(reply_->wait_status);
    if (reply_->error != 0) {
      result.message = std::string(reply_->step) + ": " + std::strerror(reply_->error);
    }
    result.cpu_user = milliseconds(reply_->cpu_user_us / 1000);
    result.cpu_sys = milliseconds(reply_->cpu_sys_us / 1000);
    result.memory_peak = reply_->max_rss_kib * 1024;
    result.leftover_processes = reply_->leftover;
    return result;
  }

  Channel& channel_;
  const ExecRequest& request_;
  const std::function<bool()>& over_disk_;
  Capture out_;
  Capture err_;
  Descriptor out_pipe_;
  Descriptor err_pipe_;
  std::uint32_t id_ = 0;
  Clock::time_point started_;
  Clock::time_point deadline_;
  Phase phase_ = Phase::running;
  ExecStatus cause_ = ExecStatus::exited;  // what ended it, if Weir did
  bool stopped_ = false;
  bool lost_ = false;
  std::optional<Reply> reply_;
  Clock::time_point next_look_;
  std::string message_;
  Descriptor wake_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

ExecResult run_command(Channel& channel, const ExecRequest& request, bool& lost,
                       const std::function<bool()>& over_disk) {
  return Execution(channel, request, over_disk).run(lost);
}

}  // namespace weir::box
