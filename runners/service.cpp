#include "runners/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "runners/wrapped_box.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

/// Beside the box's files: no snapshot holds it, and nobody takes it for the agent's work.
constexpr const char* kPlace = "/dev/shm/.entrypoint";

ExecRequest request_in(const PreparedEnvironment& environment, const std::stop_token& stop) {
  ExecRequest request;
  request.cwd = environment.workdir;
  request.env = environment.env;
  request.merge_stderr = true;
  request.stop = stop;
  return request;
}

std::string said(const ExecResult& result) {
  return to_utf8(trimmed(result.out.bytes)).substr(0, 500);
}

/// Starts the words behind the place's name, away from the command that starts them, and waits
/// for what they do in the end. Exits 1 with their log if they ended before.
constexpr const char* kStart = R"sh(place=$1; patience=$2; shift 2
rm -rf "$place"; mkdir -m 755 "$place" || exit 1
setsid "$@" sh -c "touch $place/up; exec sleep infinity" > "$place/log" 2>&1 < /dev/null &
for ((i = 0; i < patience; ++i)); do
  [ -e "$place/up" ] && exit 0
  if ! kill -0 $! 2> /dev/null; then
    wait $!
    code=$?
    tail -c 400 "$place/log"
    echo "(ended with $code)"
    exit 1
  fi
  sleep 0.02
done)sh";

void start(Box& box, const PreparedEnvironment& environment, const std::stop_token& stop) {
  const int patience = environment.healthcheck ? 5 : 100;  // of 20 ms; a healthcheck waits itself
  ExecRequest request = request_in(environment, stop);
  request.argv = {"bash", "-c", kStart, "entrypoint", kPlace, std::to_string(patience)};
  const auto& words = environment.entrypoint;
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  const ExecResult result = box.exec(request);
  if (stop.stop_requested()) throw Cancelled();
  if (result.ok()) return;
  throw InfraError(fmt::format("the entrypoint {} does not run: {}{}", environment.entrypoint[0],
                               said(result), result.message));
}

/// The service, given away to who acts in the box, is there again after every restore.
class ServedBox final : public WrappedBox {
 public:
  ServedBox(std::unique_ptr<Box> box, const PreparedEnvironment& environment, std::stop_token stop)
      : WrappedBox(std::move(box)), environment_(environment), stop_(std::move(stop)) {
    start_service(*box_, environment_, stop_);
  }

  void restore(const SnapshotPtr& snapshot) override {
    box_->restore(snapshot);
    start_service(*box_, environment_, stop_);
  }

 private:
  const PreparedEnvironment& environment_;
  std::stop_token stop_;
};

std::string said_of(const Healthcheck& check) {
  const std::string text =
      check.words.empty() ? check.command : fmt::format("{}", fmt::join(check.words, " "));
  return text.substr(0, 200);
}

}  // namespace

void wait_until_healthy(Box& box, const Healthcheck& check, const PreparedEnvironment& environment,
                        const std::stop_token& stop) {
  constexpr milliseconds kOften{250};
  const auto end = Clock::now() + check.start_period + check.interval * check.retries;
  ExecRequest request = request_in(environment, stop);
  request.script = check.command;
  request.argv = check.words;
  request.timeout = check.timeout;
  for (;;) {
    const ExecResult result = box.exec(request);
    if (stop.stop_requested()) throw Cancelled();
    if (result.ok()) return;
    if (result.status == ExecStatus::box_lost || Clock::now() >= end) {
      throw InfraError(fmt::format("the healthcheck `{}` does not pass: {} {}: {}{}",
                                   said_of(check), name_of(result.status), result.exit_code,
                                   said(result), result.message));
    }
    std::this_thread::sleep_for(std::min(kOften, check.interval));
  }
}

void start_service(Box& box, const PreparedEnvironment& environment, const std::stop_token& stop) {
  if (!environment.entrypoint.empty()) start(box, environment, stop);
  if (environment.healthcheck) wait_until_healthy(box, *environment.healthcheck, environment, stop);
}

std::unique_ptr<Box> with_service(std::unique_ptr<Box> box, const PreparedEnvironment& environment,
                                  const std::stop_token& stop) {
  if (environment.entrypoint.empty() && !environment.healthcheck) return box;
  return std::make_unique<ServedBox>(std::move(box), environment, stop);
}

}  // namespace weir
