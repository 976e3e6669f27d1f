#include <nlohmann/json.hpp>

#include "runners/grade/official_log.hpp"
#include "runners/grade/official_report.hpp"
#include "runners/grade/strict_log.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"
#include "tests/fuzz/targets.hpp"

namespace weir::fuzz {
namespace {

/// Ids and statuses of a text are text: no parser cuts a character.
void require_text(const TestStatuses& statuses) {
  for (const auto& [id, status] : statuses) require(to_utf8(id) == id && to_utf8(status) == status);
}

/// What every verdict keeps: no pass without statuses that pass, no report of an error.
void verdict(const LogParser& parser, std::string_view text) {
  const GradedInstance instance{"a__b-2006", "1.27", {"a"}, {"b", "c[d"}, EvalType::pass_and_fail};
  const InstanceReport report = official_report(instance, parser, text);
  require(!report.resolved || report.patch_successfully_applied);
  require(report.patch_successfully_applied == report.tests_status.has_value());
  require(!report.error || !report.patch_successfully_applied);
}

}  // namespace

void logs(std::string_view bytes) {
  const std::string text = official_text(bytes);
  require(official_text(text) == text && to_utf8(text) == text);
  const std::string marked = ">>>>> Start Test Output\n" + text + "\n>>>>> End Test Output\n";
  for (const auto& parser : log_parsers()) {
    (void)parser.parse(bytes);
    require_text(parser.parse(text));
    require_text(parser.parse(text, {"a__b-2005", "1.27"}));
    const StrictLog strict = read_strict_log(text, parser);
    require_text(strict.statuses);
    require(!strict.summary || strict.summary->closings > 0);
    (void)read_strict_log(bytes, parser);
    verdict(parser, marked);
  }
}

std::vector<std::string> log_seeds() {
  std::vector<std::string> seeds;
  const auto cases =
      nlohmann::json::parse(read_file(WEIR_SOURCE_DIR "/tests/fixtures/log_parsers.json"));
  for (const auto& each : cases) seeds.push_back(each.at("log").get<std::string>());
  seeds.emplace_back(
      "=== test session starts ===\n=== short test summary info ===\nPASSED t.py::a[b c]\n"
      "FAILED t.py::d - e\n=== 1 failed, 1 passed in 0.1s ===\n");
  seeds.emplace_back("test_a (m.T) ... ok\n---\nRan 1 test in 0.1s\n\nOK (skipped=1)\n");
  seeds.emplace_back("1..2\nok 1 a # SKIP\nnot ok 2 b\n# pass 1\n# Tests: 1 failed, 2 total\n");
  seeds.emplace_back(
      "== tests finished: 2 passed, in 1.00 seconds ==\nok  \tx\t1s\ntest result: ok. 2 passed; 0 "
      "failed\n");
  return seeds;
}

}  // namespace weir::fuzz
