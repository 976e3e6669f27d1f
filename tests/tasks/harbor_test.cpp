// Harbor task folders: every key of task.toml, every way it can be wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/env_template.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/harbor_toml.hpp"
#include "tasks/phase_network.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

HarborToml toml(const std::string& text) {
  return read_harbor_toml(ConfigFile::parse("task.toml", text));
}
std::string toml_error(const std::string& text) {
  return error_of([&] { (void)toml(text); });
}

TEST(HarborToml, ReadsPackageAndMetadata) {
  const HarborToml read = toml(
      "schema_version = \"1.4\"\nsource = \"bench\"\n[task]\nname = \"org/name\"\nversion = \"2\"\n"
      "description = \"d\"\nauthors = [{ name = \"A\", email = \"a@b\" }, { name = \"B\" }]\n"
      "keywords = [\"k\"]\n[metadata]\ndifficulty = \"hard\"\ncategory = \"c\"\nown = 1\n");
  EXPECT_EQ(read.declared_name, "org/name");
  EXPECT_EQ(read.difficulty, "hard");
  EXPECT_EQ(read.shown.schema_version, "1.4");
  EXPECT_EQ(read.shown.version, "2");
  EXPECT_EQ(read.shown.source, "bench");
  EXPECT_EQ(read.shown.category, "c");
  EXPECT_THAT(read.shown.authors, ElementsAre("A <a@b>", "B"));
  EXPECT_THAT(read.shown.keywords, ElementsAre("k"));
  EXPECT_THAT(read.shown.metadata, HasSubstr("\"own\":1"));
  EXPECT_THAT(read.shown.unknown, ElementsAre());
}

TEST(HarborToml, WhatIsNotDeclaredStaysSo) {
  const HarborToml read = toml("");
  const EnvironmentDeclaration& environment = read.shown.environment;
  EXPECT_FALSE(read.shown.agent.timeout || read.shown.agent.user || read.shown.agent.network);
  EXPECT_FALSE(environment.cpus || environment.memory || environment.storage || environment.gpus);
  EXPECT_FALSE(environment.network || environment.workdir || environment.docker_image);
  EXPECT_FALSE(environment.build_timeout || environment.healthcheck || environment.tpu);
  EXPECT_FALSE(read.hidden.verifier.separate.value_or(false));
  EXPECT_EQ(read.hidden.step_rewards, StepRewards::mean);
}

