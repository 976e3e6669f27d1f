#include "runners/oci/engine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "runners/private_folder.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// docker's command line may be there without its daemon, and is then of no use.
bool there(const std::string& name) {
  const bool daemon = name.find("docker") != std::string::npos;
  return run_process(
             {.argv = {name, daemon ? "version" : "--version"}, .timeout = milliseconds(20'000)})
      .ok();
}

/// The last lines of a log, where the cause stands.
std::string tail_of(const std::string& log) {
  constexpr std::size_t kMost = 2000;
  const std::string text = to_utf8(log);
  return text.size() <= kMost ? text : "..." + text.substr(text.size() - kMost);
}

rlim_t hard_limit(int resource) {
  rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  return limit.rlim_max;
}

/// The same build, the same name: engines then find all of its layers again.
std::string tag_of(const ImageBuild& build) {
  const bool plain = build.dockerfile == "Dockerfile" && build.target.empty() && build.args.empty();
  const std::string digest = folder_digest(build.folder);
  if (plain) return "localhost/weir-build:" + digest.substr(0, 32);
  Digest all;
  all.add(digest).add(build.dockerfile).add(build.target);
  for (const auto& [name, value] : build.args) all.add(name).add(value);
  return "localhost/weir-build:" + all.hex().substr(0, 32);
}

}  // namespace

Engine Engine::find(const std::string& name) {
  if (!name.empty()) {
    if (there(name)) return Engine(name);
    throw InfraError(
        fmt::format("{} is not installed or does not start; scripts/setup --extras "
                    "installs podman",
                    name));
  }
  for (const char* each : {"podman", "docker"}) {
    if (there(each)) return Engine(each);
  }
  throw InfraError(
      "images need podman or docker, and neither is here; scripts/setup --extras "
      "installs podman");
}

ProcessResult Engine::run(std::vector<std::string> arguments, milliseconds timeout,
                          const fs::path& cwd) const {
  arguments.insert(arguments.begin(), name_);
  return run_process({.argv = std::move(arguments), .cwd = cwd.string(), .timeout = timeout});
}

std::string Engine::must(std::vector<std::string> arguments, const std::string& what,
                         milliseconds timeout) const {
  const ProcessResult result = run(std::move(arguments), timeout);
  if (result.ok()) return result.out;
  const std::string cause = result.timed_out ? "timed out" : tail_of(result.err + result.out);
  throw InfraError(fmt::format("{}: {}: {}", name_, what, cause));
}

std::string full_name(const std::string& reference) {
  const auto slash = reference.find('/');
  const std::string first = reference.substr(0, slash);
  if (reference.rfind("sha256:", 0) == 0) return reference;
  if (slash == std::string::npos) return "docker.io/library/" + reference;
  const bool registry = first == "localhost" || first.find_first_of(".:") != std::string::npos;
  return registry ? reference : "docker.io/" + reference;
}

void Engine::obtain(const std::string& reference) const {
  try {
    (void)inspect(reference);
    return;
  } catch (const InfraError&) {
    // Not here: pulled.
  }
  const std::string name = full_name(reference);
  const ProcessResult pulled = run({"pull", "--quiet", name}, std::chrono::hours(1));
  if (pulled.ok()) return;
  const std::string cause = pulled.timed_out ? "timed out" : tail_of(pulled.err + pulled.out);
  throw InfraError(
      fmt::format("image {} is not here and could not be pulled; get it with `{} pull {}` ({})",
                  reference, name_, name, trimmed(cause)));
}

Image Engine::inspect(const std::string& reference) const {
  ProcessResult result = run({"image", "inspect", reference});
  const std::string name = full_name(reference);
  if (!result.ok() && name != reference) {
    const ProcessResult second = run({"image", "inspect", name});
    if (second.ok()) result = second;
  }
  if (!result.ok()) {
    throw InfraError(fmt::format("image {} is not here; get it with `weir image pull {}` ({}: {})",
                                 reference, reference, name_,
                                 std::string(trimmed(tail_of(result.err)))));
  }
  const auto images = parse_images(result.out);
  if (images.size() != 1)
    throw InfraError(fmt::format("{}: image {}: no answer", name_, reference));
  return images.front();
}

std::vector<Image> Engine::list() const {
  const std::string ids = must({"images", "--quiet", "--no-trunc"}, "images");
  std::vector<std::string> arguments = {"image", "inspect"};
  for (const auto id : split_lines(ids)) {
    if (!id.empty()) arguments.emplace_back(id);
  }
  if (arguments.size() == 2) return {};
  return parse_images(must(std::move(arguments), "images"));
}

void Engine::pull(const std::string& reference) const {
  (void)must({"pull", "--quiet", reference}, "pull " + reference, std::chrono::hours(1));
}

std::string Engine::import(const fs::path& from, const std::string& name) const {
  if (!fs::exists(from)) throw InfraError(fmt::format("{}: not there", from.string()));
  if (fs::is_directory(from)) {
    const PrivateFolder folder;
    const fs::path tar = folder.path() / "rootfs.tar";
    const ProcessResult packed = run_process(
        {.argv = {"tar", "--numeric-owner", "-C", from.string(), "-cf", tar.string(), "."},
         .timeout = std::chrono::hours(1)});
    if (!packed.ok()) throw InfraError("tar: " + tail_of(packed.err));
    return import(tar, name);
  }
  const ProcessResult listing = run_process({.argv = {"tar", "-tf", from.string(), "manifest.json"},
                                             .timeout = std::chrono::minutes(10)});
  const ProcessResult oci = run_process(
      {.argv = {"tar", "-tf", from.string(), "oci-layout"}, .timeout = std::chrono::minutes(10)});
  if (listing.ok() || oci.ok()) {
    const std::string said = must({"load", "--quiet", "--input", from.string()}, "load");
    const auto lines = split_lines(said);
    const std::string last(lines.empty() ? std::string_view() : trimmed(lines.back()));
    const std::string loaded = last.substr(last.rfind(' ') + 1);
    if (!name.empty()) (void)must({"tag", loaded, name}, "tag");
    return inspect(loaded).id;
  }
  if (name.empty()) throw UserError("a rootfs has no name of its own: give it one");
  (void)must({"import", from.string(), name}, "import", std::chrono::hours(1));
  return inspect(name).id;
}

void Engine::remove(const std::string& reference) const {
  (void)must({"rmi", reference}, "remove " + reference);
}

std::string Engine::build(const ImageBuild& build) const {
  const fs::path file = build.folder / build.dockerfile;
  if (!fs::exists(file)) {
    throw InfraError(fmt::format("{}: no {}", build.folder.string(), build.dockerfile));
  }
  const std::string tag = tag_of(build);
  std::vector<std::string> arguments = {"build", "--quiet", "--tag", tag, "--file", file.string()};
  if (is_podman()) arguments.emplace_back("--pull=never");
  if (!build.target.empty()) arguments.push_back("--target=" + build.target);
  for (const auto& [name, value] : build.args) {
    arguments.push_back(fmt::format("--build-arg={}={}", name, value));
  }
  for (const auto& flag : run_flags()) arguments.push_back(flag);
  arguments.insert(arguments.end(),
                   {"--network", build.network ? "host" : "none", build.folder.string()});
  (void)must(std::move(arguments), fmt::format("build of {}", build.folder.string()),
             std::chrono::hours(1));
  return inspect(tag).id;
}

void Engine::unpack(const std::string& reference, const fs::path& folder) const {
  if (fs::exists(folder / "done")) return;
  fs::create_directories(folder.parent_path());
  const fs::path partial = fmt::format("{}.{}", folder.string(), ::getpid());
  fs::create_directories(partial / "rootfs");
  const std::string container(trimmed(must({"create", reference, "true"}, "unpack")));
  const fs::path tar = partial / "image.tar";
  const ProcessResult saved =
      run({"export", "--output", tar.string(), container}, std::chrono::hours(1));
  (void)run({"rm", "--force", container});
  const char* owner = ::geteuid() == 0 ? "--same-owner" : "--no-same-owner";
  const ProcessResult unpacked =
      run_process({.argv = {"tar", "--numeric-owner", owner, "-xpf", tar.string(), "-C",
                            (partial / "rootfs").string()},
                   .timeout = std::chrono::hours(1)});
  fs::remove(tar);
  if (!saved.ok() || !unpacked.ok()) {
    fs::remove_all(partial);
    throw InfraError(fmt::format("unpack {}: {}", reference, tail_of(saved.err + unpacked.err)));
  }
  write_file(partial / "done", "");
  std::error_code taken;
  fs::rename(partial, folder, taken);
  if (taken) fs::remove_all(partial);  // another process was faster
}

std::vector<std::string> Engine::run_flags() const {
  // Engines ask for limits above this process's own, which only
  // CAP_SYS_RESOURCE may raise; crun does not start on hybrid control groups.
  const auto files = std::min<rlim_t>(hard_limit(RLIMIT_NOFILE), 4096);
  const auto processes = std::min<rlim_t>(hard_limit(RLIMIT_NPROC), 4096);
  std::vector<std::string> flags = {"--ulimit", fmt::format("nofile={0}:{0}", files), "--ulimit",
                                    fmt::format("nproc={0}:{0}", processes)};
  if (is_podman() && ::access("/usr/sbin/runc", X_OK) == 0) {
    flags.insert(flags.begin(), {"--runtime", "runc"});
  }
  return flags;
}

}  // namespace weir
