#include "tests/fuzz/targets.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/agent/bash_protocol.hpp"
#include "harness/model/openai_wire.hpp"
#include "harness/router/policy.hpp"
#include "results/prices.hpp"
#include "results/store/text_column.hpp"
#include "runners/check_patch.hpp"
#include "runners/grade/grader.hpp"
#include "runners/grade/log_parsers.hpp"
#include "tasks/config_file.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/patch.hpp"
#include "tasks/test_list.hpp"
#include "tasks/text.hpp"

namespace weir::fuzz {
namespace {

/// A property that must hold; aborts so that any driver sees it.
void require(bool holds) {
  if (!holds) std::abort();
}

void patch(std::string_view bytes) {
  const std::string once = render(parse_patch(bytes));
  require(render(parse_patch(once)) == once);
}
void dockerfile(std::string_view bytes) { (void)parse_dockerfile(bytes); }
void test_list(std::string_view bytes) { (void)parse_test_list(nlohmann::json(to_utf8(bytes))); }
void toml(std::string_view bytes) { (void)ConfigFile::parse("f", std::string(bytes)); }
void policy(std::string_view bytes) { (void)parse_policy("f", std::string(bytes)); }
void prices(std::string_view bytes) { (void)PriceBook::parse(bytes, "f"); }
void utf8(std::string_view bytes) { require(to_utf8(to_utf8(bytes)) == to_utf8(bytes)); }
void inline_patch(std::string_view bytes) { (void)find_inline_patch(bytes); }
void reward(std::string_view bytes) {
  try {
    (void)parse_reward_text(bytes);
  } catch (const UserError&) {
  }
  (void)parse_reward_json(bytes);
}
void logs(std::string_view bytes) {
  for (const auto& parser : log_parsers()) (void)parser.parse(bytes);
}
void openai(std::string_view bytes) {
  for (const long status : {200L, 400L}) {
    const Completion completion = read_openai_reply(status, bytes);
    if (!completion.ok()) continue;
    (void)read_draft(completion);
    Completion again;
    completion_from_text(completion_to_text(completion), again);
    require(completion_to_text(again) == completion_to_text(completion));
  }
}
void compressed(std::string_view bytes) {
  try {
    (void)decompress(bytes);
  } catch (const InfraError&) {
  }
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"patch", patch,
       {"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n\\ No newline\n"}},
      {"dockerfile", dockerfile,
       {"FROM a\nARG B=c\nENV X=$B Y=\"z w\"\nCOPY [\"a\", \"b\"]\nRUN a && \\\n b\n"}},
      {"test_list", test_list, {"['a', \"b\\n\", '\\u00e9']", "[\"a\"]"}},
      {"toml", toml, {"[a]\nb = 2026-01-01T00:00:00Z\nc = [1, {d = \"e\"}]\n"}},
      {"policy", policy, {"stay = \"rest\"\n[score]\nthreshold = 0.5\nweights = { repeat = 1 }\n"}},
      {"prices", prices,
       {R"({"schema":"weir/price-book@1","entries":[{"id":"a","model":"m","effective_from":)"
        R"("2026-01-01T00:00:00Z","rates":{"usd":{"output":1.5}}}]})"}},
      {"utf8", utf8, {"a\xC3\xA9\xF0\x9F\x98\x80\xFF"}},
      {"inline_patch", inline_patch, {"cd /x && git apply <<'EOF'\n--- a\nEOF\n"}},
      {"reward", reward, {"1.0", R"({"a": 1})"}},
      {"logs", logs, {"PASSED a[b]\nFAILED c - d\nx (y) ... ok\nPASS: z\n"}},
      {"openai", openai,
       {R"({"choices":[{"finish_reason":"stop","message":{"content":"x","tool_calls":[{"id":"1",)"
        R"("function":{"name":"bash","arguments":"{\"command\":\"ls\"}"}}]}}],"usage":)"
        R"({"prompt_tokens":1,"prompt_cache_hit_tokens":1}})",
        R"({"error":{"message":"m"}})"}},
      {"compressed", compressed, {compress(std::string(1000, 'a'))}},
  };
  return all;
}

}  // namespace weir::fuzz
