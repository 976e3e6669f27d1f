// Compose files: what is read of them, and what a task becomes by one.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/compose_environment.hpp"
#include "tasks/compose_file.hpp"
#include "tasks/compose_variables.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

std::optional<std::string> value_of(const std::string& name) {
  if (name == "SET") return "s";
  if (name == "EMPTY") return "";
  return {};
}

std::string replaced(const std::string& text) {
  return interpolate(text, value_of).text;
}

TEST(ComposeVariables, AreReplacedAsComposeDoes) {
  EXPECT_EQ(replaced("a $SET b${SET}c"), "a s bsc");
  EXPECT_EQ(replaced("$$SET $${SET}"), "$SET ${SET}");
  EXPECT_EQ(replaced("${EMPTY:-d}${EMPTY-d}${NONE-d}"), "dd");
  EXPECT_EQ(replaced("${SET:+x}${EMPTY:+x}${EMPTY+y}${NONE+z}"), "xy");
  EXPECT_EQ(replaced("${NONE:-a${SET}${OTHER:-b}}"), "asb");
  EXPECT_EQ(replaced("${SET:?why}${EMPTY?why}"), "s");
  const Interpolated out = interpolate("$NONE ${NONE:?x} ${NONE:-d}", value_of);
  EXPECT_THAT(out.missing, ElementsAre("NONE", "NONE"));
  EXPECT_THAT(out.defaulted, ElementsAre("NONE"));
  for (const char* bad : {"${", "${}", "$", "$1", "${A", "${A:}", "${A:=b}", "${A b}", "${-a}"}) {
    EXPECT_THAT(error_of([&] { (void)interpolate(bad, value_of); }), HasSubstr("$$ is a dollar"))
        << bad;
  }
}

TEST(ComposeVariables, EnvFilesAreReadLineByLine) {
  EXPECT_THAT(read_env_file("# c\nA=1\nexport B = \"x # y\" # z\nC='q'\n\nD=a b # c\nE\nF=\n"),
              ElementsAre(Pair("A", "1"), Pair("B", "x # y"), Pair("C", "q"), Pair("D", "a b"),
                          Pair("F", "")));
  EXPECT_EQ(error_of([] { (void)read_env_file("A=1\n=2\n"); }), "line 2: expected NAME=value");
}

ComposeFile read(const std::string& text) {
  return read_compose(text, "f.yaml", value_of);
}
ComposeService service(const std::string& keys) {
  return read("services:\n  a:\n    " + keys + "\n").services.at(0);
}
std::string error(const std::string& text) {
  return error_of([&] { (void)read(text); });
}
std::string service_error(const std::string& keys) {
  return error("services:\n  a:\n    " + keys + "\n");
}

TEST(ComposeFile, ReadsHowAServiceIsBuiltAndRun) {
  EXPECT_EQ(service("image: x:${SET}").image, "x:s");
  EXPECT_EQ(service("build: ./a").build->context, "./a");
  const auto build =
      service("build: {context: c, dockerfile: D, target: t, args: [A=1, B], secrets: [s]}").build;
  EXPECT_EQ(build->context + build->dockerfile + build->target, "cDt");
  EXPECT_THAT(build->args, ElementsAre(Pair("A", "1")));
  EXPECT_THAT(build->refused, ElementsAre("secrets"));
  EXPECT_EQ(service("command: serve --name \"a b\" 'c d' e\\ f").run.command,
            (Words{"serve", "--name", "a b", "c d", "e f"}));
  EXPECT_EQ(service("command: [serve, 1.0]").run.command, (Words{"serve", "1.0"}));
  EXPECT_EQ(service("entrypoint: []").run.entrypoint, Words{});
  EXPECT_FALSE(service("command: null").run.command);
  EXPECT_THAT(service("environment: {A: 1, B: , C: $SET}").env,
              ElementsAre(Pair("A", "1"), Pair("B", std::nullopt), Pair("C", "s")));
  EXPECT_THAT(service("environment: [A=1=2, B]").env,
              ElementsAre(Pair("A", "1=2"), Pair("B", std::nullopt)));
  EXPECT_THAT(service("env_file: [a.env, {path: b.env, required: false}]").env_files,
              ElementsAre(Pair("a.env", true), Pair("b.env", false)));
  EXPECT_EQ(service("restart: on-failure:3").run.restart, Restart::on_failure);
  EXPECT_EQ(service("restart: unless-stopped").run.restart, Restart::always);
  EXPECT_EQ(service("restart: no").run.restart, Restart::never);
  const auto limited = service(
      "deploy: {resources: {limits: {memory: 1.5gb, cpus: '0.5'}}}\n    mem_limit: 1g\n    "
      "user: 1000:1000\n    working_dir: /w");
  EXPECT_EQ(limited.memory, 1536LL << 20);
  EXPECT_EQ(limited.cpus, 0.5);
  EXPECT_EQ(*limited.user + *limited.working_dir, "1000:1000/w");
}

