#include "runners/host.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <map>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kStatus = "/var/lib/dpkg/status";

/// Installed packages and their versions; empty on a host without dpkg.
std::map<std::string, std::string> installed_packages() {
  std::map<std::string, std::string> packages;
  if (!std::filesystem::exists(kStatus)) return packages;
  const std::string text = read_file(kStatus);
  std::string name;
  bool installed = false;
  for (const auto line : split_lines(text)) {
    if (line.rfind("Package: ", 0) == 0) name = line.substr(9);
    if (line.rfind("Status: ", 0) == 0) {
      installed = line.find(" installed") != std::string_view::npos;
    }
    if (line.rfind("Version: ", 0) == 0 && installed) packages[name] = line.substr(9);
  }
  return packages;
}

}  // namespace

const std::string& host_digest() {
  static const std::string digest = [] {
    utsname kernel{};
    ::uname(&kernel);
    Digest sum;
    sum.add(kernel.release);
    for (const auto& [name, version] : installed_packages()) sum.add(name).add(version);
    return sum.hex();
  }();
  return digest;
}

std::vector<std::string> missing_packages(const std::vector<std::string>& packages) {
  std::vector<std::string> missing;
  if (packages.empty()) return missing;
  const auto installed = installed_packages();
  for (const auto& package : packages) {
    if (installed.count(package) == 0) missing.push_back(package);
  }
  return missing;
}

void allow_open_files(int count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto wanted = std::min<rlim_t>(static_cast<rlim_t>(count), limit.rlim_max);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string read_host_file(const std::filesystem::path& file) {
  try {
    return read_file(file);
  } catch (const UserError& error) {
    throw InfraError(error.what());
  }
}

}  // namespace weir
