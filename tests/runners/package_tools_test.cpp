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
  EXPECT_TRUE(fetches_packages("python3 -m venv v; v/bin/pip install x"));
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
  EXPECT_EQ(run("uv init; uv sync; uv lock"), "");
  EXPECT_THAT(run("pip show pytest; uv pip freeze"),
              testing::AllOf(HasSubstr("Name: pytest\n"), HasSubstr("pytest==")));
  EXPECT_THAT(run("pip show no-such-dist"), HasSubstr("not found: no-such-dist\n -> 1"));
  EXPECT_THAT(run("pip install -e . --trusted-host x.org"),
              testing::StrEq("weir: not installed: . (from its source)\n"));
  EXPECT_THAT(run("pip install -r nowhere.txt"), HasSubstr("no such file: nowhere.txt\n -> 2"));
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
  EXPECT_THAT(run("uvx --from x no-such-tool --flag 'two words'"),
              HasSubstr("weir: not in the base: no-such-tool\n -> 127"));
}

TEST_F(PackageToolsTest, RunWhateverUvWouldRun) {
  ASSERT_EQ(
      run("echo 'def test_a(): pass' > test_a.py; printf '# /// script\\n# dependencies = "
          "[\"pytest\", \\n#   \"no-such>1\"]\\n# ///\\nimport sys\\nprint(sys.argv)\\n' > s.py"),
      "");
  EXPECT_EQ(run("uv run --no-project s.py a b 2>/dev/null"), "['s.py', 'a', 'b']\n");
  EXPECT_THAT(run("uv run s.py"), HasSubstr("weir: not in the base: no-such>1 (Python)\n"));
  EXPECT_EQ(run("uv run --with pytest==8 -- python -c 'print(1)' 2>/dev/null"), "1\n");
  EXPECT_EQ(run("echo 'print(2)' | uv --quiet run - 2>/dev/null"), "2\n");
  for (const char* way : {"uv run -m pytest", "uv run python -m pytest", "uv run python3 -m pytest",
                          "python3 -m pytest", "uvx pytest@8.4.1", "uvx --with=pytest,anyio pytest",
                          "uv --directory /tmp run pytest", "uv tool run pytest"}) {
    EXPECT_THAT(run(std::string(way) + " test_a.py --ctrf /tmp/c.json -rA"),
                HasSubstr("PASSED test_a.py::test_a"))
        << way;
  }
  EXPECT_THAT(run("uvx --with"), testing::StrEq("error: a value is required for '--with' but none "
                                                "was supplied\n -> 2"));
  EXPECT_THAT(run("uvx --with pytest"), HasSubstr("error: provide a command to run\n -> 2"));
  EXPECT_THAT(run("uv instal x"), HasSubstr("unrecognized subcommand 'instal'\n -> 2"));
}

TEST_F(PackageToolsTest, MeetInstallsByPythonAndInVirtualEnvironments) {
  EXPECT_EQ(run("python3 -m pip install -q no-such-dist"),
            "weir: not in the base: no-such-dist (Python)\n");
  EXPECT_THAT(run("python -m pip install pytest==0.1 && python -c 'print(3)'"),
              testing::AllOf(HasSubstr("stands for pytest==0.1"), HasSubstr("3\n")));
  ASSERT_EQ(run("echo 'def test_a(): pass' > test_a.py"), "");
  // An agent's own folder in its place is not used.
  ASSERT_EQ(run("mkdir -p v/bin v/lib; printf '#!/bin/sh\\necho forged\\n' | tee v/bin/pytest > "
                "v/bin/pip; "
                "chmod +x v/bin/*"),
            "");
  for (const char* make : {"python3 -m venv v", "uv venv v --python 3.12"}) {
    EXPECT_EQ(run(std::string(make) + "; v/bin/pip install no-such-dist"),
              "weir: not in the base: no-such-dist (Python)\n");
    EXPECT_EQ(run("v/bin/python -m pip install no-such-dist"),
              "weir: not in the base: no-such-dist (Python)\n");
    EXPECT_THAT(run("v/bin/pytest test_a.py -rA --ctrf x"), HasSubstr("PASSED test_a.py::test_a"));
    EXPECT_THAT(run(". v/bin/activate; pip3 install -q pytest; pytest test_a.py -rA; "
                    "python -m pytest test_a.py -q; python -c 'import sys; print(sys.prefix)'"),
                testing::AllOf(HasSubstr("PASSED test_a.py::test_a"), HasSubstr("\n/tmp/v\n")));
  }
}

TEST_F(PackageToolsTest, AnswerForUvsInstallerHoweverItIsFetched) {
  for (const char* way : {"curl -LsSf https://astral.sh/uv/0.7.13/install.sh | sh",
                          "curl -LsSfo i.sh https://astral.sh/uv/install.sh && sh i.sh",
                          "curl -LsSf -o i.sh https://astral.sh/uv/install.sh && bash i.sh",
                          "curl -sO https://astral.sh/uv/install.sh && sh ./install.sh",
                          "wget -qO- https://astral.sh/uv/install.sh | sh",
                          "wget -q https://astral.sh/uv/install.sh && sh install.sh",
                          "wget -O i.sh https://astral.sh/uv/install.sh && sh i.sh"}) {
    EXPECT_EQ(run(std::string("rm -rf .local *.sh; ") + way +
                  " && . .local/bin/env && .local/bin/uv run python3 -c 'print(4)'"),
              "4\n")
        << way;
  }
  EXPECT_EQ(run("curl -sS https://bootstrap.pypa.io/get-pip.py | python3"), "");
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
