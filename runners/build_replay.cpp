#include "runners/build_replay.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runners/build_context.hpp"
#include "runners/host.hpp"
#include "runners/package_tools.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using Kind = BuildStep::Kind;

constexpr const char* kStage = "/weir-copy";  ///< where copied files wait
constexpr const char* kArchive = "/weir-copy.tar";
constexpr std::size_t kLargestStage = std::size_t{2} << 30;

/// Gathers a stage's files in one folder and packs it; says "file" if the one source becomes a
/// file of another name. Words: "folder/" or the file's name, then sources with wildcards, which
/// stand for a leading dot too; what they become is not split at spaces.
constexpr const char* kGather = R"sh(name=$1; shift
rm -rf /weir-copy && mkdir /weir-copy || exit 1
cd / || exit 1
shopt -s dotglob
IFS=
for pattern; do
  found=
  for source in $pattern; do
    case ${source##*/} in . | ..) [ "$source" = "$pattern" ] || continue ;; esac
    [ -e "$source" ] || continue
    found=1
    if [ -d "$source" ]; then cp -a "$source/." /weir-copy/ || exit 1
    elif [ "$name" = folder/ ]; then cp -aH "$source" /weir-copy/ || exit 1
    else cp -aH "$source" "/weir-copy/$name" && echo file || exit 1
    fi
  done
  [ -n "$found" ] || { echo "$pattern is not there" >&2; exit 1; }
done
tar -C /weir-copy -cf /weir-copy.tar . && rm -rf /weir-copy)sh";

bool names_folder(const std::vector<std::string>& words, const std::string& to) {
  return words.size() > 2 || to.back() == '/' || to.ends_with("/.");
}

}  // namespace

std::string run_build_step(const std::string& task, Box& box, const std::string& script,
                           const std::string& cwd, const std::map<std::string, std::string>& env,
                           const std::stop_token& stop) {
  ExecRequest request;
  request.script = script;
  request.cwd = cwd;
  request.env = env;
  request.timeout = std::chrono::minutes(10);
  request.merge_stderr = true;
  request.stop = stop;
  const ExecResult result = box.exec(request);
  if (stop.stop_requested()) throw Cancelled();
  if (result.ok()) return to_utf8(result.out.bytes);
  throw InfraError(fmt::format("{}: building the environment: `{}` ended with {} {}: {}", task,
                               script.substr(0, 200), name_of(result.status), result.exit_code,
                               to_utf8(result.out.bytes).substr(0, 500)));
}

BuildReplay::BuildReplay(const std::string& task, const Environment& environment, Sandbox& sandbox,
                         BoxSpec base, Box& box, std::map<std::string, std::string>& env,
                         std::stop_token stop)
    : task_(task),
      environment_(environment),
      sandbox_(sandbox),
      base_(std::move(base)),
      box_(box),
      env_(env),
      begun_with_(env),
      stop_(std::move(stop)) {}

void BuildReplay::replay(const std::vector<BuildStep>& steps) {
  const bool fetches = std::any_of(steps.begin(), steps.end(), [](const BuildStep& each) {
    return each.kind == Kind::run && fetches_packages(each.words.front());
  });
  if (fetches) bring_package_tools(box_);
  for (const auto& each : steps) step(each);
  if (fetches) remove_package_tools(box_);
}

void BuildReplay::step(const BuildStep& step) {
  switch (step.kind) {
    case Kind::workdir:
      cwd_ = step.words.front();
      run("mkdir -p " + shell_quoted(cwd_), "/");
      return;
    case Kind::env:
      env_[step.words.at(0)] = expand_variables(step.words.at(1), env_);
      return;
    case Kind::user:  // build steps run as root; the task names the agent's user
      if (step.words.front() != "root") {
        deviations_.push_back("USER " + step.words.front() + " of the Dockerfile not taken");
      }
      return;
    case Kind::copy:
      copy(step);
      return;
    case Kind::run:
      if (fetches_packages(step.words.front())) {
        run_without_fetching(step.words.front());
      } else {
        run(step.words.front(), cwd_);
      }
      return;
  }
}

void BuildReplay::run_without_fetching(const std::string& command) {
  const std::string said =
      run_build_step(task_, box_, command, cwd_, with_package_tools(env_), stop_);
  const auto notes = package_notes(said);
  deviations_.push_back(fmt::format(
      "not fetched: RUN {} ({})", command,
      notes.empty() ? "nothing is said of it" : fmt::format("{}", fmt::join(notes, "; "))));
}

