#include "tasks/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
  if (fs::is_directory(file)) {
    throw UserError(fmt::format("{}: is a folder, a file was expected", file.string()));
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw UserError(fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  }
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) {
    throw UserError(fmt::format("{}: read failed", file.string()));
  }
  return bytes;
}

void write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw InfraError(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  }
}

/// A new empty file beside `file`: never one that somebody else put there.
fs::path unused_beside(const fs::path& file) {
  for (int i = 0;; ++i) {
    const fs::path beside = fmt::format("{}.new{}", file.string(), i == 0 ? "" : std::to_string(i));
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      ::close(fd);
      return beside;
    }
    if (errno == EEXIST) continue;
    throw InfraError(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  }
}

void replace_file(const fs::path& named, std::string_view bytes) {
  std::error_code failed;
  fs::path file = fs::is_symlink(named) ? fs::weakly_canonical(named, failed) : named;
  if (failed) file = named;
  if (fs::exists(file) && !fs::is_regular_file(file)) {  // a device, a pipe
    write_file(file, bytes);
    return;
  }
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), failed);
  fs::path beside;
  try {
    if (failed) throw InfraError(fmt::format("{}: {}", file.string(), failed.message()));
    beside = unused_beside(file);
    write_file(beside, bytes);
    const int fd = ::open(beside.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;  // a full disk may say so only now
    const int cause = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) {
      throw InfraError(
          fmt::format("{}: cannot be written: {}", file.string(), std::strerror(cause)));
    }
    fs::rename(beside, file);
  } catch (const std::exception& error) {
    if (!beside.empty()) fs::remove(beside, failed);
    throw UserError(fmt::format("{}; what stood there before is untouched", error.what()));
  }
}

std::string plain_file_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                       (c == '.' && !out.empty());
    out += plain ? c : '_';
  }
  return out.substr(0, 100);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || entry.is_regular_file()) {
      found.push_back(entry.path().lexically_relative(folder));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string folder_digest(const fs::path& folder) {
  Digest digest;
  for (const auto& name : files_below(folder)) {
    const fs::path file = folder / name;
    digest.add(name.string());
    if (fs::is_symlink(file)) {
      digest.add("link").add(fs::read_symlink(file).string());
      continue;
    }
    const bool executable =
        (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none;
    digest.add(executable ? "executable" : "file").add(read_file(file));
  }
  return digest.hex();
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace weir
