#include "tasks/dockerignore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// The place behind the `[...]` at the beginning of `pattern`; npos if it is malformed.
std::size_t end_of_class(std::string_view pattern) {
  std::size_t at = 1;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  for (bool empty = true; at < pattern.size(); ++at, empty = false) {
    if (pattern[at] == ']' && !empty) return at + 1;
    if (pattern[at] == ']' || pattern[at] == '-') return pattern.npos;
    if (pattern[at] == '\\') ++at;
    if (at + 1 < pattern.size() && pattern[at + 1] == '-') {
      at += 2;
      if (at < pattern.size() && pattern[at] == '\\') ++at;
      if (at >= pattern.size() || pattern[at] == ']') return pattern.npos;
    }
  }
  return pattern.npos;
}

/// Whether the well-formed `[...]` holds `c`.
bool class_holds(std::string_view inside, char c) {
  inside = inside.substr(1, inside.size() - 2);
  const bool negated = inside.front() == '^';
  if (negated) inside.remove_prefix(1);
  const auto take = [&inside] {
    if (inside.front() == '\\' && inside.size() > 1) inside.remove_prefix(1);
    const char taken = inside.front();
    inside.remove_prefix(1);
    return taken;
  };
  bool found = false;
  while (!inside.empty()) {
    const char low = take();
    char high = low;
    if (inside.size() > 1 && inside.front() == '-') {
      inside.remove_prefix(1);
      high = take();
    }
    found = found || (low <= c && c <= high);
  }
  return found != negated;
}

bool is_well_formed(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && ++at == pattern.size()) return false;
    if (pattern[at] != '[' || (at > 0 && pattern[at - 1] == '\\')) continue;
    const std::size_t end = end_of_class(pattern.substr(at));
    if (end == pattern.npos) return false;
    at += end - 1;
  }
  return true;
}

/// One character of a well-formed pattern against one of a path; how far the pattern then moves.
std::optional<std::size_t> step(std::string_view pattern, char c) {
  switch (pattern.front()) {
    case '?':
      return c == '/' ? std::nullopt : std::optional<std::size_t>(1);
    case '[': {
      const std::size_t end = end_of_class(pattern);
      const bool holds = end != pattern.npos && c != '/' && class_holds(pattern.substr(0, end), c);
      return holds ? std::optional(end) : std::nullopt;
    }
    case '\\':
      return pattern.size() > 1 && pattern[1] == c ? std::optional<std::size_t>(2) : std::nullopt;
    default:
      return pattern.front() == c ? std::optional<std::size_t>(1) : std::nullopt;
  }
}

/// The parts of a path or a pattern between slashes.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto slash = text.find('/'); slash != text.npos; slash = text.find('/')) {
    parts.push_back(text.substr(0, slash));
    text.remove_prefix(slash + 1);
  }
  parts.push_back(text);
  return parts;
}

/// One part of a well-formed pattern against one of a path.
bool part_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;  // behind the last `*`, which so far stands for all up to:
  std::size_t resume = 0;
  while (n < name.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = n;
      continue;
    }
    if (p < pattern.size() && n < name.size()) {
      if (const auto moved = step(pattern.substr(p), name[n])) {
        p += *moved;
        ++n;
        continue;
      }
    }
    if (!star || resume >= name.size()) return false;
    p = *star;
    n = ++resume;
  }
  return true;
}

/// As Docker reads it: ** before a name stands for folders above it.
std::vector<std::string_view> ignore_parts(std::string_view pattern) {
  std::vector<std::string_view> parts;
  for (auto part : parts_of(pattern)) {
    if (part.size() > 2 && part.starts_with("**")) {
      parts.push_back(part.substr(0, 2));
      part.remove_prefix(2);
    }
    parts.push_back(part);
  }
  return parts;
}

/// Whether the pattern is the path, or one of the folders it is in.
bool covers(const std::vector<std::string_view>& pattern,
            const std::vector<std::string_view>& path) {
  // reached[j]: the pattern's parts so far can stand for the path's first j.
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::vector<bool> next(path.size() + 1, false);
    const bool any = pattern[i] == "**";
    const bool last = i + 1 == pattern.size();
    for (std::size_t j = 0; j <= path.size(); ++j) {
      if (!reached[j]) continue;
      if (any)
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(last ? j + 1 : j), next.end(), true);
      else if (j < path.size() && part_matches(pattern[i], path[j]))
        next[j + 1] = true;
      if (any) break;
    }
    reached = std::move(next);
  }
  return std::find(reached.begin() + 1, reached.end(), true) != reached.end();
}

}  // namespace

bool docker_match(std::string_view pattern, std::string_view path) {
  if (!is_well_formed(pattern)) return false;
  const auto of_pattern = parts_of(pattern);
  const auto of_path = parts_of(path);
  return std::equal(of_pattern.begin(), of_pattern.end(), of_path.begin(), of_path.end(),
                    part_matches);
}

bool is_docker_pattern(std::string_view word) {
  return word.find_first_of("*?[\\") != word.npos;
}

DockerIgnore DockerIgnore::parse(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  DockerIgnore ignore;
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    std::string_view word = trimmed(line);
    if (word.empty() || line.front() == '#') continue;
    const bool takes_back = word.front() == '!';
    if (takes_back) word = trimmed(word.substr(1));
    if (word.empty() || !is_well_formed(word)) {
      throw UserError(
          fmt::format(".dockerignore, line {}: \"{}\" is no pattern: brackets must be "
                      "closed, and something stand behind ! and \\",
                      number, to_utf8(line.substr(0, 100))));
    }
    std::string clean = std::filesystem::path(word).lexically_normal().string();
    while (clean.ends_with('/')) clean.pop_back();
    while (clean.starts_with('/')) clean.erase(0, 1);
    if (!clean.empty() && clean != ".") ignore.rules_.push_back({std::move(clean), takes_back});
  }
  return ignore;
}

bool DockerIgnore::ignores(std::string_view path) const {
  const auto parts = parts_of(path);
  bool ignored = false;
  for (const auto& rule : rules_) {
    if (rule.takes_back == ignored && covers(ignore_parts(rule.pattern), parts))
      ignored = !rule.takes_back;
  }
  return ignored;
}

}  // namespace weir
