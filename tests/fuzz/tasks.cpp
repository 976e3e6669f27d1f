// What reads tasks: rows, task folders, Dockerfiles, compose files, diffs.

#include <nlohmann/json.hpp>
#include <optional>

#include "tasks/compose_file.hpp"
#include "tasks/compose_variables.hpp"
#include "tasks/config_file.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/dockerignore.hpp"
#include "tasks/error.hpp"
#include "tasks/eval_script.hpp"
#include "tasks/harbor_toml.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/patch.hpp"
#include "tasks/predictions.hpp"
#include "tasks/pro_tests.hpp"
#include "tasks/problem_text.hpp"
#include "tasks/reverse_patch.hpp"
#include "tasks/swebench_instance.hpp"
#include "tasks/terminal_bench_yaml.hpp"
#include "tasks/test_files.hpp"
#include "tasks/test_list.hpp"
#include "tasks/test_settings.hpp"
#include "tasks/text.hpp"
#include "tasks/yaml_file.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/tasks/swebench_rows.hpp"

namespace weir::fuzz {
namespace {

/// What is cut from a script is the script but for two lines, and naming a commit changes
/// nothing else.
void eval_script(std::string_view bytes) {
  const std::string hash(40, 'a');
  require(with_commit_named(bytes, hash, hash) == bytes);
  require(with_commit_named(bytes, hash, "base").size() <= bytes.size());
  const EvalScript cut = cut_eval_script(bytes);
  require(bytes.substr(0, cut.prepare.size()) == cut.prepare);
  require(bytes.substr(bytes.size() - cut.reset.size()) == cut.reset);
  require(bytes.find(cut.tests, cut.prepare.size()) != std::string_view::npos);
}

void patch(std::string_view bytes) {
  const std::string once = render(parse_patch(bytes));
  require(render(parse_patch(once)) == once);
}

void dockerfile(std::string_view bytes) {
  (void)parse_dockerfile(bytes);
}

/// Patterns up to the first empty line, then a path.
void dockerignore(std::string_view bytes) {
  const auto gap = bytes.find("\n\n");
  const std::string_view path = gap == bytes.npos ? "a/b" : bytes.substr(gap + 2);
  (void)docker_match(bytes.substr(0, bytes.find('\n')), path);
  (void)DockerIgnore::parse(bytes.substr(0, gap)).ignores(path);
}

void fix_commit(std::string_view bytes) {
  const SplitPatch split = split_patch(parse_patch(bytes));
  const ProblemText problem = problem_text(bytes, split.solution);
  require(problem.text == problem_text(problem.text, {}).text);
}

/// Settings of setup.cfg are settings of what was kept of it.
void settings_of_tests(std::string_view bytes) {
  const std::string text(bytes);
  for (const char* file : {"pyproject.toml", "package.json"}) (void)test_settings(file, text);
  const std::string kept = test_settings("setup.cfg", text);
  require(test_settings("setup.cfg", kept) == kept);
}

/// Paths that a line checks out are words of it, and no options.
void checked_out(std::string_view bytes) {
  const auto paths = checked_out_paths(bytes);
  if (!paths) return;
  require(!paths->empty());
  for (const auto& path : *paths) require(!path.empty() && path[0] != '-' && path[0] != '/');
}

/// What is left when binary files are gone has none.
void binary_files(std::string_view bytes) {
  const std::string once = without_binary_files(bytes);
  require(without_binary_files(once) == once);
}

void reverse_patch(std::string_view bytes) {
  (void)render(reversed(parse_patch(bytes)));
}

void test_list(std::string_view bytes) {
  const nlohmann::json value = to_utf8(bytes);
  const auto ids = parse_test_list(value);
  require(parse_test_list(spell_test_list(ids, typing_of(value))) == ids);
}

/// What is cut out of a sound text is what its parser finds in it.
void json_rows(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) return;  // an end of the text to the parser alone
  const JsonRows rows = cut_json_rows(bytes);
  const auto whole = nlohmann::json::parse(bytes, nullptr, false);
  if (whole.is_discarded() || rows.shape == JsonRows::Shape::lines) return;
  require(rows.defect.empty() && whole.is_array() == (rows.shape == JsonRows::Shape::array));
  std::size_t at = 0;
  for (const auto& slice : rows.slices) {
    const auto value = parse_row(slice.text);
    if (whole.is_array()) require(value == whole.at(at++));
    if (whole.is_object()) require(whole.contains(parse_row(slice.key).get<std::string>()));
  }
  require(!whole.is_array() || at == whole.size());
}

void instance(std::string_view bytes) {
  const SwebenchInstance once = read_instance(parse_row(bytes));
  const nlohmann::json row = write_instance(once);
  require(write_instance(read_instance(row)) == row);
}

void predictions(std::string_view bytes) {
  const std::string once = render_predictions(parse_predictions("f", bytes).rows);
  require(render_predictions(parse_predictions("f", once).rows) == once);
}

void task_metadata(std::string_view bytes) {
  (void)read_instance(YamlFile::parse("f", std::string(bytes)).root);
}

void harbor_toml(std::string_view bytes) {
  const HarborToml task = read_harbor_toml(ConfigFile::parse("f", std::string(bytes)));
  require(task.shown.steps.size() == task.hidden.steps.size());
}

void bench_yaml(std::string_view bytes) {
  require(read_bench_task(bytes, "f").agent_timeout.count() >= 0);
}

void compose(std::string_view bytes) {
  const auto none = [](const std::string& name) -> std::optional<std::string> {
    return name.size() == 1 ? std::optional<std::string>(name) : std::nullopt;
  };
  const ComposeFile file = read_compose(std::string(bytes), "f", none);
  require(start_order(file).size() == file.services.size());
}

void env_file(std::string_view bytes) {
  (void)read_env_file(bytes);
}

void toml(std::string_view bytes) {
  (void)ConfigFile::parse("f", std::string(bytes));
}

void utf8(std::string_view bytes) {
  require(to_utf8(to_utf8(bytes)) == to_utf8(bytes));
}

}  // namespace

