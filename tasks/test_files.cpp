#include "tasks/test_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace weir {
namespace {

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

/// "store_test.go": "store_test"; the whole name where it has no ending.
std::string_view stem_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

bool named_like_a_test(std::string_view name) {
  const std::string_view stem = stem_of(name);
  if (name == stem) return false;  // without an ending: a program or a note
  if (starts(stem, "test_") || stem == "test" || stem == "tests") return true;
  for (const std::string_view end : {"_test", "_tests", "_spec", ".test", ".spec", "-test", ".tests"}) {
    if (ends(stem, end)) return true;
  }
  // FooTest.java, FooTests.cs, FooSpec.scala, FooIT.java
  const bool camel = ends(name, ".java") || ends(name, ".kt") || ends(name, ".cs") ||
                     ends(name, ".scala") || ends(name, ".php") || ends(name, ".groovy");
  return camel && (ends(stem, "Test") || ends(stem, "Tests") || ends(stem, "Spec") ||
                   ends(stem, "IT") || ends(stem, "TestCase"));
}

}  // namespace

bool is_test_file(std::string_view path) {
  for (std::size_t at = 0;;) {
    const auto slash = path.find('/', at);
    const std::string_view part = path.substr(at, slash - at);
    if (slash == std::string_view::npos) return named_like_a_test(part);
    if (is_one_of(part, {"tests", "test", "testing", "spec", "specs", "__tests__", "e2e",
                         "testdata", "test_data", "Tests"})) {
      return true;
    }
    at = slash + 1;
  }
}

bool is_test_config(std::string_view path) {
  const auto slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (is_one_of(name, {"conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini",
                       ".pytest.ini", "tox.ini", ".coveragerc", "phpunit.xml", "phpunit.xml.dist",
                       ".rspec", "noxfile.py"})) {
    return true;
  }
  if (ends(name, ".pth") || starts(name, ".mocharc")) return true;
  for (const std::string_view tool : {"jest.", "vitest.", "karma.", "playwright.", "cypress."}) {
    if (starts(name, tool) && name.find("conf") != std::string_view::npos) return true;
  }
  return starts(name, "jest-") && name.find("setup") != std::string_view::npos;
}

}  // namespace weir
