#include "runners/box/bases.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "runners/oci/engine.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kImage = "image:";

fs::path cache_folder() {
  if (const char* chosen = std::getenv("WEIR_CACHE")) return chosen;
  if (::geteuid() == 0) return "/var/cache/weir";
  if (const char* xdg = std::getenv("XDG_CACHE_HOME")) return fs::path(xdg) / "weir";
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/tmp" : home) / ".cache/weir";
}

/// Of names, modes, sizes, times and links: reading every byte of a root file
/// system would take longer than most trials.
std::string listing_digest(const fs::path& folder) {
  std::vector<std::string> lines;
  const auto skip = fs::directory_options::skip_permission_denied;
  std::error_code unreadable;
  for (fs::recursive_directory_iterator at(folder, skip, unreadable), end; at != end;
       at.increment(unreadable)) {
    const fs::directory_entry& entry = *at;
    struct stat info {};
    if (::lstat(entry.path().c_str(), &info) != 0) continue;
    std::error_code ignored;
    lines.push_back(fmt::format("{} {:o} {}:{} {} {}.{:09} {}",
                                entry.path().lexically_relative(folder).string(), info.st_mode,
                                info.st_uid, info.st_gid, S_ISDIR(info.st_mode) ? 0 : info.st_size,
                                info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                                fs::read_symlink(entry.path(), ignored).string()));
  }
  std::sort(lines.begin(), lines.end());
  Digest digest;
  for (const auto& line : lines) digest.add(line);
  return digest.hex();
}

Base rootfs(const std::string& name) {
  std::error_code unreadable;
  if (!fs::is_directory(name, unreadable)) {
    throw InfraError(fmt::format("box: {} is not a rootfs folder", name));
  }
  const fs::path folder = fs::canonical(name, unreadable);
  if (fs::is_empty(folder, unreadable)) {
    throw InfraError(fmt::format("box: {} is empty: a rootfs holds at least a program", name));
  }
  auto stack = std::make_shared<LayerStack>();
  stack->pieces = {{"", {folder}}};
  return {stack, {"rootfs:" + listing_digest(folder)}};
}

}  // namespace

Base Bases::get(const std::string& name) {
  if (name == "host") return {host_, {}};
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  const bool is_image = name.rfind(kImage, 0) == 0;
  return known_[name] = is_image ? image(name.substr(kImage.size())) : rootfs(name);
}

void Bases::obtain(const std::string& name) {
  if (name.rfind(kImage, 0) != 0) return;
  {
    const std::lock_guard lock(mutex_);
    if (known_.count(name) > 0) return;
  }
  const std::string reference = name.substr(kImage.size());
  try {
    Engine::find().obtain(reference);
  } catch (const InfraError& error) {
    const std::string why = error.what();
    if (why.find(reference) != std::string::npos) throw;
    throw InfraError(fmt::format("image {}: {}", reference, why));
  }
}

Base Bases::image(const std::string& reference) const {
  const Engine engine = Engine::find();
  const Image image = engine.inspect(reference);
  if (!image.architecture.empty() && image.architecture != host_architecture()) {
    throw InfraError(fmt::format("image {} is for {}, this machine is {}; pull or build it for {}",
                                 reference, image.architecture, host_architecture(),
                                 host_architecture()));
  }
  auto stack = std::make_shared<LayerStack>();
  if (as_root_ && !image.layers.empty()) {
    stack->pieces = {{"", image.layers}};
  } else {
    const fs::path folder = cache_folder() / "images" / image.id.substr(image.id.find(':') + 1);
    engine.unpack(image.id, folder);
    stack->pieces = {{"", {folder / "rootfs"}}};
  }
  return {stack, {image.id, image.env, image.workdir, image.user, image.entrypoint,
                  image.command}};
}

}  // namespace weir::box
