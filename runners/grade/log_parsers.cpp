// The table of log parsers: the official registry, and a parser of ours that reads no log.

#include "runners/grade/log_parsers.hpp"

#include "runners/grade/strict/readers.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

TestStatuses parse_nothing(std::string_view, const LogSource&) {
  return {};
}

/// "=== 3 passed, 1 skipped in 0.12s ===", with or without the rules.
bool pytest_summary(std::string_view log) {
  for (const auto line : split_lines(log)) {
    if (line.find(" in ") == std::string_view::npos) continue;
    for (const std::string_view word : {" passed", " failed", " error", " skipped", " xfailed"}) {
      if (line.find(word) != std::string_view::npos) return true;
    }
  }
  return false;
}

/// "Ran 12 tests in 0.003s".
bool unittest_summary(std::string_view log) {
  for (const auto line : split_lines(log)) {
    if (starts(line, "Ran ") && line.find(" test") != std::string_view::npos) return true;
  }
  return false;
}

bool no_summary(std::string_view) {
  return true;
}

}  // namespace

std::string logs::NameBudget::spend(std::string name) {
  if (name.size() > left_) throw ParserFailed("the names of tests take too much room");
  left_ -= name.size();
  return name;
}

ParsedLog LogParser::read(std::string_view log, const LogSource& source) const {
  try {
    return {run(log, source), ""};
  } catch (const logs::ParserFailed& failure) {
    return {{}, failure.what()};
  }
}

TestStatuses LogParser::parse(std::string_view log, const LogSource& source) const {
  return read(log, source).statuses;
}

StrictLog read_strict_log(std::string_view text, const LogParser& parser, const LogSource& source) {
  return parser.read_strictly({text, parser.run, source});
}

const std::vector<LogParser>& log_parsers() {
  static const std::vector<LogParser> parsers = {
      // Python
      {"pytest", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"astroid", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"flask", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"marshmallow", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"pvlib", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"pyvista", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"sqlfluff", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"xarray", logs::parse_pytest, strict::read_pytest, pytest_summary},
      {"pytest_options", logs::parse_pytest_options, strict::read_pytest, pytest_summary},
      {"pydicom", logs::parse_pytest_options, strict::read_pytest, pytest_summary},
      {"requests", logs::parse_pytest_options, strict::read_pytest, pytest_summary},
      {"pylint", logs::parse_pytest_options, strict::read_pytest, pytest_summary},
      {"pytest_v2", logs::parse_pytest_v2, strict::read_pytest, pytest_summary},
      {"astropy", logs::parse_pytest_v2, strict::read_pytest, pytest_summary},
      {"scikit", logs::parse_pytest_v2, strict::read_pytest, pytest_summary},
      {"sphinx", logs::parse_pytest_v2, strict::read_pytest, pytest_summary},
      {"matplotlib", logs::parse_matplotlib, strict::read_pytest, pytest_summary},
      {"seaborn", logs::parse_seaborn, strict::read_pytest, pytest_summary},
      {"django", logs::parse_django, strict::read_unittest, unittest_summary},
      {"sympy", logs::parse_sympy, strict::read_sympy, no_summary},
      // C and C++
      {"redis", logs::parse_redis, strict::read_unclosed, no_summary},
      {"jq", logs::parse_jq, strict::read_automake, no_summary},
      {"micropython_test", logs::parse_micropython, strict::read_micropython, no_summary},
      {"googletest", logs::parse_googletest, strict::read_googletest, no_summary},
      {"doctest", logs::parse_doctest, strict::read_unclosed, no_summary},
      // Go, Rust, Java, PHP, Ruby
      {"gotest", logs::parse_gotest, strict::read_gotest, no_summary},
      {"cargo", logs::parse_cargo, strict::read_cargo, no_summary},
      {"maven", logs::parse_maven, strict::read_maven, no_summary},
      {"ant", logs::parse_ant, strict::read_ant, no_summary},
      {"gradle_custom", logs::parse_gradle, strict::read_gradle, no_summary},
      {"phpunit", logs::parse_phpunit, strict::read_phpunit, no_summary},
      {"minitest", logs::parse_minitest, strict::read_ruby, no_summary},
      {"cucumber", logs::parse_cucumber, strict::read_ruby, no_summary},
      {"ruby_unit", logs::parse_ruby_unit, strict::read_ruby, no_summary},
      {"rspec_transformed_json", logs::parse_rspec, strict::read_unclosed, no_summary},
      {"jekyll", logs::parse_jekyll, strict::read_ruby, no_summary},
      // JavaScript
      {"jest", logs::parse_jest, strict::read_jest, no_summary},
      {"jest_json", logs::parse_jest_json, strict::read_unclosed, no_summary},
      {"vitest", logs::parse_vitest, strict::read_vitest, no_summary},
      {"tap", logs::parse_tap, strict::read_tap, no_summary},
      {"immutable_js", logs::parse_immutable_js, strict::read_unclosed, no_summary},
      {"react_pdf", logs::parse_jest_files, strict::read_jest_files, no_summary},
      {"carbon", logs::parse_jest_files, strict::read_jest_files, no_summary},
      {"grommet", logs::parse_grommet, strict::read_jest_files, no_summary},
      {"calypso", logs::parse_calypso, strict::read_jest, no_summary},
      {"highlightjs", logs::parse_highlightjs, strict::read_mocha, no_summary},
      {"prismjs", logs::parse_prismjs, strict::read_unclosed, no_summary},
      {"lighthouse", logs::parse_lighthouse, strict::read_unclosed, no_summary},
      {"karma", logs::parse_karma, strict::read_karma, no_summary},
      {"bpmn_js", logs::parse_bpmn_js, strict::read_karma, no_summary},
      {"openlayers", logs::parse_openlayers, strict::read_karma, no_summary},
      {"chart_js", logs::parse_chart_js, strict::read_karma, no_summary},
      {"next", logs::parse_next, strict::read_unclosed, no_summary},
      {"eslint", logs::parse_eslint, strict::read_mocha, no_summary},
      {"marked", logs::parse_marked, strict::read_jasmine, no_summary},
      {"p5js", logs::parse_p5js, strict::read_mocha, no_summary},
      {"quarto_cli", logs::parse_quarto, strict::read_unclosed, no_summary},
      // Ours
      {kExitCodeParser, parse_nothing, strict::read_unclosed, no_summary},
  };
  return parsers;
}

const LogParser* find_log_parser(std::string_view name) {
  if (starts(name, "parse_log_")) name.remove_prefix(10);
  for (const auto& parser : log_parsers()) {
    if (parser.name == name) return &parser;
  }
  return nullptr;
}

}  // namespace weir