void BuildReplay::copy(const BuildStep& step) {
  const auto& words = step.words;
  std::string to = words.back();
  if (to.empty() || to.front() != '/') to = cwd_ + "/" + to;
  if (!step.origin.empty()) return copy_from_stage(step, to);
  if (!context_) context_.emplace(environment_.build_context);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto sources = context_->find(words[i]);
    if (sources.empty()) {
      throw InfraError(fmt::format("{}: COPY {}: not in the build context", task_, words[i]));
    }
    const bool into_folder = names_folder(words, to) || sources.size() > 1 ||
                             (!fs::is_directory(sources.front()) && is_folder(to));
    for (const auto& from : sources) {
      const bool renamed = !fs::is_directory(from) && into_folder;
      place(from, renamed ? to + "/" + from.filename().string() : to, step);
    }
  }
}

void BuildReplay::copy_from_stage(const BuildStep& step, const std::string& to) {
  const auto box = sandbox_.create(base_);
  auto env = begun_with_;
  BuildReplay stage(task_, environment_, sandbox_, base_, *box, env, stop_);
  stage.replay(environment_.stages.at(step.origin));
  for (const auto& each : stage.deviations()) {
    deviations_.push_back(fmt::format("stage {}: {}", step.origin, each));
  }
  const bool folder = names_folder(step.words, to) || is_folder(to);
  std::string gather =
      "set -- " + shell_quoted(folder ? "folder/" : fs::path(to).filename().string());
  for (std::size_t i = 0; i + 1 < step.words.size(); ++i)
    gather += " " + shell_quoted(step.words[i]);
  const std::string said =
      run_build_step(task_, *box, gather + "\n" + kGather, "/", begun_with_, stop_);
  const auto archive = box->get(kArchive, kLargestStage);
  if (!archive || archive->size() == kLargestStage) {
    throw InfraError(fmt::format("{}: COPY --from={}: no files, or too many", task_, step.origin));
  }
  box_.put(*archive, kArchive);
  run(fmt::format("mkdir -p {0} && tar -C {0} -xf {1} && rm {1}", kStage, kArchive), "/");
  const bool file = trimmed(said) == "file";
  move_staged(file ? fs::path(to).parent_path().string() : to, step);
}

/// With an owner or a mode of their own the files come by way of a folder in which no others are.
void BuildReplay::place(const fs::path& from, const std::string& to, const BuildStep& step) {
  const bool folder = fs::is_directory(from);
  const bool as_it_is = step.mode.empty() && step.owner.empty();
  const std::string stage = kStage;
  const std::string name = fs::path(to).filename().string();
  const std::string at = as_it_is ? to : folder ? stage : stage + "/" + name;
  if (folder) {
    box_.put_tree(from, at);
  } else {
    put_file(from, at);
  }
  if (!as_it_is) move_staged(folder ? to : fs::path(to).parent_path().string(), step);
}

bool BuildReplay::is_folder(const std::string& path) {
  return trimmed(run(fmt::format("[ ! -d {} ] || echo folder", shell_quoted(path)), "/")) == "folder";
}

void BuildReplay::put_file(const fs::path& from, const std::string& to) {
  const bool runs = (fs::status(from).permissions() & fs::perms::owner_exec) != fs::perms::none;
  box_.put(read_host_file(from), to, runs ? 0755 : 0644);
}

/// Puts what waits in the stage into the folder `to`, whose own mode and owner stay.
void BuildReplay::move_staged(const std::string& to, const BuildStep& step) {
  std::string script = fmt::format("cd {} && ", kStage);
  if (!step.mode.empty()) {
    script += fmt::format("find . -mindepth 1 ! -type l -exec chmod {} {{}} + && ",
                          shell_quoted(step.mode));
  }
  if (!step.owner.empty()) {
    script +=
        fmt::format("find . -mindepth 1 -exec chown -h {} {{}} + && ", shell_quoted(step.owner));
  }
  run(script +
          fmt::format("mkdir -p {0} && find . -mindepth 1 -maxdepth 1 -exec cp -a -t {0} {{}} + "
                      "&& cd / && rm -rf {1}",
                      shell_quoted(to), kStage),
      "/");
}

std::string BuildReplay::run(const std::string& script, const std::string& cwd) {
  return run_build_step(task_, box_, script, cwd, env_, stop_);
}

}  // namespace weir
