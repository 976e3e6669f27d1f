// Programs that stand in for package managers, where there is no network.

#include "runners/package_tools.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(PackageTools, AreWantedWhereSomethingWouldBeFetched) {
  EXPECT_TRUE(fetches_packages("apt-get update\n"));
  EXPECT_TRUE(fetches_packages("set -e; uvx -p 3.13 pytest"));
  EXPECT_TRUE(fetches_packages("curl -LsSf https://x | sh"));
  EXPECT_FALSE(fetches_packages("python3 -m pytest /tests/test_curl.py # uvicorn, my-apt"));
  EXPECT_FALSE(fetches_packages(""));
}

TEST(PackageTools, NotesAreLinesOfTheirOwn) {
  EXPECT_THAT(package_notes("weir: a\nx weir: b\nweir: a\nweir: \xff\n"),
              ElementsAre("a", "\uFFFD"));
}

class PackageToolsTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      sandbox_ = make_box_sandbox();
    } catch (const InfraError& error) {
      GTEST_SKIP() << error.what();
    }
    box_ = sandbox_->create({});
    bring_package_tools(*box_);
  }
  std::string run(const std::string& script) const {
    ExecRequest request;
    request.script = script;
    request.cwd = "/tmp";
    request.env = with_package_tools({{"PATH", "/usr/bin:/bin"}, {"HOME", "/tmp"}});
    request.merge_stderr = true;
    const ExecResult result = box_->exec(request);
    return result.out.bytes + (result.ok() ? "" : " -> " + std::to_string(result.exit_code));
  }

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Box> box_;
};

TEST_F(PackageToolsTest, SayWhatTheBaseHasAndLacks) {
  EXPECT_EQ(run("apt-get update -qq && apt-get install -y -o A=b --no-install-recommends bash=5.1"),
            "weir: in the base already: bash\n");
  EXPECT_THAT(run("apt-get install -y bash no-such-thing"), HasSubstr(" no-such-thing\n"));
  EXPECT_EQ(run("apk add --no-cache bash"), "weir: in the base already: bash\n");
  EXPECT_THAT(run("pip install --quiet pytest==0.0.1"),
              HasSubstr("of the base stands for pytest==0.0.1"));
  EXPECT_EQ(run("pip3 install no-such-dist"), "weir: not in the base: no-such-dist (Python)\n");
  EXPECT_THAT(run("printf 'pytest # why\\nno-such>=2\\n' > r; pip install -r r"),
              HasSubstr("not in the base: no-such>=2 (Python)"));
  EXPECT_EQ(run("pip list; uv init; uv sync"), "");
}

TEST_F(PackageToolsTest, RunWhatAVerifierRunsThroughUv) {
  ASSERT_EQ(run("echo 'def test_a(): pass' > test_a.py"), "");
  const std::string said =
      run("apt-get install -y curl\n"
          "curl -LsSf https://astral.sh/uv/0.9.7/install.sh | sh\nsource $HOME/.local/bin/env\n"
          "uvx -p 3.13 -w pytest==8.4.1 -w pytest-json-ctrf==0.3.5 pytest --ctrf /tmp/c.json -rA");
  EXPECT_THAT(said, HasSubstr("PASSED test_a.py::test_a"));
  EXPECT_THAT(said, HasSubstr("weir: pytest --ctrf is dropped"));
  const std::string old =
      run("uv venv .tb && source .tb/bin/activate && uv pip install pytest==8.4.1 && "
          "uv run --no-project pytest test_a.py -rA");
  EXPECT_THAT(old, HasSubstr("PASSED test_a.py::test_a"));
  EXPECT_THAT(run("uvx --from x no-such-tool --flag 'two words'"), HasSubstr("-> 127"));
}

// An agent may have left a file where uv's installer would put its own.
TEST_F(PackageToolsTest, AnInstallersFileIsNeverTheAgents) {
  EXPECT_EQ(run("mkdir -p .local/bin; echo 'echo forged' > .local/bin/env\n"
                "curl -LsSf https://astral.sh/uv/install.sh | sh; source .local/bin/env"),
            "");
}

// The working folder is the agent's: its modules are not those of the tools.
TEST_F(PackageToolsTest, TakeNoModuleFromTheWorkingFolder) {
  run("for m in pytest csv importlib pytest_json_ctrf; do echo \"print('forged')\" > $m.py; done; "
      "mkdir -p .local/lib/python3.11/site-packages && cp pytest.py "
      ".local/lib/python3.11/site-packages; "
      "echo 'def test_a(): pass' > test_b.py");
  EXPECT_THAT(run("pip install pytest==0.0.1; uvx -w pytest pytest test_b.py --ctrf x -rA"),
              testing::AllOf(HasSubstr("PASSED test_b.py::test_a"), Not(HasSubstr("forged"))));
  run("rm -rf pytest.py csv.py importlib.py pytest_json_ctrf.py .local test_b.py");
}

TEST_F(PackageToolsTest, LeaveDownloadsFromTheBoxItselfAlone) {
  run("mkdir -p site; echo here > site/x; (cd site; setsid python3 -m http.server 8123 --bind "
      "127.0.0.1 "
      ">/dev/null 2>&1 &); for i in $(seq 100); do curl -s http://localhost:8123/x >/dev/null && "
      "break; "
      "sleep 0.05; done");
  EXPECT_EQ(run("curl -s http://localhost:8123/x"), "here\n");
  EXPECT_THAT(run("curl -sS --max-time 2 http://example.org/"), HasSubstr("->"));
}

TEST_F(PackageToolsTest, AreGoneWhenTheyAreRemoved) {
  remove_package_tools(*box_);
  EXPECT_THAT(run("command -v uvx; ls /weir-tools"), Not(HasSubstr("/weir-tools/")));
}

}  // namespace
}  // namespace weir
