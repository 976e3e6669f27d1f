#include "runners/test_command.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "runners/grade/log_parsers.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Files = std::vector<std::string>;

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool ends(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string words(const Files& files) {
  std::string out;
  for (const auto& file : files) {
    // Shell words as people write them, where nothing needs quotes.
    const bool plain = file.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789_./-") == std::string::npos;
    out += " " + (plain ? file : shell_quoted(file));
  }
  return out;
}

/// Files that both pytest and unittest take for tests by their names.
Files python_tests(const Files& files) {
  Files tests;
  std::copy_if(files.begin(), files.end(), std::back_inserter(tests), [](const std::string& file) {
    const std::string name = file.substr(file.rfind('/') + 1);
    return ends(name, ".py") && (starts(name, "test_") || ends(name, "_test.py"));
  });
  return tests;
}

std::string pytest(const Files& files) {
  return "python3 -m pytest -rA -p no:cacheprovider" + words(python_tests(files));
}

std::string unittest(const Files& files, const char* all) {
  const Files tests = python_tests(files);
  return "python3 -m unittest " + (tests.empty() ? all : "-v" + words(tests));
}

std::string unittest_in_package(const Files& files) {
  return unittest(files, "discover -v -s tests -t .");
}

std::string unittest_flat(const Files& files) {
  return unittest(files, "discover -v");
}

/// Go runs packages: the folders of the tests.
std::string go(const Files& files) {
  std::set<std::string> folders;
  for (const auto& file : files) {
    if (!ends(file, "_test.go")) continue;
    const auto slash = file.rfind('/');
    folders.insert(slash == std::string::npos ? "." : "./" + file.substr(0, slash));
  }
  return "go test -v" + (folders.empty() ? " ./..." : words({folders.begin(), folders.end()}));
}

/// Cargo takes the programs in tests/ by name; tests within the sources it takes all.
std::string cargo(const Files& files) {
  std::string chosen;
  for (const auto& file : files) {
    const bool program = starts(file, "tests/") && ends(file, ".rs") && file.rfind('/') == 5;
    if (!program) return "cargo test --offline --no-fail-fast";
    chosen += " --test " + shell_quoted(file.substr(6, file.size() - 9));
  }
  return "cargo test --offline --no-fail-fast" + chosen;
}

std::string npm(const Files&) {
  return "npm test --silent";
}

std::string make_check(const Files&) {
  return "make -s check";
}

std::string make_test(const Files&) {
  return "make -s test";
}

struct Runner {
  std::string_view word;     ///< of find_test_runner
  std::string_view spelled;  ///< what tells it in a command of the user's; "" if nothing does
  std::string_view log_parser;
  std::string (*command)(const Files& files);
};

constexpr Runner kRunners[] = {
    {"pytest", "pytest", "pytest_v2", pytest},
    {"unittest", "unittest", "django", unittest_in_package},
    {"unittest_flat", "", "django", unittest_flat},
    {"cargo", "cargo test", "cargo", cargo},
    {"go", "go test", "gotest", go},
    {"npm", "", kExitCodeParser, npm},
    {"make_check", "", kExitCodeParser, make_check},
    {"make_test", "", kExitCodeParser, make_test},
};

}  // namespace

TestCommand test_command_for(std::string_view runner, const std::vector<std::string>& test_files) {
  for (const auto& known : kRunners) {
    if (known.word == runner) return {known.command(test_files), std::string(known.log_parser)};
  }
  return {};
}

std::string with_test_files(std::string command, const std::vector<std::string>& test_files) {
  constexpr std::string_view kPlace = "{files}";
  const std::string text = words(test_files).substr(test_files.empty() ? 0 : 1);
  for (auto at = command.find(kPlace); at != std::string::npos;
       at = command.find(kPlace, at + text.size())) {
    command.replace(at, kPlace.size(), text);
  }
  return command;
}

std::string log_parser_for(std::string_view command) {
  for (const auto& known : kRunners) {
    if (!known.spelled.empty() && command.find(known.spelled) != std::string_view::npos) {
      return std::string(known.log_parser);
    }
  }
  return std::string(kExitCodeParser);
}

}  // namespace weir
