#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A shell script taken apart as far as an audit needs, not as a shell would: no expansion,
// no functions. Anything is accepted; time is linear in the text.

/// One simple command, quotes taken off.
struct ShellCommand {
  std::vector<std::string> assignments;  ///< NAME=value: before the program, or exported
  std::vector<std::string> words;        ///< program first; sudo, env, timeout... are left out
  std::vector<std::string> redirects;    ///< files that > and >> write
  std::vector<std::string> texts;        ///< here-documents, and programs given with -c or -e
  std::string source;                    ///< as it stands in the script, without here-documents

  /// The program without its folder; "" if only variables are set.
  [[nodiscard]] std::string_view program() const;
};

/// The script's commands: those of $(...), of backquotes and of `bash -c` too, behind the
/// command that holds them, nested to a depth of 4.
[[nodiscard]] std::vector<ShellCommand> shell_commands(std::string_view script);

/// The files a command writes by its program's nature (cp, tee, touch...) and by redirection.
[[nodiscard]] std::vector<std::string> written_files(const ShellCommand& command);

/// Whether a table of names holds this one.
template <std::size_t N>
[[nodiscard]] bool among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What follows the last '/'.
[[nodiscard]] std::string_view base_name(std::string_view path);

}  // namespace weir
