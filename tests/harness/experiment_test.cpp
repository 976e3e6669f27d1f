#include "harness/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = R"([experiment]
suites = ["s"]
configs = ["flash", "cascade"]
attempts = 2
[models.flash]
provider = "simulated"
[models.pro]
provider = "openai"
dialect = "deepseek"
base_url = "https://api.deepseek.com/"
model = "deepseek-v4-pro"
[configs.flash]
tiers = ["flash"]
[configs.cascade]
tiers = ["flash", "pro"]
policy = "p.toml"
[limits]
tokens = 20_000_000
run_usd = 5
)";

class ExperimentTest : public testing::Test {
 protected:
  ExperimentTest() { write_file(folder_ / "p.toml", "[score]\nthreshold = 0.5\n"); }

  Experiment load(const std::string& text, const Overrides& overrides = {}) {
    write_file(folder_ / "e.toml", text);
    return load_experiment(folder_ / "e.toml", overrides);
  }
  std::string error_of(const std::string& text) {
    try {
      (void)load(text);
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }

  TemporaryFolder folder_;
};

TEST_F(ExperimentTest, ReadsAFile) {
  const Experiment experiment = load(kGood);
  EXPECT_EQ(experiment.name, "e");
  EXPECT_EQ(experiment.configs.size(), 2U);
  EXPECT_EQ(experiment.configs[1].policy.threshold, 0.5);
  EXPECT_EQ(experiment.models.at("pro").base_url, "https://api.deepseek.com");
  EXPECT_EQ(experiment.models.at("pro").host(), "api.deepseek.com");
  EXPECT_EQ(experiment.limits.tokens, 20'000'000);
  EXPECT_EQ(experiment.suites.at(0), folder_ / "s");
  EXPECT_TRUE(experiment.simulated());
}

TEST_F(ExperimentTest, OverridesWin) {
  Overrides overrides;
  overrides.attempts = 7;
  overrides.seed = 9;
  overrides.configs = {"cascade"};
  overrides.max_usd = 1;
  const Experiment experiment = load(kGood, overrides);
  EXPECT_EQ(experiment.attempts, 7);
  EXPECT_EQ(experiment.seed, 9U);
  EXPECT_EQ(experiment.configs.size(), 1U);
  EXPECT_EQ(experiment.limits.run_usd, 1);
}

TEST_F(ExperimentTest, IsReadAgainFromItsSpec) {
  Overrides overrides;
  overrides.attempts = 7;
  const Experiment first = load(kGood, overrides);
  write_file(folder_ / "p.toml", "[score]\nthreshold = 0.9\n");  // changed since
  write_file(folder_ / "e.toml", "broken");
  const Experiment again = experiment_from_spec(first.spec, {});
  EXPECT_EQ(again.attempts, 7);
  EXPECT_EQ(again.configs.at(1).policy.threshold, 0.5);
  EXPECT_EQ(again.spec, first.spec);
}

TEST_F(ExperimentTest, TheTerminalAgentHasKeysOfItsOwn) {
  std::string text =
      replaced(kGood, "[configs.cascade]\n", "[configs.cascade]\nagent = \"terminal\"\n");
  text = replaced(text, "provider = \"openai\"\n",
                  "provider = \"openai\"\nmax_tokens = 4096\ncontext_window = 131_072\n");
  const Experiment experiment =
      load(replaced(text, "[limits]\n", "[limits]\nfree_context = 9000\n"));
  EXPECT_EQ(experiment.configs[0].kind->name, "bash");
  EXPECT_EQ(experiment.configs[1].kind->name, "terminal");
  EXPECT_EQ(experiment.models.at("pro").context_window, 131'072);
  EXPECT_EQ(experiment.models.at("flash").context_window, std::nullopt);
  EXPECT_EQ(experiment.limits.free_context, 9000);
  EXPECT_THAT(error_of(replaced(text, "\"terminal\"", "\"terminl\"")),
              HasSubstr("unknown agent \"terminl\"; did you mean \"terminal\"?"));
  EXPECT_THAT(error_of(replaced(text, "131_072", "4_000")),
              HasSubstr("context_window: must be more than max_tokens"));
  write_file(folder_ / "p.toml", "undo = \"files_only\"\n[score]\nthreshold = 0.5\n");
  EXPECT_THAT(error_of(text), HasSubstr("[configs.cascade] policy: has undo = \"files_only\""));
}

TEST_F(ExperimentTest, ErrorsNameLineKeyAndSuggestion) {
  EXPECT_THAT(error_of(replaced(kGood, "tiers = [\"flash\", \"pro\"]", "tiers = [\"flash\", \"por\"]")),
              HasSubstr("e.toml:15: [configs.cascade] tiers: unknown model \"por\"; did you mean "
                        "\"pro\"?"));
  EXPECT_THAT(error_of(replaced(kGood, "attempts", "atempts")),
              HasSubstr("did you mean \"attempts\"?"));
  EXPECT_THAT(error_of(replaced(kGood, "configs = [\"flash\"", "configs = [\"flahs\"")),
              HasSubstr("there is no [configs.flahs]; did you mean \"flash\"?"));
  EXPECT_THAT(error_of(replaced(kGood, "tokens = ", "tokens = \"many\" #")),
              HasSubstr("[limits] tokens: must be a whole number"));
  EXPECT_THAT(error_of(replaced(kGood, "policy = \"p.toml\"", "")),
              HasSubstr("needs a policy or a control"));
  EXPECT_THAT(error_of(replaced(kGood, "policy = \"p.toml\"", "control = { random_share = 2 }")),
              HasSubstr("random_share"));
  EXPECT_THAT(error_of(replaced(kGood, "policy = \"p.toml\"", "policy = \"gone.toml\"")),
              HasSubstr("gone.toml"));
  EXPECT_THAT(error_of(replaced(kGood, "suites = [\"s\"]", "suites = []")), HasSubstr("suites"));
  for (const char* bad : {"run_usd = -1", "run_usd = nan", "turns = 0", "turns = 4294967298",
                          "tokens = -5", "command = \"0s\""}) {
    EXPECT_THAT(error_of(replaced(kGood, "tokens = 20_000_000\nrun_usd = 5", bad)),
                HasSubstr("[limits]"))
        << bad;
  }
  EXPECT_THAT(error_of(replaced(kGood, "policy = \"p.toml\"",
                                "policy = \"p.toml\"\ncontrol = { random_share = 0.1 }")),
              HasSubstr("not both"));
  EXPECT_THAT(error_of("x = 1\n"), HasSubstr("[experiment] is missing"));
  EXPECT_THAT(error_of(std::string(kGood) + "[sandbox]\nnetwork = \"all\"\n"),
              HasSubstr("must be \"none\", \"declared\" or"));
  EXPECT_THAT(error_of(std::string(kGood) + "[sandbox]\nnetwork = \"open\"\n"),
              HasSubstr("[sandbox] network"));
  EXPECT_THAT(error_of(std::string(kGood) + "[tpyo]\n"), HasSubstr("unknown key"));
}

}  // namespace
}  // namespace weir
