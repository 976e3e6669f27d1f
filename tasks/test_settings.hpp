#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Whether a project's general file at `path` may also say how its tests run: setup.cfg,
/// pyproject.toml, package.json. (Files that say nothing else are test_files.hpp's.)
[[nodiscard]] bool holds_test_settings(std::string_view path);
inline constexpr const char* kFilesWithTestSettings[] = {"setup.cfg", "pyproject.toml",
                                                         "package.json"};

/// That part of such a file's text, in a form that is equal for equal settings: sections of
/// setup.cfg that name pytest; [tool.pytest] of pyproject.toml; scripts, jest, mocha, ava and
/// vitest of package.json. "" if it has none. A text that cannot be read is its own form, so that
/// whatever a more lenient reader would find in it counts.
[[nodiscard]] std::string test_settings(std::string_view path, const std::string& text);

}  // namespace weir
