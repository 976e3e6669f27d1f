#include "runners/box/layers.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir::box {
namespace fs = std::filesystem;

bool has_mark(const fs::path& path, const char* mark) {
  char value[8];
  for (const char* space : {"trusted", "user"}) {
    const std::string name = fmt::format("{}.overlay.{}", space, mark);
    if (::lgetxattr(path.c_str(), name.c_str(), value, sizeof(value)) >= 0 || errno == ERANGE) {
      return true;
    }
  }
  return false;
}

Layer::Layer(std::shared_ptr<Disk> disk, std::size_t pieces)
    : disk_(std::move(disk)), name_(disk_->fresh_folder()), pieces_(pieces) {
  for (std::size_t i = 0; i < pieces_; ++i) {
    for (const char kind : {'u', 'w'}) {
      const fs::path made = folder() / fmt::format("{}{}", i, kind);
      if (::mkdir(made.c_str(), 0755) != 0) {
        throw InfraError(fmt::format("box: mkdir {}: {}", made.string(), std::strerror(errno)));
      }
      ::chmod(made.c_str(), 0755);
    }
  }
}

Layer::~Layer() {
  const bool last = disk_->enforced() && disk_.use_count() == 1;
  if (!last) disk_->remove(name_);
}

fs::path Layer::upper(std::size_t piece) const {
  return folder() / fmt::format("{}u", piece);
}

bool Layer::empty() const {
  for (std::size_t i = 0; i < pieces_; ++i) {
    std::error_code unreadable;  // made so from within: then something was written
    if (!fs::is_empty(upper(i), unreadable) || unreadable) return false;
  }
  return true;
}

bool LayerStack::changed_since(const LayerStack& earlier, const std::string& path) const {
  const fs::path relative = fs::path(path).relative_path();
  std::size_t piece = 0;
  fs::path inside = relative;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (*relative.begin() != fs::path(pieces[i].path)) continue;
    piece = i;
    inside = relative.lexically_relative(pieces[i].path);
  }
  return std::any_of(layers.begin(), layers.end(), [&](const auto& layer) {
    const bool old =
        std::find(earlier.layers.begin(), earlier.layers.end(), layer) != earlier.layers.end();
    return !old && layer->touches(piece, inside);
  });
}

bool Layer::touches(std::size_t piece, const fs::path& inside) const {
  fs::path at = upper(piece);
  for (const auto& part : inside) {
    at /= part;
    struct stat info {};
    // Link by link: what the box put in a folder's place must not be followed here.
    if (::lstat(at.c_str(), &info) != 0) return errno != ENOENT;
    if (!S_ISDIR(info.st_mode) || has_mark(at, "opaque") || has_mark(at, "redirect")) return true;
  }
  return true;
}

std::vector<std::string> LayerStack::matching_since(
    const LayerStack& earlier, const std::vector<std::string>& patterns) const {
  std::vector<std::string> found;
  const auto skip = fs::directory_options::skip_permission_denied;
  for (const auto& layer : layers) {
    const auto& old = earlier.layers;
    if (std::find(old.begin(), old.end(), layer) != old.end()) continue;
    for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
      const fs::path upper = layer->upper(piece);
      std::error_code ignored;
      for (fs::recursive_directory_iterator at(upper, skip, ignored), end;
           at != end && found.size() < kMostTouched; at.increment(ignored)) {
        const bool folder = at->is_directory(ignored) && !at->is_symlink(ignored);
        const std::string inside =
            (fs::path("/") / pieces[piece].path / at->path().lexically_relative(upper)).string();
        const bool matches =
            !folder && std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
              return glob_match(pattern, inside);
            });
        if (matches) found.push_back(inside);
      }
    }
  }
  return found;
}

std::shared_ptr<const LayerStack> LayerStack::grown(std::shared_ptr<const Layer> layer) const {
  auto stack = std::make_shared<LayerStack>(*this);
  stack->layers.push_back(std::move(layer));
  return stack;
}

}  // namespace weir::box
