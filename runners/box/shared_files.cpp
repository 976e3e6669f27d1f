#include "runners/box/shared_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

/// Blanks and their like are written as \ooo there.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::set<std::string> mount_points(pid_t pid) {
  constexpr int kPoint = 5;  // proc(5): the fifth field of mountinfo
  std::set<std::string> points;
  std::ifstream table(fmt::format("/proc/{}/mountinfo", pid));
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string word;
    for (int field = 0; field < kPoint; ++field) words >> word;
    points.insert(unescaped(word));
  }
  return points;
}

}  // namespace

void require_in_place(pid_t pid, const BoxSpec& spec) {
  if (spec.volumes.empty()) return;
  const auto points = mount_points(pid);
  for (const auto& volume : spec.volumes) {
    if (points.count(fs::path(volume.second).lexically_normal().string()) > 0) continue;
    throw InfraError(
        fmt::format("box: the volume at {} is mounted elsewhere: something on its way "
                    "is a link",
                    volume.second));
  }
}

}  // namespace weir::box
