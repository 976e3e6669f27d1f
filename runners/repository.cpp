#include "runners/repository.hpp"

#include <fmt/format.h>

#include "runners/private_folder.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

bool is_git_directory(const fs::path& folder) {
  return fs::is_directory(folder / "objects") && fs::exists(folder / "HEAD");
}

/// Where the git directory of `folder` is; "" for a plain folder. In a linked worktree or a
/// submodule, .git is a file that says where.
fs::path git_directory_of(const fs::path& folder) {
  if (is_git_directory(folder)) return folder;
  const fs::path inner = folder / ".git";
  if (is_git_directory(inner)) return inner;
  if (!fs::is_regular_file(inner)) return {};
  constexpr std::string_view kSays = "gitdir: ";
  const std::string text = read_file(inner);
  if (text.rfind(kSays, 0) != 0) return {};
  const fs::path named = folder / std::string(trimmed(text.substr(kSays.size())));
  if (!fs::exists(named / "HEAD")) {
    throw InfraError(fmt::format("{}: its git directory {} is not there", folder.string(),
                                 named.lexically_normal().string()));
  }
  return named.lexically_normal();
}

/// Writes the files of `commit` below `target`, as git stores them.
void export_commit(const fs::path& git_directory, const std::string& commit, const fs::path& target,
                   const fs::path& scratch) {
  const auto git = [&](std::vector<std::string> words) {
    ProcessRequest request;
    request.argv = {"git",
                    "-c",
                    "safe.directory=*",
                    "-c",
                    "core.autocrlf=false",
                    "--git-dir=" + fs::absolute(git_directory).string(),
                    "--work-tree=" + target.string()};
    request.argv.insert(request.argv.end(), words.begin(), words.end());
    request.cwd = target.string();
    request.env = {"GIT_INDEX_FILE=" + (scratch / "index").string(), "GIT_ATTR_NOSYSTEM=1",
                   "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null"};
    request.timeout = std::chrono::minutes(10);
    const ProcessResult result = run_process(request);
    if (!result.ok()) {
      throw InfraError(fmt::format("{}: commit {} cannot be read: {}", git_directory.string(),
                                   commit, trimmed(result.err)));
    }
  };
  git({"read-tree", commit});
  git({"checkout-index", "--all", "--force", "--prefix=" + target.string() + "/"});
}

constexpr const char* kBug = "/tmp/weir-bug.diff";

/// One commit of all that is in the index, and nothing else in the store: one pack, since every
/// grading reads all of its trees.
constexpr const char* kCommit = R"sh(
git -c core.hooksPath=/dev/null -c commit.gpgsign=false commit -q --no-verify --allow-empty -m base
git tag task-base
git repack -a -d -q --window=0
test "$(git rev-list --all | wc -l)" -eq 1 && test "$(git reflog | wc -l)" -le 1 &&
  test -z "$(git remote)" && test ! -e .git/objects/info/alternates ||
  { echo "more than the one commit can be reached"; exit 4; }
)sh";

/// Asked to show the one commit, git would print every file there is, into logs and prompts.
constexpr const char* kInit = R"sh(
git init -q --template= . && git symbolic-ref HEAD refs/heads/main && mkdir -p .git/info
git config user.name weir && git config user.email weir@localhost && git config gc.auto 0
git config log.showRoot false
)sh";

/// Files as old as their commit: those as young as the index would be read again by each git
/// command that asks whether they are unchanged. (Where touch knows no dates, that is the price.)
constexpr const char* kAddAll = R"sh(
find . -path ./.git -prune -o \( -type f -o -type l \) -print0 |
  xargs -0 -r touch -h -d "$GIT_COMMITTER_DATE" || :
git add -A -f .
)sh";

/// What an image's repository tracks, and where it stood; then its store goes. Of submodules the
/// files stay. The first line it prints is in how many
/// files it differs from $commit, or "absent".
constexpr const char* kForget = R"sh(
command -v git >/dev/null || { echo "the image has no git"; exit 3; }
[ -O . ] || git config --system --add safe.directory "$PWD"
[ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] ||
  { echo "the image has no git repository at $PWD"; exit 3; }
[ -z "$reset" ] || git reset -q --hard "$commit" >/dev/null 2>&1 ||
  { echo "the image's repository does not hold the commit $commit"; exit 3; }
