#include "tasks/swebench_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/official_tests.hpp"
#include "tasks/pro_tests.hpp"
#include "tasks/reverse_patch.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/swebench_dialect.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// "owner/name" below `repos` as owner__name, owner+name or owner/name, with or
/// without a `repo` folder inside; "" if none is there.
fs::path find_repository(const fs::path& repos, const std::string& name) {
  if (repos.empty()) return {};
  const auto slash = name.find('/');
  if (slash == std::string::npos) return {};
  const std::string owner = name.substr(0, slash);
  const std::string rest = name.substr(slash + 1);
  for (const auto& spelled : {owner + "__" + rest, owner + "+" + rest, name}) {
    for (const auto& suffix : {"", ".git"}) {
      const fs::path candidate = repos / (spelled + suffix);
      if (fs::is_directory(candidate / "repo")) return candidate / "repo";
      if (fs::is_directory(candidate)) return candidate;
    }
  }
  return {};
}

/// What installing the project would have written and no commit holds: the version module of
/// setuptools_scm, with the version the instance names.
std::string install_stand_in(const std::string& version) {
  if (version.empty()) return {};
  return fmt::format(
      R"sh(file=$(sed -n '/^\[tool.setuptools_scm\]/,/^\[/s/^\(write_to\|version_file\) *= *"\(.*\)"/\2/p' pyproject.toml 2>/dev/null | head -n 1)
case "$file" in ''|/*|*..*) exit 0 ;; esac
[ ! -e "$file" ] && [ -d "$(dirname "$file")" ] || exit 0
version={}
printf 'version = "%s"\nversion_tuple = (%s)\n' "$version" "$(printf %s "$version" | tr . ,)" > "$file"
echo "$file was written as setuptools_scm would, for version $version")sh",
      shell_quoted(version));
}

std::string version_of(const SwebenchInstance& instance) {
  const json& version = value_at(instance.other, "version");
  return version.is_string() ? version.get<std::string>() : std::string();
}

void apply_recipe(Task& task, PatchGrading& grading, const Recipe& recipe) {
  Environment& environment = task.shown.environment;
  environment.workdir = recipe.workdir;
  environment.env = recipe.env;
  environment.packages = recipe.packages;
  environment.wrappers = recipe.wrappers;
  grading.test_command = recipe.test_command;
  grading.log_parser = recipe.log_parser;
  grading.clock = recipe.clock;
  if (!recipe.visible_tests.empty()) task.shown.visible_tests = recipe.visible_tests;
}

std::string digest_of(const std::string& content, const Recipe* recipe, const fs::path& source,
                      const RunScripts& scripts) {
  Digest digest;
  digest.add(content);
  if (!scripts.run.empty()) digest.add("run_scripts").add(scripts.run).add(scripts.parser);
  if (recipe != nullptr) {
    digest.add(recipe->test_command).add(recipe->log_parser).add(recipe->visible_tests);
    digest.add(recipe->workdir).add(recipe->prepare);
    if (recipe->clock) digest.add("clock").add(format_time(*recipe->clock));
    for (const auto* list : {&recipe->packages, &recipe->wrappers}) {
      digest.add(std::to_string(list->size()));
      for (const auto& word : *list) digest.add(word);
    }
    for (const auto& [name, value] : recipe->env) digest.add(name).add(value);
  }
  const bool plain =
      !source.empty() && !fs::exists(source / ".git") && !fs::exists(source / "HEAD");
  if (plain) digest.add(folder_digest(source));
  return digest.hex();
}

/// What the agent reads. Hints and descriptions of the solution are no part of it.
std::string instruction_of(const SwebenchInstance& instance) {
  std::string text = instance.problem_statement;
  const auto add = [&text](const char* title, const std::optional<std::string>& part) {
    if (part && !part->empty()) text += fmt::format("\n\n{}\n\n{}", title, *part);
  };
  add("Requirements:", instance.requirements);
  add("Interfaces that the tests use:", instance.interface);
  return text;
}

/// Repositories whose logs name failures alone, for rows from before there was a column.
EvalType eval_type_of(const SwebenchInstance& instance) {
  if (instance.eval_type) {
    return *instance.eval_type == "fail_only" ? EvalType::fail_only : EvalType::pass_and_fail;
  }
  static constexpr std::array<std::string_view, 6> kFailOnly = {
      "chartjs/Chart.js", "processing/p5.js",      "markedjs/marked",
      "bpmn-io/bpmn-js",  "openlayers/openlayers", "eslint/eslint"};
  const bool listed =
      std::find(kFailOnly.begin(), kFailOnly.end(), instance.repo) != kFailOnly.end();
  return listed ? EvalType::fail_only : EvalType::pass_and_fail;
}

/// How many images `what` of a Multimodal row needs: its column holds JSON in a string.
std::size_t images_in(const SwebenchInstance& instance, const char* what) {
  const json& column = value_at(instance.other, "image_assets");
  if (column.is_null()) return 0;
  const json assets = column.is_string()
                          ? json::parse(column.get_ref<const std::string&>(), nullptr, false)
                          : column;
  if (!assets.is_object()) throw KeyError("image_assets", "must hold a JSON object");
  const json& images = value_at(assets, what);
  return images.is_array() ? images.size() : 0;
}

PatchGrading grading_of(const SwebenchInstance& instance) {
  PatchGrading grading;
  grading.base_commit = instance.base_commit;
  grading.test_patch = instance.test_patch.value_or("");
  grading.fail_to_pass = instance.fail_to_pass;
  grading.pass_to_pass = instance.pass_to_pass;
  grading.eval_type = eval_type_of(instance);
  grading.official = instance.dialect->tests(instance);
  if (grading.official.parse.empty()) grading.log_parser = instance.log_parser.value_or("");
  return grading;
}

/// Whose word tests are run by, and where.
struct Means {
  const Recipe* recipe = nullptr;  ///< else the row itself says it
  bool in_image = false;           ///< else in a repository of --repos
};

/// A recipe goes before the row, a repository before the image.
Means means_for(const SwebenchInstance& instance, const SwebenchSources& sources,
                const fs::path& source) {
  Means means;
  const auto found = sources.recipes.find(instance.id);
  if (found != sources.recipes.end()) means.recipe = &found->second;
  const bool image = !instance.dialect->image(instance).empty();
  const bool no_repositories = source.empty() && sources.repos.empty();
  means.in_image = image && (means.recipe == nullptr || no_repositories);
  return means;
}

std::string why_unsupported(const SwebenchInstance& instance, const Means& means,
                            const Repository& repository, const PatchGrading& grading) {
  if (!means.in_image && repository.source.empty() && means.recipe != nullptr) {
    return fmt::format("repository {} not found (--repos DIR)", repository.name);
  }
  const auto images = images_in(instance, "test_patch");
  if (images > 0 && means.recipe != nullptr) {
    return fmt::format("its tests need images that no diff carries ({})", images);
  }
  if (grading.fail_to_pass.empty()) {
    return "FAIL_TO_PASS is empty: any diff would count as a solution";
  }
  return {};
}

/// The image, with the repository where a recipe says it is, else where such images have it.
void take_image(const SwebenchDialect& dialect, const SwebenchInstance& instance,
                const Means& means, Environment& environment) {
  environment.base = dialect.image(instance);
  const std::string workdir = means.recipe != nullptr ? means.recipe->workdir : dialect.workdir;
  environment.workdir_declared = !workdir.empty();
  if (environment.workdir_declared) environment.workdir = workdir;
}

/// Whether a data set has a rule of its own for verdicts, and it is not followed.
bool judges_otherwise(const SwebenchInstance& instance, const PatchGrading& grading) {
  const bool own = instance.dialect->rule != VerdictRule::swe_bench;
  if (own) return grading.rule != instance.dialect->rule;
  return !instance.dialect->ungradable.empty() || !grading.official.run.empty();
}

/// What SWE-bench Pro's and SWE-bench-Live's evaluators grant the tests of an instance.
void grant_as_officially(VerdictRule rule, TaskLimits& limits) {
  if (rule == VerdictRule::swe_bench_pro) {
    limits.verifier = std::chrono::minutes(60);
    limits.memory = std::int64_t{30} << 30;
  } else if (rule == VerdictRule::swe_bench_live) {
    limits.verifier = std::chrono::minutes(150);
  }
}

/// Pro's scripts, where no recipe goes before them. Returns why the instance cannot be tested
/// as they say; "" if it can.
std::string take_run_scripts(const SwebenchInstance& instance, const fs::path& folder,
                             RunScripts& scripts, Task& task, PatchGrading& grading) {
  if (instance.dialect->image(instance).empty()) return "its row names no image (--recipes FILE)";
  if (folder.empty()) {
    return "SWE-bench Pro's verdict is what an instance's parser.py makes of its run_script.sh: "
           "name the folder that has both (--run-scripts DIR)";
  }
  try {
    scripts = read_run_scripts(folder, instance.id);
    task.shown.environment.deviations = test_as_pro(scripts, grading);
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

void note_deviations(const SwebenchInstance& instance, const PatchGrading& grading,
                     Environment& environment) {
  if (const auto images = images_in(instance, "problem_statement"); images > 0) {
    environment.deviations.push_back(
        fmt::format("images of the problem statement that are only linked: {}", images));
  }
  if (!grading.test_command.empty() && judges_otherwise(instance, grading)) {
    environment.deviations.push_back(
        fmt::format("{}: logs are read and judged as SWE-bench does it, not by its own rule",
                    instance.dialect->name));
  }
  const bool rebench =
      grading.official.run == grading.test_command && instance.dialect->name == "swe-rebench-v2";
  const auto how = rebench ? rebench_parser_differs(grading.log_parser) : std::string_view();
  if (!how.empty()) {
    environment.deviations.push_back(
        fmt::format("SWE-rebench's own {} {}; SWE-bench's reads the log", grading.log_parser, how));
  }
}

}  // namespace

SwebenchSources::SwebenchSources(const SuiteSources& sources)
    : repos(sources.repos), run_scripts(sources.run_scripts) {
  if (!run_scripts.empty() && !fs::is_directory(run_scripts)) {
    throw UserError(fmt::format("{}: no such folder of run scripts", run_scripts.string()));
  }
  if (!sources.recipes.empty()) recipes = read_recipes(sources.recipes);
}

Task task_of(const SwebenchInstance& instance, const SwebenchSources& sources,
             const std::string& content) {
  Task task;
  AgentTask& shown = task.shown;
  const SwebenchDialect& dialect = *instance.dialect;
  shown.id = instance.id;
  shown.dialect = dialect.name;
  shown.instruction = instruction_of(instance);
  shown.difficulty = instance.difficulty.value_or("");
  shown.deliverable = Deliverable::patch;
  const fs::path source = find_repository(sources.repos, instance.repo);
  const Means means = means_for(instance, sources, source);
  Environment& environment = shown.environment;
  environment.repository =
      Repository{instance.repo, instance.base_commit, means.in_image ? fs::path() : source};
  environment.workdir = "/testbed";

  if (dialect.introduces_bug) {
    task.hidden.bug = instance.patch;
    task.hidden.gold_patch = render(reversed(parse_patch(instance.patch)));
  } else {
    task.hidden.gold_patch = instance.patch;
  }

  PatchGrading grading = grading_of(instance);
  RunScripts scripts;
  if (means.recipe != nullptr) {
    apply_recipe(task, grading, *means.recipe);
    environment.prepare = means.recipe->prepare;
    if (environment.prepare.empty() && !means.in_image) {
      environment.prepare = install_stand_in(version_of(instance));
    }
  } else if (dialect.rule == VerdictRule::swe_bench_pro) {
    task.unsupported = take_run_scripts(instance, sources.run_scripts, scripts, task, grading);
    environment.repository->reset = true;
  } else {
    task.unsupported = test_as_the_row_says(instance, grading);
  }
  grant_as_officially(grading.rule, shown.limits);
  if (means.in_image) take_image(dialect, instance, means, environment);
  if (task.unsupported.empty()) {
    task.unsupported = why_unsupported(instance, means, *environment.repository, grading);
  }
  note_deviations(instance, grading, environment);
  task.sha256 = digest_of(content, means.recipe, environment.repository->source, scripts);
  task.hidden.grading = std::move(grading);
  return task;
}

}  // namespace weir
