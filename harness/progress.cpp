#include "harness/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>

namespace weir {
namespace {

bool draws_on_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string(term) != "dumb";
}

}  // namespace

Progress::Progress(std::size_t total, std::size_t already, const Budget& budget, bool quiet)
    : total_(total),
      done_(already),
      budget_(budget),
      quiet_(quiet),
      terminal_(draws_on_terminal()),
      started_(std::chrono::steady_clock::now()) {
  if (quiet_) return;
  heartbeat_ = std::jthread([this](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any tick;
    std::unique_lock lock(mutex);
    const auto period = terminal_ ? std::chrono::milliseconds(500) : std::chrono::seconds(30);
    while (!tick.wait_for(lock, stop, period, [&stop] { return stop.stop_requested(); })) {
      if (stop.stop_requested()) return;
      const std::lock_guard guard(mutex_);
      if (terminal_) {
        draw();
      } else {
        fmt::print(stderr, "{}\n", summary());
      }
    }
  });
}

Progress::~Progress() {
  if (heartbeat_.joinable()) {
    heartbeat_.request_stop();
    heartbeat_.join();
  }
  if (!quiet_ && terminal_) clear();
}

void Progress::trial_started() {
  const std::lock_guard lock(mutex_);
  ++running_;
}

void Progress::trial_finished(const Trial& trial, const Try& attempt) {
  const std::lock_guard lock(mutex_);
  --running_;
  ++done_;
  const Outcome outcome = attempt.outcome.value_or(Outcome::not_run);
  if (outcome == Outcome::resolved) ++resolved_;
  if (is_missing(outcome)) ++missing_;
  if (quiet_) return;
  const bool worth_a_line = !terminal_ || is_missing(outcome);
  if (worth_a_line) {
    if (terminal_) clear();
    fmt::print(stderr, "[{}/{}] {} {} #{}: {}{} ({})\n", done_, total_, trial.task, trial.config,
               trial.attempt, name_of(outcome),
               attempt.message.empty() ? "" : ", " + attempt.message.substr(0, 160),
               format_duration(milliseconds(attempt.wall_ms)));
  }
  if (terminal_) draw();
}

void Progress::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!quiet_ && terminal_) clear();
  fmt::print(stderr, "{}\n", line);
}

std::string Progress::summary() const {
  const auto elapsed = std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now() - started_);
  return fmt::format("{}/{} trials, {} resolved, {} errors, {} in flight, ${:.4f} spent, {}", done_,
                     total_, resolved_, missing_, running_,
                     static_cast<double>(budget_.spent()) / 1e12, format_duration(elapsed));
}

void Progress::draw() { fmt::print(stderr, "\r\x1b[K{}", summary()), std::fflush(stderr); }

void Progress::clear() { fmt::print(stderr, "\r\x1b[K"), std::fflush(stderr); }

}  // namespace weir
