#include "harness/model/secret.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>

#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kShortestRedacted = 6;  // shorter "keys" are words of their own

std::string from_file(const ModelSpec& spec) {
  struct stat info {};
  if (::stat(spec.api_key_file.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    throw UserError(fmt::format("[models.{}] api_key_file: {} can be read by others; chmod 600 it",
                                spec.name, spec.api_key_file));
  }
  return read_file(spec.api_key_file);
}

/// What the command says on stderr is its own affair and may hold the key.
std::string from_command(const ModelSpec& spec) {
  const ProcessResult result = run_process({.argv = {"sh", "-c", spec.api_key_command}});
  if (!result.ok()) {
    throw UserError(fmt::format("[models.{}] api_key_command failed with exit code {}; run it by "
                                "hand to see why",
                                spec.name, result.exit_code));
  }
  return result.out;
}

std::string from_environment(const ModelSpec& spec) {
  const char* value = std::getenv(spec.api_key_env.c_str());
  if (value == nullptr || *value == '\0') {
    throw UserError(fmt::format("[models.{}] api_key_env: the environment variable {} is not set; "
                                "export {}=... and run again",
                                spec.name, spec.api_key_env, spec.api_key_env));
  }
  return value;
}

}  // namespace

Secret Secret::of(const ModelSpec& spec) {
  std::string source;
  std::string value;
  if (!spec.api_key_file.empty()) {
    source = "api_key_file";
    value = from_file(spec);
  } else if (!spec.api_key_command.empty()) {
    source = "api_key_command";
    value = from_command(spec);
  } else if (!spec.api_key_env.empty()) {
    source = "api_key_env";
    value = from_environment(spec);
  } else {
    return {};
  }
  value = std::string(trimmed(value));
  const bool clean = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F;
  });
  if (value.empty() || !clean) {
    throw UserError(fmt::format("[models.{}] {}: gives no key: it is empty, or holds blanks or "
                                "control characters",
                                spec.name, source));
  }
  return Secret(std::move(value));
}

Secret Secret::once(const ModelSpec& spec) {
  if (spec.api_key_file.empty() && spec.api_key_command.empty()) return of(spec);
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, Secret> known;
  const std::lock_guard lock(mutex);
  const auto source = std::pair(spec.api_key_file, spec.api_key_command);
  auto found = known.find(source);
  if (found == known.end()) found = known.emplace(source, of(spec)).first;
  return found->second;
}

std::string Secret::redact(std::string text) const {
  if (value_.size() < kShortestRedacted) return text;
  constexpr std::string_view kMark = "[key]";
  for (auto at = text.find(value_); at != std::string::npos; at = text.find(value_, at)) {
    text.replace(at, value_.size(), kMark);
    at += kMark.size();
  }
  return text;
}

}  // namespace weir
