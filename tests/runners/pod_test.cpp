// Services beside the agent's box: started in their order, reached by their names, alive until the
// verdict.

#include "runners/pod/pod.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "results/quiet_recorder.hpp"
#include "runners/pod/pod_box.hpp"
#include "runners/trial.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Serves one word by HTTP at /, and takes a new one by POST.
constexpr const char* kServer = R"py(import http.server, sys
word = [sys.argv[2]]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(word[0].encode())
    def do_POST(self):
        word[0] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.do_GET()
print("serving", flush=True)
http.server.HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
)py";

constexpr const char* kApi =
    "  api:\n    build: api\n    healthcheck: {test: [CMD, python3, /ask.py, 'http://api:5000'], "
    "retries: 100, interval: 1s}\n";

class PodTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes that share a network need root";
    sandbox_ = make_box_sandbox();
    put("task.toml", "");
    put("instruction.md", "do it\n");
    put("environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    put("environment/ask.py",
        "import sys, urllib.request as r\n"
        "data = sys.argv[2].encode() if len(sys.argv) > 2 else None\n"
        "print(r.urlopen(sys.argv[1], data, timeout=5).read().decode(), end='')\n");
    put("environment/api/server.py", kServer);
    put("environment/api/ask.py", read_file(task_folder_ / "environment/ask.py"));
    put("environment/api/Dockerfile",
        "FROM y\nWORKDIR /srv\nCOPY server.py .\nCOPY ask.py /ask.py\n"
        "CMD [\"python3\", \"server.py\", \"5000\", \"first\"]\n");
    put("tests/test.sh",
        "[ \"$(cat /app/out)\" = first,last ] && r=1 || r=0\n"
        "[ \"$(python3 /ask.py http://api:5000)\" = last ] || r=0\n"
        "echo $r > /logs/verifier/reward.txt\n");
    put("solution/solve.sh",
        "{ python3 /ask.py http://api:5000; printf ,; python3 /ask.py http://api:5000 last; } > "
        "/app/out\n");
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((task_folder_ / name).parent_path());
    write_file(task_folder_ / name, text);
  }
  void compose(const std::string& services, const std::string& rest = "") {
    put("environment/docker-compose.yaml", "services:\n" + services + rest);
    put("environment/Dockerfile", "FROM x\nWORKDIR /app\nCOPY ask.py /ask.py\n");
    task_ = load_suite(task_folder_).tasks.at(0);
    ASSERT_EQ(task_.defect + task_.unsupported, "");
    EnvironmentCache cache(*sandbox_, 8);
    environments_.clear();
    for (const auto& service : task_.shown.services.beside) {
      environments_.push_back(cache.get(service_task(task_, service)));
    }
    own_ = cache.get(task_);
  }
  std::unique_ptr<Pod> pod() {
    return std::make_unique<Pod>(
        Pod::Parts{task_.shown, *sandbox_, environments_, own_, Network::none, {}});
  }
  /// Why the services of `keys` cannot be started.
  std::string failure(const std::string& services) {
    compose(services);
    try {
      (void)pod();
      return {};
    } catch (const InfraError& error) {
      return error.what();
    }
  }
  std::unique_ptr<Box> box(Pod& pod) { return pod.create(own_->on(own_->snapshot)); }
  std::string in(Box& box, const std::string& command) {
    ExecRequest request;
    request.script = command;
    request.env = own_->env;
    request.merge_stderr = true;
    return box.exec(request).out.bytes;
  }
  std::string ask(Box& box, const std::string& rest) { return in(box, "python3 /ask.py " + rest); }

  TemporaryFolder folder_;
  fs::path task_folder_ = folder_ / "pod";
  std::unique_ptr<Sandbox> sandbox_;
  Task task_;
  std::vector<EnvironmentPtr> environments_;
  EnvironmentPtr own_;
};

TEST_F(PodTest, ServicesAreReachedByTheirNames) {
  compose(std::string(kApi) +
              "  low:\n    build: api\n    command: [python3, /srv/server.py, '80', low]\n"
              "    networks: {n: {aliases: [nick]}}\n  main: {depends_on: {api: {condition: "
              "service_healthy}}}\n",
          "networks: {n: }\n");
  const auto services = pod();
  const auto agents = box(*services);
  EXPECT_EQ(ask(*agents, "http://api:5000"), "first");
  EXPECT_EQ(ask(*agents, "http://nick"), "low");
  EXPECT_THAT(ask(*agents, "http://192.0.2.1"), HasSubstr("Network is unreachable"));
  EXPECT_THAT(services->casualties(), IsEmpty());
}

