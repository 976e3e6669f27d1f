#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What the keys of a terminal send. Pure functions.

/// The bytes of a value that consists of key names alone, one blank between two: "C-c",
/// "Escape", "Up Up Enter". Names are those of tmux: C-x and M-x with any printable x, Enter, Tab,
/// BTab, Escape, Space, BSpace, Delete, Insert, Up, Down, Left, Right, Home, End, PageUp,
/// PageDown, F1 to F12. nullopt for anything else: it is text.
[[nodiscard]] std::optional<std::string> named_keys(std::string_view keystrokes);

/// Text as it is typed: every line break is the Enter key.
[[nodiscard]] std::string typed_text(std::string_view text);

/// The names named_keys knows, chords left out.
[[nodiscard]] std::vector<std::string> key_names();

}  // namespace weir
