#include "runners/host_names.hpp"

#include <fmt/format.h>

#include "tasks/files.hpp"

namespace weir {

std::string with_hosts(const std::string& file, const std::map<std::string, std::string>& names) {
  std::string out = file.empty() ? "127.0.0.1 localhost\n::1 localhost\n" : file;
  if (out.back() != '\n') out += '\n';
  for (const auto& [name, address] : names) {
    const std::string entry = fmt::format("{} {}", address, name);
    bool there = false;
    for (const auto line : split_lines(file)) there = there || line == entry;
    if (!there) out += entry + '\n';
  }
  return out;
}

}  // namespace weir
