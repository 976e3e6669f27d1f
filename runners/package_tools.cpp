#include "runners/package_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

// NOLINTBEGIN(modernize-avoid-c-arrays): symbols of the embedded file
extern const char weir_package_tools_begin[];
extern const char weir_package_tools_end[];
// NOLINTEND(modernize-avoid-c-arrays)

namespace weir {
namespace {

constexpr std::string_view kFolder = "/weir-tools";
constexpr std::array<std::string_view, 12> kNames = {"apt-get", "apt",    "apk",     "pip",
                                                     "pip3",    "uv",     "uvx",     "curl",
                                                     "pytest",  "python", "python3", "wget"};
/// Those whose being called means that something would be fetched, or made to fetch with.
constexpr std::array<std::string_view, 9> kFetching = {"apt-get", "apt", "apk",  "pip", "pip3",
                                                       "uv",      "uvx", "curl", "wget"};
constexpr std::string_view kNote = "weir: ";
constexpr std::size_t kNotes = 20;

bool part_of_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
         c == '/';
}

/// Whether `name` stands in `text` as a word of its own.
bool names(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || !part_of_word(text[at - 1]);
    const std::size_t end = at + name.size();
    if (begins && (end == text.size() || !part_of_word(text[end]))) return true;
  }
  return false;
}

void run(Box& box, const std::string& script, const char* what) {
  ExecRequest request;
  request.script = script;
  request.cwd = "/";
  request.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  request.timeout = std::chrono::minutes(1);
  request.merge_stderr = true;
  const ExecResult result = box.exec(request);
  if (result.ok()) return;
  throw InfraError(fmt::format("{}: {} {}: {}", what, name_of(result.status), result.exit_code,
                               to_utf8(result.out.bytes).substr(0, 300)));
}

}  // namespace

bool fetches_packages(std::string_view script) {
  return script.find("-m venv") != script.npos ||
         std::any_of(kFetching.begin(), kFetching.end(),
                     [&](std::string_view name) { return names(script, name); });
}

void bring_package_tools(Box& box) {
  run(box, fmt::format("rm -rf {0} && mkdir {0} && chmod 755 {0}", kFolder), "package tools");
  box.put(std::string(weir_package_tools_begin, weir_package_tools_end),
          fmt::format("{}/{}", kFolder, kNames.front()), 0755);
  std::string links;
  for (const auto& name : kNames) {
    if (name != kNames.front())
      links += fmt::format("ln {0}/{1} {0}/{2} && ", kFolder, kNames.front(), name);
  }
  run(box, links + "true", "package tools");
}

void remove_package_tools(Box& box) {
  run(box, fmt::format("rm -rf {}", kFolder), "package tools");
}

std::map<std::string, std::string> with_package_tools(std::map<std::string, std::string> env) {
  const auto path = env.find("PATH");
  env["PATH"] = fmt::format("{}:{}", kFolder,
                            path == env.end() ? "/usr/sbin:/usr/bin:/sbin:/bin" : path->second);
  return env;
}

std::vector<std::string> package_notes(std::string_view output) {
  std::vector<std::string> notes;
  for (const auto line : split_lines(output)) {
    if (line.substr(0, kNote.size()) != kNote || notes.size() == kNotes) continue;
    std::string note = to_utf8(line.substr(kNote.size()));
    if (std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace weir