TEST_F(PodTest, NobodyChangesTheNetworkThatAllShare) {
  compose(kApi);
  const auto services = pod();
  const auto agents = box(*services);
  EXPECT_EQ(in(*agents,
               "python3 - <<'E'\nimport socket, fcntl, struct\n"
               "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
               "r = struct.pack('16sh14s', b'lo', 0, b'')\n"
               "try: fcntl.ioctl(s, 0x8914, r); print('down')\n"
               "except PermissionError: print('refused')\nE"),
            "refused\n");
  EXPECT_THAT(in(*agents, "echo 1 > /proc/sys/net/ipv4/ip_unprivileged_port_start; id -u"),
              AllOf(HasSubstr("Read-only"), HasSubstr("0\n")));
}

TEST_F(PodTest, TrialsAtOnceDoNotSeeEachOther) {
  compose("  api: {build: api, container_name: fixed}\n");
  const auto one = pod();
  const auto other = pod();
  const auto agent = box(*one);
  const auto another = box(*other);
  EXPECT_EQ(ask(*agent, "http://fixed:5000 changed"), "changed");
  EXPECT_EQ(ask(*another, "http://fixed:5000"), "first");
}

TEST_F(PodTest, AVolumeIsTheSameForAllAndBeginsWithWhatIsThere) {
  put("environment/api/Dockerfile",
      "FROM y\nRUN mkdir -p /data && echo seed > /data/seed && chown 1234 /data/seed\n");
  compose(
      "  main: {volumes: ['v:/mnt/v'], depends_on: {fill: {condition: "
      "service_completed_successfully}}}\n"
      "  fill: {build: api, command: sh -c 'sleep 0.3; echo more > /data/more', volumes: "
      "['v:/data']}\n",
      "volumes: {v: }\n");
  const auto services = pod();
  const auto agents = box(*services);
  EXPECT_EQ(
      in(*agents, "cat /mnt/v/seed /mnt/v/more; stat -c %u /mnt/v/seed; echo mine > /mnt/v/mine"),
      "seed\nmore\n1234\n");
  ExecRequest look;
  look.argv = {"cat", "/data/mine"};
  EXPECT_EQ(services->find("fill")->exec(look).out.bytes, "mine\n");
  const SnapshotPtr files = agents->end();
  const auto verifiers = services->create(own_->on(files));
  EXPECT_EQ(in(*verifiers, "cat /mnt/v/mine"), "mine\n");
  EXPECT_EQ(in(*verifiers, "mv /mnt /mnt2 && mkdir -p /usr/v && ln -s /usr /mnt && echo ok"),
            "ok\n");
  const SnapshotPtr bent = verifiers->end();
  EXPECT_THROW((void)services->create(own_->on(bent)), InfraError);
}

TEST_F(PodTest, AServiceThatCannotBeSaysWhy) {
  EXPECT_THAT(failure("  a: {build: api, command: [sh, -c, echo words; exit 3]}\n"),
              HasSubstr("service a ended with 3: words"));
  EXPECT_THAT(failure("  a: {build: api, command: [/no/such]}\n"),
              AllOf(HasSubstr("service a ended with 127"), HasSubstr("/no/such")));
  EXPECT_THAT(failure("  a: {build: api, user: nobody-at-all}\n"),
              HasSubstr("no user \"nobody-at-all\""));
  EXPECT_THAT(failure("  main: {depends_on: {a: {condition: service_healthy}}}\n"
                      "  a: {build: api, command: sh -c 'echo up; sleep 60', healthcheck: {test: "
                      "[CMD-SHELL, 'echo ill; exit 2'], interval: 100ms, retries: 5}}\n"),
              AllOf(HasSubstr("service a: its healthcheck does not pass (exited 2: ill): up")));
  EXPECT_THAT(failure("  main: {depends_on: {a: {condition: service_healthy}}}\n"
                      "  a: {build: api, command: sh -c 'echo gone; exit 0', healthcheck: {test: "
                      "[CMD, 'false'], interval: 60s, retries: 9}}\n"),
              HasSubstr("service a: ended with 0 before it was healthy: gone"));
  EXPECT_THAT(
      failure("  b: {build: api, depends_on: {a: {condition: "
              "service_completed_successfully}}}\n  a: {build: api, command: sh -c 'exit 4'}\n"),
      HasSubstr("service a: ended with 4, and others need it to succeed"));
  put("environment/api/Dockerfile", "FROM y\n");
  EXPECT_THAT(failure("  a: {build: api}\n"), HasSubstr("service a: nothing says what it runs"));
  put("task.toml", "[environment]\nbuild_timeout_sec = 0.5\n");
  EXPECT_THAT(failure("  b: {build: api, command: sleep 1, depends_on: {a: {condition: "
                      "service_completed_successfully}}}\n  a: {build: api, command: sleep 60}\n"),
              HasSubstr("service a: does not end within"));
}

TEST_F(PodTest, AServiceThatPrintsWithoutEndWaitsForNobody) {
  compose(
      "  api: {build: api, command: \"sh -c 'yes & exec python3 server.py 5000 first'\", "
      "healthcheck: {test: [CMD, python3, /ask.py, 'http://api:5000'], interval: 1s, retries: "
      "60}}\n  main: {depends_on: {api: {condition: service_healthy}}}\n");
  const auto services = pod();
  const auto agents = box(*services);
  EXPECT_EQ(ask(*agents, "http://api:5000"), "first");
  EXPECT_THAT(services->find("api")->last_words(), HasSubstr("y\ny\n"));
}

