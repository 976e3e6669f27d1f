#include "runners/grade/log_program.hpp"

#include <fmt/format.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr milliseconds kTimeout = std::chrono::minutes(5);

// The evaluator's own places, which a program could name.
constexpr const char* kProgram = "/workspace/parser.py";
constexpr const char* kOut = "/workspace/stdout.log";
constexpr const char* kErr = "/workspace/stderr.log";
constexpr const char* kOutput = "/workspace/output.json";
constexpr const char* kCaller = "/workspace/caller.py";

/// Calls a function as its evaluator does: in a module without a name, on the log as text.
constexpr std::string_view kCall = R"py(import json
import sys


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


program, log, output = sys.argv[1:]
module = {}
exec(text_of(program), module)
statuses = module["parser"](text_of(log)) or {}
tests = [{"name": name, "status": status} for name, status in statuses.items()]
with open(output, "w", encoding="utf-8") as file:
    json.dump({"tests": tests}, file)
)py";

/// The last line a program wrote to stderr: of Python, the exception.
std::string last_words(const ExecResult& result) {
  const std::string said = to_utf8(result.err.bytes);
  const auto lines = split_lines(trimmed(said));
  return lines.empty() ? std::string() : ": " + std::string(lines.back().substr(0, 300));
}

class ProgramBox {
 public:
  ProgramBox(const LogProgram& program, const GradingRoom& room)
      : program_(program), room_(room), box_(room.sandbox.create(spec())) {
    if (script()) env_ = room.environment.bare_env;
    env_.insert({{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}});
    add_steady_environment(env_);
  }

  NamedStatuses read(const std::string& out, const std::string& err) {
    const std::string python = find_python();
    box_->put(program_.text, kProgram);
    box_->put(out, kOut);
    box_->put(err, kErr);
    std::vector<std::string> words = {python, kProgram, kOut, kErr, kOutput};
    if (!script()) {
      box_->put(kCall, kCaller);
      words = {python, kCaller, kProgram, kOut, kOutput};
    }
    const ExecResult result = run(std::move(words));
    if (const auto why = failure_of(result); !why.empty()) return {{}, why};
    const auto json = box_->get(kOutput, kMostNamedStatuses + 1);
    if (!json) return {{}, "it wrote no output" + last_words(result)};
    return parse_named_statuses(*json);
  }

 private:
  [[nodiscard]] bool script() const { return program_.call == LogProgram::Call::script; }
  [[nodiscard]] BoxSpec spec() const {
    return script() ? room_.environment.on(room_.environment.snapshot) : BoxSpec{};
  }

  std::string find_python() {
    const ExecResult found = run(
        {"sh", "-c", script() ? "command -v python || command -v python3" : "command -v python3"});
    const std::string path(trimmed(found.out.bytes));
    if (found.ok() && !path.empty()) return path;
    throw InfraError(fmt::format("the log is read by a program of the data set's, and {} has no {}",
                                 script() ? "its environment" : "the host",
                                 script() ? "python" : "python3"));
  }

  ExecResult run(std::vector<std::string> words) {
    ExecRequest request;
    request.argv = std::move(words);
    request.env = env_;
    request.timeout = kTimeout;
    request.stop = room_.stop;
    ExecResult result = box_->exec(request);
    if (room_.stop.stop_requested()) throw Cancelled();
    return result;
  }

  /// Why there is nothing to be read; "" if it ended well.
  static std::string failure_of(const ExecResult& result) {
    switch (result.status) {
      case ExecStatus::exited:
        break;
      case ExecStatus::setup_error:
      case ExecStatus::box_lost:
        throw InfraError("the box of the program that reads the log failed: " + result.message);
      case ExecStatus::timeout:
        return fmt::format("it did not end in {}", format_duration(kTimeout));
      default:
        return fmt::format("it ended by {}", name_of(result.status));
    }
    if (result.exit_code == 0) return {};
    return fmt::format("it ended with {}{}", result.exit_code, last_words(result));
  }

  const LogProgram& program_;
  const GradingRoom& room_;
  std::unique_ptr<Box> box_;
  std::map<std::string, std::string> env_;
};

}  // namespace

NamedStatuses read_by_program(const LogProgram& program, const std::string& out,
                              const std::string& err, const GradingRoom& room) {
  return ProgramBox(program, room).read(out, err);
}

}  // namespace weir
