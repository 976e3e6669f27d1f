#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A command that runs tests, and the name of the parser that reads what it prints.
struct TestCommand {
  std::string command;
  std::string log_parser;
};

/// The command that runs `test_files` (paths in the repository that exist there) and names
/// each test, for `runner`, a word of find_test_runner. Runners that take no files, and
/// files that only support tests, get all tests run. npm and make name tests in too many
/// ways: of them the exit code is all that is read. An empty command for unknown words.
[[nodiscard]] TestCommand test_command_for(std::string_view runner,
                                           const std::vector<std::string>& test_files);

/// `command` with "{files}" replaced by `test_files` as shell words.
[[nodiscard]] std::string with_test_files(std::string command,
                                          const std::vector<std::string>& test_files);

/// The parser for a command of the user's, by the runner it names; exit_code if it names
/// none that is known.
[[nodiscard]] std::string log_parser_for(std::string_view command);

}  // namespace weir
