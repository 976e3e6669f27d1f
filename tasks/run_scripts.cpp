#include "tasks/run_scripts.hpp"

#include <fmt/format.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kLongest = 1 << 20;

bool is_below(const fs::path& file, const fs::path& folder) {
  const fs::path inside = file.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

std::string read_script(const fs::path& folder, const std::string& instance, const char* name) {
  const fs::path file = folder / instance / name;
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error) throw UserError(fmt::format("{}: {}", file.string(), error.message()));
  if (!is_below(real, fs::canonical(folder))) {
    throw UserError(fmt::format("{}: leads out of the folder of scripts", file.string()));
  }
  if (!fs::is_regular_file(real)) throw UserError(fmt::format("{}: is no file", file.string()));
  if (fs::file_size(real) > kLongest) {
    throw UserError(fmt::format("{}: is larger than {} bytes", file.string(), kLongest));
  }
  return read_file(real);
}

}  // namespace

RunScripts read_run_scripts(const fs::path& folder, const std::string& instance) {
  const bool name = instance.find('/') == std::string::npos && instance != "." &&
                    instance != ".." && !instance.empty() &&
                    instance.find('\0') == std::string::npos;
  if (!name) throw UserError(fmt::format("names no folder: instance_id \"{}\"", instance));
  if (!fs::is_directory(folder / instance)) {
    throw UserError(fmt::format("{} has no scripts for {}", folder.string(), instance));
  }
  return {read_script(folder, instance, "run_script.sh"),
          read_script(folder, instance, "parser.py")};
}

}  // namespace weir
