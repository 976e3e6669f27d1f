#include "tasks/test_files.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::string_view kFolders[] = {
    "test", "tests", "spec", "specs", "e2e", "__tests__", "__mocks__", "__snapshots__", "testdata"};
constexpr std::string_view kStemEnds[] = {"_test", "_tests", "_spec", ".test", ".tests", ".spec"};
constexpr std::string_view kClassLanguages[] = {"java", "kt", "groovy", "scala", "cs"};
constexpr std::string_view kClassEnds[] = {"Test", "Tests", "IT"};

template <std::size_t N>
bool among(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

template <std::size_t N>
bool ends_in(const std::string_view (&ends)[N], std::string_view text) {
  return std::any_of(std::begin(ends), std::end(ends), [text](std::string_view end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
  });
}

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_test_class(std::string_view stem, std::string_view extension) {
  if (!among(kClassLanguages, extension)) return false;
  const bool first = starts(stem, "Test") && stem.size() > 4 && stem[4] >= 'A' && stem[4] <= 'Z';
  return first || ends_in(kClassEnds, stem);
}

}  // namespace

bool is_test_file(std::string_view path) {
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    if (among(kFolders, lower(path.substr(0, slash)))) return true;
    path.remove_prefix(slash + 1);
  }
  if (path == "conftest.py" || starts(path, "test_")) return true;
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view stem = path.substr(0, dot);
  return ends_in(kStemEnds, stem) || is_test_class(stem, path.substr(dot + 1));
}

bool is_test_config(std::string_view path) {
  const auto slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const auto& globs = test_config_names();
  return std::any_of(globs.begin(), globs.end(),
                     [name](const std::string& glob) { return glob_match(glob, name); });
}

const std::vector<std::string>& test_config_names() {
  static const std::vector<std::string> globs = {
      "conftest.py",   "sitecustomize.py", "usercustomize.py",  "*.pth",         "pytest.ini",
      ".pytest.ini",   "tox.ini",          ".coveragerc",       "phpunit.xml",   "phpunit.xml.dist",
      ".rspec",        "noxfile.py",       ".mocharc*",         "jest.*conf*",   "jest-*setup*",
      "vitest.*conf*", "karma.*conf*",     "playwright.*conf*", "cypress.*conf*"};
  return globs;
}

SplitPatch split_patch(const Patch& patch) {
  SplitPatch split;
  for (const auto& file : patch.files) {
    (is_test_file(file.path()) ? split.tests : split.solution).files.push_back(file);
  }
  return split;
}

}  // namespace weir
