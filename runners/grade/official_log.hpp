#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runners/grade/log_parsers.hpp"

namespace weir {

// SWE-bench's rule (5.0.2) for what a test log says, to the letter. Pure.

/// A log's bytes as the official harness reads them: "\r\n" and "\r" are newlines,
/// each broken UTF-8 sequence is one U+FFFD.
[[nodiscard]] std::string official_text(std::string_view bytes);

/// The part between the first start marker and the next marker of either kind;
/// nothing unless both kinds occur.
[[nodiscard]] std::optional<std::string_view> official_slice(std::string_view text);

/// True if neither marker occurs: the text is a runner's output and nothing else.
[[nodiscard]] bool lacks_markers(std::string_view text);

/// The status the eval script recorded: the first line of its kind counts.
/// Saturates where the number is too large.
[[nodiscard]] std::optional<int> recorded_exit_code(std::string_view text);

/// What the whole log says.
struct OfficialLog {
  bool found = false;     ///< false: not graded, and the patch counts as not applied
  TestStatuses statuses;  ///< empty if not found
  std::string reason;     ///< why not found
  /// Why the official parser raises an error on this log; the instance then gets
  /// no report at all and counts as an error.
  std::string failure;
};

/// Reads a log: void if it holds one of the four bad codes or lacks a marker; the
/// slice, or the whole log where the slice holds no test; not believed without any
/// test or other evidence that a suite ran, nor if the test command failed while no
/// test did. `text` is official_text.
[[nodiscard]] OfficialLog read_official_log(std::string_view text, const LogParser& parser,
                                            const LogSource& source = {});

}  // namespace weir
