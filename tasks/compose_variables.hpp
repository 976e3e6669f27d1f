#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/env_template.hpp"

namespace weir {

/// A text of a compose file with its variables replaced.
struct Interpolated {
  std::string text;
  std::vector<std::string> missing;    ///< variables without value and default: empty in `text`
  std::vector<std::string> defaulted;  ///< variables that took their default
};

/// Replaces, as compose does, $NAME and ${NAME}; ${NAME:-default} and ${NAME-default} (the second
/// only where NAME is not set); ${NAME:+other} and ${NAME+other}; ${NAME:?why} and ${NAME?why},
/// which must be set; $$ is a dollar. Defaults may hold variables. Throws UserError naming the
/// text for what is none of these.
[[nodiscard]] Interpolated interpolate(std::string_view text, const HostLookup& value_of);

/// An env_file: NAME=value lines, `export` before them, comments, quotes around values. A name
/// alone is left out. Throws UserError "line N: ..." for what is no such line.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_env_file(std::string_view text);

}  // namespace weir