TEST_F(PodTest, AServiceThatDiesIsStartedAgainOnlyWhereItSaysSo) {
  compose(std::string(kApi) +
          "    restart: always\n    # as the next\n"
          "  once: {build: api, command: [sh, -c, sleep 1; exit 7]}\n");
  const auto services = pod();
  const auto agents = box(*services);
  ExecRequest kill;
  kill.argv = {"pkill", "-f", "^python3"};
  (void)services->find("api")->exec(kill);
  EXPECT_EQ(in(*agents,
               "for i in $(seq 50); do python3 /ask.py http://api:5000 2> /dev/null && "
               "break; sleep 0.2; done"),
            "first");
  in(*agents, "sleep 1");
  EXPECT_THAT(services->casualties(), ElementsAre(HasSubstr("service once ended with 7")));
}

TEST_F(PodTest, OnlyTheBeginningComesBack) {
  compose(kApi);
  const auto services = pod();
  PodBox agents(*services, own_->on(own_->snapshot), own_->snapshot);
  EXPECT_EQ(ask(agents, "http://api:5000 changed"), "changed");
  EXPECT_EQ(agents.snapshot(), nullptr);
  const SnapshotPtr middle = agents.copy();
  ASSERT_NE(middle, nullptr);
  EXPECT_THROW(agents.restore(middle), InfraError);
  agents.restore(own_->snapshot);
  EXPECT_EQ(in(agents,
               "for i in $(seq 50); do python3 /ask.py http://api:5000 2> /dev/null && "
               "break; sleep 0.2; done"),
            "first");
}

/// Runs a script in the box, as an oracle does.
class ScriptAgent final : public Agent {
 public:
  explicit ScriptAgent(std::string script, std::map<std::string, std::string> env)
      : script_(std::move(script)), env_(std::move(env)) {}
  Submission run(const AgentTask&, Box& box, Recorder&, Deadline&) override {
    ExecRequest request;
    request.script = script_;
    request.env = env_;
    (void)box.exec(request);
    return {};
  }

 private:
  std::string script_;
  std::map<std::string, std::string> env_;
};

class PodTrial : public PodTest {
 protected:
  Try trial(const std::string& script) {
    EnvironmentCache environments(*sandbox_, 8);
    TrialRoom room{*sandbox_, environments, busy_, graders_, watchdog_, recorder_, {}, true, {}};
    room.artifacts = folder_ / "kept";
    room.make_agent = [&](const AgentContext& context) {
      return std::make_unique<ScriptAgent>(script, context.environment.env);
    };
    Trial trial;
    trial.id = trial.task = "pod";
    trial.config = "c";
    return run_trial(task_, trial, 1, room, {});
  }

  Limiter busy_{2};
  Limiter graders_{2};
  Watchdog watchdog_;
  QuietRecorder recorder_;
};

TEST_F(PodTrial, TheVerifierFindsTheServicesAsTheAgentLeftThem) {
  compose(std::string(kApi) + "  main: {depends_on: {api: {condition: service_healthy}}}\n");
  const Try idle = trial("true");
  EXPECT_EQ(idle.outcome, Outcome::unresolved) << idle.message;
  const Try gold = trial(read_file(task_folder_ / "solution/solve.sh"));
  EXPECT_EQ(gold.outcome, Outcome::resolved) << gold.message << gold.evidence;
  EXPECT_THAT(gold.anomalies, HasSubstr("services share one address"));
}

TEST_F(PodTrial, CollectsInServicesAndKeepsTheirArtifacts) {
  put("task.toml",
      "artifacts = [{source = \"/srv/note\", destination = \"note\", service = \"api\"}]\n"
      "[[verifier.collect]]\ncommand = \"echo $WORD > note\"\nservice = \"api\"\n");
  compose(std::string(kApi) + "    environment: {WORD: collected}\n");
  const Try done = trial("true");
  ASSERT_EQ(done.artifacts.size(), 1U) << done.message;
  EXPECT_EQ(done.artifacts[0].note, "");
  EXPECT_EQ(read_file(fs::path(done.artifacts_in) / "note"), "collected\n");
}

TEST_F(PodTrial, ADeadServiceIsAnAnomalyOfTheTrial) {
  compose(std::string(kApi) +
          "  once: {build: api, command: [sh, -c, sleep 1; echo bye; exit 7]}\n");
  EXPECT_THAT(trial("sleep 1.5").anomalies, HasSubstr("service once ended with 7: bye"));
  compose("  api: {build: api, command: [/none]}\n");
  const Try none = trial("true");
  EXPECT_EQ(none.outcome, Outcome::infra_error);
  EXPECT_THAT(none.message, HasSubstr("service api ended with 127"));
}

}  // namespace
}  // namespace weir
