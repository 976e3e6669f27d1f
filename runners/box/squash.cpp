#include "runners/box/squash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

using Run = std::vector<std::shared_ptr<const Layer>>;

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw InfraError(
      fmt::format("box: squash: {} {}: {}", what, path.string(), std::strerror(errno)));
}

bool moved_folders(const fs::path& upper) {
  const auto skip = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(upper, skip)) {
    if (!entry.is_symlink() && entry.is_directory() && has_mark(entry.path(), "redirect"))
      return true;
  }
  return false;
}

bool moved_folders(const Layer& layer, std::size_t pieces) {
  for (std::size_t i = 0; i < pieces; ++i) {
    if (moved_folders(layer.upper(i))) return true;
  }
  return false;
}

/// Owner, mode, extended attributes and times of a folder.
void copy_attributes(const fs::path& from, const fs::path& to) {
  struct stat info {};
  if (::lstat(from.c_str(), &info) != 0) fail(from, "stat");
  if (::lchown(to.c_str(), info.st_uid, info.st_gid) != 0) fail(to, "chown");
  if (::chmod(to.c_str(), info.st_mode & 07777U) != 0) fail(to, "chmod");
  std::string names(65536, '\0');
  const ssize_t size = ::llistxattr(from.c_str(), names.data(), names.size());
  for (ssize_t at = 0; at < size;
       at += static_cast<ssize_t>(std::strlen(&names[static_cast<std::size_t>(at)])) + 1) {
    const char* name = &names[static_cast<std::size_t>(at)];
    if (std::strstr(name, ".overlay.opaque") != nullptr) continue;  // decided by the caller
    std::string value(65536, '\0');
    const ssize_t got = ::lgetxattr(from.c_str(), name, value.data(), value.size());
    if (got >= 0) ::lsetxattr(to.c_str(), name, value.data(), static_cast<std::size_t>(got), 0);
  }
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ::utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

void make_opaque(const fs::path& folder) {
  const char* name = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  if (::lsetxattr(folder.c_str(), name, "y", 1, 0) != 0) fail(folder, "mark");
}

/// Merges folders that lie over each other, top first, into `to`, which exists.
void merge(const std::vector<fs::path>& folders, const fs::path& to) {
  std::set<std::string> names;
  for (const auto& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  }
  for (const auto& name : names) {
    std::vector<fs::path> below;  // folders of that name, until something hides the rest
    bool hides = false;
    for (const auto& folder : folders) {
      const fs::path path = folder / name;
      struct stat info {};
      if (::lstat(path.c_str(), &info) != 0) continue;
      if (!S_ISDIR(info.st_mode)) {
        if (below.empty() && ::link(path.c_str(), (to / name).c_str()) != 0) fail(path, "link");
        hides = true;
        break;
      }
      below.push_back(path);
      hides = has_mark(path, "opaque");
      if (hides) break;
    }
    if (below.empty()) continue;
    if (::mkdir((to / name).c_str(), 0700) != 0) fail(to / name, "mkdir");
    merge(below, to / name);
    if (hides) make_opaque(to / name);
    copy_attributes(below.front(), to / name);  // last: filling it changed its time
  }
}

/// `run`, oldest first, as one layer.
std::shared_ptr<const Layer> merged(const Run& run, std::size_t pieces) {
  auto layer = std::make_shared<Layer>(run.front()->disk(), pieces);
  for (std::size_t i = 0; i < pieces; ++i) {
    std::vector<fs::path> uppers;
    for (auto each = run.rbegin(); each != run.rend(); ++each) uppers.push_back((*each)->upper(i));
    merge(uppers, layer->upper(i));
    copy_attributes(uppers.front(), layer->upper(i));
  }
  return layer;
}

}  // namespace

std::shared_ptr<const LayerStack> squashed(const LayerStack& stack) {
  auto result = std::make_shared<LayerStack>(stack);
  result->layers.clear();
  if (stack.layers.empty()) return result;
  const auto disk = stack.layers.back()->disk();
  Run run;
  const auto flush = [&] {
    if (run.size() == 1) result->layers.push_back(run.front());
    if (run.size() > 1) result->layers.push_back(merged(run, stack.pieces.size()));
    run.clear();
  };
  for (const auto& layer : stack.layers) {
    const bool joins = layer->disk() == disk && !moved_folders(*layer, stack.pieces.size());
    if (!joins) flush();
    if (joins) {
      run.push_back(layer);
    } else {
      result->layers.push_back(layer);
    }
  }
  flush();
  return result;
}

}  // namespace weir::box
