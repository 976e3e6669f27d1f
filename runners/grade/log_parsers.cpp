// The table of log parsers: the official registry, and a parser of ours that reads no log.

#include "runners/grade/log_parsers.hpp"

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

const std::vector<LogParser>& log_parsers() {
  static const std::vector<LogParser> parsers = {
      // Python
      {"pytest", logs::parse_pytest, pytest_summary},
      {"astroid", logs::parse_pytest, pytest_summary},
      {"flask", logs::parse_pytest, pytest_summary},
      {"marshmallow", logs::parse_pytest, pytest_summary},
      {"pvlib", logs::parse_pytest, pytest_summary},
      {"pyvista", logs::parse_pytest, pytest_summary},
      {"sqlfluff", logs::parse_pytest, pytest_summary},
      {"xarray", logs::parse_pytest, pytest_summary},
      {"pytest_options", logs::parse_pytest_options, pytest_summary},
      {"pydicom", logs::parse_pytest_options, pytest_summary},
      {"requests", logs::parse_pytest_options, pytest_summary},
      {"pylint", logs::parse_pytest_options, pytest_summary},
      {"pytest_v2", logs::parse_pytest_v2, pytest_summary},
      {"astropy", logs::parse_pytest_v2, pytest_summary},
      {"scikit", logs::parse_pytest_v2, pytest_summary},
      {"sphinx", logs::parse_pytest_v2, pytest_summary},
      {"matplotlib", logs::parse_matplotlib, pytest_summary},
      {"seaborn", logs::parse_seaborn, pytest_summary},
      {"django", logs::parse_django, unittest_summary},
      {"sympy", logs::parse_sympy, no_summary},
      // C and C++
      {"redis", logs::parse_redis, no_summary},
      {"jq", logs::parse_jq, no_summary},
      {"micropython_test", logs::parse_micropython, no_summary},
      {"googletest", logs::parse_googletest, no_summary},
      {"doctest", logs::parse_doctest, no_summary},
      // Go, Rust, Java, PHP, Ruby
      {"gotest", logs::parse_gotest, no_summary},
      {"cargo", logs::parse_cargo, no_summary},
      {"maven", logs::parse_maven, no_summary},
      {"ant", logs::parse_ant, no_summary},
      {"gradle_custom", logs::parse_gradle, no_summary},
      {"phpunit", logs::parse_phpunit, no_summary},
      {"minitest", logs::parse_minitest, no_summary},
      {"cucumber", logs::parse_cucumber, no_summary},
      {"ruby_unit", logs::parse_ruby_unit, no_summary},
      {"rspec_transformed_json", logs::parse_rspec, no_summary},
      {"jekyll", logs::parse_jekyll, no_summary},
      // JavaScript
      {"jest", logs::parse_jest, no_summary},
      {"jest_json", logs::parse_jest_json, no_summary},
      {"vitest", logs::parse_vitest, no_summary},
      {"tap", logs::parse_tap, no_summary},
      {"immutable_js", logs::parse_immutable_js, no_summary},
      {"react_pdf", logs::parse_jest_files, no_summary},
      {"carbon", logs::parse_jest_files, no_summary},
      {"grommet", logs::parse_grommet, no_summary},
      {"calypso", logs::parse_calypso, no_summary},
      {"highlightjs", logs::parse_highlightjs, no_summary},
      {"prismjs", logs::parse_prismjs, no_summary},
      {"lighthouse", logs::parse_lighthouse, no_summary},
      {"karma", logs::parse_karma, no_summary},
      {"bpmn_js", logs::parse_bpmn_js, no_summary},
      {"openlayers", logs::parse_openlayers, no_summary},
      {"chart_js", logs::parse_chart_js, no_summary},
      {"next", logs::parse_next, no_summary},
      {"eslint", logs::parse_eslint, no_summary},
      {"marked", logs::parse_marked, no_summary},
      {"p5js", logs::parse_p5js, no_summary},
      {"quarto_cli", logs::parse_quarto, no_summary},
      // Ours
      {kExitCodeParser, parse_nothing, no_summary},
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
