// Beside parse.cpp the only file that knows the option library.

#include "harness/cli/parse_tasks.hpp"

#include <CLI/CLI.hpp>

namespace weir::cli {

void add_sources(CLI::App& sub, SuiteSources& sources) {
  sub.add_option("--repos", sources.repos, "Folder of repositories");
  sub.add_option("--recipes", sources.recipes, "How to run each instance's tests (JSON)");
  sub.add_option("--run-scripts", sources.run_scripts,
                 "SWE-bench Pro's folder of each instance's run_script.sh and parser.py");
}

void add_validate_options(CLI::App& sub, ValidateCommand& command) {
  ValidateOptions& options = command.options;
  sub.add_option("suite", options.suites, "Suites")->required();
  sub.add_option("--task", options.tasks, "Only tasks matching this glob (repeatable)");
  sub.add_option("--attempts", options.attempts, "Attempts of each agent")
      ->check(CLI::PositiveNumber);
  sub.add_option("--jobs", options.jobs, "Tasks in flight")->check(CLI::PositiveNumber);
  sub.add_option("--environment", options.environment,
                 "host, declared (the tasks' own images), declared-online (the same, built with a "
                 "network), image:REF, or a rootfs folder")
      ->capture_default_str();
  sub.add_option("--journal", options.journal,
                 "Keep each task's result in this file, and run none that is in it");
  sub.add_option("--quarantine", command.quarantine,
                 "Write flaky and broken tasks here, for reports");
}

void add_grade_options(CLI::App& sub, GradeCommand& command) {
  GradeOptions& options = command.options;
  sub.add_option("suite", options.suite, "Suite of SWE-bench instances")->required();
  sub.add_option("--predictions", options.predictions, "A predictions file; or gold, or empty")
      ->required();
  sub.add_option("--task", options.tasks, "Only tasks matching this glob (repeatable)");
  sub.add_option("--jobs", options.jobs, "Instances in flight")->check(CLI::PositiveNumber);
  sub.add_option_function<int>(
         "--timeout",
         [&options](const int& seconds) { options.timeout = std::chrono::seconds(seconds); },
         "Seconds one instance's tests may take")
      ->check(CLI::PositiveNumber);
  sub.add_option("--environment", options.environment,
                 "host (instances without a recipe: their own images), declared, image:REF, or a "
                 "rootfs folder")
      ->capture_default_str();
  sub.add_option("--twice", options.twice, "Grade this share a second time, and say who disagrees")
      ->check(CLI::Range(0.0, 1.0));
  sub.add_flag("--fresh", options.fresh, "Ask for no verdict known from before");
  sub.add_option("--report-dir", command.report_dir, "Write the official harness's layout here");
  sub.add_option("--name", command.name, "Name of the run it becomes");
}

void add_init_options(CLI::App& sub, TasksInitCommand& command) {
  TaskInitOptions& init = command.options;
  sub.add_option("--from-git", init.commits, "Commit, or range A..B (repeatable)")->required();
  sub.add_option("--repo", init.repository, "Repository (default: here)");
  sub.add_option("-o,--output", init.folder, "Suite folder, added to (default: OWNER__NAME)");
  sub.add_option("--name", init.name, "OWNER/NAME (default: by the remote)");
  sub.add_option("--test-cmd", init.test_command,
                  "Runs the tests; {files} = those touched, {repo} = the repository (default: found)");
  sub.add_option("--log-parser", init.log_parser, "Reads their log (default: by the command)");
  sub.add_option("--attempts", init.attempts, "Runs of each state (default: 3)")
      ->check(CLI::PositiveNumber);
  sub.add_option("--env", command.env, "NAME=VALUE for the tests (repeatable)");
  sub.add_option("--apt", init.packages, "Debian package they need, installed (repeatable)");
  sub.add_flag("--force", init.force, "Replace tasks that are there already");
}

}  // namespace weir::cli
