#include "runners/box/gauge.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string>

#include "tasks/files.hpp"

namespace weir::box {
namespace {

std::optional<std::int64_t> parsed(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return {};
  return value;
}

/// The file from its start; "" if it is not there.
std::string_view contents(int fd, char* buffer, std::size_t size) {
  const ssize_t got = fd < 0 ? -1 : ::pread(fd, buffer, size, 0);
  return got < 0 ? std::string_view() : std::string_view(buffer, static_cast<std::size_t>(got));
}

}  // namespace

Gauge::Gauge(const std::filesystem::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
  if (!fd_) fd_.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

std::optional<std::int64_t> Gauge::number() const {
  char buffer[64];
  return parsed(contents(fd_.get(), buffer, sizeof(buffer)));
}

std::optional<std::int64_t> Gauge::keyed(std::string_view key) const {
  char buffer[4096];
  for (const auto line : split_lines(contents(fd_.get(), buffer, sizeof(buffer)))) {
    if (line.size() > key.size() && line.substr(0, key.size()) == key && line[key.size()] == ' ') {
      return parsed(line.substr(key.size() + 1));
    }
  }
  return {};
}

void Gauge::write(std::string_view text) const {
  if (fd_) [[maybe_unused]] const auto wrote = ::pwrite(fd_.get(), text.data(), text.size(), 0);
}

}  // namespace weir::box
