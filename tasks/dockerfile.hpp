#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.hpp"

namespace weir {

/// One FROM and what follows it.
struct DockerStage {
  std::string from;  ///< an image, or the name of an earlier stage
  std::string name;  ///< "" = only its number
  std::string platform;
  std::string workdir;                  ///< the last WORKDIR; "" if none
  std::vector<BuildStep> steps;         ///< WORKDIR, ENV, COPY, ADD, RUN, USER in order
  std::string user;                     ///< the last USER; "" if none
  std::vector<std::string> entrypoint;  ///< words; shell form: /bin/sh, -c, text
  std::vector<std::string> command;     ///< CMD, likewise
};

/// What a Dockerfile says, as far as Weir replays it: `from`, `workdir` and `steps` are the
/// last stage's, with the steps of the stages it is built upon before its own.
struct Dockerfile {
  std::string from;     ///< an image; "" if none
  std::string workdir;  ///< the last WORKDIR; "" if none
  std::vector<std::string> entrypoint;  ///< the last ENTRYPOINT, words; none if there is none
  std::vector<BuildStep> steps;
  std::vector<DockerStage> stages;               ///< as written, the last one too
  std::map<std::string, std::vector<BuildStep>>
      origins;                                   ///< stages that COPY --from names: their steps
  std::map<std::string, std::string> arguments;  ///< every ARG with its default
  std::vector<std::string> ignored;     ///< instructions without effect here (EXPOSE, LABEL...)
  std::vector<std::string> deviations;  ///< what it asks for and a replay does not do
  std::string unsupported;              ///< why it cannot be replayed; "" if it can
};

/// $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other} replaced from `values`; names it does
/// not hold stay as they are.
[[nodiscard]] std::string expand_variables(std::string_view text,
                                           const std::map<std::string, std::string>& values);

/// Parses a Dockerfile: continuation lines, comments, heredocs, shell and exec forms, stages,
/// ARG with defaults (before FROM too, where they hold for FROM alone until they are named
/// again). Files of other images (COPY --from), URLs, archives that ADD would unpack,
/// ONBUILD and shells that are no bash or sh are `unsupported`.
[[nodiscard]] Dockerfile parse_dockerfile(std::string_view text);

}  // namespace weir
