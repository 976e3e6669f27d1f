#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "runners/grade/test_statuses.hpp"

namespace weir {

/// Of which instance a log is: a few official parsers choose by it. Empty if
/// unknown; then the first of such a parser's formats that finds a test counts.
struct LogSource {
  std::string_view instance_id;
  std::string_view version;
};

}  // namespace weir

namespace weir::logs {

// The official registry's parsers (SWE-bench 5.0.2), each equal to the one of
// its name on any UTF-8: quirks are part of the format. Pure functions; linear
// in the log. Where the official one raises an error, so do these (ParserFailed).

/// Ends one parse: the official parser fails on such a log.
class ParserFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Keeps names made of several lines of a hostile log from filling the memory.
class NameBudget {
 public:
  /// `name`, counted. Throws ParserFailed once all names together are absurd.
  std::string spend(std::string name);

 private:
  std::size_t left_ = std::size_t{64} << 20U;
};

using Parse = TestStatuses(std::string_view log, const LogSource& source);

Parse parse_pytest, parse_pytest_options, parse_pytest_v2, parse_matplotlib, parse_seaborn;
Parse parse_django, parse_sympy;
Parse parse_redis, parse_jq, parse_micropython, parse_googletest, parse_doctest;
Parse parse_gotest, parse_cargo;
Parse parse_maven, parse_ant, parse_gradle;
Parse parse_phpunit;
Parse parse_minitest, parse_cucumber, parse_ruby_unit, parse_rspec, parse_jekyll;
Parse parse_jest, parse_jest_json, parse_vitest, parse_tap, parse_immutable_js;
Parse parse_jest_files, parse_grommet, parse_calypso;
Parse parse_highlightjs, parse_prismjs, parse_lighthouse;
Parse parse_karma, parse_bpmn_js, parse_openlayers, parse_chart_js, parse_next;
Parse parse_eslint, parse_marked, parse_p5js;
Parse parse_quarto;

}  // namespace weir::logs