if git cat-file -e "$commit^{commit}" 2>/dev/null; then
  git diff --name-only "$commit" HEAD -- | wc -l
else
  echo absent
fi
known=$(mktemp -d)
git ls-files -z > "$known/tracked"
if git ls-files -s | grep -q '^160000 '; then
  git ls-files -s -z | sed -z '/^160000 /d; s/^[^\t]*\t//' > "$known/tracked"
  git ls-files -s | sed -n 's/^160000 [^\t]*\t//p' > "$known/modules"
fi
cp "$(git rev-parse --git-path info/exclude)" "$known/exclude" 2>/dev/null || :
rm -rf .git
)sh";

constexpr const char* kRemember = R"sh(
if [ -e "$known/modules" ]; then
  while IFS= read -r module; do rm -rf "./$module/.git"; done < "$known/modules"
fi
[ ! -e "$known/exclude" ] || cp "$known/exclude" .git/info/exclude
git update-index --add --remove -z --stdin < "$known/tracked"
git add -A .
rm -rf "$known"
)sh";

std::string breaking(const std::string& bug, Box& box) {
  if (bug.empty()) return {};
  box.put(bug, kBug);
  return fmt::format("git apply {0} || {{ echo 'the bug does not apply'; exit 3; }}\nrm {0}\n",
                     kBug);
}

ExecResult run(std::string script, const Repository& repository, const std::string& workdir,
               const std::map<std::string, std::string>& env, Box& box) {
  ExecRequest request;
  request.script = "set -e\n" + std::move(script);
  request.cwd = workdir;
  request.env = env;
  request.env["GIT_AUTHOR_DATE"] = request.env["GIT_COMMITTER_DATE"] = "2000-01-01T00:00:00Z";
  request.env["commit"] = repository.commit;
  request.env["reset"] = repository.reset ? "yes" : "";
  request.timeout = std::chrono::minutes(10);
  request.merge_stderr = true;
  ExecResult result = box.exec(request);
  if (result.ok()) return result;
  const std::string said = to_utf8(result.out.bytes + result.message);
  throw InfraError(fmt::format("{}: the repository cannot be committed in the box: {}",
                               repository.name, trimmed(said).substr(0, 500)));
}

}  // namespace

void place_repository(const Repository& repository, const std::string& workdir,
                      const std::map<std::string, std::string>& env, const std::string& bug,
                      Box& box) {
  const fs::path git = git_directory_of(repository.source);
  if (!git.empty()) {
    const PrivateFolder folder;
    const fs::path tree = folder.path() / "tree";
    fs::create_directory(tree);
    export_commit(git, repository.commit, tree, folder.path());
    box.put_tree(tree, workdir);
  } else {
    box.put_tree(repository.source, workdir);
  }
  (void)run(kInit + breaking(bug, box) + kAddAll + kCommit, repository, workdir, env, box);
}

std::vector<std::string> settle_repository(const Repository& repository, const std::string& workdir,
                                           const std::map<std::string, std::string>& env,
                                           const std::string& bug, Box& box) {
  const ExecResult result = run(breaking(bug, box) + kForget + kInit + kRemember + kCommit,
                                repository, workdir, env, box);
  const std::string said = to_utf8(result.out.bytes);
  const std::string differing(trimmed(split_lines(said).front()));
  if (repository.commit.empty() || differing == "0") return {};
  if (differing == "absent") {
    return {"the image's repository does not hold the commit " + repository.commit};
  }
  return {fmt::format("the image's repository differs from {} in {} files", repository.commit,
                      differing)};
}

std::optional<std::set<std::string>> unlike_base(Box& box, ExecRequest request,
                                                 const std::vector<std::string>& paths) {
  request.script =
      "git -c core.fsmonitor=false -c core.quotePath=false status --porcelain=v1 -z --no-renames "
      "--untracked-files=all --ignored=traditional --";
  for (const auto& path : paths) request.script += " " + shell_quoted(":(literal)" + path);
  const ExecResult result = box.exec(request);
  if (!result.ok() || result.out.truncated) return {};
  std::set<std::string> files;
  const std::string& list = result.out.bytes;
  constexpr std::size_t kState = 3;  // "XY "
  for (std::size_t at = 0, end = 0; (end = list.find('\0', at)) != std::string::npos;
       at = end + 1) {
    if (end - at > kState) files.insert(list.substr(at + kState, end - at - kState));
  }
  return files;
}

}  // namespace weir
