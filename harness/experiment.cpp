#include "harness/experiment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/agent/policy_fit.hpp"
#include "harness/model/model_table.hpp"
#include "runners/environment.hpp"
#include "tasks/config_table.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// What a run stored beside its experiment file: texts of files and choices that
/// may since have changed. A new run has none.
class Stored {
 public:
  Stored() = default;
  explicit Stored(const json& spec) : spec_(&spec) {}

  [[nodiscard]] std::string policy(const fs::path& file) const {
    if (spec_ == nullptr) return read_file(file);
    return spec_->at("policies").at(file.string()).get<std::string>();
  }
  [[nodiscard]] std::optional<std::string> cassette_run(const std::string& model) const {
    if (spec_ == nullptr) return {};
    const json cassettes = spec_->value("cassettes", json::object());
    if (!cassettes.contains(model)) return {};
    return cassettes.at(model).get<std::string>();
  }

 private:
  const json* spec_ = nullptr;
};

template <typename Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, unused] : map) keys.push_back(key);
  return keys;
}

class ExperimentReader {
 public:
  ExperimentReader(const ConfigFile& file, const Overrides& overrides, const Stored& stored)
      : file_(file), root_(file), overrides_(overrides), stored_(stored) {}

  Experiment read() {
    read_models();
    read_agents();
    read_limits();
    read_prices();
    read_swebench();
    read_sandbox();
    override_network();
    const std::vector<std::string> wanted = read_header();
    read_configs(wanted);
    root_.reject_unknown();
    experiment_.spec = {{"path", file_.path.string()}, {"toml", file_.text},
                        {"policies", policy_texts_},   {"overrides", overrides_json()},
                        {"cassettes", cassettes_},
                        {"configs", wanted},           {"attempts", experiment_.attempts}};
    for (const auto& config : experiment_.configs) {
      if (config.policy.tree) {
        experiment_.spec["trials_per_attempt"][config.name] = config.trials_per_attempt();
      }
    }
    return std::move(experiment_);
  }

 private:
  /// A whole number that counts something: 1 to a million.
  static std::optional<int> counting(ConfigTable& table, const std::string& key) {
    const auto value = table.integer(key);
    if (!value) return {};
    if (*value < 1 || *value > 1'000'000) table.fail(key, "must be from 1 to 1000000");
    return static_cast<int>(*value);
  }

  std::vector<std::string> read_header() {
    auto table = root_.table("experiment");
    if (!table) {
      throw UserError(fmt::format("{}: the table [experiment] is missing", file_.path.string()));
    }
    experiment_.name = table->text("name").value_or(file_.path.stem().string());
    if (!overrides_.name.empty()) experiment_.name = overrides_.name;
    if (to_utf8(experiment_.name) != experiment_.name) throw UserError("--name: is not UTF-8");
    const auto folder = file_.path.parent_path();
    for (const auto& suite : table->texts("suites")) {
      experiment_.suites.push_back((folder / suite).lexically_normal());
    }
    if (!overrides_.suites.empty()) {
      experiment_.suites.assign(overrides_.suites.begin(), overrides_.suites.end());
    }
    if (experiment_.suites.empty()) table->fail("suites", "must name at least one suite");
    const int attempts = counting(*table, "attempts").value_or(1);
    const auto seed = table->integer("seed").value_or(1);
    if (seed < 0) table->fail("seed", "must not be negative");
    experiment_.attempts = overrides_.attempts.value_or(attempts);
    if (experiment_.attempts < 1) throw UserError("--attempts must be 1 or more");
    experiment_.seed = overrides_.seed.value_or(static_cast<std::uint64_t>(seed));
    experiment_.task_globs = overrides_.tasks;
    experiment_.strict_integrity = overrides_.strict_integrity;
    experiment_.cache_nonce = table->flag("cache_nonce").value_or(false);
    experiment_.canary = table->flag("canary").value_or(false);
    std::vector<std::string> configs = table->texts("configs");
    if (!overrides_.configs.empty()) configs = overrides_.configs;
    if (configs.empty()) table->fail("configs", "must name at least one config");
    table->reject_unknown();
    return configs;
  }