TEST(ComposeFile, ReadsHealthchecks) {
  const auto check = [](const std::string& keys) {
    return *service("healthcheck: {" + keys + "}").healthcheck;
  };
  const auto whole =
      check("test: [CMD, x, -y], interval: 1m30s, timeout: 500ms, retries: 7, start_period: 1h");
  EXPECT_EQ(whole.check.words, (Words{"x", "-y"}));
  EXPECT_EQ(whole.check.interval, 90s);
  EXPECT_EQ(whole.check.timeout, 500ms);
  EXPECT_EQ(whole.check.start_period, 1h);
  EXPECT_EQ(whole.check.retries, 7);
  EXPECT_EQ(check("test: a | b").check.words, (Words{"/bin/sh", "-c", "a | b"}));
  EXPECT_EQ(check("test: [CMD-SHELL, a]").check.words, (Words{"/bin/sh", "-c", "a"}));
  EXPECT_EQ(check("test: x").check.interval, 30s);
  EXPECT_TRUE(check("test: [NONE]").disabled);
  EXPECT_TRUE(check("disable: true").disabled);
  for (const char* bad : {"test: [x, y]", "test: [CMD]", "test: []", "test: [CMD-SHELL, a, b]",
                          "interval: 5", "interval: 1x", "interval: -1s", "retries: 0",
                          "retries: many", "disable: maybe", "interval: 99999999999h"}) {
    EXPECT_THAT(service_error(std::string("healthcheck: {") + bad + "}"),
                HasSubstr("f.yaml: services.a.healthcheck"))
        << bad;
  }
}

TEST(ComposeFile, ReadsMounts) {
  const auto mounts =
      read(
          "services:\n  a:\n    volumes: [data:/d, ./x:/y:ro, /z, {type: bind, source: ../b, "
          "target: "
          "/c, read_only: true}, {type: tmpfs, target: /t}, {type: npipe, source: n, target: /n}]\n"
          "volumes: {data: }\n")
          .services.at(0);
  ASSERT_EQ(mounts.mounts.size(), 4U);
  EXPECT_EQ(mounts.mounts[0].kind, ComposeMount::Kind::volume);
  EXPECT_EQ(mounts.mounts[1].kind, ComposeMount::Kind::bind);
  EXPECT_TRUE(mounts.mounts[1].read_only);
  EXPECT_EQ(mounts.mounts[2].kind, ComposeMount::Kind::anonymous);
  EXPECT_EQ(mounts.mounts[3].source, "../b");
  EXPECT_THAT(mounts.refused, ElementsAre("volumes: a mount of type npipe"));
  EXPECT_THAT(error("services: {a: {volumes: [dat:/d]}}\nvolumes: {data: }\n"),
              HasSubstr("\"dat\" is no volume declared under volumes; did you mean \"data\"?"));
  for (const char* bad : {"[a:b]", "['./a:/b:c:d']", "['./a:/b:rx']", "[{type: bind, target: /a}]",
                          "['']", "x", "[[a]]"}) {
    EXPECT_THAT(service_error(std::string("volumes: ") + bad), HasSubstr("services.a.volumes"))
        << bad;
  }
}

