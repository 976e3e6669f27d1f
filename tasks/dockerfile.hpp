#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.hpp"

namespace weir {

/// What a Dockerfile says, as far as Weir replays it.
struct Dockerfile {
  std::string from;               ///< image of the (only) stage; "" if none
  std::string workdir;            ///< the last WORKDIR; "" if none
  std::vector<BuildStep> steps;   ///< WORKDIR, ENV, COPY, ADD, RUN, USER in order
  std::vector<std::string> ignored;  ///< instructions without effect here (EXPOSE, LABEL...)
  std::string unsupported;        ///< why it cannot be replayed; "" if it can
};

/// $NAME, ${NAME} and ${NAME:-default} replaced from `values`; names it does not
/// hold stay as they are.
[[nodiscard]] std::string expand_variables(std::string_view text,
                                           const std::map<std::string, std::string>& values);

/// Parses a Dockerfile: continuation lines, comments, shell and exec forms, ARG
/// with defaults. Multi-stage builds, COPY --from and heredocs are `unsupported`.
[[nodiscard]] Dockerfile parse_dockerfile(std::string_view text);

}  // namespace weir
