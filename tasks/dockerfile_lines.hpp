#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A body that stands below its instruction, up to the line that ends it.
struct Heredoc {
  std::string word;      ///< that ends it
  std::string body;      ///< with its line ends
  bool literal = false;  ///< its word was quoted: nothing in it is expanded
};

/// One instruction of a Dockerfile: lines joined at trailing backslashes, without comments.
struct DockerLine {
  std::string name;  ///< upper case
  std::string rest;  ///< its arguments, with the marks of heredocs
  std::vector<Heredoc> heredocs;
};

/// Splits a Dockerfile; blank lines are dropped. Only RUN, COPY and ADD have heredocs.
[[nodiscard]] std::vector<DockerLine> dockerfile_lines(std::string_view text);

/// Splits into words at spaces; quotes group and are removed.
[[nodiscard]] std::vector<std::string> docker_words(std::string_view text);

/// ["a", "b"] as words; empty if it is not a JSON list of strings.
[[nodiscard]] std::vector<std::string> docker_exec_form(std::string_view text);

}  // namespace weir
