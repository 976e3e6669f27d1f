#include "harness/dataset/partial_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// What FILE.part.json says.
struct State {
  DatasetSplit split;
  std::int64_t total = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string sha256;
};

State read_state(const fs::path& file) {
  try {
    const json record = json::parse(read_file(file));
    return {{record.at("dataset").get<std::string>(), record.at("config").get<std::string>(),
             record.at("split").get<std::string>()},
            record.at("total").get<std::int64_t>(),
            record.at("rows").get<std::int64_t>(),
            record.at("bytes").get<std::int64_t>(),
            record.at("sha256").get<std::string>()};
  } catch (const json::exception&) {
    throw UserError(
        fmt::format("{}: not the record of a fetch; remove it and the .part beside it, "
                    "or name another file with -o",
                    file.string()));
  }
}

bool same(const DatasetSplit& a, const DatasetSplit& b) {
  return a.dataset == b.dataset && a.config == b.config && a.split == b.split;
}

}  // namespace

PartialFile::PartialFile(const fs::path& file, const DatasetSplit& split)
    : file_(file),
      part_(file.string() + ".part"),
      state_(file.string() + ".part.json"),
      split_(split) {
  open_and_lock();
  try {
    take_up();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

PartialFile::~PartialFile() {
  ::close(fd_);
}

void PartialFile::open_and_lock() {
  std::error_code ignored;
  if (part_.has_parent_path()) fs::create_directories(part_.parent_path(), ignored);
  fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd_ < 0) fail(part_);
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw UserError(fmt::format("{}: another fetch is writing it", part_.string()));
}

void PartialFile::take_up() {
  const bool empty = fs::file_size(part_) == 0;
  if (!fs::exists(state_)) {
    if (!empty) {
      throw UserError(
          fmt::format("{}: nothing says what it is; remove it, or name another file "
                      "with -o",
                      part_.string()));
    }
    write_state();
    return;
  }
  const State state = read_state(state_);
  if (!same(state.split, split_)) {
    throw UserError(
        fmt::format("{}: holds rows of {} ({}, {}); remove it, or name another file "
                    "with -o",
                    part_.string(), state.split.dataset, state.split.config, state.split.split));
  }
  if (!read_rows(state.bytes) || rows_ != state.rows || sha256() != state.sha256) {
    restart("what was fetched before has been changed since");
    return;
  }
  total_ = state.total;
  if (::ftruncate(fd_, bytes_) != 0) fail(part_);  // what a killed process wrote beyond
}

/// Whether the first `bytes` are there, as whole lines.
bool PartialFile::read_rows(std::int64_t bytes) {
  std::ifstream in(part_, std::ios::binary);
  std::string line;
  while (bytes_ < bytes && std::getline(in, line)) {
    digest_->add(line);
    digest_->add("\n");
    bytes_ += static_cast<std::int64_t>(line.size()) + 1;
    ++rows_;
    last_line_ = std::move(line);
  }
  return bytes_ == bytes && !in.bad();
}

void PartialFile::write(std::string_view bytes) {
  std::int64_t at = bytes_;
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd_, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(part_);
    at += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd_) != 0) fail(part_);
}

void PartialFile::write_state() const {
  const json record = {
      {"dataset", split_.dataset}, {"config", split_.config}, {"split", split_.split},
      {"total", total_},           {"rows", rows_},           {"bytes", bytes_},
      {"sha256", sha256()}};
  replace_file(state_, record.dump(2) + "\n");
}

void PartialFile::append(const std::vector<std::string>& lines, std::int64_t total) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  write(text);
  digest_->add(text);
  bytes_ += static_cast<std::int64_t>(text.size());
  rows_ += static_cast<std::int64_t>(lines.size());
  if (!lines.empty()) last_line_ = lines.back();
  total_ = total;
  write_state();
}

void PartialFile::restart(const std::string& why) {
  discarded_ = why;
  if (::ftruncate(fd_, 0) != 0) fail(part_);
  digest_.emplace();
  rows_ = bytes_ = 0;
  total_ = -1;
  last_line_.clear();
  write_state();
}

void PartialFile::finish() {
  replace_file(file_.string() + ".sha256",
               fmt::format("{}  {}\n", sha256(), file_.filename().string()));
  if (::rename(part_.c_str(), file_.c_str()) != 0) fail(file_);
  std::error_code ignored;
  fs::remove(state_, ignored);
}

void PartialFile::fail(const fs::path& path) const {
  throw UserError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
}

}  // namespace weir