TEST(ComposeFile, ReadsNamesAndPorts) {
  const auto named =
      read(
          "services:\n  a:\n    hostname: h\n    container_name: c\n    networks: {n: {aliases: "
          "[x, y]}}\n"
          "    ports: ['127.0.0.1:8080:80/tcp', 53/udp, {target: 90}]\n    expose: ['5000']\n"
          "    extra_hosts: ['m:10.0.0.1']\nnetworks: {n: }\n")
          .services.at(0);
  EXPECT_THAT(named.aliases, ElementsAre("c", "h", "x", "y"));
  EXPECT_THAT(named.ports, ElementsAre("5000", "53/udp", "80", "90"));
  EXPECT_THAT(named.hosts, ElementsAre(Pair("m", "10.0.0.1")));
  EXPECT_THAT(service("extra_hosts: ['h:host-gateway']").refused,
              ElementsAre("extra_hosts: \"host-gateway\""));
  for (const char* bad : {"hostname: '-a'", "hostname: \"a\\nb\"", "container_name: a b",
                          "extra_hosts: ['a b:1.2.3.4']", "extra_hosts: [a]", "networks: [m]"}) {
    EXPECT_THAT(service_error(bad), HasSubstr("f.yaml: services.a")) << bad;
  }
}

TEST(ComposeFile, NamesOfServicesAreNoOptionsAndNoLines) {
  for (const char* bad : {"'-v'", "\"a\\nb\"", "'a/b'", "''", "'a b'", "\"a\\0b\"", "'..'"}) {
    EXPECT_THAT(error(std::string("services: {") + bad + ": {image: x}}"),
                HasSubstr("is no name for a service"))
        << bad;
  }
}

TEST(ComposeFile, NeedsAreInOrderAndNoCircle) {
  const ComposeFile file = read(
      "services:\n  a: {depends_on: {c: {condition: service_healthy}, b: {condition: "
      "service_completed_successfully, required: true}}}\n  b: {depends_on: [c]}\n  c: {image: "
      "x}\n");
  EXPECT_THAT(start_order(file), ElementsAre("c", "b", "a"));
  EXPECT_EQ(file.find("a")->run.needs.at(0).until, ServiceNeed::Until::completed);
  EXPECT_EQ(file.find("a")->run.needs.at(1).until, ServiceNeed::Until::healthy);
  EXPECT_THAT(error("services: {a: {depends_on: [b]}, b: {depends_on: [c]}, c: {depends_on: [a]}}"),
              HasSubstr("services wait for each other: a -> b -> c -> a"));
  EXPECT_THAT(error("services: {a: {depends_on: [a]}}"), HasSubstr("a -> a"));
  EXPECT_THAT(error("services: {web: {depends_on: [databse]}, database: }"),
              HasSubstr("f.yaml: services.web.depends_on: \"databse\" is no service; did you mean "
                        "\"database\"?"));
  EXPECT_THAT(service_error("depends_on: {a: {condition: service_helthy}}"),
              HasSubstr("did you mean \"service_healthy\"?"));
}

TEST(ComposeFile, WhatReachesTheHostIsRefusedWithAReason) {
  for (const char* key : {"privileged: true",
                          "cap_add: [SYS_ADMIN]",
                          "cap_add: [ALL]",
                          "devices: [/dev/kvm]",
                          "network_mode: host",
                          "network_mode: container:x",
                          "pid: host",
                          "ipc: host",
                          "userns_mode: host",
                          "security_opt: ['seccomp:unconfined']",
                          "runtime: nvidia",
                          "gpus: all",
                          "sysctls: {a: 1}",
                          "volumes_from: [b]",
                          "extends: {file: f}",
                          "cgroup_parent: x",
                          "deploy: {replicas: 3}",
                          "deploy: {resources: {reservations: {devices: [x]}}}",
                          "device_cgroup_rules: [x]",
                          "secrets: [s]",
                          "configs: [s]"}) {
    EXPECT_EQ(service(key).refused.size(), 1U) << key;
  }
  EXPECT_THAT(service("privileged: false\n    cap_add: [CHOWN, CAP_SETUID]\n    init: true\n"
                      "    network_mode: bridge\n    security_opt: ['no-new-privileges:true']\n"
                      "    labels: {a: b}\n    x-own: 1")
                  .refused,
              IsEmpty());
  EXPECT_THAT(service("read_only: true\n    ulimits: {nofile: 1}").ignored,
              ElementsAre("read_only", "ulimits"));
  EXPECT_THAT(service("imgae: x").unknown, ElementsAre("imgae"));
  EXPECT_THAT(read("services: {}\nvolumes: {v: {external: true}, w: {driver_opts: {}}}\n"
                   "networks: {n: {external: true}}\nsecrets: {}\nx-a: 1\nmore: 2\n")
                  .refused,
              UnorderedElementsAre("volumes.v.external", "volumes.w.driver_opts",
                                   "networks.n.external", "secrets"));
}

