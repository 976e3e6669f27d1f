#include "runners/grade/verdict_machinery.hpp"

#include <filesystem>
#include <sstream>

namespace weir {
namespace {

void add_files(const std::string& folder, std::vector<std::string>& paths) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (!entry.is_directory()) paths.push_back(entry.path().string());
  }
}

/// What runs a verifier.
const std::vector<std::string>& verdict_machinery() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> all = {"/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/profile",
                                    "/etc/bash.bashrc"};
    for (const char* name :
         {"bash",    "sh",   "dash",   "env",   "rm",   "mkdir",  "chmod",    "cat",
          "grep",    "cmp",  "diff",   "test",  "[",    "echo",   "python3",  "python3.11",
          "sqlite3", "git",  "awk",    "mawk",  "gawk", "sed",    "find",     "head",
          "tail",    "sort", "wc",     "tr",    "cut",  "pytest", "pytest-3", "node",
          "curl",    "make", "setsid", "sleep", "touch",  "timeout",  "jq",
          "cp",      "mv",   "ln",     "ls",    "date",   "seq",      "tee",
          "stat",    "xargs", "mktemp", "basename", "dirname", "realpath", "readlink",
          "printf",  "true", "false",  "kill",  "pgrep",  "ps",       "nohup",
          "tar",     "gzip", "nl",     "od",    "xxd",    "md5sum",   "sha256sum",
          "uname",   "id",   "whoami", "tac",   "paste",  "uniq",     "comm",
          "python",  "pip",  "pip3",   "uv",    "uvx",    "wget",     "dpkg-query",
          "npm",     "npx",  "perl",   "patch"}) {
      for (const char* folder :
           {"/usr/bin/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/sbin/"}) {
        all.push_back(std::string(folder) + name);
      }
    }
    for (const char* link : {"/bin", "/sbin", "/lib", "/lib64"}) all.emplace_back(link);
    add_files("/usr/lib/x86_64-linux-gnu", all);
    // A runner that is not the base's own, or shadows it.
    for (const char* package : {"pytest", "_pytest", "pluggy", "pytest.py", "_pytest.py"}) {
      for (const char* folder : {"/usr/local/lib/python3*/dist-packages/",
                                 "*/.local/lib/python3*/site-packages/"}) {
        all.push_back(std::string(folder) + package);
        all.push_back(std::string(folder) + package + "/*");
      }
    }
    // What Python loads before and beside a script: its library, and what hooks
    // into every start. (Its folders of packages are planted_python's.)
    for (const char* pattern :
         {"/usr/lib/python3.*", "/etc/python3*", "*/sitecustomize.*", "*/usercustomize.*",
          "*/sitecustomize/__init__.*", "*/usercustomize/__init__.*",
          "/usr/lib/python3/dist-packages/*pytest/*", "/usr/lib/python3/dist-packages/*__pycache__/*",
          "/usr/local/lib/python3.*/os.py", "/usr/local/lib/python3.*/site.py",
          "/usr/local/lib/python3.*/json/*", "/usr/local/lib/python3.*/re/*",
          "/usr/local/lib/python3.*/unittest/*", "/usr/local/lib/python3.*/encodings/*"}) {
      all.emplace_back(pattern);
    }
    return all;
  }();
  return paths;
}

/// Every word of the entrypoint that could be a file.
void add_service(const PreparedEnvironment& environment, std::vector<std::string>& paths) {
  for (const auto& part : environment.entrypoint) {
    std::istringstream words(part);  // shell form: the command is one part
    for (std::string word; words >> word;) {
      if (word.find('*') != std::string::npos) continue;  // would be a pattern
      const std::filesystem::path path = std::filesystem::path(environment.workdir) / word;
      paths.push_back(path.lexically_normal().string());
    }
  }
}

}  // namespace

ChangedMachinery changed_machinery(const SnapshotPtr& final, const GradingRoom& room) {
  ChangedMachinery changed;
  std::vector<std::string> paths = verdict_machinery();
  add_service(room.environment, paths);
  auto touched = room.sandbox.touched(final, room.environment.snapshot, paths);
  if (touched.size() >= kMostTouched) changed.programs.emplace_back(kTooManyChanges);
  for (auto& path : touched) {
    const bool cache = path.find("/__pycache__/") != std::string::npos;
    (cache ? changed.caches : changed.programs).push_back(std::move(path));
  }
  return changed;
}

std::vector<std::string> machinery_changed_by_preparation(const SnapshotPtr& files,
                                                          const GradingRoom& room) {
  std::vector<std::string> paths = verdict_machinery();
  for (const char* runner :
       {"*/site-packages/_pytest/*", "*/site-packages/pytest/*", "*/site-packages/pluggy/*",
        "*/dist-packages/_pytest/*", "*/dist-packages/pytest/*", "*/dist-packages/pluggy/*",
        "*/bin/python", "*/bin/python3", "*/bin/pytest", "*/bin/py.test"}) {
    paths.emplace_back(runner);
  }
  // What the grader's own git goes by, when it puts the hidden tests back.
  for (const char* file : {"/config", "/HEAD", "/packed-refs", "/refs/*", "/info/*", "/hooks/*",
                           "/modules/*", "/objects/info/*"}) {
    paths.push_back(room.environment.workdir + "/.git" + file);
  }
  std::vector<std::string> changed;
  auto touched = room.sandbox.touched(files, room.environment.snapshot, paths);
  if (touched.size() >= kMostTouched) changed.emplace_back(kTooManyChanges);
  for (auto& path : touched) {
    const bool install = path.find("/__pycache__/") != std::string::npos ||
                         std::filesystem::path(path).extension() == ".pth";
    if (!install) changed.push_back(std::move(path));
  }
  return changed;
}

}  // namespace weir
