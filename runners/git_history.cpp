#include "runners/git_history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// git as it is without anybody's configuration: what a user or a machine sets must not
/// change what a task is.
ProcessResult run_git(const std::vector<std::string>& words) {
  ProcessRequest request;
  request.argv = {"git",
                  "-c",
                  "safe.directory=*",
                  "-c",
                  "core.quotePath=true",
                  "-c",
                  "protocol.file.allow=always"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.env = {"GIT_ATTR_NOSYSTEM=1",         "GIT_CONFIG_GLOBAL=/dev/null",
                 "GIT_CONFIG_SYSTEM=/dev/null", "GIT_NO_REPLACE_OBJECTS=1",
                 "GIT_TERMINAL_PROMPT=0",       "LC_ALL=C"};
  request.timeout = std::chrono::minutes(10);
  return run_process(request);
}

std::string first_line(const std::string& text) {
  return std::string(trimmed(text.substr(0, text.find('\n'))));
}

}  // namespace

std::string repository_name(std::string_view url) {
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  if (url.size() > 4 && url.substr(url.size() - 4) == ".git") url.remove_suffix(4);
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    url.remove_prefix(std::min(url.find('/'), url.size()));  // the host
  } else if (const auto colon = url.find(':'); colon != std::string_view::npos) {
    url.remove_prefix(colon + 1);  // user@host:
  }
  const auto slash = url.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return {};
  const std::string_view above = url.substr(0, slash);
  const std::string owner(above.substr(above.rfind('/') + 1));
  const std::string name(url.substr(slash + 1));
  if (owner.empty() || name.empty()) return {};
  return plain_file_name(owner) + "/" + plain_file_name(name);
}

GitHistory::GitHistory(const fs::path& folder) : folder_(fs::absolute(folder).lexically_normal()) {
  const ProcessResult found =
      run_git({"-C", folder_.string(), "rev-parse", "--path-format=absolute", "--git-common-dir"});
  if (found.exit_code == 127) throw InfraError("git is not installed; apt-get install git");
  if (!found.ok()) {
    throw UserError(
        fmt::format("{}: not a git repository ({})", folder_.string(), first_line(found.err)));
  }
  directory_ = std::string(trimmed(found.out));
}

std::string GitHistory::git(std::vector<std::string> words) const {
  words.insert(words.begin(), "--git-dir=" + directory_.string());
  ProcessResult result = run_git(words);
  if (!result.ok()) {
    throw UserError(fmt::format("{}: git {}: {}", folder_.string(), words.at(1),
                                result.timed_out ? "did not end" : first_line(result.err)));
  }
  return std::move(result.out);
}

std::string GitHistory::name() const {
  const std::string remotes = git({"remote"});
  const auto names = split_lines(remotes);
  if (!names.empty()) {
    const bool origin = std::find(names.begin(), names.end(), "origin") != names.end();
    const std::string remote(origin ? "origin" : names.front());
    std::string name = repository_name(trimmed(git({"remote", "get-url", remote})));
    if (!name.empty()) return name;
  }
  const bool named_git = directory_.filename() == ".git";
  const fs::path own = named_git ? directory_.parent_path() : directory_;
  return "local/" + plain_file_name(own.stem().string());
}

std::string GitHistory::commit_named(const std::string& name) const {
  // HEAD and others are the work tree's own: asked where the user stands.
  const ProcessResult found = run_git({"-C", folder_.string(), "rev-parse", "--verify", "--quiet",
                                       "--end-of-options", name + "^{commit}"});
  if (!found.ok()) {
    throw UserError(fmt::format("{}: no such commit: \"{}\"", folder_.string(), name));
  }
  return std::string(trimmed(found.out));
}

std::vector<std::string> GitHistory::commits(const std::string& spec) const {
  if (spec.find("...") != std::string::npos) {
    throw UserError(fmt::format("--from-git {}: a range is A..B", spec));
  }
  const auto dots = spec.find("..");
  if (dots == std::string::npos) return {commit_named(spec)};
  const auto end = [&](const std::string& name) {
    return commit_named(name.empty() ? "HEAD" : name);
  };
  const std::string from = end(spec.substr(0, dots));
  const std::string to = end(spec.substr(dots + 2));
  const std::string listed =
      git({"rev-list", "--no-merges", "--reverse", "--topo-order", to, "^" + from, "--"});
  std::vector<std::string> shas;
  for (const auto line : split_lines(listed)) shas.emplace_back(line);
  return shas;
}

HistoryCommit GitHistory::read(const std::string& sha) const {
  HistoryCommit commit;
  commit.sha = sha;
  const std::string text =
      git({"show", "--no-patch", "--encoding=UTF-8", "--format=%P%n%aI%n%B", sha, "--"});
  const auto parents = text.find('\n');
  const auto date = text.find('\n', parents + 1);
  commit.parent = text.substr(0, std::min(parents, text.find(' ')));
  commit.date = text.substr(parents + 1, date - parents - 1);
  commit.message = to_utf8(std::string_view(text).substr(date + 1));
  if (commit.parent.empty()) return commit;
  commit.diff = git({"diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-textconv",
                     "--no-ext-diff", "--no-color", "-U3", "--src-prefix=a/", "--dst-prefix=b/",
                     "--ignore-submodules=none", commit.parent, sha, "--"});
  return commit;
}

void GitHistory::copy_commit(const std::string& commit, const fs::path& target) const {
  const std::string at = "--git-dir=" + target.string();
  if (!fs::exists(target)) {
    fs::create_directories(target.parent_path());
    const ProcessResult made =
        run_git({"init", "--quiet", "--bare", "--template=", target.string()});
    if (!made.ok()) {
      throw UserError(fmt::format("{}: cannot be made: {}", target.string(), first_line(made.err)));
    }
  }
  if (run_git({at, "cat-file", "-e", commit + "^{commit}"}).ok()) return;
  // The command of the other side: without its own configuration, and for any commit.
  const std::string serve =
      "git -c safe.directory=* -c uploadpack.allowAnySHA1InWant=true upload-pack";
  const ProcessResult copied =
      run_git({at, "fetch", "--quiet", "--no-tags", "--depth=1", "--upload-pack=" + serve,
               "file://" + directory_.string(), commit + ":refs/bases/" + commit});
  if (!copied.ok()) {
    throw UserError(fmt::format("{}: commit {} cannot be copied there: {}", target.string(), commit,
                                first_line(copied.err)));
  }
}

}  // namespace weir
