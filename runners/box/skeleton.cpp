#include "runners/box/skeleton.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

/// Parts of the host's /etc that programs need and that tell nothing.
constexpr const char* kCopied[] = {"alternatives",
                                   "bash.bashrc",
                                   "ca-certificates.conf",
                                   "debian_version",
                                   "default/useradd",
                                   "deluser.conf",
                                   "adduser.conf",
                                   "inputrc",
                                   "ld.so.cache",
                                   "ld.so.conf",
                                   "ld.so.conf.d",
                                   "localtime",
                                   "login.defs",
                                   "magic",
                                   "mime.types",
                                   "nsswitch.conf",
                                   "os-release",
                                   "pam.conf",
                                   "pam.d",
                                   "perl",
                                   "profile",
                                   "protocols",
                                   "python3",
                                   "python3.11",
                                   "services",
                                   "security/limits.conf",
                                   "security/pam_env.conf",
                                   "shells",
                                   "skel",
                                   "ssl/certs",
                                   "ssl/openssl.cnf",
                                   "terminfo"};

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    "bin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
    "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr const char* kGroup =
    "root:x:0:\ndaemon:x:1:\nbin:x:2:\ntty:x:5:\nmail:x:8:\nstaff:x:50:\nusers:x:100:\n"
    "www-data:x:33:\nnogroup:x:65534:\n";

void folder(const fs::path& path, unsigned mode = 0755) {
  fs::create_directories(path);
  ::chmod(path.c_str(), mode);
}

void copy_etc(const fs::path& etc) {
  for (const char* name : kCopied) {
    const fs::path source = fs::path("/etc") / name;
    if (!fs::exists(fs::symlink_status(source))) continue;
    folder((etc / name).parent_path());
    std::error_code ignored;  // a dangling or unreadable part is not needed
    fs::copy(source, etc / name, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
             ignored);
  }
  write_file(etc / "passwd", kPasswd);
  write_file(etc / "group", kGroup);
  write_file(etc / "shadow", "root:*:19000:0:99999:7:::\n");
  ::chmod((etc / "shadow").c_str(), 0640);
  write_file(etc / "hostname", "box\n");
  write_file(etc / "hosts", "127.0.0.1 localhost box\n::1 localhost\n");
  write_file(etc / "resolv.conf", "");
}

}  // namespace

void build_skeleton(const fs::path& root) {
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const fs::path host = fs::path("/") / name;
    if (fs::is_symlink(host)) {
      fs::create_symlink(fs::read_symlink(host), root / name);
    } else if (fs::exists(host)) {
      throw InfraError(
          fmt::format("environment `host` needs a host with merged /usr; {} is a real folder here. "
                      "Use a rootfs folder instead",
                      host.string()));
    }
  }
  for (const char* name : {"usr", "proc", "dev", "sys", "home", "run", "opt", "srv", "mnt", "media",
                           "app", "etc", "var/lib", "var/log", "var/cache", "var/spool"}) {
    folder(root / name);
  }
  folder(root / "var");
  folder(root / "root", 0700);
  folder(root / "tmp", 01777);
  folder(root / "var/tmp", 01777);
  fs::create_symlink("/run", root / "var/run");
  copy_etc(root / "etc");
}

void copy_folders(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  const auto skip = fs::directory_options::skip_permission_denied;
  std::error_code ignored;
  for (fs::recursive_directory_iterator at(from, skip, ignored), end; at != end;
       at.increment(ignored)) {
    if (!at->is_directory(ignored) || at->is_symlink(ignored)) continue;
    fs::create_directory(to / at->path().lexically_relative(from), ignored);
  }
}

}  // namespace weir::box
