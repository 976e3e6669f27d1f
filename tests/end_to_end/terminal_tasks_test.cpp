// Terminal tasks of every shape, through `weir validate`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

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
  put("t/task.toml", "artifacts = [\"/app/out\"]\n[verifier.environment]\nworkdir = \"/judge\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
  put("t/solution/solve.sh", "#!/bin/bash\nmkdir out && echo 1 > out/a && touch left\n");
  put("t/tests/Dockerfile",
      "FROM x\nWORKDIR /judge\nCOPY test.sh /tests/test.sh\nRUN touch /own\n");
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

// Most verifiers of Terminal-Bench install uv and pytest over the network first.
TEST_F(TerminalTasks, AVerifierThatWouldFetchItsToolsIsGivenThoseOfTheBase) {
  put("t/task.toml", "version = \"1.0\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile",
      "FROM x\nRUN apt-get update && apt-get install -y bash\nWORKDIR /app\n");
  put("t/tests/test_state.py", "def test_done():\n  assert open('/app/done').read() == 'yes\\n'\n");
  put("t/tests/test.sh",
      "#!/bin/bash\napt-get update\napt-get install -y curl\n"
      "curl -LsSf https://astral.sh/uv/0.9.7/install.sh | sh\nsource $HOME/.local/bin/env\n"
      "uvx -p 3.13 -w pytest==8.4.1 -w pytest-json-ctrf==0.3.5 pytest --ctrf "
      "/logs/verifier/ctrf.json /tests/test_state.py -rA\n"
      "if [ $? -eq 0 ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n");
  put("t/solution/solve.sh", "#!/bin/bash\necho yes > /app/done\n");
  EXPECT_EQ(validated().at("valid"), true);

  // What lies where an installer would put its files is the agent's, and is not used.
  put("t/solution/solve.sh",
      "#!/bin/bash\nmkdir -p ~/.local/bin\nforge='mkdir -p /logs/verifier; echo 1 > "
      "/logs/verifier/reward.txt; exit 0'\necho \"$forge\" > ~/.local/bin/env\n"
      "for tool in uv uvx pytest curl apt-get; do for d in ~/.local/bin /usr/local/bin; do\n"
      "  printf '#!/bin/sh\\n%s\\n' \"$forge\" > $d/$tool; chmod +x $d/$tool; done; done\n"
      "mkdir -p /weir-tools; cp ~/.local/bin/uvx /weir-tools/uvx\n");
  const json forged = validated(1);
  EXPECT_NE(forged.at("oracle").at("outcome"), "resolved") << forged;
}

TEST_F(TerminalTasks, AValidationGoesOnWhereItLeftOff) {
  for (const std::string name : {"fine", "gift"}) {
    put(name + "/task.toml", "version = \"1.0\"\n");
    put(name + "/instruction.md", "x\n");
    put(name + "/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    put(name + "/tests/test.sh", rewarding(name == "fine" ? "[ -f /app/done ]" : "true"));
    put(name + "/solution/solve.sh", "#!/bin/bash\ntouch /app/done\n");
  }
  const std::string journal = (folder_ / "journal.jsonl").string();
  const std::string list = (folder_ / "list.json").string();
  const std::string suite = (folder_ / "suite").string();
  const std::vector<std::string> words = {"validate",  suite,   "--attempts",   "2",
                                          "--journal", journal, "--quarantine", list};
  const Ran first = run_weir(words);
  EXPECT_EQ(first.exit_code, 1) << first.err;
  EXPECT_THAT(first.out,
              HasSubstr("2 tasks; 2 that can run here; 1 of them sound (0 flaky, 1 broken)"));
  EXPECT_THAT(first.out, HasSubstr("doing nothing passes"));
  const Ran second = run_weir(words);
  EXPECT_EQ(second.out, first.out);
  EXPECT_THAT(second.err, HasSubstr("gift: broken (known)"));
  EXPECT_THAT(second.err, testing::Not(HasSubstr("oracle:")));
  put("fine/tests/test.sh", rewarding("[ -e /app/done ]"));  // another content is another task
  const Ran third = run_weir(words);
  EXPECT_THAT(third.err, HasSubstr("fine: valid\n"));
  EXPECT_THAT(third.err, HasSubstr("gift: broken (known)"));

  write_file(folder_ / "x.toml",
             "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"c\"]\n"
             "[configs.c]\nagent = \"nop\"\n");
  const std::string db = (folder_ / "x.db").string();
  ASSERT_EQ(run_weir({"run", (folder_ / "x.toml").string(), "--db", db}).exit_code, 0);
  const Ran report =
      run_weir({"report", "--db", db, "--quarantine", list, "--section", "quarantine"});
  EXPECT_THAT(report.out, HasSubstr("With and without 1 quarantined tasks"));
  EXPECT_THAT(report.out, HasSubstr("| c      | 2     | 50.0 %"));
  const Ran refused = run_weir({"report", "--db", db, "--quarantine", journal});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("journal.jsonl: is no list of quarantined tasks"));
}

TEST_F(TerminalTasks, ListsOfQuarantinedTasksAreHeldAgainstWhatWasRun) {
  put("t/task.toml", "version = \"1.0\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
  put("t/tests/test.sh", rewarding("false"));
  write_file(folder_ / "x.toml",
             "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"c\", \"d\"]\n"
             "[configs.c]\nagent = \"nop\"\n[configs.d]\nagent = \"nop\"\n");
  const std::string db = (folder_ / "x.db").string();
  ASSERT_EQ(run_weir({"run", (folder_ / "x.toml").string(), "--db", db}).exit_code, 0);
  const std::string list = (folder_ / "list.json").string();
  const auto write_list = [&](const std::string& tasks) {
    write_file(list, R"({"weir_quarantine": 1, "attempts": 1, "tasks_seen": 1, "tasks": [)" +
                         tasks + "]}");
  };
  const auto entry = [](const std::string& sha) {
    return R"({"id": "t", "task_sha256": ")" + sha + R"(", "kind": "broken", "reason": "r"})";
  };
  write_list("");
  EXPECT_THAT(run_weir({"report", "--db", db, "--quarantine", list, "--section", "quarantine"}).out,
              HasSubstr("With and without 0 quarantined tasks"));
  write_list(entry("of another content"));
  const std::vector<std::string> compare = {
      "compare", "--db", db, "--quarantine", list, "--baseline", "c", "--candidate", "d"};
  EXPECT_THAT(run_weir(compare).err, HasSubstr("1 tasks have another content in run"));
  write_list(entry(sql(db, "SELECT sha256 FROM task")));
  const Ran none = run_weir(compare);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("all 1 common tasks are quarantined"));
  EXPECT_EQ(run_weir({"report", "--db", db, "--quarantine", list, "--format", "junit"}).exit_code,
            2);
}

TEST_F(TerminalTasks, WhatTheMachineFailedOnIsNoBadTask) {
  put("t/task.toml", "version = \"1.0\"\n");
  put("t/instruction.md", "x\n");
  put("t/environment/Dockerfile", "FROM x\nRUN exit 9\n");
  put("t/tests/test.sh", rewarding("true"));
  put("t/solution/solve.sh", "#!/bin/bash\n");
  const std::string suite = (folder_ / "suite").string();
  const Ran unjudged = run_weir({"validate", suite});
  EXPECT_EQ(unjudged.exit_code, 3) << unjudged.err;
  EXPECT_THAT(unjudged.out, HasSubstr("1 unjudged"));
  const Ran nowhere = run_weir({"validate", suite, "--environment", (folder_ / "none").string()});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--environment: "));
}

TEST_F(TerminalTasks, AnInterruptedValidationSaysHowToGoOn) {
  for (const std::string name : {"a", "b", "c", "d"}) {
    put(name + "/task.toml", "version = \"1.0\"\n");
    put(name + "/instruction.md", "x\n");
    put(name + "/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    put(name + "/tests/test.sh", rewarding("sleep 2; [ -f /app/done ]"));
    put(name + "/solution/solve.sh", "#!/bin/bash\ntouch /app/done\n");
  }
  const std::string journal = (folder_ / "journal.jsonl").string();
  const std::vector<std::string> words = {
      "validate", (folder_ / "suite").string(), "--jobs", "1", "--journal", journal};
  const pid_t pid = start_weir(words);
  while (!fs::exists(journal) || read_file(journal).find("\"a\"") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  const Ran rest = run_weir(words);
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr("a: valid (known)"));
  EXPECT_THAT(rest.err, HasSubstr("d: valid\n"));
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
