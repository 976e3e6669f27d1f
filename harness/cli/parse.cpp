// The only file that knows CLI11.

#include <CLI/CLI.hpp>
#include <cmath>

#include "harness/cli/options.hpp"
#include "harness/cli/parse_tasks.hpp"
#include "harness/version.hpp"

namespace weir::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 ok (gate: passed); 1 validation found bad tasks (gate: regression shown); 2 "
    "usage, "
    "config or input error; 3 finished but incomplete; 4 budget stop; 5 doctor failed; 6 gate "
    "inconclusive; 130 interrupted (resumable).";

/// A number from `low` to `high`; what is no number, such as nan, is none of them.
CLI::Validator number_in(double low, double high) {
  return CLI::Validator(
      [low, high](const std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
        if (number && value >= low && value <= high) return std::string();
        return "must be a number from " + std::to_string(low) + " to " + std::to_string(high);
      },
      "NUMBER");
}

class Parser {
 public:
  Parser() : app_("Weir: do I need the big model, and on which turns?", "weir") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string("weir ") + kVersion);
    app_.footer(kExitCodes);
    add_run();
    add_resume();
    add_validate();
    add_grade();
    add_compare();
    add_report();
    add_baseline();
    add_plan();
    add_calibrate();
    add_nightly();
    add_databases();
    add_reprice();
    add_doctor();
    add_look();
    add_tasks();
    add_sandbox();
    add_image();
  }

  Command parse(int argc, char** argv, int& exit_code) {
    try {
      app_.parse(argc, argv);
      exit_code = kOk;
    } catch (const CLI::ParseError& error) {
      exit_code = app_.exit(error) == 0 ? kOk : kUsage;
      return {};
    }
    return std::move(chosen_);
  }

 private:
  /// A subcommand whose options land in `command`, chosen when it was given.
  template <typename T>
  CLI::App* subcommand(CLI::App& parent, const char* name, const char* text, T& command) {
    CLI::App* sub = parent.add_subcommand(name, text);
    sub->add_option("--db", command.common.db, "Database file")->capture_default_str();
    sub->add_flag("--json", command.common.json, "Print one JSON object on stdout");
    sub->callback([this, &command] { chosen_ = command; });
    return sub;
  }

  void add_run() {
    CLI::App* sub = subcommand(app_, "run", "Run an experiment and print the comparison", run_);
    sub->add_option("experiment", run_.experiment, "Experiment file (TOML)")->required();
    add_overrides(sub, run_.overrides);
    sub->add_option("--jobs", run_.jobs, "Trials in flight (default: one per core)")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--allow-model-change", run_.allow_model_change,
                  "Read the run as one even if a model changes under its name");
    sub->add_option("--network", run_.overrides.network,
                    "none, or declared: each phase of a task has the network it declares");
    sub->add_flag("--strict-integrity", run_.overrides.strict_integrity,
                  "A trial that tried to bend its grading is invalid");
    sub->add_flag("--dry-run", run_.dry_run, "Say what would be run, and stop");
    sub->add_option("--require-sandbox", run_.require_sandbox, "Refuse a degraded sandbox")
        ->check(CLI::IsMember({"full"}));
  }

  /// What the command line sets over an experiment file.
  static void add_overrides(CLI::App* sub, Overrides& over) {
    sub->add_option_function<std::vector<std::string>>(
        "--suite",
        [&over](const std::vector<std::string>& paths) {
          for (const auto& path : paths) {
            over.suites.push_back(std::filesystem::absolute(path).lexically_normal().string());
          }
        },
        "Suite in place of the file's (repeatable)");
    sub->add_option("--config", over.configs, "Only this config (repeatable)");
    sub->add_option("--task", over.tasks, "Only tasks matching this glob (repeatable)");
    sub->add_option("--attempts", over.attempts, "Attempts per task and config");
    sub->add_option("--seed", over.seed, "Seed of order, thresholds and simulated models");
    sub->add_option("--max-usd", over.max_usd, "Dollar limit of the whole run")
        ->check(number_in(0, 1e6));
    sub->add_option("--name", over.name, "Name of the run");
  }

  void add_resume() {
    CLI::App* sub = subcommand(app_, "resume", "Finish an interrupted run", resume_);
    sub->add_option("run", resume_.run, "Run: id, prefix, name or latest")->capture_default_str();
    sub->add_option("--retry", resume_.retry, "Outcomes to try again")
        ->delimiter(',')
        ->check(CLI::IsMember({"provider_error", "infra_error"}));
    sub->add_flag("--allow-model-change", resume_.allow_model_change,
                  "Read the run as one even if a model changes from here on");
    sub->add_option("--max-usd", resume_.max_usd, "New dollar limit of the whole run")
        ->check(number_in(0, 1e6));
    sub->add_option("--jobs", resume_.jobs, "Trials in flight (default: one per core)")
        ->check(CLI::PositiveNumber);
  }

  void add_validate() {
    CLI::App* sub =
        subcommand(app_, "validate", "Check that nop fails and gold passes every task", validate_);
    add_validate_options(*sub, validate_);
    add_sources(*sub, validate_.options.sources);
  }

  void add_grade() {
    CLI::App* sub = subcommand(app_, "grade", "Grade SWE-bench predictions made by anyone", grade_);
    add_grade_options(*sub, grade_);
    add_sources(*sub, grade_.options.sources);
  }

  void add_compare() {
    CLI::App* sub = subcommand(app_, "compare", "Compare the arms of runs, task by task", compare_);
    CompareCommand& compare = compare_;
    sub->add_option("run", compare.runs, "Runs: id, prefix, name or latest (default: latest)");
    sub->add_option("--baseline", compare.baseline,
                    "What to compare with: CONFIG, RUN/CONFIG, or @NAME of a pinned baseline");
    sub->add_option("--candidate", compare.candidates, "CONFIG or RUN/CONFIG (repeatable)")
        ->allow_extra_args(false);
    CLI::Option* gate = sub->add_flag("--gate", compare.gate,
                                      "Judge: passed 0, regression shown 1, inconclusive 6");
    add_rules(sub, compare.margin, compare.alpha);
    CLI::Option* explain = sub->add_flag(
        "--explain", compare.explain,
        "Split the change between two runs into task set, model, Weir version, config and price");
    explain->excludes(gate);
    sub->add_option("--bridge", compare.bridge,
                    "Run of the old config on today's endpoint, for --explain")
        ->needs(explain);
    sub->add_option("--quarantine", compare.quarantine,
                    "Leave out the tasks of this list (weir validate --quarantine)")
        ->excludes(explain);
  }

  template <typename Number>
  static void add_rules(CLI::App* sub, Number& margin, Number& alpha) {
    sub->add_option("--margin", margin, "Loss of resolve rate that would be accepted (0.03)")
        ->check(number_in(0.0001, 0.5));
    sub->add_option("--alpha", alpha, "Error allowed (0.05)")->check(number_in(0.0001, 0.5));
  }

  void add_report() {
    CLI::App* sub = subcommand(app_, "report", "Tables to publish", report_);
    sub->add_option("run", report_.runs, "Runs: id, prefix, name or latest (default: latest)");
    sub->add_option("--format", report_.format, "markdown, csv, json, latex, html or junit")
        ->check(CLI::IsMember({"markdown", "csv", "json", "latex", "html", "junit"}))
        ->capture_default_str();
    sub->add_option("--section", report_.section, "Only this section");
    sub->add_option("-o,--output", report_.output, "File, or folder for several");
    sub->add_option("--quarantine", report_.quarantine,
                    "Show rates without the tasks of this list too (weir validate --quarantine)");
  }

  void add_baseline() {
    CLI::App* baseline = app_.add_subcommand("baseline", "Anchors of the gate");
    baseline->require_subcommand(1);
    CLI::App* pin = subcommand(*baseline, "pin", "Pin a baseline to runs, pooled", baseline_pin_);
    pin->add_option("run", baseline_pin_.runs, "Runs")->required();
    pin->add_option("--name", baseline_pin_.name, "Name of the baseline")->capture_default_str();
    add_rules(pin, baseline_pin_.margin, baseline_pin_.alpha);
    subcommand(*baseline, "list", "List the baselines", baseline_list_);
    CLI::App* diff =
        subcommand(*baseline, "diff", "What differs between a baseline and a run", baseline_diff_);
    diff->add_option("name", baseline_diff_.name, "Baseline")->capture_default_str();
    diff->add_option("run", baseline_diff_.run, "Run")->capture_default_str();
  }

  void add_plan() {
    CLI::App* sub = subcommand(app_, "plan", "What an experiment will cost and show", plan_);
    sub->add_option("experiment", plan_.experiment, "Experiment file (TOML)")->required();
    add_overrides(sub, plan_.overrides);
    PlanOptions& options = plan_.options;
    sub->add_option("--target", options.target, "Resolve rate that a calibration is to certify")
        ->check(number_in(0.0, 1.0));
    sub->add_option("--delta", options.delta, "Chance to break that promise")
        ->check(number_in(0.0001, 0.5))
        ->capture_default_str();
    sub->add_option("--margin", options.margin, "Loss of resolve rate that would be accepted")
        ->check(number_in(0.0001, 0.5))
        ->capture_default_str();
    sub->add_option("--effect", options.effect, "Difference of resolve rates that must be seen")
        ->check(number_in(0.0001, 1.0));
  }

  void add_calibrate() {
    CLI::App* sub = subcommand(app_, "calibrate", "Thresholds with certificates", calibrate_);
    auto* runs = sub->add_option("--run", calibrate_.runs, "Runs to calibrate on (default: latest)");
    auto* log = sub->add_option("--log", calibrate_.log, "Log of drawn thresholds (JSONL)")
                    ->check(CLI::ExistingPath);
    auto* pairs = sub->add_option("--pairs", calibrate_.pairs, "Outcomes of two models (CSV)")
                      ->check(CLI::ExistingPath);
    log->excludes(runs)->excludes(pairs);
    pairs->excludes(runs);
    runs->excludes(log);
    PairsQuery& query = calibrate_.query;
    sub->add_option("--base", query.base, "Model M1, or config: the base")->excludes(log);
    sub->add_option("--strong", query.strong, "Model M2, or config: the strong one")->excludes(log);
    sub->add_option("--signal", query.signals,
                    "Column, sum A+B of columns, or hash; twice for two. Of a run's pairs: turns, "
                    "calls, usd, output_tokens, hash")
        ->excludes(log)
        ->expected(1, 2);
    sub->add_option("--rule", calibrate_.rule, "Of two signals: escalate on either, or on both")
        ->check(CLI::IsMember({"or", "and"}))
        ->capture_default_str();
    sub->add_option("--where", query.where, "COLUMN=VALUE: rows to keep")->needs(pairs);
    sub->add_option("--group", query.group, "Column whose tasks stay together in folds")
        ->needs(pairs);
    sub->add_option("--config", calibrate_.config, "The cascade to calibrate, if a run has several");
    sub->add_option("--target", calibrate_.target, "Resolve rate in [0,1], or gap:F");
    CalibrationRequest& request = calibrate_.request;
    sub->add_option("--delta", request.delta, "Chance to break the promise")
        ->check(number_in(0.0001, 0.5))
        ->capture_default_str();
    sub->add_option("--objective", calibrate_.objective, "What to seek")
        ->check(CLI::IsMember({"min-cost", "max-quality", "max-utility"}))
        ->capture_default_str();
    sub->add_option("--budget", request.budget_usd,
                    "USD that max-quality may cost: the mean per run; of pairs, the total")
        ->check(number_in(0, 1e6));
    sub->add_option("--value", request.value_usd, "USD that a resolved run is worth to max-utility")
        ->check(number_in(0, 1e6));
    sub->add_option("--guarantee", calibrate_.guarantee, "Tests that hold for any number of tasks, "
                                                         "or for many")
        ->check(CLI::IsMember({"finite-sample", "asymptotic"}))
        ->capture_default_str();
    sub->add_option("--missing", calibrate_.missing, "Outcomes missing more under some thresholds")
        ->check(CLI::IsMember({"refuse", "unresolved"}))
        ->capture_default_str();
    sub->add_option("--deploy", calibrate_.deploy, "Where the policy must be able to run")
        ->check(CLI::IsMember({"box", "gateway"}))
        ->capture_default_str();
    sub->add_option("--confirm", calibrate_.confirm,
                    "A run of the chosen policy on fresh tasks: test it there");
    add_book(sub, calibrate_.book);
    sub->add_option("--seed", request.seed, "Of task order and resampling")->capture_default_str();
    sub->add_option("--resamples", request.resamples, "Of the bands")
        ->check(CLI::Range(100, 100'000))
        ->capture_default_str();
    sub->add_option("--out", calibrate_.out, "Write the policy with its certificate here");
    sub->add_option("--claim", calibrate_.claim, "Write the claim (JSON) here");
    sub->add_option("--report", calibrate_.report, "Write a page with figures (Markdown) here");
  }

  void add_nightly() {
    CLI::App* sub =
        subcommand(app_, "nightly", "Run, gate against the pinned baseline, report", nightly_);
    NightlyOptions& options = nightly_.options;
    sub->add_option("experiment", nightly_.experiment, "Experiment file (TOML)")->required();
    add_overrides(sub, nightly_.overrides);
    sub->add_option("--baseline", options.baseline,
                    "Pinned baseline (default: the experiment's name)");
    sub->add_flag("--pin-first", options.pin_first, "Pin this night if there is no baseline yet");
    add_rules(sub, options.margin, options.alpha);
    sub->add_option("--reports", options.reports, "Folder of the nights' reports")
        ->capture_default_str();
    sub->add_option("--weekly-usd", options.weekly_usd,
                    "Dollar limit of any seven days, all runs together")
        ->check(number_in(0, 1e6));
    sub->add_flag("--wait-off-peak", options.wait_off_peak,
                  "Start when no model is at its peak price");
    sub->add_option("--prune", options.prune_days, "Then drop the texts of runs older than DAYS")
        ->check(CLI::Range(1, 100000));
    sub->add_option("--jobs", options.jobs, "Trials in flight (default: one per core)")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--allow-model-change", options.allow_model_change,
                  "Read the run as one even if a model changes under its name");
  }

  void add_databases() {
    CLI::App* import = subcommand(app_, "import", "Take in results recorded elsewhere", import_);
    import
        ->add_option("file", import_.files,
                     "CSV of outcomes; Terminal-Bench results.json; Harbor result.json or job "
                     "folder; ATIF trajectory or a folder of them")
        ->required();
    import->add_option("--name", import_.name, "Name of the run (default: the file's)");
    import->add_option("--suite", import_.suite, "Suite of its tasks (default: the file's name)");
    CLI::App* out = subcommand(app_, "export", "Write a run in somebody else's format", export_);
    out->add_option("run", export_.run, "Run: id, prefix, name or latest")->capture_default_str();
    out->add_option("--format", export_.format, "atif, traj, predictions or csv")
        ->required()
        ->check(CLI::IsMember({"atif", "traj", "predictions", "csv"}));
    out->add_option("-o,--output", export_.output, "Folder")->capture_default_str();
    CLI::App* merge = subcommand(app_, "merge", "Merge databases into one", merge_);
    merge->add_option("out", merge_.out, "Database to merge into; made if need be")->required();
    merge->add_option("shard", merge_.shards, "Databases to merge")->required();
    CLI::App* prune = subcommand(app_, "prune", "Drop the texts of old runs, or the runs", prune_);
    prune->add_option("--older-than", prune_.older_than_days, "Days since the run finished")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    prune->add_flag("--runs", prune_.runs, "Drop whole runs, numbers too");
    prune->add_flag("--dry-run", prune_.dry_run, "Say what would be dropped, and stop");
  }

  static void add_book(CLI::App* sub, BookChoice& book) {
    sub->add_option("--prices", book.prices,
                    "Price book: a file, run (the run's own) or bundled");
    sub->add_option("--scenario", book.scenario, "A scenario of the book");
    sub->add_option("--at", book.at, "Prices of this time: 2026-05-01T00:00:00Z, or now");
  }

  void add_reprice() {
    CLI::App* sub = subcommand(app_, "reprice", "Show a run's cost under other prices", reprice_);
    sub->add_option("run", reprice_.run, "Run: id, prefix, name or latest")->capture_default_str();
    add_book(sub, reprice_.book);
    sub->add_option("--currency", reprice_.book.currency, "A currency of the book")
        ->capture_default_str();
  }

  void add_doctor() {
    CLI::App* sub = subcommand(app_, "doctor", "Check what works here", doctor_);
    sub->add_flag("--models", doctor_.models, "Make one tiny call to each model");
    sub->add_option("experiment", doctor_.experiment,
                    "Whose models (default: DeepSeek's own, with DEEPSEEK_API_KEY)");
  }

  void add_look() {
    subcommand(app_, "runs", "List the runs of a database", runs_);
    CLI::App* show = subcommand(app_, "show", "Show a run or a trial", show_);
    show->add_option("what", show_.what, "Run, or trial (TASK/CONFIG/ATTEMPT)")
        ->capture_default_str();
    show->add_flag("--turns", show_.turns, "A trial's turns with what was discarded");
    show->add_flag("--calls", show_.calls, "A trial's calls with tokens and cost");
    CLI::App* sql = subcommand(app_, "sql", "Run a read-only query", sql_);
    sql->add_option("query", sql_.query, "SQL over the views v_run, v_trial, v_call, ...")
        ->required();
  }

  void add_tasks() {
    CLI::App* tasks = app_.add_subcommand("tasks", "Look at tasks, get tasks, make tasks");
    tasks->require_subcommand(1);
    CLI::App* list = subcommand(*tasks, "list", "List the tasks of suites", tasks_list_);
    list->add_option("suite", tasks_list_.suites, "Suites")->required();
    add_sources(*list, tasks_list_.sources);
    add_fetch(*tasks);
    add_init(*tasks);
    CLI::App* parse = subcommand(app_, "parse-log", "Parse one test log", parse_log_);
    parse
        ->add_option("--parser", parse_log_.parser,
                     "A name of the official registry, with or without parse_log_")
        ->required();
    parse
        ->add_option(
            "--mode", parse_log_.mode,
            "parity: {\"test id\": \"PASSED\", ...} as the official path makes it, {} where it "
            "would not grade; strict: {statuses, summary, contradictions}, what the log "
            "says, how the runner counted, and where the two cannot both be true")
        ->check(CLI::IsMember({"parity", "strict"}));
    parse->add_option("--instance", parse_log_.instance,
                      "Instance id; jekyll and immutable_js choose their format by it");
    parse->add_option("--task-version", parse_log_.task_version,
                      "The instance's version; next and lighthouse choose by it");
    parse->add_option("file", parse_log_.file, "Log file")->required();
  }

  void add_fetch(CLI::App& tasks) {
    CLI::App* sub = subcommand(tasks, "fetch",
                               "Get a data set from the Hugging Face hub as JSONL; "
                               "a second call goes on where the first stopped",
                               tasks_fetch_);
    sub->add_option(
           "name", tasks_fetch_.name,
           "verified, lite, full, multilingual, multimodal, pro, rebench, live, smith, ... "
           "or OWNER/DATASET; HF_TOKEN opens gated ones")
        ->required();
    sub->add_option("-o,--output", tasks_fetch_.output, "File (default: NAME.jsonl)");
    sub->add_option("--endpoint", tasks_fetch_.endpoint, "Where the rows API lies");
    sub->add_option("--split", tasks_fetch_.split, "Split (default: the one meant by the name)");
    sub->add_option("--config", tasks_fetch_.config, "Config (default: the only one, or default)");
    sub->add_option("--sha256", tasks_fetch_.sha256, "Digest that the file must have")
        ->check([](const std::string& text) {
          const bool hex = text.find_first_not_of("0123456789abcdef") == std::string::npos;
          return hex && text.size() == 64 ? std::string() : "must be 64 lower-case hex digits";
        });
  }

  void add_init(CLI::App& tasks) {
    CLI::App* sub = subcommand(
        tasks, "init", "Make tasks of a repository's own fixes, and validate them", tasks_init_);
    add_init_options(*sub, tasks_init_);
  }

  void add_sandbox() {
    CLI::App* sandbox = app_.add_subcommand("sandbox", "Boxes");
    sandbox->require_subcommand(1);
    SandboxRunCommand& box = sandbox_run_;
    CLI::App* sub = subcommand(*sandbox, "run", "Run one command in a box", box);
    auto* rootfs =
        sub->add_option("--rootfs", box.rootfs, "Root folder in place of the host's /usr");
    sub->add_option("--image", box.image, "Container image in place of the host's /usr")
        ->excludes(rootfs);
    sub->add_option("--memory", box.memory, "Memory limit");
    sub->add_option("--pids", box.pids, "Process limit")->check(CLI::PositiveNumber);
    sub->add_option("--cpus", box.cpus, "Processors' worth of time (default 1)");
    sub->add_option("--disk", box.disk, "Bytes that may be written and kept (default 4G)");
    sub->add_option("--timeout", box.timeout, "Time limit")->capture_default_str();
    sub->add_option("--network", box.network, "none, gateway, or open (needs --image)")
        ->check(CLI::IsMember({"none", "gateway", "open"}));
    sub->add_option("--gateway", box.gateway, "HOST:PORT or socket that --network gateway reaches");
    sub->add_option("--workdir", box.workdir, "Working directory (default: the image's, or /)");
    sub->add_option("--env", box.env, "NAME=value (repeatable)")->allow_extra_args(false);
    sub->add_option("--ro", box.read_only, "SRC:DST read-only bind (repeatable)")
        ->allow_extra_args(false);
    sub->add_flag("--stdin", box.read_stdin, "Pass stdin to the command");
    sub->add_option("command", box.command, "Command and arguments, after --")->required();
    sub->prefix_command(false);
  }

  void add_image() {
    CLI::App* image = app_.add_subcommand("image", "Container images as environments");
    image->require_subcommand(1);
    subcommand(*image, "list", "List the images that boxes can start from", image_list_);
    CLI::App* pull = subcommand(*image, "pull", "Get an image from its registry", image_pull_);
    pull->add_option("reference", image_pull_.reference, "Image")->required();
    CLI::App* import =
        subcommand(*image, "import", "Take in a rootfs or an image archive", image_import_);
    import->add_option("source", image_import_.source, "Folder, tar of a rootfs, or saved image")
        ->required();
    import->add_option("name", image_import_.name, "Name for it (a saved image has its own)");
    CLI::App* remove = subcommand(*image, "remove", "Remove an image", image_remove_);
    remove->add_option("reference", image_remove_.reference, "Image")->required();
  }

  CLI::App app_;
  Command chosen_;
  RunCommand run_;
  ResumeCommand resume_;
  ValidateCommand validate_;
  GradeCommand grade_;
  CompareCommand compare_;
  ReportCommand report_;
  BaselinePinCommand baseline_pin_;
  BaselineListCommand baseline_list_;
  BaselineDiffCommand baseline_diff_;
  PlanCommand plan_;
  CalibrateCommand calibrate_;
  NightlyCommand nightly_;
  ImportCommand import_;
  ExportCommand export_;
  MergeCommand merge_;
  PruneCommand prune_;
  RepriceCommand reprice_;
  DoctorCommand doctor_;
  RunsCommand runs_;
  ShowCommand show_;
  SqlCommand sql_;
  ParseLogCommand parse_log_;
  TasksListCommand tasks_list_;
  TasksFetchCommand tasks_fetch_;
  TasksInitCommand tasks_init_;
  SandboxRunCommand sandbox_run_;
  ImageListCommand image_list_;
  ImagePullCommand image_pull_;
  ImageImportCommand image_import_;
  ImageRemoveCommand image_remove_;
};

}  // namespace

Command parse(int argc, char** argv, int& exit_code) {
  return Parser().parse(argc, argv, exit_code);
}

}  // namespace weir::cli
