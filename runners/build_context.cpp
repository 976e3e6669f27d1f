#include "runners/build_context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/dockerignore.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

std::optional<DockerIgnore> ignore_of(const fs::path& folder) {
  for (const char* name : {"Dockerfile.dockerignore", ".dockerignore"}) {
    const fs::path file = folder / name;
    if (!fs::is_regular_file(file)) continue;
    try {
      return DockerIgnore::parse(read_file(file));
    } catch (const UserError& error) {
      throw InfraError(fmt::format("{}: {}", file.string(), error.what()));
    }
  }
  return {};
}

/// Copies `from / inside` and what is below it, but for what is ignored. A folder that is ignored
/// is there for what is taken back out of it.
void copy_kept(const fs::path& from, const fs::path& to, const fs::path& inside,
               const DockerIgnore& ignore) {
  for (const auto& entry : fs::directory_iterator(from / inside)) {
    const fs::path path = inside / entry.path().filename();
    const bool kept = !ignore.ignores(path.string());
    if (entry.is_directory() && !entry.is_symlink()) {
      if (kept) fs::create_directories(to / path);
      copy_kept(from, to, path, ignore);
    } else if (kept) {
      fs::create_directories((to / path).parent_path());
      fs::copy(entry.path(), to / path, fs::copy_options::copy_symlinks);
    }
  }
}

/// What is in `folder` and matches `part`, a name or a pattern, in the order of names.
std::vector<fs::path> entries(const fs::path& folder, const std::string& part) {
  if (!is_docker_pattern(part)) return {folder / part};
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (docker_match(part, entry.path().filename().string())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

BuildContext::BuildContext(const fs::path& folder) : folder_(folder) {
  const auto ignore = ignore_of(folder);
  if (!ignore) return;
  kept_.emplace();
  copy_kept(folder, kept_->path(), "", *ignore);
  folder_ = kept_->path();
}

std::vector<fs::path> BuildContext::find(const std::string& word) const {
  const fs::path relative = fs::path(word).relative_path().lexically_normal();
  if (relative.empty()) return {folder_};
  if (*relative.begin() == "..") return {};
  std::vector<fs::path> found = {folder_};
  if (fs::exists(folder_ / relative)) {
    found = {folder_ / relative};
  } else {
    for (const auto& part : relative) {
      std::vector<fs::path> next;
      for (const auto& each : found) {
        const auto below = entries(each, part.string());
        next.insert(next.end(), below.begin(), below.end());
      }
      found = std::move(next);
    }
  }
  const fs::path top = fs::weakly_canonical(folder_);
  const auto is_not = [&top](const fs::path& path) {  // there, or is outside by a link
    const fs::path real = fs::weakly_canonical(path);
    return !fs::exists(path) ||
           std::mismatch(top.begin(), top.end(), real.begin(), real.end()).first != top.end();
  };
  found.erase(std::remove_if(found.begin(), found.end(), is_not), found.end());
  return found;
}

}  // namespace weir
