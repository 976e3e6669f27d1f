#include "runners/check_syntax.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostFiles = 200;  // of one turn; a turn that writes more unpacked something

constexpr std::array<std::string_view, 9> kEndings = {".py", ".json", ".toml", ".sh", ".bash",
                                                      ".js", ".mjs",  ".cjs",  ".rb"};

/// Reads paths ended by NUL and prints those that do not parse. A file that cannot be
/// judged (no such tool, not there) is not printed.
constexpr const char* kJudge = R"(
parses() {
  case "$1" in
    *.py) command -v python3 >/dev/null || return 0
          python3 -I -c 'import ast,sys; ast.parse(open(sys.argv[1],"rb").read())' "$1" ;;
    */tsconfig*.json|*/jsconfig*.json|*/.vscode/*|*/.devcontainer/*) return 0 ;;  # with comments
    *.json) command -v python3 >/dev/null || return 0
          python3 -I -c 'import json,sys; json.load(open(sys.argv[1],encoding="utf-8-sig"))' "$1" ;;
    *.toml) python3 -I -c 'import tomllib' || return 0
          python3 -I -c 'import sys,tomllib; tomllib.load(open(sys.argv[1],"rb"))' "$1" ;;
    *.sh|*.bash) bash -n -- "$1" ;;
    *.js|*.mjs|*.cjs) command -v node >/dev/null || return 0; node --check "$1" ;;
    *.rb) command -v ruby >/dev/null || return 0; ruby -c "$1" ;;
  esac
}
while IFS= read -r -d '' file; do
  [ -f "$file" ] || continue
  parses "$file" >/dev/null 2>&1 || printf '%s\0' "$file"
done
)";

std::string joined(const std::set<std::string>& paths) {
  std::string bytes;
  for (const auto& path : paths) {
    bytes += path;
    bytes.push_back('\0');
  }
  return bytes;
}

/// Those of `paths` that do not parse in the state `snapshot`.
std::optional<std::set<std::string>> unparsable(const CheckRoom& room, const SnapshotPtr& snapshot,
                                                const std::set<std::string>& paths) {
  const auto permit = acquire_paused(room.busy_boxes, room.deadline);
  const auto box = room.sandbox.create(room.environment.on(snapshot));
  ExecRequest request;
  request.argv = {"bash", "--noprofile", "--norc", "-c", kJudge};
  request.cwd = "/";
  request.env = room.environment.env;
  request.stdin_bytes = joined(paths);
  request.timeout = room.timeout;
  request.stop = room.deadline.token();
  const ExecResult result = box->exec(request);
  if (!result.ok() || result.out.truncated) return {};
  std::set<std::string> bad;
  std::string_view rest = result.out.bytes;
  while (!rest.empty()) {
    const auto end = rest.find('\0');
    bad.emplace(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return bad;
}

}  // namespace

std::optional<int> newly_unparsable(const CheckRoom& room, const SnapshotPtr& before,
                                    const SnapshotPtr& after) {
  std::vector<std::string> patterns;
  for (const auto ending : kEndings) {
    patterns.push_back(room.environment.workdir + "/*" + std::string(ending));
  }
  std::set<std::string> changed;
  for (auto& path : room.sandbox.touched(after, before, patterns)) {
    const bool judged = std::any_of(kEndings.begin(), kEndings.end(),
                                    [&](auto ending) { return path.ends_with(ending); });
    if (judged && changed.size() < kMostFiles) changed.insert(std::move(path));
  }
  if (changed.empty()) return 0;
  const auto now = unparsable(room, after, changed);
  if (!now) return {};
  if (now->empty()) return 0;
  const auto then = unparsable(room, before, *now);
  if (!then) return {};
  return static_cast<int>(now->size() - then->size());
}

}  // namespace weir