  void read_models() {
    auto table = root_.table("models");
    if (!table) return;
    for (const auto& name : table->keys()) {
      auto model = table->table(name);
      if (!model) continue;
      const ModelSpec spec = read_model(name, *model, overrides_.cassette, stored_.cassette_run(name));
      if (!spec.cassette_run.empty()) cassettes_[name] = spec.cassette_run;
      experiment_.models[name] = spec;
    }
  }

  void read_agents() {
    auto table = root_.table("agents");
    if (table && !table->keys().empty()) {
      table->fail(table->keys().front(), "external agents are not available yet");
    }
  }

  void read_configs(const std::vector<std::string>& wanted) {
    auto table = root_.table("configs");
    const std::vector<std::string> known = table ? table->keys() : std::vector<std::string>{};
    for (const auto& name : wanted) {
      if (std::count(wanted.begin(), wanted.end(), name) > 1) {
        throw UserError(fmt::format("{}: config \"{}\" is named twice",
                                    file_.where("/experiment/configs"), name));
      }
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw UserError(fmt::format("{}: there is no [configs.{}]{}",
                                    file_.where("/experiment/configs"), name,
                                    did_you_mean(name, known)));
      }
    }
    for (const auto& name : known) {
      auto inner = table->table(name);
      ConfigSpec config = read_config(name, *inner);
      if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
        experiment_.configs.push_back(std::move(config));
      }
    }
    std::sort(experiment_.configs.begin(), experiment_.configs.end(), [&](auto& a, auto& b) {
      return std::find(wanted.begin(), wanted.end(), a.name) <
             std::find(wanted.begin(), wanted.end(), b.name);
    });
  }

  ConfigSpec read_config(const std::string& name, ConfigTable& table) {
    ConfigSpec config;
    config.name = name;
    config.agent = table.text("agent").value_or("bash");
    config.kind = find_agent_kind(config.agent);
    if (config.kind == nullptr) {
      table.fail("agent", fmt::format("unknown agent \"{}\"{}", config.agent,
                                      did_you_mean(config.agent, agent_names())));
    }
    config.tiers = table.texts("tiers");
    for (const auto& tier : config.tiers) {
      if (experiment_.models.count(tier) == 0) {
        table.fail("tiers", fmt::format("unknown model \"{}\"{}", tier,
                                        did_you_mean(tier, keys_of(experiment_.models))));
      }
    }
    for (const auto& tier : config.tiers) {
      if (std::count(config.tiers.begin(), config.tiers.end(), tier) > 1) {
        table.fail("tiers", fmt::format("names \"{}\" twice", tier));
      }
    }
    if (config.kind->asks_models() && config.tiers.empty()) {
      table.fail("tiers", "must name at least one model");
    }
    read_policy(table, config);
    table.reject_unknown();
    return config;
  }

  void read_policy(ConfigTable& table, ConfigSpec& config) {
    const bool external = table.raw("policy").is_object();
    auto control = table.table("control");
    if (table.has("policy") && control) {
      table.fail("control", "a config has a policy or a control, not both");
    }
    if (external) {
      auto inner = table.table("policy");
      read_external(*inner, config);
    } else if (const auto file = table.path("policy")) {
      config.policy = policy_in(*file);
      if (config.tiers.size() == 1) {
        table.fail("policy", "one tier leaves nothing to route: name at least two in tiers");
      }
    } else if (control) {
      if (control->keys().empty()) {
        table.fail("control", "is one of random_share, threshold, attempts and pre_router");
      }
      config.policy = read_control(*control);
      const bool one = config.policy.attempts.has_value();
      if (one != (config.tiers.size() == 1)) {
        table.fail("tiers", one ? "control attempts repeats one tier: name one"
                                : "this control chooses between tiers: name at least two");
      }
    } else if (config.tiers.size() > 1) {
      table.fail("policy", "a config with several tiers needs a policy or a control");
    } else if (!config.tiers.empty()) {
      config.policy = single_tier_policy(config.tiers.front());
    }
    if (!config.policy.tiers.empty() && config.policy.tiers != config.tiers) {
      table.fail("policy", fmt::format("is for the tiers {}, the config has {}",
                                       fmt::join(config.policy.tiers, " -> "),
                                       fmt::join(config.tiers, " -> ")));
    }
    if (!config.kind->asks_models() && !config.policy.text.empty()) {
      table.fail(control ? "control" : "policy",
                 fmt::format("agent \"{}\" makes no calls to route", config.agent));
    }
    config.policy.tiers = config.tiers;
    if (const auto conflict = policy_conflict(*config.kind, config.policy); !conflict.empty()) {
      table.fail("policy", conflict);
    }
  }

  Policy policy_in(const fs::path& file) {
    const std::string text = stored_.policy(file);
    policy_texts_[file.string()] = text;
    return parse_policy(file, text);
  }

  /// `policy = { exec = "...", file = "policy.toml", timeout = "30s" }`: a program that
  /// judges turns; the file, if there is one, says how escalations are redone.
  void read_external(ConfigTable& table, ConfigSpec& config) {
    const auto exec = table.text("exec");
    if (!exec || exec->empty()) table.fail("exec", "must be the command of an external policy");
    const auto file = table.path("file");
    if (file) config.policy = policy_in(*file);
    ExternalCommand command{*exec, file_.path.parent_path()};
    command.timeout = table.duration("timeout").value_or(command.timeout);
    if (command.timeout.count() < 1) table.fail("timeout", "must be more than nothing");
    if (!config.policy.weights.empty()) {
      table.fail("file", "has weights, which an external policy replaces; remove [score] weights");
    }
    if (config.policy.tree || config.policy.fork > 0) {
      table.fail("file", "has [explore] design = \"tree\" or fork: a program's own state cannot be "
                         "gone on with twice; draw thresholds instead");
    }
    config.policy.text += external_text(command);
    config.policy.external = command;
    table.reject_unknown();
  }

  /// What the command is, as far as a digest can know: with the files it names.
  static std::string external_text(const ExternalCommand& command) {
    std::string text = fmt::format("\n[external]\nexec = {}\n", json(command.command).dump());
    std::istringstream words(command.command);
    for (std::string word; words >> word;) {
      const fs::path path = command.folder / word;
      std::error_code error;
      if (!fs::is_regular_file(path, error)) continue;
      text += fmt::format("# {} {}\n", word, sha256(read_file(path)));
    }
    return text;
  }

  static std::optional<double> dollars(ConfigTable& table, const std::string& key) {
    const auto value = table.number(key);
    if (value && !(*value >= 0 && *value < 1e6)) {
      table.fail(key, "must be a number of dollars, less than a million");
    }
    return value;
  }

  void read_limits() {
    auto table = root_.table("limits");
    if (table) {
      ExperimentLimits& limits = experiment_.limits;
      limits.turns = counting(*table, "turns").value_or(limits.turns);
      limits.tokens = table->integer("tokens");
      if (limits.tokens && *limits.tokens < 1) table->fail("tokens", "must be 1 or more");
      limits.command = table->duration("command").value_or(limits.command);
      if (limits.command.count() < 1) table->fail("command", "must be more than nothing");
      limits.free_context = counting(*table, "free_context").value_or(limits.free_context);
      limits.wall = table->duration("wall").value_or(limits.wall);
      limits.elapsed = table->duration("elapsed").value_or(limits.elapsed);
      limits.usd = dollars(*table, "usd");
      limits.retries = static_cast<int>(table->integer("retries").value_or(limits.retries));
      if (limits.retries < 0 || limits.retries > 100) table->fail("retries", "must be from 0 to 100");
      limits.run_usd = dollars(*table, "run_usd");
      table->reject_unknown();
    }
    if (!overrides_.max_usd) return;
    (void)dollar_limit(*overrides_.max_usd, "--max-usd");
    experiment_.limits.run_usd = overrides_.max_usd;
  }

  void read_prices() {
    auto table = root_.table("prices");
    if (!table) return;
    // The bundled book's name means it, unless the experiment brings its own.
    const auto book = table->text("book");
    if (book && (*book != "deepseek_v4.json" || fs::exists(*table->path("book")))) {
      experiment_.price_book = *table->path("book");
    }
    if (const auto map = table->path("fallback")) experiment_.price_fallback = *map;
    experiment_.price_view.scenario = table->text("scenario").value_or("");
    experiment_.price_view.at = table->time("at");
    if (experiment_.price_view.at && !experiment_.price_view.scenario.empty()) {
      table->fail("scenario", "excludes \"at\": a scenario has no date");
    }
    table->reject_unknown();
  }

  void read_swebench() {
    auto table = root_.table("swebench");
    if (!table) return;
    experiment_.sources.repos = table->path("repos").value_or("");
    experiment_.sources.recipes = table->path("recipes").value_or("");
    experiment_.sources.run_scripts = table->path("run_scripts").value_or("");
    table->reject_unknown();
  }

  void read_sandbox() {
    auto table = root_.table("sandbox");
    if (!table) return;
    SandboxChoice& sandbox = experiment_.sandbox;
    sandbox.backend = table->text("backend").value_or("box");
    if (sandbox.backend != "box" && sandbox.backend != "oci") {
      table->fail("backend", "must be \"box\" or \"oci\"");
    }
    sandbox.engine = table->text("engine").value_or("");
    if (!sandbox.engine.empty() && sandbox.engine != "podman" && sandbox.engine != "docker") {
      table->fail("engine", "must be \"podman\" or \"docker\"");
    }
    read_network(*table, sandbox);
    read_source(*table, sandbox);
    BoxLimits& limits = sandbox.limits;
    if (const auto memory = table->bytes("memory")) limits.memory = *memory;
    if (const auto disk = table->bytes("disk")) limits.disk = *disk;
    if (const auto shm = table->bytes("shm")) limits.shm = *shm;
    if (const auto cpus = table->number("cpus")) limits.cpus = *cpus;
    if (const auto pids = table->integer("pids")) limits.pids = narrowed(*pids);
    if (const auto inodes = table->integer("inodes")) limits.inodes = *inodes;
    if (const auto files = table->integer("open_files")) limits.open_files = narrowed(*files);
    if (const auto defect = limits.defect(); !defect.empty()) {
      table->fail(defect.substr(0, defect.find(':')), defect);
    }
    table->reject_unknown();
  }

  /// Clamped, so that what does not fit is refused by its limit, not wrapped into it.
  static int narrowed(std::int64_t value) {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp<std::int64_t>(value, -kMost, kMost));
  }

  static void read_network(ConfigTable& table, SandboxChoice& sandbox) {
    const std::string network = table.text("network").value_or("none");
    sandbox.declared_networks = network == "declared";
    if (network == "open") {
      if (sandbox.backend != "oci") table.fail("network", "\"open\" needs backend = \"oci\"");
      sandbox.network = Network::open;
    } else if (network != "none" && network != "declared") {
      table.fail("network", "must be \"none\", \"declared\" or, with backend = \"oci\", \"open\"");
    }
  }

  /// --network takes the place of the file's word.
  void override_network() {
    SandboxChoice& sandbox = experiment_.sandbox;
    const std::string& network = overrides_.network;
    if (network.empty()) return;
    if (network != "none" && network != "declared") {
      throw UserError("--network: must be \"none\" or \"declared\"");
    }
    sandbox.network = Network::none;
    sandbox.declared_networks = network == "declared";
  }

  void read_source(ConfigTable& table, SandboxChoice& sandbox) const {
    const std::string source = table.text("environment").value_or("host");
    sandbox.environment = source;
    if (source == "host" && sandbox.backend == "oci") {
      table.fail("environment", "backend = \"oci\" needs \"declared\" or \"image:REF\"");
    }
    if (source == "host" || is_declared(source) || source.rfind("image:", 0) == 0) return;
    if (source.rfind("rootfs:", 0) != 0) {
      table.fail("environment",
                 "must be \"host\", \"declared\", \"declared-online\", \"image:REF\" or \"rootfs:DIR\"");
    }
    sandbox.environment =
        std::filesystem::absolute(file_.path.parent_path() / source.substr(7)).lexically_normal().string();
  }

  json overrides_json() const {
    json out = {{"suites", overrides_.suites}, {"configs", overrides_.configs},
                {"tasks", overrides_.tasks},   {"name", overrides_.name}};
    if (overrides_.attempts) out["attempts"] = *overrides_.attempts;
    if (overrides_.seed) out["seed"] = *overrides_.seed;
    if (overrides_.max_usd) out["max_usd"] = *overrides_.max_usd;
    if (overrides_.strict_integrity) out["strict_integrity"] = true;
    if (!overrides_.network.empty()) out["network"] = overrides_.network;
    return out;
  }

  const ConfigFile& file_;
  ConfigTable root_;
  const Overrides& overrides_;
  const Stored& stored_;
  std::map<std::string, std::string> cassettes_;
  std::map<std::string, std::string> policy_texts_;
  Experiment experiment_;
};

