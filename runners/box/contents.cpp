#include "runners/box/contents.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

void make_folder(Channel& channel, const std::string& path) {
  Request request;
  request.op = Op::folder;
  request.flags = O_CREAT;
  request.mode = 0755;
  (void)channel.tell(request, std::vector{path}, "mkdir " + path);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

/// Copies a tree that an enemy made and may still be changing: every name is
/// opened below its parent's descriptor, no link is followed, and what was
/// opened is looked at before it is read.
class TreeCopy {
 public:
  TreeCopy(const TreeCaps& caps, const std::string& root)
      : caps_(caps), bytes_left_(caps.bytes), below_root_(root.size() + 1) {}

  void folder(int from, const fs::path& to, const std::string& shown, int depth) {
    fs::create_directories(to);
    if (depth > caps_.depth) return leave_out(shown, "too deep");
    DIR* entries = ::fdopendir(from);
    if (entries == nullptr) return leave_out(shown, std::strerror(errno));
    while (const dirent* entry = ::readdir(entries)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      const std::string below = shown + "/" + name;
      if (excluded(below.substr(below_root_))) continue;
      if (--entries_left_ < 0) {
        leave_out(below, "too many entries");
        break;
      }
      one(::dirfd(entries), name, to / name, below, depth);
    }
    ::closedir(entries);
  }

  void file(int from, const struct stat& info, const fs::path& to, const std::string& shown) {
    if (info.st_size > bytes_left_) return leave_out(shown, "too large");
    const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                (info.st_mode & 0100U) != 0 ? 0755 : 0644));
    if (!out) return leave_out(shown, std::strerror(errno));
    char buffer[65536];
    for (std::int64_t left = info.st_size; left > 0;) {  // not what it grew to since
      const ssize_t got = ::read(
          from, buffer, std::min<std::size_t>(sizeof(buffer), static_cast<std::size_t>(left)));
      if (got <= 0) break;
      if (!write_all(out.get(), {buffer, static_cast<std::size_t>(got)})) {
        return leave_out(shown, std::strerror(errno));
      }
      left -= got;
      bytes_left_ -= got;
    }
  }

  std::vector<std::string> take() { return std::move(left_out_); }

 private:
  /// A pattern without a slash is any part's name, as for tar.
  [[nodiscard]] bool excluded(std::string_view path) const {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return std::any_of(caps_.exclude.begin(), caps_.exclude.end(), [&](const auto& pattern) {
      return glob_match(pattern, path) || glob_match(pattern, name);
    });
  }

  void one(int parent, const std::string& name, const fs::path& to, const std::string& shown,
           int depth) {
    open_how how{};
    how.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    struct stat info {};
    // Looked at first: opening a device or a FIFO may have effects of its own.
    if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) {
      return leave_out(shown, "neither a file nor a folder");
    }
    Descriptor fd(
        static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof(how))));
    if (!fd || ::fstat(fd.get(), &info) != 0) return leave_out(shown, std::strerror(errno));
    if (S_ISDIR(info.st_mode)) {
      folder(fd.release(), to, shown, depth + 1);
    } else if (S_ISREG(info.st_mode)) {
      file(fd.get(), info, to, shown);
    } else {
      leave_out(shown, "changed while it was copied");
    }
  }

  void leave_out(const std::string& shown, const std::string& why) {
    constexpr std::size_t kMostNamed = 100;
    if (left_out_.size() < kMostNamed) left_out_.push_back(shown + ": " + why);
  }

  const TreeCaps& caps_;
  std::int64_t bytes_left_;
  int entries_left_ = caps_.entries;
  std::size_t below_root_;
  std::vector<std::string> left_out_;
};

}  // namespace

void put_file(Channel& channel, std::string_view bytes, const std::string& path, unsigned mode) {
  Request request;
  request.op = Op::open;
  request.flags = O_CREAT;
  request.mode = mode;
  const Received opened = channel.tell(request, std::vector{path}, "put " + path);
  if (!write_all(opened.fd.get(), bytes)) {
    throw InfraError(fmt::format("box: put {}: {}", path, std::strerror(errno)));
  }
}

void put_folder(Channel& channel, const fs::path& folder, const std::string& path) {
  make_folder(channel, path);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string inside = path + "/" + entry.path().lexically_relative(folder).string();
    if (entry.is_symlink()) {
      Request request;
      request.op = Op::link;
      (void)channel.tell(request, std::vector{fs::read_symlink(entry.path()).string(), inside},
                         inside);
    } else if (entry.is_directory()) {
      make_folder(channel, inside);
    } else if (entry.is_regular_file()) {
      const bool runs = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
      put_file(channel, read_file(entry.path()), inside, runs ? 0755 : 0644);
    }
  }
}

namespace {

/// A regular file of the box; none if the path is not one.
Descriptor open_file(Channel& channel, const std::string& path) {
  Request request;
  request.op = Op::open;
  const Descriptor blob = make_blob({path});
  if (channel.gone() || !channel.send(request, {blob.get()})) {
    throw InfraError("box: the init no longer answers");
  }
  auto opened = channel.receive(std::chrono::seconds(30));
  if (!opened) throw InfraError("box: the init no longer answers");
  return opened->reply.error == 0 ? std::move(opened->fd) : Descriptor();
}

}  // namespace

std::optional<std::string> get_file(Channel& channel, const std::string& path, std::size_t cap) {
  const Descriptor file = open_file(channel, path);
  if (!file) return {};
  std::string bytes;
  char buffer[65536];
  while (bytes.size() < cap) {
    const ssize_t got = ::read(file.get(), buffer, std::min(sizeof(buffer), cap - bytes.size()));
    if (got <= 0) break;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return bytes;
}

std::vector<std::string> get_folder(Channel& channel, const std::string& path, const fs::path& to,
                                    const TreeCaps& caps) {
  TreeCopy copy(caps, path);
  struct stat info {};
  if (const Descriptor file = open_file(channel, path); file && ::fstat(file.get(), &info) == 0) {
    fs::create_directories(to.parent_path());
    copy.file(file.get(), info, to, path);
    return copy.take();
  }
  Request request;
  request.op = Op::folder;
  Received opened = channel.tell(request, std::vector{path}, "get " + path);
  copy.folder(opened.fd.release(), to, path, 0);
  return copy.take();
}

ExecRequest with_script_placed(Channel& channel, const ExecRequest& request) {
  constexpr std::size_t kLongest = 100'000;  // an argument may have 128 KiB
  if (!request.argv.empty() || request.script.size() <= kLongest) return request;
  std::random_device random;  // a name nothing in the box can know beforehand
  const std::string path = fmt::format("/tmp/.weir-{:08x}{:08x}", random(), random());
  put_file(channel, request.script, path, 0644);
  ExecRequest placed = request;
  placed.argv = {"bash", path};
  return placed;
}

}  // namespace weir::box
