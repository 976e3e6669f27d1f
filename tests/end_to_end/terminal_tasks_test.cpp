// Terminal tasks of every shape, through `weir validate`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TerminalTasks : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "no boxes here";
  }
  void put(const std::string& name, const std::string& text) const {
    const fs::path file = folder_ / "suite" / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
  }
  json validated(int exit_code = 0) const {
    const Ran ran = run_weir({"validate", (folder_ / "suite").string(), "--json"});
    EXPECT_EQ(ran.exit_code, exit_code) << ran.out << ran.err;
    return json::parse(ran.out).at("tasks").at(0);
  }
  static std::string rewarding(const std::string& rule) {
    return "#!/bin/bash\n" + rule + " && r=1 || r=0\necho $r > /logs/verifier/reward.txt\n";
  }
  void two_steps() const {
    put("t/task.toml", "[[steps]]\nname = \"one\"\nmin_reward = 1\n[[steps]]\nname = \"two\"\n");
    put("t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    for (const std::string name : {"one", "two"}) {
      put("t/steps/" + name + "/instruction.md", "Write " + name + ".\n");
      put("t/steps/" + name + "/tests/test.sh", rewarding("[ -f /app/" + name + " ]"));
      put("t/steps/" + name + "/solution/solve.sh", "#!/bin/bash\ntouch /app/" + name + "\n");
    }
  }

  TemporaryFolder folder_;
};

TEST_F(TerminalTasks, StepsAreGradedOneByOne) {
  two_steps();
  const json task = validated();
  EXPECT_EQ(task.at("valid"), true) << task;
  EXPECT_EQ(task.at("nop").at("steps"),
            json::parse(R"([{"name": "one", "rewards": {"reward": 0}}])"));
  EXPECT_EQ(task.at("oracle").at("steps"),
            json::parse(R"([{"name": "one", "rewards": {"reward": 1}},
      {"name": "two", "rewards": {"reward": 1}}])"));
  EXPECT_EQ(task.at("oracle").at("reward"), 1);
}

TEST_F(TerminalTasks, RewardsOfStepsAreRows) {
  two_steps();
  const std::string head = "[experiment]\nname = \"x\"\nsuites = [\"suite\"]\nconfigs = [\"c\"]\n";
  write_file(folder_ / "oracle.toml", head + "[configs.c]\nagent = \"oracle\"\n");
  const fs::path db = folder_ / "b.db";
  const Ran ran = run_weir({"run", (folder_ / "oracle.toml").string(), "--db", db.string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(sql(db,
                "SELECT group_concat(step || ':' || value) FROM (SELECT * FROM v_reward ORDER "
                "BY step)"),
            ":1.0,one:1.0,two:1.0");
}

TEST_F(TerminalTasks, ASeparateVerifierJudgesArtifacts) {
  put("t/task.toml",
      "artifacts = [\"/app/out\"]\n[verifier.environment]\nworkdir = \"/judge\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
  put("t/solution/solve.sh", "#!/bin/bash\nmkdir out && echo 1 > out/a && touch left\n");
  put("t/tests/Dockerfile", "FROM x\nWORKDIR /judge\nCOPY test.sh /tests/test.sh\nRUN touch /own\n");
  put("t/tests/test.sh", rewarding("[ -f /app/out/a ] && [ ! -e /app/left ] && [ -e /own ] && "
                                   "[ $PWD = /judge ]"));
  const json task = validated();
  EXPECT_EQ(task.at("valid"), true) << task;
}

TEST_F(TerminalTasks, NetworksAreGivenOnRequestAlone) {
  const std::string proxy = "(exec 3<> /dev/tcp/127.0.0.1/8118) 2> /dev/null";
  put("t/task.toml",
      "[environment]\nnetwork_mode = \"no-network\"\n[verifier]\nnetwork_mode = \"public\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
  put("t/solution/solve.sh", "#!/bin/bash\n! " + proxy + " && touch cut-off\n");
  put("t/tests/test.sh", rewarding("[ -e /app/cut-off ] && " + proxy));
  write_file(folder_ / "x.toml",
             "[experiment]\nname = \"x\"\nsuites = [\"suite\"]\nconfigs = [\"c\"]\n[configs.c]\n"
             "agent = \"oracle\"\n");
  const auto outcome = [&](const std::string& db, const std::string& network) {
    const Ran ran = run_weir({"run", (folder_ / "x.toml").string(), "--db", (folder_ / db).string(),
                              "--network", network});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return sql(folder_ / db, "SELECT outcome || anomalies FROM try");
  };
  EXPECT_THAT(outcome("a.db", "none"),
              AllOf(StartsWith("unresolved["), HasSubstr("verifier: a network is declared")));
  EXPECT_THAT(outcome("b.db", "declared"),
              AllOf(StartsWith("resolved["), HasSubstr("networks are HTTP and HTTPS")));
}

TEST_F(TerminalTasks, TheOldFormatIsGradedByItsTestLog) {
  put("t/task.yaml", "instruction: x\ndifficulty: easy\n");
  put("t/Dockerfile", "FROM x\nWORKDIR /app\n");
  put("t/solution.sh", "touch done.txt\n");
  put("t/tests/test_outputs.py",
      "import os\ndef test_done():\n  assert os.path.exists('done.txt')\n");
  put("t/run-tests.sh", "python3 -m pytest $TEST_DIR/test_outputs.py -rA\n");
  const json task = validated();
  EXPECT_EQ(task.at("valid"), true) << task;
  EXPECT_THAT(task.at("nop").at("message").get<std::string>(), HasSubstr("test_done"));
  put("t/task.yaml", "instruction: x\ndifficulty: easy\nparser_name: swelancer\n");
  EXPECT_EQ(validated().at("reason"), "log parser \"swelancer\" is not supported yet");
}

TEST_F(TerminalTasks, AServiceAnswersAgentAndVerifier) {
  put("t/task.toml",
      "[agent]\nuser = \"worker\"\n[environment.env]\nWORD = \"open\"\n"
      "[environment.healthcheck]\ncommand = \"test -S /dev/shm/door\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile",
      "FROM x\nRUN useradd worker && mkdir -p /app && chown worker /app\nWORKDIR /app\n"
      "COPY serve.py /serve.py\nENTRYPOINT [\"python3\", \"/serve.py\"]\n");
  put("t/environment/serve.py",
      "import os, socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('/dev/shm/door')\n"
      "os.chmod('/dev/shm/door', 0o777)\ns.listen()\nwhile True:\n"
      "  c, _ = s.accept()\n  c.sendall(os.environ['WORD'].encode())\n  c.close()\n");
  const std::string ask =
      "python3 -c \"import socket; s = socket.socket(socket.AF_UNIX); s.connect('/dev/shm/door'); "
      "print(s.recv(9).decode())\"";
  put("t/solution/solve.sh", "#!/bin/bash\n(" + ask + "; whoami) > /app/said\n");
  put("t/tests/test.sh", rewarding("[ \"$(" + ask + "; echo worker)\" = \"$(cat /app/said)\" ]"));
  const json task = validated();
  EXPECT_EQ(task.at("valid"), true) << task;
}

}  // namespace
}  // namespace weir
