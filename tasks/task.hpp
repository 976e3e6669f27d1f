#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tasks/service_group.hpp"
#include "tasks/terminal_task.hpp"
#include "tasks/units.hpp"

namespace weir {

/// One line of a build recipe, replayed while an environment is made.
struct BuildStep {
  enum class Kind { workdir, env, copy, run, user };
  Kind kind;
  std::vector<std::string> words;  ///< copy: sources..., destination; env: name, value; else one
  std::string origin = {};         ///< copy: the stage that has the sources; "" = context
  std::string mode = {};           ///< copy: as chmod takes it; "" = the sources'
  std::string owner = {};          ///< copy: as chown takes it; "" = root
};

/// The tag on the one commit an agent starts from.
inline constexpr const char* kBaseTag = "task-base";

/// A repository at one commit, which the agent sees as a one-commit history.
struct Repository {
  std::string name;               ///< "owner/name"
  std::string commit;             ///< what to take; unused for a plain folder
  std::filesystem::path source;   ///< git directory (bare or not) or plain folder; empty: it is
                                  ///< in the base already, at workdir
  bool reset = false;             ///< of an image: what it tracks is put at `commit` first
};

/// A file or a folder of the host's that lies in a box from its beginning.
struct PlacedFile {
  std::filesystem::path from;
  std::string to;  ///< absolute
};

/// What the box starts from.
struct Environment {
  std::string base = "host";             ///< "host", or the image the task declares
  std::filesystem::path build_context;   ///< where COPY sources are found
  std::vector<BuildStep> build;
  std::map<std::string, std::vector<BuildStep>> stages =
      {};                                ///< whose files `build` copies, by origin
  std::optional<Repository> repository;  ///< placed at workdir
  std::string workdir = "/app";
  std::string user = "root";             ///< who the agent's commands run as
  bool workdir_declared = false;         ///< by the task itself: an image's own does not count
  bool user_declared = false;
  std::map<std::string, std::string> env;
  std::vector<std::string> entrypoint;   ///< words: the service that runs in every box; may be none
  std::optional<Healthcheck> healthcheck;  ///< passes before anybody acts in a box
  std::vector<std::string> packages;     ///< Debian packages that must be installed already
  std::vector<std::string> wrappers;     ///< programs that must be the environment's own
  std::string prepare;                   ///< script, run once in workdir after the repository is there;
                                         ///< what it prints is told as a deviation
  std::vector<std::string> deviations;   ///< what the task declares and Weir does not honour
  // Of a compose file's services:
  std::string dockerfile = "Dockerfile";  ///< below build_context
  std::string target = {};                ///< the stage that is built; "" = the last one
  std::map<std::string, std::string> build_args = {};
  std::vector<PlacedFile> files = {};      ///< over what was built
  std::map<std::string, std::string> hosts = {};  ///< names with addresses of their own
  std::vector<std::string> command = {};  ///< words: CMD of its Dockerfile
  bool beside = false;  ///< of a service beside the agent's box: nothing of Weir's own is put there
  bool image_only = false;  ///< no other base than the image will do

  /// The repository and all that it needs are in the task's own image: no other base will do.
  [[nodiscard]] bool lives_in_image() const { return repository && repository->source.empty(); }
};

struct TaskLimits {
  std::optional<milliseconds> agent;     ///< wall time the task grants its agent
  std::optional<milliseconds> verifier;
  std::optional<std::int64_t> memory;    ///< bytes
  std::optional<std::int64_t> disk;      ///< bytes
  std::optional<double> cpus;
};

/// A service beside the box in which an agent acts.
struct Service {
  std::string name;
  Environment environment;
  TaskLimits limits;
  ServiceRun run;
};

/// The services of one task, in the order in which they are started.
struct ServiceGroup {
  std::vector<Service> beside;
  std::vector<ServiceNeed> needs;     ///< of the agent's own box
  std::vector<VolumeMount> volumes;   ///< likewise

