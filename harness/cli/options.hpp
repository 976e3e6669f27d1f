#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/calibration/calibrate_pairs.hpp"
#include "harness/experiment.hpp"
#include "harness/grade.hpp"
#include "harness/nightly.hpp"
#include "harness/plan.hpp"
#include "harness/task_init/task_init.hpp"
#include "harness/validation/validate.hpp"
#include "tasks/format.hpp"

namespace weir::cli {

// What each subcommand was asked, as plain values. parse.cpp fills them; the
// subcommands' files read them.

struct Common {
  std::filesystem::path db = "results/weir.db";
  bool json = false;
};

struct RunCommand {
  Common common;
  std::filesystem::path experiment;
  Overrides overrides;
  int jobs = 0;
  bool dry_run = false;
  std::string require_sandbox;
  bool allow_model_change = false;
};

struct ResumeCommand {
  Common common;
  std::string run = "latest";
  std::vector<std::string> retry;
  std::optional<double> max_usd;
  int jobs = 0;
  bool allow_model_change = false;
};

struct ValidateCommand {
  Common common;
  ValidateOptions options;
  std::filesystem::path quarantine;  ///< file to write flaky and broken tasks to; "" = none
};

struct GradeCommand {
  Common common;
  GradeOptions options;
  std::filesystem::path report_dir;  ///< the official layout; "" = none
  std::string name;                  ///< of the run it becomes
};

struct CompareCommand {
  Common common;
  std::vector<std::string> runs;        ///< none: the latest
  std::string baseline;                 ///< CONFIG, RUN/CONFIG or @PINNED
  std::vector<std::string> candidates;  ///< CONFIG or RUN/CONFIG
  bool gate = false;
  std::optional<double> margin;         ///< of the gate; GateRules has the defaults
  std::optional<double> alpha;
  bool explain = false;
  std::string bridge;  ///< run of the old config on today's endpoint
  std::filesystem::path quarantine;  ///< list of tasks to leave out; "" = none
};

struct ReportCommand {
  Common common;
  std::vector<std::string> runs;
  std::string format = "markdown";
  std::string section;
  std::filesystem::path output;      ///< "" = stdout
  std::filesystem::path quarantine;  ///< list of tasks to show rates without; "" = none
};

struct BaselinePinCommand {
  Common common;
  std::vector<std::string> runs;
  std::string name = "main";
  double margin = 0.03;
  double alpha = 0.05;
};
struct BaselineListCommand {
  Common common;
};
struct BaselineDiffCommand {
  Common common;
  std::string name = "main";
  std::string run = "latest";
};

struct PlanCommand {
  Common common;
  std::filesystem::path experiment;
  Overrides overrides;
  PlanOptions options;
};

/// Prices other than those a run was booked at.
struct BookChoice {
  std::string prices;  ///< "" = the bundled book
  std::string scenario;
  std::string at;
  std::string currency = "usd";
  [[nodiscard]] bool given() const { return !prices.empty() || !scenario.empty() || !at.empty(); }
};

struct CalibrateCommand {
  Common common;
  std::vector<std::string> runs;
  std::filesystem::path log;
  std::filesystem::path pairs;
  PairsQuery query;
  std::string rule = "or";  ///< of two signals
  std::string target;
  std::string objective = "min-cost";
  std::string guarantee = "finite-sample";
  std::string missing = "refuse";
  std::string deploy = "box";
  std::string config;  ///< the exploring one, or the confirming run's
  std::string confirm;
  std::filesystem::path out;
  std::filesystem::path claim;
  std::filesystem::path report;
  BookChoice book;
  CalibrationRequest request;
};

struct NightlyCommand {
  Common common;
  std::filesystem::path experiment;
  Overrides overrides;
  NightlyOptions options;
};

struct ImportCommand {
  Common common;
  std::vector<std::filesystem::path> files;
  std::string name;   ///< "" = each file's
  std::string suite;  ///< likewise
};

struct ExportCommand {
  Common common;
  std::string run = "latest";
  std::string format;
  std::filesystem::path output = ".";  ///< a folder; made if need be
};

struct MergeCommand {
  Common common;
  std::filesystem::path out;
  std::vector<std::filesystem::path> shards;
};

struct PruneCommand {
  Common common;
  int older_than_days = 30;
  bool runs = false;
  bool dry_run = false;
};

struct RepriceCommand {
  Common common;
  std::string run = "latest";
  BookChoice book;
};

struct DoctorCommand {
  Common common;
  bool models = false;
  std::filesystem::path experiment;  ///< "" = DeepSeek's own two models
};

struct RunsCommand {
  Common common;
};

struct ShowCommand {
  Common common;
  std::string what = "latest";
  bool turns = false;
  bool calls = false;
};

struct SqlCommand {
  Common common;
  std::string query;
};

struct ParseLogCommand {
  Common common;
  std::string parser;
  std::string mode = "parity";
  std::string instance;      ///< id: a few parsers choose their format by it
  std::string task_version;  ///< or by this
  std::filesystem::path file;
};

struct TasksListCommand {
  Common common;
  std::vector<std::filesystem::path> suites;
  SuiteSources sources;
};

struct TasksFetchCommand {
  Common common;
  std::string name;
  std::filesystem::path output;  ///< "" = by name, here
  std::string endpoint;          ///< "" = Hugging Face's own
  std::string split;
  std::string config;
  std::string sha256;
};

struct TasksInitCommand {
  Common common;
  TaskInitOptions options;
  std::vector<std::string> env;  ///< NAME=VALUE
};

struct SandboxRunCommand {
  Common common;
  std::string rootfs;
  std::string image;
  std::string memory;
  int pids = 512;
  std::optional<double> cpus;
  std::string disk;
  std::string timeout = "120s";
  std::string network = "none";
  std::string gateway;  ///< host:port or socket path that --network gateway reaches
  std::string workdir;  ///< "" = the image's, else "/"
  std::vector<std::string> env;
  std::vector<std::string> read_only;
  bool read_stdin = false;
  std::vector<std::string> command;
};

struct ImageCommand {
  Common common;
  std::string reference;         ///< pull, remove
  std::filesystem::path source;  ///< import
  std::string name;              ///< import
};
struct ImageListCommand : ImageCommand {};
struct ImagePullCommand : ImageCommand {};
struct ImageImportCommand : ImageCommand {};
struct ImageRemoveCommand : ImageCommand {};

using Command =
    std::variant<std::monostate, RunCommand, ResumeCommand, ValidateCommand, GradeCommand,
                 CompareCommand, ReportCommand, BaselinePinCommand, BaselineListCommand,
                 BaselineDiffCommand, NightlyCommand, PlanCommand, CalibrateCommand, ImportCommand,
                 ExportCommand, MergeCommand, PruneCommand, RepriceCommand, DoctorCommand,
                 RunsCommand, ShowCommand, SqlCommand, ParseLogCommand, TasksListCommand,
                 TasksFetchCommand, TasksInitCommand, SandboxRunCommand, ImageListCommand,
                 ImagePullCommand, ImageImportCommand, ImageRemoveCommand>;

/// Reads the command line. On --help, --version or an error it prints what is
/// due and sets `exit_code`; the command is then monostate.
[[nodiscard]] Command parse(int argc, char** argv, int& exit_code);

// Exit codes: a contract.
inline constexpr int kOk = 0;
inline constexpr int kInvalid = 1;
inline constexpr int kRegression = 1;
inline constexpr int kUsage = 2;
inline constexpr int kIncomplete = 3;
inline constexpr int kBudget = 4;
inline constexpr int kUnwell = 5;
inline constexpr int kInconclusive = 6;
inline constexpr int kInterrupted = 130;

int run(const RunCommand& command);
int run(const ResumeCommand& command);
int run(const ValidateCommand& command);
int run(const GradeCommand& command);
int run(const CompareCommand& command);
int run(const ReportCommand& command);
int run(const BaselinePinCommand& command);
int run(const BaselineListCommand& command);
int run(const BaselineDiffCommand& command);
int run(const NightlyCommand& command);
int run(const PlanCommand& command);
int run(const CalibrateCommand& command);
int run(const ImportCommand& command);
int run(const ExportCommand& command);
int run(const MergeCommand& command);
int run(const PruneCommand& command);
int run(const RepriceCommand& command);
int run(const DoctorCommand& command);
int run(const RunsCommand& command);
int run(const ShowCommand& command);
int run(const SqlCommand& command);
int run(const ParseLogCommand& command);
int run(const TasksListCommand& command);
int run(const TasksFetchCommand& command);
int run(const TasksInitCommand& command);
int run(const SandboxRunCommand& command);
int run(const ImageListCommand& command);
int run(const ImagePullCommand& command);
int run(const ImageImportCommand& command);
int run(const ImageRemoveCommand& command);

}  // namespace weir::cli
