#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

// What the terminal-task formats (Harbor, the old Terminal-Bench) declare beyond what every
// task has: plain values, as the task wrote them. nullopt and empty mean "not declared":
// defaults are the runner's, and are said there. Split like Task: what an agent may know,
// and what only graders and the oracle receive.

/// Values with ${VAR} and ${VAR:-default} of the host in them; see env_template.hpp.
using EnvTemplates = std::map<std::string, std::string>;

enum class NetworkMode { open, none, allowlist };

struct NetworkPolicy {
  NetworkMode mode = NetworkMode::open;
  std::vector<std::string> allowed_hosts;  ///< names, *.names, addresses, CIDR ranges
};

/// One phase of a trial: the agent's or the verifier's.
struct Phase {
  std::optional<milliseconds> timeout;
  std::optional<std::string> user;  ///< name or uid
  std::optional<NetworkPolicy> network;
};

/// As docker's HEALTHCHECK; all defaults are Harbor's.
struct Healthcheck {
  std::string command;
  milliseconds interval{5000};
  milliseconds timeout{30000};
  milliseconds start_period{0};
  milliseconds start_interval{5000};
  int retries = 3;
  std::vector<std::string> words = {};  ///< run as they are, where there is no `command`
};

struct McpServer {
  std::string name;
  std::string transport;  ///< sse | streamable-http | stdio
  std::string url;
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> headers;
  EnvTemplates env;
};

struct Tpu {
  std::string type;
  std::string topology;  ///< "2x4"
};

/// What a box is asked to be. Sizes in bytes.
struct EnvironmentDeclaration {
  std::optional<std::string> docker_image;
  std::string os = "linux";
  std::optional<double> cpus;
  std::optional<std::int64_t> memory;
  std::optional<std::int64_t> storage;
  std::optional<std::int64_t> gpus;
  std::vector<std::string> gpu_types;
  std::optional<Tpu> tpu;
  std::optional<milliseconds> build_timeout;
  std::optional<NetworkPolicy> network;
  std::optional<std::string> workdir;
  std::optional<std::string> skills_dir;
  EnvTemplates env;
  std::optional<Healthcheck> healthcheck;
  std::vector<McpServer> mcp_servers;
};

/// A file or folder to be kept when the agent is done.
struct Artifact {
  std::string source;       ///< path in the box
  std::string destination;  ///< relative to the trial's artifacts; "" = as the source
  std::vector<std::string> exclude;
  std::string service;  ///< of a compose file; "" = the agent's own
};

/// Run after the agent, before artifacts are taken.
struct CollectCommand {
  std::string command;
  std::string service = "main";
  milliseconds timeout{60000};
  std::optional<std::string> user;
};

/// One step of a multi-step task, as its agent sees it.
struct AgentStep {
  std::string name;
  std::string instruction;
  std::filesystem::path workdir;  ///< copied to the box's workdir first; "" = none
  Phase agent;
  std::optional<Healthcheck> healthcheck;
  bool inherits_session = false;  ///< its conversation goes on with the step before's
};

/// The public half: part of AgentTask.
struct TerminalDeclaration {
  std::string schema_version;
  std::string version;  ///< the task's own
  std::string description;
  std::vector<std::string> authors;  ///< "name <email>"
  std::vector<std::string> keywords;
  std::string category;
  std::string metadata;  ///< JSON text: free keys
  std::string source;
  EnvironmentDeclaration environment;
  Phase agent;
  std::vector<AgentStep> steps;             ///< none: a single-step task
  std::map<std::string, double> estimates;  ///< of durations, by the task's own keys
  std::vector<std::string> unknown;         ///< keys with no meaning here, with place and value
};

struct Verifier {
  Phase phase;
  EnvTemplates env;
  std::optional<bool> separate;  ///< in a box of its own; not declared: a step's as the task's,
                                 ///< the task's in the agent's
  std::optional<EnvironmentDeclaration> environment;
  std::vector<CollectCommand> collect;
};

/// One step, as its grader sees it; in the order of the agent's steps.
struct GradedStep {
  std::string name;
  std::filesystem::path tests;     ///< merged over the task's own; "" = only those
  std::filesystem::path solution;  ///< "" = none
  Verifier verifier;
  std::map<std::string, double> min_reward;  ///< below one of them the trial ends
  std::vector<Artifact> artifacts;
};

/// How a multi-step task's reward comes from its steps': per key the mean (a missing key is
/// 0, a step without a result is left out), or the last step's.
enum class StepRewards { mean, final };

/// Old Terminal-Bench: a parser reads what run-tests.sh prints.
struct TestLogGrading {
  std::filesystem::path run_tests;  ///< script
  std::filesystem::path tests;      ///< folder placed at /tests; "" = none
  std::filesystem::path solution;   ///< solution.sh or solution.yaml; "" = none
  std::string parser = "pytest";
  bool same_shell = false;  ///< tests run in the agent's own shell
};

/// The hidden half: part of Hidden.
struct TerminalGrading {
  Verifier verifier;
  std::vector<Artifact> artifacts;
  std::vector<GradedStep> steps;
  StepRewards step_rewards = StepRewards::mean;
  std::optional<TestLogGrading> log;
};

}  // namespace weir
