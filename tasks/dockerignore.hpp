#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Whether a path matches a pattern as Go's filepath.Match says, which is what COPY goes by: `*`
/// and `?` stand for anything but `/` (a leading dot too), `[a-z]` and `[^a-z]` for one character,
/// a backslash takes the next literally. A malformed pattern matches nothing.
[[nodiscard]] bool docker_match(std::string_view pattern, std::string_view path);
/// Whether a pattern has more in it than a name.
[[nodiscard]] bool is_docker_pattern(std::string_view word);

/// A .dockerignore: what of a build context is no part of it. Patterns are docker_match's, with
/// `**` for any number of folders; a folder's contents go with it; `!` takes back; the last
/// pattern that matches decides. Immutable.
class DockerIgnore {
 public:
  /// Throws UserError naming the line of a malformed pattern.
  [[nodiscard]] static DockerIgnore parse(std::string_view text);

  /// `path`: relative to the context, without `.` and `..`.
  [[nodiscard]] bool ignores(std::string_view path) const;

 private:
  struct Rule {
    std::string pattern;
    bool takes_back = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace weir
