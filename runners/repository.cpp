#include "runners/repository.hpp"

#include <fmt/format.h>

#include "runners/private_folder.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

bool is_git_directory(const fs::path& folder) {
  return fs::is_directory(folder / "objects") && fs::exists(folder / "HEAD");
}

/// Writes the files of `commit` below `target`, as git stores them.
void export_commit(const fs::path& git_directory, const std::string& commit,
                   const fs::path& target, const fs::path& scratch) {
  const auto git = [&](std::vector<std::string> words) {
    ProcessRequest request;
    request.argv = {"git", "-c", "safe.directory=*", "-c", "core.autocrlf=false",
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

constexpr const char* kCommit =
    "git init -q -b main . && git config user.name weir && git config user.email weir@localhost && "
    "git config gc.auto 0 && git add -A -f . && "
    "git -c commit.gpgsign=false commit -q --allow-empty -m base && git tag task-base && "
    "test \"$(git rev-list --all | wc -l)\" = 1";

}  // namespace

void place_repository(const Repository& repository, const std::string& workdir,
                      const std::map<std::string, std::string>& env, Box& box) {
  const fs::path inner = repository.source / ".git";
  if (is_git_directory(repository.source) || is_git_directory(inner)) {
    const PrivateFolder folder;
    const fs::path tree = folder.path() / "tree";
    fs::create_directory(tree);
    export_commit(is_git_directory(inner) ? inner : repository.source, repository.commit, tree,
                  folder.path());
    box.put_tree(tree, workdir);
  } else {
    box.put_tree(repository.source, workdir);
  }
  ExecRequest request;
  request.script = kCommit;
  request.cwd = workdir;
  request.env = env;
  request.env["GIT_AUTHOR_DATE"] = request.env["GIT_COMMITTER_DATE"] = "2000-01-01T00:00:00Z";
  request.timeout = std::chrono::minutes(10);
  request.merge_stderr = true;
  const ExecResult result = box.exec(request);
  if (!result.ok()) {
    throw InfraError(fmt::format("{}: the repository cannot be committed in the box: {}",
                                 repository.name, to_utf8(result.out.bytes).substr(0, 500)));
  }
}

}  // namespace weir