  [[nodiscard]] bool empty() const { return beside.empty(); }
};

/// What a trial hands in: a diff against the repository, or the box as it is.
enum class Deliverable { patch, final_state };

/// The public half of a task: all an agent may know.
struct AgentTask {
  std::string id;             ///< opaque; unique within a run
  std::string suite;
  std::string format;
  std::string dialect;        ///< of the format: "swe-bench-pro"; "" where it has none
  std::string declared_name;  ///< the name the task gives itself, if any
  std::string instruction;
  std::string difficulty;     ///< as declared; "" if not
  Environment environment;
  TaskLimits limits;
  Deliverable deliverable = Deliverable::final_state;
  std::optional<std::string> visible_tests;  ///< command; exit 0 = green
  TerminalDeclaration terminal;              ///< of terminal-task formats
  ServiceGroup services = {};                ///< beside the agent's box; may be none
};

/// How a data set itself tests an instance, inside the instance's own image: carried as it
/// stands. PatchGrading has what is run of it.
struct OfficialTests {
  std::string eval_script;         ///< SWE-bench 5: all that is run, test patch and markers included
  std::string prepare;             ///< Pro: resets the test files; Live: rebuilds
  std::string run;                 ///< SWE-rebench, Live: the test commands
  std::vector<std::string> files;  ///< Pro: what its run_script.sh is given
  std::string print;               ///< Live: what prints the log; "" if `run` does
  std::string parse;               ///< SWE-rebench, Live: their parser's name or text
  std::filesystem::path assets;    ///< files that no diff carries, placed over the repository
};

/// Whose rule says which statuses of the listed tests resolve an instance.
enum class VerdictRule {
  swe_bench,       ///< FAIL_TO_PASS passed, PASS_TO_PASS passed or was skipped
  swe_bench_pro,   ///< every one is PASSED
  swe_bench_live,  ///< FAIL_TO_PASS passed, and none failed
};

/// A Python program that comes with a data set and says what a log of tests means.
struct LogProgram {
  enum class Call {
    script,    ///< Pro: `python parser.py STDOUT STDERR OUTPUT`, which writes JSON
    function,  ///< Live: parser(log) returns {name: status}
  };
  Call call;
  std::string text;
};

/// Which outcome of a listed test fails an instance. fail_only is for suites whose logs name
/// failures alone: what is not there has passed.
enum class EvalType { pass_and_fail, fail_only };

/// Grading by running a test command on base + diff + hidden tests.
struct PatchGrading {
  std::string base_commit;
  std::string test_patch;
  std::string test_command;  ///< the recipe's, else the data set's own
  std::string log_parser;    ///< the recipe's, else the official one; "" with a log_program
  std::vector<std::string> fail_to_pass;
  std::vector<std::string> pass_to_pass;
  EvalType eval_type = EvalType::pass_and_fail;
  OfficialTests official = {};
  std::string prepare = {};           ///< script whose shell goes on with test_command; "" if none
  bool prepare_places_tests = false;  ///< it puts test_patch in itself, before it builds
  std::string print = {};             ///< script that prints the log, where test_command does not
  std::optional<TimePoint> clock = {};  ///< what time it is when the tests begin; none: the real one
  VerdictRule rule = VerdictRule::swe_bench;
  std::optional<LogProgram> log_program = {};  ///< reads the log in place of log_parser
};

/// Grading by a script that leaves reward files in /logs/verifier.
struct RewardGrading {
  std::filesystem::path tests;  ///< folder placed at /tests
  std::map<std::string, std::string> env;
  std::filesystem::path step_tests = {};  ///< of a step: laid over `tests`, which may be missing
  std::string user = "root";              ///< who runs test.sh
  std::vector<CollectCommand> collect = {};  ///< run first, without the tests
  std::vector<Artifact> artifacts = {};      ///< taken out then, and given to a separate verifier
};

/// A box of its own, in which a verifier judges what it is given of the agent's.
struct VerifierBox {
  Environment environment;
  TaskLimits limits;
};

/// The other half: only graders, the oracle agent and the simulated model
/// receive it, by type. Never enters an agent's box.
struct Hidden {
  std::string gold_patch;                    ///< Deliverable::patch
  std::string bug;                           ///< SWE-smith: the diff that breaks the repository
                                             ///< before the agent sees it; else ""
  std::filesystem::path solution;            ///< folder; Deliverable::final_state
  std::map<std::string, std::string> solution_env;
  std::variant<std::monostate, PatchGrading, RewardGrading> grading;
  TerminalGrading terminal;  ///< of terminal-task formats
  std::map<std::string, VerifierBox> verifier_boxes;  ///< of separate verifiers, by step; "": the
                                                      ///< task's own
};

struct Task {
  AgentTask shown;
  Hidden hidden;
  std::string sha256;        ///< digest of everything the task consists of
  std::string defect;        ///< why it cannot be read ("file:line: cause"); "" if it can
  std::string unsupported;   ///< why Weir cannot run it; "" if it can
};

struct Suite {
  std::string name;
  std::filesystem::path path;
  std::vector<Task> tasks;  ///< in the suite's own order
};

}  // namespace weir
