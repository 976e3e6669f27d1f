#include "runners/pod/service_box.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "runners/box_user.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

/// Beside the box's files, where whoever runs the service may write.
constexpr const char* kPlace = "/dev/shm/.service";

/// Runs the words behind the first four, away from the command that starts them, as often as is
/// declared; then leaves the exit code. What is printed is read to its end, so that a service that
/// prints without end waits for nobody; the first 1,024 reads of it are kept as they come.
constexpr const char* kStart = R"sh(place=$1; again=$2; folder=$3; shift 3
rm -rf "$place"; mkdir "$place" || exit 1
mkdir -p "$folder" 2> /dev/null; cd "$folder" || exit 1
(
  {
    while :; do
      "$@" < /dev/null
      code=$?
      case $again:$code in always:* | on_failure:[1-9]*) sleep 1 ;; *) break ;; esac
    done
    echo "$code" > "$place/code"
  } 2>&1 | { dd bs=4096 count=1024 > "$place/log" 2> /dev/null; cat > /dev/null; }
) > /dev/null 2>&1 < /dev/null &)sh";

const char* word_for(Restart restart) {
  return restart == Restart::always ? "always" : restart == Restart::never ? "never" : "on_failure";
}

}  // namespace

std::vector<std::string> words_of(const ServiceRun& run, const PreparedEnvironment& environment) {
  std::vector<std::string> words = run.entrypoint.value_or(environment.entrypoint);
  const auto command = run.command      ? *run.command
                       : run.entrypoint ? std::vector<std::string>()
                                        : environment.command;
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

void ServiceBox::fail(const std::string& what) {
  const std::string words = last_words();
  throw InfraError(
      fmt::format("service {}: {}{}{}", service_.name, what, words.empty() ? "" : ": ", words));
}

void ServiceBox::start(const std::stop_token& stop) {
  const std::vector<std::string> words = words_of(service_.run, environment_);
  if (words.empty()) {
    fail("nothing says what it runs: neither its compose file nor its Dockerfile or image");
  }
  ExecRequest request;
  request.argv = {
      "sh", "-c", kStart, "service", kPlace, word_for(service_.run.restart), environment_.workdir};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.user = environment_.user;
  request.merge_stderr = true;
  request.stop = stop;
  const ExecResult result = exec(std::move(request));
  if (stop.stop_requested()) throw Cancelled();
  if (!result.ok()) {
    fail(fmt::format("cannot be started ({} {}; its image needs sh, dd and cat): {}{}",
                     name_of(result.status), result.exit_code,
                     to_utf8(trimmed(result.out.bytes)).substr(0, 500), result.message));
  }
}

ExecResult ServiceBox::exec(ExecRequest request) {
  for (const auto& [name, value] : environment_.env) request.env.emplace(name, value);
  try {
    take_home(*box_, request.user, request.env);
  } catch (const InfraError& error) {
    fail(error.what());
  }
  return box_->exec(request);
}

void ServiceBox::await_health(milliseconds most, const std::stop_token& stop) {
  constexpr milliseconds kOften{250};
  const Healthcheck& check = *environment_.healthcheck;
  const auto patience =
      std::min<milliseconds>(most, check.start_period + check.interval * check.retries);
  const auto end = Clock::now() + patience;
  for (;;) {
    ExecRequest request;
    request.argv = check.words;
    request.cwd = environment_.workdir;
    request.user = environment_.user;
    request.timeout = check.timeout;
    request.merge_stderr = true;
    request.stop = stop;
    const ExecResult result = exec(std::move(request));
    if (stop.stop_requested()) throw Cancelled();
    if (result.ok()) return;
    if (const auto code = ended()) fail(fmt::format("ended with {} before it was healthy", *code));
    if (result.status == ExecStatus::box_lost || Clock::now() >= end) {
      fail(fmt::format("its healthcheck does not pass ({} {}: {}{})", name_of(result.status),
                       result.exit_code, to_utf8(trimmed(result.out.bytes)).substr(0, 300),
                       result.message));
    }
    std::this_thread::sleep_for(kOften);
  }
}

void ServiceBox::await_end(milliseconds most, const std::stop_token& stop) {
  const auto end = Clock::now() + most;
  for (;;) {
    if (const auto code = ended()) {
      if (*code == 0) return;
      fail(fmt::format("ended with {}, and others need it to succeed", *code));
    }
    if (stop.stop_requested()) throw Cancelled();
    if (Clock::now() >= end) fail(fmt::format("does not end within {}", format_duration(most)));
    std::this_thread::sleep_for(milliseconds(20));
  }
}

std::optional<int> ServiceBox::ended() {
  const auto text = box_->get(std::string(kPlace) + "/code", 16);
  if (!text) return {};
  int code = 0;
  const std::string_view digits = trimmed(*text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
  return error == std::errc() ? std::optional(code) : std::nullopt;
}

std::string ServiceBox::last_words() {
  constexpr std::size_t kMost = 400;
  constexpr std::size_t kKept = 4096 * 1024;
  std::string log;
  try {
    log = box_->get(std::string(kPlace) + "/log", kKept).value_or("");
  } catch (const InfraError&) {  // the box is lost, and says so elsewhere
  }
  const std::string text(trimmed(to_utf8(log)));
  return text.size() <= kMost ? text : "..." + to_utf8(text.substr(text.size() - kMost));
}

}  // namespace weir