TEST(HarborToml, ReadsTheEnvironment) {
  const HarborToml read = toml(
      "[environment]\ndocker_image = \"i:1\"\nos = \"Linux\"\ncpus = 2\nmemory_mb = 2048\n"
      "storage_mb = 10\ngpus = 1\ngpu_types = [\"H100\"]\nbuild_timeout_sec = 90.5\n"
      "workdir = \"/w\"\nskills_dir = \"/s\"\nnetwork_mode = \"allowlist\"\n"
      "allowed_hosts = [\"pypi.org\", \"*.debian.org\", \"10.0.0.0/8\", \"2001:db8::1\"]\n"
      "env = { A = \"${B:-c}\" }\ntpu = { type = \"v4\", topology = \"2x4\" }\n"
      "[environment.healthcheck]\ncommand = \"true\"\ninterval_sec = 2\ntimeout_sec = 3\n"
      "start_period_sec = 0\nstart_interval_sec = 4\nretries = 7\n"
      "[[environment.mcp_servers]]\nname = \"m\"\ntransport = \"http\"\nurl = \"http://x\"\n"
      "headers = { H = \"v\" }\n[[environment.mcp_servers]]\nname = \"n\"\ntransport = \"stdio\"\n"
      "command = \"run\"\nargs = [\"a\"]\nenv = { K = \"v\" }\n");
  const EnvironmentDeclaration& environment = read.shown.environment;
  EXPECT_EQ(environment.docker_image, "i:1");
  EXPECT_EQ(environment.os, "linux");
  EXPECT_EQ(environment.cpus, 2.0);
  EXPECT_EQ(environment.memory, std::int64_t{2} << 30);
  EXPECT_EQ(environment.storage, std::int64_t{10} << 20);
  EXPECT_EQ(environment.gpus, 1);
  EXPECT_THAT(environment.gpu_types, ElementsAre("H100"));
  EXPECT_EQ(environment.build_timeout, 90'500ms);
  EXPECT_EQ(environment.workdir, "/w");
  EXPECT_EQ(environment.skills_dir, "/s");
  EXPECT_EQ(environment.network->mode, NetworkMode::allowlist);
  EXPECT_EQ(environment.network->allowed_hosts.size(), 4U);
  EXPECT_EQ(environment.env.at("A"), "${B:-c}");
  EXPECT_EQ(environment.tpu->topology, "2x4");
  EXPECT_EQ(environment.healthcheck->interval, 2s);
  EXPECT_EQ(environment.healthcheck->start_interval, 4s);
  EXPECT_EQ(environment.healthcheck->retries, 7);
  ASSERT_EQ(environment.mcp_servers.size(), 2U);
  EXPECT_EQ(environment.mcp_servers[0].transport, "streamable-http");
  EXPECT_EQ(environment.mcp_servers[1].env.at("K"), "v");
  EXPECT_THAT(read.shown.unknown, ElementsAre());
}

TEST(HarborToml, OldSpellingsMeanTheSame) {
  const HarborToml read = toml(
      "version = \"1.0\"\n[environment]\nmemory = \"2G\"\nstorage = \"512M\"\n"
      "allow_internet = false\n");
  EXPECT_EQ(read.shown.schema_version, "1.0");
  EXPECT_EQ(read.shown.environment.memory, std::int64_t{2} << 30);
  EXPECT_EQ(read.shown.environment.storage, std::int64_t{512} << 20);
  EXPECT_EQ(read.shown.environment.network->mode, NetworkMode::none);
  EXPECT_EQ(toml("[environment]\nmemory = \"2G\"\nmemory_mb = 2048\n").shown.environment.memory,
            std::int64_t{2} << 30);
  const auto both = toml("[environment]\nallow_internet = true\nnetwork_mode = \"no-network\"\n");
  EXPECT_EQ(both.shown.environment.network->mode, NetworkMode::none);  // the new one counts
}

TEST(HarborToml, SpellingsThatContradictEachOtherAreRefused) {
  EXPECT_THAT(
      toml_error("[environment]\nmemory = \"1G\"\nmemory_mb = 2048\n"),
      HasSubstr("task.toml:2: [environment] memory: \"1G\" and memory_mb = 2048 contradict"));
  EXPECT_THAT(toml_error("[environment]\nstorage = \"1G\"\nstorage_mb = 1\n"),
              HasSubstr("storage_mb = 1 contradict"));
  EXPECT_THAT(toml_error("version = \"1.0\"\nschema_version = \"1.4\"\n"), HasSubstr("contradict"));
  EXPECT_THAT(toml_error("[verifier]\nenvironment_mode = \"shared\"\n[verifier.environment]\n"),
              HasSubstr("[verifier] environment_mode: \"shared\" and an environment"));
}

TEST(HarborToml, ReadsPhasesVerifierAndSolution) {
  const HarborToml read = toml(
      "artifacts = [\"/app/out\", { source = \"/log\", destination = \"logs/x\", exclude = "
      "[\"*.o\"], "
      "service = \"db\" }]\n"
      "[agent]\ntimeout_sec = 12.5\nuser = 1000\nnetwork_mode = \"no-network\"\n"
      "[solution]\nenv = { S = \"1\" }\n"
      "[verifier]\ntimeout_sec = 7\nuser = \"root\"\nenv = { V = \"2\" }\n"
      "[verifier.environment]\ncpus = 1\n"
      "[[verifier.collect]]\ncommand = \"dump\"\nservice = \"db\"\ntimeout_sec = 5\nuser = \"u\"\n"
      "[[verifier.collect]]\ncommand = \"other\"\n");
  EXPECT_EQ(read.shown.agent.timeout, 12'500ms);
  EXPECT_EQ(read.shown.agent.user, "1000");
  EXPECT_EQ(read.shown.agent.network->mode, NetworkMode::none);
  EXPECT_EQ(read.solution_env.at("S"), "1");
  const Verifier& verifier = read.hidden.verifier;
  EXPECT_EQ(verifier.phase.timeout, 7s);
  EXPECT_TRUE(verifier.separate.value_or(false));  // since it has an environment
  EXPECT_EQ(verifier.environment->cpus, 1.0);
  ASSERT_EQ(verifier.collect.size(), 2U);
  EXPECT_EQ(verifier.collect[0].service, "db");
  EXPECT_EQ(verifier.collect[1].service, "main");
  EXPECT_EQ(verifier.collect[1].timeout, 60s);
  ASSERT_EQ(read.hidden.artifacts.size(), 2U);
  EXPECT_EQ(read.hidden.artifacts[1].destination, "logs/x");
  EXPECT_THAT(read.hidden.artifacts[1].exclude, ElementsAre("*.o"));
}

TEST(HarborToml, ReadsSteps) {
  const HarborToml read = toml(
      "multi_step_reward_strategy = \"final\"\n[[steps]]\nname = \"one\"\nmin_reward = 0.5\n"
      "artifacts = [\"/a\"]\ninherit_prior_session = true\n[steps.agent]\ntimeout_sec = 3\n"
      "[steps.verifier]\ntimeout_sec = 4\n[steps.healthcheck]\ncommand = \"true\"\n"
      "[[steps]]\nname = \"two\"\nmin_reward = { speed = 1, size = 2 }\n");
  ASSERT_EQ(read.shown.steps.size(), 2U);
  EXPECT_EQ(read.shown.steps[0].agent.timeout, 3s);
  EXPECT_TRUE(read.shown.steps[0].healthcheck);
  EXPECT_EQ(read.hidden.step_rewards, StepRewards::final);
  EXPECT_EQ(read.hidden.steps[0].verifier.phase.timeout, 4s);
  EXPECT_EQ(read.hidden.steps[0].min_reward.at("reward"), 0.5);
  EXPECT_EQ(read.hidden.steps[0].artifacts.size(), 1U);
  EXPECT_EQ(read.hidden.steps[1].min_reward.at("size"), 2);
  EXPECT_TRUE(read.shown.steps[0].inherits_session);
  EXPECT_FALSE(read.shown.steps[1].inherits_session);
  EXPECT_THAT(read.shown.unknown, ElementsAre());
}

TEST(HarborToml, UnknownKeysAreKeptWithTheirPlace) {
  const auto unknown = toml(
                           "colour = \"red\"\n[agent]\nmood = 1\n[environment]\nram = \"2G\"\n"
                           "[verifier]\nx = true\n[solution]\ny = [1]\n")
                           .shown.unknown;
  EXPECT_EQ(unknown.size(), 5U);
  EXPECT_THAT(unknown, Contains("task.toml:1: colour = \"red\""));
  EXPECT_THAT(unknown, Contains("task.toml:5: [environment] ram = \"2G\""));
}

TEST(HarborToml, WrongValuesNameFileLineAndKey) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[agent]\ntimeout_sec = 0\n", "task.toml:2: [agent] timeout_sec: must be a positive"},
      {"[verifier]\ntimeout_sec = -1\n", "[verifier] timeout_sec: must be a positive"},
      {"[environment]\nbuild_timeout_sec = 0\n", "build_timeout_sec: must be a positive"},
      {"[agent]\nuser = 1.5\n", "[agent] user: must be"},
      {"[environment]\ncpus = 0\n", "cpus: must be more than 0"},
      {"[environment]\nmemory_mb = 0\n", "memory_mb: must be a whole number from 1"},
      {"[environment]\nmemory = \"2\"\n", "memory: \"2\" is no size"},
      {"[environment]\nmemory = 2048\n", "memory: must be a string"},
      {"[environment]\ngpus = -1\n", "gpus: must be a whole number from 0"},
      {"[environment]\nos = \"plan9\"\n", "os: \"plan9\" is none of linux, windows"},
      {"[environment]\nnetwork_mode = \"no-netwrok\"\n", "did you mean \"no-network\"?"},
      {"[environment]\nallowed_hosts = [\"a\"]\n", "needs network_mode = \"allowlist\""},
      {"[agent]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"http://a/b\"]\n",
       "is no host name"},
      {"[environment]\nenv = { A = 1 }\n", "[environment.env] A: must be a string"},
      {"[environment.healthcheck]\nretries = 2\n", "[environment.healthcheck] command: is missing"},
      {"[environment.healthcheck]\ncommand = \"x\"\nretries = 0\n", "retries: must be"},
      {"[[environment.mcp_servers]]\nname = \"m\"\n", "url: is missing"},
      {"[verifier]\nenvironment_mode = \"apart\"\n", "is none of shared, separate"},
      {"[[verifier.collect]]\nservice = \"s\"\n", "[verifier.collect.0] command: is missing"},
      {"artifacts = [\"../x\"]\n", "artifacts: \"../x\" must not hold \"..\""},
      {"artifacts = [{ source = \"/x\", destination = \"/etc\" }]\n",
       "destination: \"/etc\" must be relative"},
      {"artifacts = [{ source = \"/x\", destination = \"a/../b\" }]\n", "must not hold \"..\""},
      {"artifacts = [{ source = \"/x\", destination = \"manifest.json\" }]\n", "is reserved"},
      {"artifacts = [{ source = \"x\", service = \"db\" }]\n", "must be absolute"},
      {"artifacts = [{ destination = \"x\" }]\n", "[artifacts.0] source: is missing"},
      {"artifacts = [\"/a\", 3]\n",
       "artifacts: entry 2 must be a path or a table with a source, and is 3"},
      {"[[steps]]\nname = \"a\"\n[[steps]]\nname = \"a\"\n",
       "task.toml:4: [steps.1] name: \"a\" stands twice"},
      {"[[steps]]\nname = \"a/b\"\n", "is no name of a folder"},
      {"[[steps]]\nmin_reward = 1\n", "[steps.0] name: is missing"},
      {"[[steps]]\nname = \"a\"\nmin_reward = \"high\"\n",
       "min_reward: must be a number or a table"},
      {"[[steps]]\nname = \"a\"\nmin_reward = nan\n", "[steps.0] min_reward: must be finite"},
      {"[[steps]]\nname = \"a\"\nmin_reward = -inf\n", "[steps.0] min_reward: must be finite"},
      {"[[steps]]\nname = \"a\"\nmin_reward = { x = inf }\n", "min_reward: x is no finite number"},
      {"multi_step_reward_strategy = \"max\"\n", "is none of mean, final"},
      {"steps = 3\n", "steps: must be a list of tables"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(toml_error(text), HasSubstr(error)) << text;
}

TEST(EnvTemplates, AreResolvedByAnInjectedLookup) {
  const auto host = [](const std::string& name) {
    return name == "SET" ? std::optional<std::string>("v") : std::nullopt;
  };
  const ResolvedEnv env = resolve_env({{"A", "x${SET}y${SET:-z}"},
                                       {"B", "${UNSET:-d}e"},
                                       {"C", "${UNSET}"},
                                       {"D", "$SET ${ ${} ${1} $"},
                                       {"E", "${UNSET:-}"}},
                                      host);
  EXPECT_EQ(env.values.at("A"), "xvyv");
  EXPECT_EQ(env.values.at("B"), "de");
  EXPECT_EQ(env.values.count("C"), 0U);
  EXPECT_EQ(env.values.at("D"), "$SET ${ ${} ${1} $");
  EXPECT_EQ(env.values.at("E"), "");
  EXPECT_THAT(env.missing, ElementsAre("C needs the host's UNSET"));
  EXPECT_EQ(env.defaulted.size(), 2U);
}

/// A task folder to be changed by each test.
class HarborFolder : public testing::Test {
 protected:
  HarborFolder() {
    put("task.toml", "version = \"1.0\"\n");
    put("instruction.md", "do it\n");
    put("environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    put("tests/test.sh", "true\n");
    put("solution/solve.sh", "true\n");
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((task_ / name).parent_path());
    write_file(task_ / name, text);
  }
  Task load() const { return load_suite(task_).tasks.at(0); }

  TemporaryFolder folder_;
  fs::path task_ = folder_ / "hello";
};

TEST_F(HarborFolder, WhatTheRunnerCannotDoIsToldNeverIgnored) {
  const auto told = [&](const std::string& toml) {
    put("task.toml", toml);
    const Task task = load();
    EXPECT_EQ(task.defect, "") << toml;
    std::string all = task.unsupported;
    for (const auto& deviation : task.shown.environment.deviations) all += "|" + deviation;
    for (const auto& network : networks_not_given(task)) all += "|" + network;
    return all;
  };
  EXPECT_EQ(told(""), "");
  EXPECT_THAT(told("[environment]\ngpus = 2\n"), HasSubstr("needs 2 GPUs"));
  EXPECT_THAT(told("[environment]\ntpu = { type = \"v4\", topology = \"2x2\" }\n"),
              HasSubstr("TPU"));
  EXPECT_THAT(told("[environment]\nnetwork_mode = \"public\"\n"),
              HasSubstr("|a network is declared"));
  EXPECT_THAT(told("[environment]\nallow_internet = true\n"), HasSubstr("|a network is declared"));
  EXPECT_EQ(told("[environment]\nallow_internet = false\n"), "");
  EXPECT_THAT(told("[agent]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"a.b\"]\n"),
              HasSubstr("|agent: a network to a.b is declared"));
  EXPECT_THAT(told("[verifier]\nnetwork_mode = \"public\"\n"), HasSubstr("|verifier: a network"));
  EXPECT_EQ(told("[verifier]\nuser = \"judge\"\n"), "");
  EXPECT_EQ(told("[verifier]\nenvironment_mode = \"separate\"\n"), "");
  EXPECT_THAT(told("[verifier.environment]\ngpus = 1\n"),
              HasSubstr("verifier's box: needs 1 GPUs"));
  EXPECT_THAT(told("[verifier.environment]\nnetwork_mode = \"public\"\n"),
              HasSubstr("|verifier's box: a network is declared"));
  EXPECT_EQ(told("[[verifier.collect]]\ncommand = \"x\"\n"), "");
  EXPECT_THAT(told("[[verifier.collect]]\ncommand = \"x\"\nservice = \"db\"\n"),
              HasSubstr("verifier.collect in the service db"));
  EXPECT_EQ(told("[environment.healthcheck]\ncommand = \"x\"\n"), "");
  EXPECT_EQ(told("artifacts = [\"/x\"]\n"), "");
  EXPECT_EQ(told("[environment]\nskills_dir = \"/s\"\n"), "");
  EXPECT_THAT(told("[[environment.mcp_servers]]\nname = \"m\"\nurl = \"u\"\n"),
              HasSubstr("MCP server m"));
  EXPECT_THAT(told("[environment]\nbuild_timeout_sec = 3600\n"),
              HasSubstr("|environment.build_timeout"));
  EXPECT_THAT(told("[verifier]\nenv = { KEY = \"${SECRET}\" }\n"),
              HasSubstr("verifier.env.KEY needs the host's SECRET; none is passed on"));
  EXPECT_THAT(told("[environment]\nenv = { KEY = \"${X:-y}\" }\n"),
              HasSubstr("|environment.env.KEY takes the default of X"));
  EXPECT_THAT(told("[agent]\nmood = 1\n"),
              HasSubstr("|task.toml:2: [agent] mood = 1: unknown, ignored"));
  put("environment/docker-compose.yaml", "services:\n  main:\n    privileged: true\n");
  EXPECT_EQ(told(""),
            "docker-compose.yaml: service main: privileged: a box has no power over its host");
}

/// The box of the task's verifier, or of a step's.
const VerifierBox& box_of(const Task& task, const std::string& step = "") {
  return task.hidden.verifier_boxes.at(step);
}

TEST_F(HarborFolder, ASeparateVerifiersBoxIsBuiltFromItsTests) {
  put("tests/Dockerfile", "FROM judge\nWORKDIR /judge\nRUN true\n");
  put("task.toml",
      "artifacts = [\"/a\"]\n[verifier.environment]\nmemory_mb = 512\nenv = { A = \"1\" }\n"
      "[environment]\nmemory_mb = 100\nenv = { B = \"2\" }\n");
  const Task task = load();
  const VerifierBox& box = box_of(task);
  EXPECT_EQ(box.environment.base, "judge");
  EXPECT_EQ(box.environment.workdir, "/judge");
  EXPECT_EQ(box.environment.build_context, task_ / "tests");
  EXPECT_EQ(box.environment.env, (std::map<std::string, std::string>{{"A", "1"}}));
  EXPECT_EQ(box.limits.memory, 512 << 20);
  EXPECT_EQ(task.shown.limits.memory, 100 << 20);
  EXPECT_EQ(std::get<RewardGrading>(task.hidden.grading).artifacts.size(), 1U);
}

TEST_F(HarborFolder, ASeparateVerifierWithoutADeclarationHasTheAgentsAsItWas) {
  put("task.toml", "[verifier]\nenvironment_mode = \"separate\"\n[environment]\ncpus = 2\n");
  const Task task = load();
  EXPECT_EQ(box_of(task).environment.base, "x");
  EXPECT_EQ(box_of(task).environment.build_context, task_ / "environment");
  EXPECT_EQ(box_of(task).limits.cpus, 2);
  put("task.toml",
      "[verifier]\nenvironment_mode = \"separate\"\n[environment]\n"
      "docker_image = \"y\"\n");
  EXPECT_EQ(box_of(load()).environment.base, "y");  // nothing is built
  EXPECT_TRUE(box_of(load()).environment.build.empty());
}

TEST_F(HarborFolder, AStepsVerifierIsSeparateByItsOwnWordElseByTheTasks) {
  for (const std::string step : {"one", "two", "three"}) {
    put("steps/" + step + "/instruction.md", "x\n");
  }
  put("steps/three/tests/Dockerfile", "FROM third\n");
  put("tests/Dockerfile", "FROM all\n");
  put("task.toml",
      "[verifier]\nenvironment_mode = \"separate\"\n[[steps]]\nname = \"one\"\n"
      "[[steps]]\nname = \"two\"\n[steps.verifier]\nenvironment_mode = \"shared\"\n"
      "[[steps]]\nname = \"three\"\n[steps.verifier.environment]\nworkdir = \"/w\"\n");
  fs::remove_all(task_ / "solution");
  const Task task = load();
  ASSERT_EQ(task.defect + task.unsupported, "");
  EXPECT_EQ(task.hidden.verifier_boxes.size(), 2U);
  EXPECT_EQ(box_of(task, "one").environment.base, "all");
  EXPECT_EQ(box_of(task, "three").environment.base, "third");
  EXPECT_EQ(box_of(task, "three").environment.workdir, "/w");
}

TEST_F(HarborFolder, APhasesNetworkIsItsOwnElseTheEnvironments) {
  const auto modes = [&](const std::string& toml) {
    put("task.toml", toml);
    const Task task = load();
    const auto name = [](const std::optional<NetworkPolicy>& policy) {
      if (!policy) return std::string("undeclared");
      return std::string(policy->mode == NetworkMode::open   ? "open"
                         : policy->mode == NetworkMode::none ? "none"
                                                             : "list");
    };
    return name(agent_network(task)) + " " + name(verifier_network(task));
  };
  EXPECT_EQ(modes(""), "undeclared undeclared");
  EXPECT_EQ(modes("[environment]\nnetwork_mode = \"no-network\"\n"), "none none");
  EXPECT_EQ(modes("[environment]\nallow_internet = false\n[verifier]\nnetwork_mode = \"public\"\n"),
            "none open");
  EXPECT_EQ(modes("[agent]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"a.b\"]\n"),
            "list undeclared");
  EXPECT_EQ(modes("[environment]\nnetwork_mode = \"public\"\n[verifier.environment]\n"
                  "network_mode = \"no-network\"\n"),
            "open none");
}

TEST_F(HarborFolder, MissingPartsAreDefectsThatNameTheFile) {
  put("solution/notes.txt", "x");
  fs::remove(task_ / "solution/solve.sh");
  EXPECT_THAT(load().defect, HasSubstr("solution/solve.sh: is missing"));
  fs::remove_all(task_ / "solution");  // a task may do without one
  EXPECT_EQ(load().defect, "");
  EXPECT_EQ(load().hidden.solution, fs::path());
  fs::remove(task_ / "tests/test.sh");
  EXPECT_THAT(load().defect, HasSubstr("tests/test.sh: is missing"));
  fs::remove(task_ / "instruction.md");
  EXPECT_THAT(load().defect, HasSubstr("instruction.md"));
}

TEST_F(HarborFolder, StepsHaveFoldersOfTheirOwn) {
  put("task.toml", "[[steps]]\nname = \"one\"\n[[steps]]\nname = \"two\"\n");
  fs::remove_all(task_ / "tests");
  fs::remove(task_ / "instruction.md");
  for (const char* step : {"one", "two"}) {
    put(std::string("steps/") + step + "/instruction.md", step);
    put(std::string("steps/") + step + "/tests/test.sh", "true\n");
    put(std::string("steps/") + step + "/solution/solve.sh", "true\n");
  }
  put("steps/two/workdir/setup.sh", "true\n");
  const Task task = load();
  EXPECT_EQ(task.defect, "");
  EXPECT_EQ(task.unsupported, "");
  ASSERT_EQ(task.shown.terminal.steps.size(), 2U);
  EXPECT_EQ(task.shown.terminal.steps[1].instruction, "two");
  EXPECT_EQ(task.shown.terminal.steps[0].workdir, fs::path());
  EXPECT_EQ(task.shown.terminal.steps[1].workdir, task_ / "steps/two/workdir");
  EXPECT_EQ(task.hidden.terminal.steps[1].tests, task_ / "steps/two/tests");

  fs::remove_all(task_ / "steps/two/solution");
  EXPECT_THAT(load().defect, HasSubstr("steps/two/solution: is missing, though other steps"));
  fs::remove_all(task_ / "steps/one/solution");
  EXPECT_EQ(load().defect, "");
  fs::remove_all(task_ / "steps/two/tests");
  EXPECT_THAT(load().defect, HasSubstr("steps/two/tests/test.sh: is missing, which step \"two\""));
  put("tests/test.sh", "true\n");  // common to all steps
  EXPECT_EQ(load().defect, "");
}

TEST_F(HarborFolder, ABadTaskSparesTheOthers) {
  fs::copy(task_, folder_ / "other", fs::copy_options::recursive);
  put("task.toml", "[agent]\ntimeout_sec = 0\n");
  const Suite suite = load_suite(folder_.path());
  ASSERT_EQ(suite.tasks.size(), 2U);
  EXPECT_THAT(suite.tasks[0].defect, HasSubstr("task.toml:2: [agent] timeout_sec"));
  EXPECT_EQ(suite.tasks[1].defect, "");
}

}  // namespace
}  // namespace weir
