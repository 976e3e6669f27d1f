#include "runners/grade/test_scripts.hpp"

#include <algorithm>
#include <optional>

#include "tasks/files.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargest = 1 << 20;

bool is_shell_script(const fs::path& file, const std::string& text) {
  const auto ending = file.extension();
  if (ending == ".sh" || ending == ".bash") return true;
  if (text.rfind("#!", 0) == 0) {
    const std::string first = text.substr(0, text.find('\n'));
    return first.ends_with("sh") || first.find("sh ") != std::string::npos;
  }
  const bool runs = (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none;
  return runs && text.find('\0') == std::string::npos;
}

}  // namespace

std::vector<std::string> shell_scripts_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code none;
  const auto skip = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, skip, none), end; at != end;
       at.increment(none)) {
    if (none) break;
    if (at->is_regular_file(none) && !at->is_symlink(none) && at->file_size(none) <= kLargest)
      files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> scripts;
  for (const auto& file : files) {
    std::string text = read_file(file);
    if (is_shell_script(file, text)) scripts.push_back(std::move(text));
  }
  return scripts;
}

}  // namespace weir