std::vector<Target> task_targets() {
  return {
      {"patch",
       patch,
       {"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n\\ No newline\n"}},
      {"dockerfile",
       dockerfile,
       {"FROM a\nARG B=c\nENV X=$B Y=\"z w\"\nCOPY [\"a\", \"b\"]\nRUN a && \\\n b\n"}},
      {"settings_of_tests",
       settings_of_tests,
       {"[tool.pytest.ini_options]\naddopts = \"-x\"\n[a]\n", "[tool:pytest]\na = b\n  c\n[d]\n",
        R"({"scripts": {"test": "jest"}, "jest": {"a": [1]}})"}},
      {"dockerignore",
       dockerignore,
       {"**/*.p[^yz]c\n!a\\*\n# x\n/b/**\n\na/b.pyc", "[a-c\\]]?*\n\nb/c"}},
      {"fix_commit",
       fix_commit,
       {"Fix\n\nSay a\nCc: b\n\nReviewed-by: c\n--- a/x\n+++ b/test_x\n@@ -1 +1 @@\n-a\n+b\n"}},
      {"checked_out", checked_out, {"git checkout 99 -- a 'b c' \"d\"e"}},
      {"binary_files",
       binary_files,
       {"diff --git a/x b/x\nBinary files a/x and b/x differ\ndiff --git a/y b/y\n"
        "GIT binary patch\nliteral 0\ndiff --git a/z b/z\n--- a/z\n+++ b/z\n"}},
      {"reverse_patch",
       reverse_patch,
       {"diff --git a/x b/y\nrename from x\nrename to y\nindex 1..2 3\n--- a/x\n+++ b/y\n"
        "@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n\\ No newline\n"}},
      {"json_rows",
       json_rows,
       {"[{\"a\": [1, \"],\"]},\n2]", "{\"a\": {}, \"b\": \"\\\"\"}", "{\"a\":1}\n{\"b\":2}\n"}},
      {"instance",
       instance,
       {swebench_row().dump(), multilingual_row().dump(), multimodal_row().dump(), pro_row().dump(),
        rebench_row().dump(), smith_row().dump(), live_row().dump(), multi_row().dump()}},
      {"predictions",
       predictions,
       {R"({"instance_id":"a","model_patch":null})",
        R"([{"instance_id":"a","patch":"p","prefix":"m"}])",
        R"({"a":{"model_patch":"p","model_name_or_path":"m"},"b":{"instance_id":"c"}})",
        R"({"org":"o","repo":"r","number":7,"fix_patch":"d"})"}},
      {"task_metadata",
       task_metadata,
       {"instance_id: a\nrepo: &r o/r\nbase_commit: '1'\nproblem_statement: |\n  x\n  y\n"
        "b: [*r, ~]\n"}},
      {"dockerfile_stages",
       dockerfile,
       {"ARG T=1\nFROM a:$T AS b\nSHELL [\"bash\", \"-ec\"]\nRUN <<E\nx\nE\nFROM b\nCOPY <<F "
        "/d/\nF\n"
        "ADD --chown=u x y\nCMD z\n"}},
      {"harbor_toml",
       harbor_toml,
       {"version = \"1.0\"\nartifacts = [\"/a\", {source = \"/b\", destination = \"c\"}]\n[agent]\n"
        "timeout_sec = 1.5\nuser = 3\n[environment]\nmemory = \"2G\"\nnetwork_mode = "
        "\"allowlist\"\n"
        "allowed_hosts = [\"a.b\"]\nenv = {A = \"${B:-c}\"}\n[[steps]]\nname = \"s\"\n"
        "min_reward = {r = 1}\n[steps.verifier]\ntimeout_sec = 2\n"}},
      {"bench_yaml",
       bench_yaml,
       {"instruction: |-\n  a\n  b\ndifficulty: easy\ntags: [x]\nmax_agent_timeout_sec: 9.5\n"
        "run_tests_in_same_shell: false\nmore: {a: [1]}\n"}},
      {"compose",
       compose,
       {"x-a: &a {user: u}\nservices:\n  main:\n    <<: *a\n    build: {context: ., args: [A=b]}\n"
        "    environment: [A=$b, C=${d:-e}]\n    volumes: [v:/x, ./y:/z:ro]\n    depends_on:\n"
        "      db: {condition: service_healthy}\n  db:\n    image: y\n    command: a 'b c'\n"
        "    healthcheck: {test: [CMD, x], interval: 1m2s}\n    ports: ['1:2']\n    mem_limit: 1g\n"
        "volumes: {v: }\n"}},
      {"env_file", env_file, {"# c\nexport A=\"b\" # d\nC='e'\nF=\n"}},
      {"test_list", test_list, {"['a', \"b\\n\", '\\u00e9']", "[\"a\"]"}},
      {"toml", toml, {"[a]\nb = 2026-01-01T00:00:00Z\nc = [1, {d = \"e\"}]\n"}},
      {"utf8", utf8, {"a\xC3\xA9\xF0\x9F\x98\x80\xFF"}},
      {"eval_script",
       eval_script,
       {"git diff " + std::string(40, 'a') + "\ncat <<'E' <<-F\n" + std::string(40, 'a') +
        "\nE\n\tF\n: '>>>>> Start Test Output'\nt | cat\necho '>>>>> End Test Output'\nx\n"}},
  };
}

}  // namespace weir::fuzz