Overrides overrides_from(const json& stored) {
  Overrides overrides;
  overrides.suites = stored.value("suites", std::vector<std::string>{});
  overrides.configs = stored.value("configs", std::vector<std::string>{});
  overrides.tasks = stored.value("tasks", std::vector<std::string>{});
  overrides.name = stored.value("name", std::string());
  overrides.strict_integrity = stored.value("strict_integrity", false);
  overrides.network = stored.value("network", std::string());
  if (stored.contains("attempts")) overrides.attempts = stored.at("attempts").get<int>();
  if (stored.contains("seed")) overrides.seed = stored.at("seed").get<std::uint64_t>();
  if (stored.contains("max_usd")) overrides.max_usd = stored.at("max_usd").get<double>();
  return overrides;
}

}  // namespace

bool Experiment::simulated() const {
  const auto used = models_in_use();
  return std::any_of(used.begin(), used.end(),
                     [&](const std::string& model) { return models.at(model).simulated(); });
}

std::set<std::string> Experiment::models_in_use() const {
  std::set<std::string> names;
  for (const auto& config : configs) names.insert(config.tiers.begin(), config.tiers.end());
  return names;
}

PriceBook load_prices(const Experiment& experiment) {
  const auto& file = experiment.price_book;
  const PriceBook book =
      file.empty() ? PriceBook::bundled() : PriceBook::parse(read_file(file), file.string());
  const auto& map = experiment.price_fallback;
  return (map.empty() ? book : book.with_fallback(read_file(map), map.string()))
      .viewed(experiment.price_view);
}

Picodollars dollar_limit(double usd, const std::string& what) {
  if (!(usd >= 0 && usd < 1e6)) {
    throw UserError(fmt::format("{}: must be a number of dollars from 0, less than a million", what));
  }
  return std::llround(usd * 1e12);
}

Experiment load_experiment(const fs::path& file, const Overrides& overrides) {
  if (!fs::exists(file)) {
    throw UserError(fmt::format("{}: no such experiment file", file.string()));
  }
  const ConfigFile config = ConfigFile::read(fs::absolute(file).lexically_normal());
  return ExperimentReader(config, overrides, Stored()).read();
}

Experiment experiment_from_spec(const json& spec, const fs::path& cassette) {
  try {
    const ConfigFile config = ConfigFile::parse(spec.at("path").get<std::string>(),
                                                spec.at("toml").get<std::string>());
    Overrides overrides = overrides_from(spec.at("overrides"));
    overrides.cassette = cassette;
    return ExperimentReader(config, overrides, Stored(spec)).read();
  } catch (const json::exception& error) {
    throw InfraError(fmt::format("database: the stored experiment is damaged: {}", error.what()));
  }
}

}  // namespace weir
