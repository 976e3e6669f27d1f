#include "runners/check_tests.hpp"

#include "tasks/text.hpp"

namespace weir {
namespace {

/// Names the tests that lie in the current folder by one word, if what runs them is
/// installed. The first that fits wins: a project with tests of its language and a
/// Makefile usually calls the one from the other.
constexpr const char* kSearch = R"(
has() { command -v "$1" >/dev/null 2>&1; }
tests() { find . -path ./.git -prune -o \( -name 'test_*.py' -o -name '*_test.py' \) -print -quit | grep -q .; }
if has python3 && tests; then
  if python3 -c 'import pytest' 2>/dev/null; then echo pytest; exit; fi
  if grep -rqs --include='*.py' 'unittest' .; then
    if [ -d tests ] && [ -e tests/__init__.py ]; then echo unittest; else echo unittest_flat; fi
    exit
  fi
fi
if [ -e package.json ] && has npm && grep -q '"test"[[:space:]]*:' package.json; then echo npm; exit; fi
if [ -e Cargo.toml ] && has cargo; then echo cargo; exit; fi
if [ -e go.mod ] && has go; then echo go; exit; fi
if has make; then
  for file in GNUmakefile makefile Makefile; do
    [ -e "$file" ] || continue
    for target in check test; do grep -q "^$target:" "$file" && { echo "make_$target"; exit; }; done
  done
fi
)";

const std::map<std::string, std::string>& known_commands() {
  static const std::map<std::string, std::string> commands = {
      {"pytest", "python3 -m pytest -q"},
      {"unittest", "python3 -m unittest discover -v -s tests -t ."},
      {"unittest_flat", "python3 -m unittest discover -v"},
      {"npm", "npm test --silent"},
      {"cargo", "cargo test --offline --quiet"},
      {"go", "go test ./..."},
      {"make_check", "make -s check"},
      {"make_test", "make -s test"}};
  return commands;
}

std::optional<ExecResult> run_in_box(const CheckRoom& room, const SnapshotPtr& snapshot,
                                     const std::string& script,
                                     const std::map<std::string, std::string>& more_env) {
  const auto permit = acquire_paused(room.busy_boxes, room.deadline);
  const auto box = room.sandbox.create(room.environment.on(snapshot));
  ExecRequest request;
  request.script = script;
  request.cwd = room.environment.workdir;
  request.env = room.environment.env;
  for (const auto& [name, value] : more_env) request.env[name] = value;
  request.user = room.environment.user;
  request.timeout = room.timeout;
  request.merge_stderr = true;
  request.stop = room.deadline.token();
  ExecResult result = box->exec(request);
  if (result.status == ExecStatus::box_lost || result.status == ExecStatus::setup_error) return {};
  return result;
}

}  // namespace

std::optional<TestRun> run_visible_tests(const CheckRoom& room, const SnapshotPtr& snapshot,
                                         const std::string& command,
                                         const std::map<std::string, std::string>& more_env) {
  const auto result = run_in_box(room, snapshot, command, more_env);
  if (!result) return {};
  TestRun run;
  run.red = !result->ok();
  run.timed_out = result->status == ExecStatus::timeout;
  const int code = result->status == ExecStatus::exited ? result->exit_code : 0;
  run.not_run = code == 126 || code == 127;
  run.no_tests = code == 4 || code == 5;
  if (!result->out.truncated) run.names = read_test_names(to_utf8(result->out.bytes));
  return run;
}

std::optional<std::string> find_test_runner(const CheckRoom& room, const SnapshotPtr& snapshot) {
  const auto result = run_in_box(room, snapshot, kSearch, {});
  if (!result || !result->ok()) return {};
  std::string word(trimmed(result->out.bytes));
  return known_commands().count(word) > 0 ? std::optional(std::move(word)) : std::nullopt;
}

std::optional<std::string> find_visible_tests(const CheckRoom& room, const SnapshotPtr& snapshot) {
  const auto runner = find_test_runner(room, snapshot);
  return runner ? std::optional(known_commands().at(*runner)) : std::nullopt;
}

}  // namespace weir