TEST(ComposeFile, MergesAnchors) {
  const ComposeFile file = read(
      "x-base: &base {image: i, user: u}\nservices:\n  a:\n    <<: *base\n    user: v\n"
      "  b:\n    <<: [{working_dir: /w}, *base]\n");
  EXPECT_EQ(*file.find("a")->image + *file.find("a")->user, "iv");
  EXPECT_EQ(*file.find("b")->working_dir + *file.find("b")->user, "/wu");
}

TEST(ComposeFile, BadFilesNameThePlace) {
  EXPECT_THAT(error("version: '3'\n"), HasSubstr("f.yaml: services: is missing"));
  EXPECT_THAT(error("services: [a]\n"), HasSubstr("f.yaml: services: must be a map"));
  EXPECT_THAT(error("services: {a: 1}\n"), HasSubstr("f.yaml: services.a: must be a map"));
  EXPECT_THAT(error("services: {a: {image: [x]}}\n"), HasSubstr("services.a.image: must be text"));
  EXPECT_THAT(error("services: {a: {image: \"${\"}}\n"), HasSubstr("services.a.image: \"${\""));
  EXPECT_THAT(error("services: {a: {command: \"a 'b\"}}\n"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(error("services: {a: {mem_limit: lots}}\n"), HasSubstr("\"lots\" is no size"));
  EXPECT_THAT(error("services: {a: {<<: x}}\n"), HasSubstr("<< must name a map"));
  EXPECT_THAT(error("services: {a: {image: \"a\\0b\"}}\n"), HasSubstr("NUL"));
  EXPECT_THAT(error("a: [\n"), HasSubstr("f.yaml:"));
  std::string many = "services:\n";
  for (int i = 0; i < 33; ++i) many += "  s" + std::to_string(i) + ": {image: x}\n";
  EXPECT_THAT(error(many), HasSubstr("33 are more than 32"));
}

TEST(ComposeFile, ArgumentsAndTargetsOfADockerfile) {
  EXPECT_EQ(with_arguments("ARG V=1\nFROM a:$V AS one\nARG W\nRUN x\nFROM one\nRUN y\n",
                           {{"V", "2"}, {"W", "3"}, {"Z", "4"}}, "one"),
            "ARG V=\"2\"\nFROM a:$V AS one\nARG W=\"3\"\nRUN x\n");
}

/// A Harbor task with services, to be changed by each test.
class ComposeTask : public testing::Test {
 protected:
  ComposeTask() {
    put("task.toml", "version = \"1.0\"\n");
    put("instruction.md", "do it\n");
    put("environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    put("environment/api/Dockerfile",
        "ARG V=1\nFROM y:$V AS base\nWORKDIR /srv\nCMD [\"serve\"]\nFROM base\nUSER u\n");
    put("environment/api/page", "p");
    put("tests/test.sh", "true\n");
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((task_ / name).parent_path());
    write_file(task_ / name, text);
  }
  Task load(const std::string& services, const std::string& rest = "") const {
    put("environment/docker-compose.yaml", "services:\n" + services + rest);
    return load_suite(task_).tasks.at(0);
  }
  /// Why a service `db` with these keys cannot be.
  std::string refused(const std::string& keys, const std::string& rest = "") const {
    const Task task = load("  db: {image: x, " + keys + "}\n", rest);
    EXPECT_EQ(task.defect, "") << keys;
    return task.unsupported;
  }

  TemporaryFolder folder_;
  fs::path task_ = folder_ / "pod";
};

TEST_F(ComposeTask, TakesServicesInTheirOrder) {
  const Task task = load(
      "  main:\n    depends_on: {api: {condition: service_healthy}}\n    environment: {A: b}\n"
      "    mem_limit: 100m\n"
      "  api:\n    build: {context: api, args: {V: 2}}\n    depends_on: [db]\n"
      "    environment: [LOGS=$ENV_VERIFIER_LOGS_PATH]\n    healthcheck: {test: [CMD, ok]}\n"
      "    volumes: ['./api/page:/srv/page:ro']\n"
      "  db: {image: 'postgres:16', container_name: base, volumes: ['data:/d']}\n",
      "volumes: {data: }\n");
  EXPECT_EQ(task.defect + task.unsupported, "");
  ASSERT_EQ(task.shown.services.beside.size(), 2U);
  const Service& db = task.shown.services.beside[0];
  EXPECT_EQ(db.name, "db");
  EXPECT_EQ(db.environment.base, "postgres:16");
  EXPECT_TRUE(db.environment.image_only && db.environment.beside);
  EXPECT_THAT(db.run.volumes, IsEmpty());  // one service's own
  const Service& api = task.shown.services.beside[1];
  EXPECT_EQ(api.environment.base, "y:2");
  EXPECT_EQ(api.environment.workdir, "/srv");
  EXPECT_EQ(api.environment.user, "u");
  EXPECT_THAT(api.environment.command, ElementsAre("serve"));
  EXPECT_EQ(api.environment.env.at("LOGS"), "/logs/verifier");
  EXPECT_EQ(api.environment.files.at(0).to, "/srv/page");
  EXPECT_EQ(api.environment.healthcheck->words, Words{"ok"});
  EXPECT_EQ(task.shown.services.needs.at(0).service, "api");
  EXPECT_EQ(task.shown.environment.env.at("A"), "b");
  EXPECT_EQ(task.shown.limits.memory, 100 << 20);
  for (const char* name : {"main", "api", "db", "base"}) {
    EXPECT_EQ(task.shown.environment.hosts.at(name), "127.0.0.1") << name;
    EXPECT_EQ(db.environment.hosts.at(name), "127.0.0.1") << name;
  }
  EXPECT_FALSE(task.shown.visible_tests);
}

TEST_F(ComposeTask, WithoutOtherServicesNeedsNothing) {
  const Task task = load("  main:\n    command: [sh, -c, sleep infinity]\n    tty: true\n");
  EXPECT_EQ(task.unsupported, "");
  EXPECT_TRUE(task.shown.services.empty());
  EXPECT_THAT(task.shown.environment.hosts, IsEmpty());
  EXPECT_THAT(task.shown.environment.entrypoint, IsEmpty());
  EXPECT_THAT(load("  main: {command: [serve, a b]}\n").shown.environment.entrypoint,
              ElementsAre("sh", "-c", "'serve' 'a b' & exec \"$@\"", "command"));
  EXPECT_THAT(load("  main: {entrypoint: [/e.sh]}\n").shown.environment.entrypoint,
              ElementsAre("/e.sh"));
}

TEST_F(ComposeTask, TheHostStaysOut) {
  EXPECT_THAT(refused("volumes: ['/:/host']"), HasSubstr("/ is a path of the host"));
  EXPECT_THAT(refused("volumes: ['/var/run/docker.sock:/s']"), HasSubstr("is a path of the host"));
  EXPECT_THAT(refused("volumes: ['~/x:/s']"), HasSubstr("is a path of the host"));
  EXPECT_THAT(refused("volumes: ['../tests:/s']"), HasSubstr("../tests is outside environment"));
  EXPECT_THAT(refused("volumes: ['./none:/s']"), HasSubstr("./none is not there"));
  EXPECT_THAT(refused("volumes: ['v:/']", "volumes: {v: }\n"),
              HasSubstr("cannot be mounted over /"));
  fs::create_symlink("/etc", task_ / "environment" / "link");
  EXPECT_THAT(refused("volumes: ['./link:/s']"), HasSubstr("./link is outside environment"));
  EXPECT_THAT(refused("env_file: ../../secret"), HasSubstr("env_file ../../secret is not there"));
  EXPECT_THAT(refused("environment: [KEY]"), HasSubstr("needs the host's KEY; none is passed on"));
  EXPECT_THAT(refused("environment: {KEY: $KEY}"), HasSubstr("KEY needs the host's KEY; none"));
  EXPECT_THAT(refused("privileged: true"), HasSubstr("service db: privileged"));
  EXPECT_THAT(load("  db: {build: ..}\n").unsupported, HasSubstr("build context .. is outside"));
  EXPECT_THAT(load("  db: {build: {context: api, dockerfile: ../../task.toml}}\n").unsupported,
              HasSubstr("its ../../task.toml is outside"));
  EXPECT_THAT(load("  db: {user: x}\n").unsupported, HasSubstr("neither an image nor a build"));
}

TEST_F(ComposeTask, WhatWouldBeAnotherTaskIsUnsupported) {
  EXPECT_THAT(
      load("  a: {image: x, expose: ['80']}\n  b: {image: x, ports: ['81:80']}\n").unsupported,
      HasSubstr("services a and b both listen on port 80"));
  EXPECT_THAT(
      load("  a: {image: x}\n  b: {image: x, depends_on: {a: {condition: service_healthy}}}\n")
          .unsupported,
      HasSubstr("waits for the health of a, which has no healthcheck here"));
  EXPECT_THAT(
      load("  a: {image: x, volumes: ['./api:/a']}\n  b: {image: x, volumes: ['./api:/b']}\n")
          .unsupported,
      HasSubstr("that a and b share and may write"));
  EXPECT_EQ(load("  a: {image: x, volumes: ['./api:/a:ro']}\n  b: {image: x, volumes: "
                 "['./api:/b:ro']}\n")
                .unsupported,
            "");
  EXPECT_THAT(
      load("  a: {image: x, profiles: [p]}\n  b: {image: x, depends_on: [a]}\n").unsupported,
      HasSubstr("service b needs a, which has profiles"));
  put("task.toml", "[[verifier.collect]]\ncommand = \"x\"\nservice = \"dx\"\n");
  EXPECT_THAT(load("  db: {image: x}\n").unsupported,
              HasSubstr("verifier.collect in the service dx, which is none"));
  put("task.toml", "[[verifier.collect]]\ncommand = \"x\"\nservice = \"db\"\n");
  EXPECT_EQ(load("  db: {image: x}\n").unsupported, "");
}

TEST_F(ComposeTask, VolumesOfSeveralServicesAreShared) {
  const Task task =
      load("  main: {volumes: ['v:/m']}\n  a: {image: x, volumes: ['v:/a']}\n", "volumes: {v: }\n");
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(task.shown.services.volumes.at(0).path, "/m");
  EXPECT_EQ(task.shown.services.beside.at(0).run.volumes.at(0).volume, "v");
  for (const char* path :
       {"/usr/local/bin", "/logs/verifier", "/tests", "/x/../etc", "//tests/a"}) {
    EXPECT_THAT(load(fmt::format("  main: {{volumes: ['v:{}']}}\n  a: {{image: x, volumes: "
                                 "['v:/a']}}\n",
                                 path),
                     "volumes: {v: }\n")
                    .unsupported,
                HasSubstr("where verifiers run"))
        << path;
  }
}

TEST_F(ComposeTask, VariablesComeFromTheFileBesideAndFromTheFormat) {
  put("environment/.env", "TAG=7\nCPUS=99\n");
  const Task task = load("  a: {image: 'x:$TAG', cpus: $CPUS}\n");
  EXPECT_EQ(task.shown.services.beside.at(0).environment.base, "x:7");
  EXPECT_EQ(task.shown.services.beside.at(0).limits.cpus, 1.0);
}

TEST_F(ComposeTask, BrokenFilesAreDefects) {
  EXPECT_THAT(load("  a: {image: [}\n").defect, HasSubstr("docker-compose.yaml:"));
  EXPECT_THAT(load("  a: {depends_on: [b]}\n").defect, HasSubstr("\"b\" is no service"));
}

}  // namespace
}  // namespace weir
