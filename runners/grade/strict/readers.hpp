#pragma once

#include <string_view>

#include "runners/grade/strict_log.hpp"

namespace weir::strict {

/// What a reader gets: the output, and the official parser for runners whose tests
/// it reads well enough.
struct Output {
  std::string_view text;
  logs::Parse* official;
  const LogSource& source;
};
using Read = StrictLog(const Output& output);

// One per runner. Those below the line take the official parser's statuses and add
// the runner's closing words.

Read read_pytest, read_unittest, read_sympy, read_gotest, read_cargo, read_tap;

Read read_jest, read_jest_files, read_vitest, read_mocha, read_jasmine, read_karma;
Read read_phpunit, read_ruby, read_maven, read_ant, read_gradle;
Read read_googletest, read_automake, read_micropython, read_unclosed;

}  // namespace weir::strict
