#include "tasks/harbor_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "tasks/config_table.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::int64_t kMebibyte = 1 << 20;

std::optional<milliseconds> seconds(ConfigTable& table, const std::string& key, bool zero = false) {
  const auto value = table.number(key);
  if (!value) return {};
  if (!(*value > 0 || (zero && *value == 0)) || *value > 1e9) {
    table.fail(
        key, zero ? "must be a number of seconds from 0" : "must be a positive number of seconds");
  }
  return milliseconds(std::llround(*value * 1000));
}

std::optional<std::int64_t> count(ConfigTable& table, const std::string& key, std::int64_t least) {
  const auto value = table.integer(key);
  if (value && (*value < least || *value > 1'000'000'000)) {
    table.fail(key, fmt::format("must be a whole number from {}", least));
  }
  return value;
}

std::string one_of(ConfigTable& table, const std::string& key, const std::string& value,
                   const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  table.fail(key, fmt::format("\"{}\" is none of {}{}", value, fmt::join(allowed, ", "),
                              did_you_mean(value, allowed)));
}

std::string required(ConfigTable& table, const std::string& key) {
  const auto value = table.text(key);
  if (!value || trimmed(*value).empty()) table.fail(key, "is missing");
  return *value;
}

std::map<std::string, std::string> texts_by_name(ConfigTable& table, const std::string& key) {
  std::map<std::string, std::string> out;
  auto inner = table.table(key);
  if (!inner) return out;
  for (const auto& name : inner->keys()) out[name] = inner->text(name).value_or("");
  return out;
}

bool has_parent(const std::string& path) {
  for (const auto& part : std::filesystem::path(path)) {
    if (part == "..") return true;
  }
  return false;
}

/// Names, *.names, addresses and ranges; no URLs, ports or paths.
bool is_host(std::string_view host) {
  if (host.starts_with("*.")) host.remove_prefix(2);
  const bool range = std::count(host.begin(), host.end(), '/') == 1;
  const bool six = std::count(host.begin(), host.end(), ':') > 1;
  return !host.empty() && host.front() != '/' &&
         std::all_of(host.begin(), host.end(), [&](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || (c == '/' && range) ||
                  (c == ':' && six);
         });
}

class Reader {
 public:
  explicit Reader(const ConfigFile& file) : root_(file) {}

  HarborToml read() {
    read_package();
    if (auto metadata = root_.table("metadata")) {
      out_.difficulty = metadata->text("difficulty").value_or("");
      out_.visible_tests = metadata->text("visible_test_cmd");
    }
    const json metadata = root_.raw("metadata");
    if (!metadata.is_null()) out_.shown.metadata = metadata.dump();
    if (metadata.is_object() && metadata.value("category", json()).is_string()) {
      out_.shown.category = metadata.at("category");
    }
    out_.shown.source = root_.text("source").value_or("");
    if (auto table = root_.table("agent")) {
      out_.shown.agent = phase(*table);
      done(*table);
    }
    if (auto table = root_.table("environment")) {
      out_.shown.environment = environment(*table);
      done(*table);
    }
    if (auto table = root_.table("verifier")) out_.hidden.verifier = verifier(*table);
    if (auto table = root_.table("solution")) {
      out_.solution_env = texts_by_name(*table, "env");
      done(*table);
    }
    out_.hidden.artifacts = artifacts(root_);
    read_steps();
    done(root_);
    return std::move(out_);
  }

 private:
  /// What of a table nobody asked for is kept.
  void done(const ConfigTable& table) {
    for (auto& key : table.unknown()) out_.shown.unknown.push_back(std::move(key));
  }

  void read_package() {
    const auto old_spelling = root_.text("version");
    const auto schema = root_.text("schema_version");
    if (old_spelling && schema && *old_spelling != *schema) {
      root_.fail("version", fmt::format("\"{}\" and schema_version \"{}\" contradict each other",
                                        *old_spelling, *schema));
    }
    out_.shown.schema_version = schema ? *schema : old_spelling.value_or("");
    auto table = root_.table("task");
    if (!table) return;
    out_.declared_name = table->text("name").value_or("");
    out_.shown.version = table->text("version").value_or("");
    out_.shown.description = table->text("description").value_or("");
    out_.shown.keywords = table->texts("keywords");
    for (auto& author : table->tables("authors")) {
      std::string name = required(author, "name");
      const auto email = author.text("email");
      out_.shown.authors.push_back(email ? fmt::format("{} <{}>", name, *email) : name);
      done(author);
    }
    done(*table);
  }

  static std::optional<std::string> user(ConfigTable& table) {
    const json value = table.raw("user");
    if (value.is_null()) return {};
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return value.dump();
    if (!value.is_string() || value.get<std::string>().empty()) {
      table.fail("user", "must be a user's name or uid");
    }
    return value.get<std::string>();
  }

  static std::optional<NetworkPolicy> network(ConfigTable& table) {
    const auto written = table.text("network_mode");
    NetworkPolicy policy{NetworkMode::open, table.texts("allowed_hosts")};
    if (written) {
      const std::string mode =
          one_of(table, "network_mode", *written, {"public", "no-network", "allowlist"});
      policy.mode = mode == "public"       ? NetworkMode::open
                    : mode == "no-network" ? NetworkMode::none
                                           : NetworkMode::allowlist;
    }
    if (table.has("allowed_hosts") && policy.mode != NetworkMode::allowlist) {
      if (!written || !policy.allowed_hosts.empty()) {
        table.fail("allowed_hosts", "needs network_mode = \"allowlist\"");
      }
    }
    for (const auto& host : policy.allowed_hosts) {
      if (is_host(host)) continue;
      table.fail("allowed_hosts", fmt::format("\"{}\" is no host name, *.name, address or CIDR "
                                              "range; URLs, ports and paths are none",
                                              host));
    }
    return written ? std::optional(policy) : std::nullopt;
  }

  static Phase phase(ConfigTable& table) {
    return {seconds(table, "timeout_sec"), user(table), network(table)};
  }

  Healthcheck healthcheck(ConfigTable& table) {
    Healthcheck check;
    check.command = required(table, "command");
    check.interval = seconds(table, "interval_sec").value_or(check.interval);
    check.timeout = seconds(table, "timeout_sec").value_or(check.timeout);
    check.start_period = seconds(table, "start_period_sec", true).value_or(check.start_period);
    check.start_interval = seconds(table, "start_interval_sec").value_or(check.start_interval);
    check.retries = static_cast<int>(count(table, "retries", 1).value_or(check.retries));
    done(table);
    return check;
  }

  /// `old_key` = "2G", `key` = 2048; both only if they say the same.
  static std::optional<std::int64_t> size(ConfigTable& table, const std::string& old_key,
                                          const std::string& key) {
    const auto mebibytes = count(table, key, 1);
    const auto written = table.text(old_key);
    if (!written) return mebibytes ? std::optional(*mebibytes * kMebibyte) : std::nullopt;
    const auto bytes = parse_bytes(*written);
    const bool unit =
        !written->empty() && std::isalpha(static_cast<unsigned char>(written->back()));
    if (!bytes || !unit || *bytes <= 0) {
      table.fail(old_key, fmt::format("\"{}\" is no size like \"2G\" or \"512M\"", *written));
    }
    if (mebibytes && *mebibytes != *bytes / kMebibyte) {
      table.fail(old_key, fmt::format("\"{}\" and {} = {} contradict each other", *written, key,
                                      *mebibytes));
    }
    return bytes;
  }

  EnvironmentDeclaration environment(ConfigTable& table) {
    EnvironmentDeclaration out;
    out.docker_image = table.text("docker_image");
    std::string os = table.text("os").value_or("linux");
    std::transform(os.begin(), os.end(), os.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.os = one_of(table, "os", os, {"linux", "windows"});
    out.cpus = table.number("cpus");
    if (out.cpus && !(*out.cpus > 0 && *out.cpus <= 1e6)) table.fail("cpus", "must be more than 0");
    out.memory = size(table, "memory", "memory_mb");
    out.storage = size(table, "storage", "storage_mb");
    out.gpus = count(table, "gpus", 0);
    out.gpu_types = table.texts("gpu_types");
    if (auto tpu = table.table("tpu")) {
      out.tpu = Tpu{required(*tpu, "type"), required(*tpu, "topology")};
      done(*tpu);
    }
    out.build_timeout = seconds(table, "build_timeout_sec");
    out.network = network(table);
    const auto internet = table.flag("allow_internet");
    if (internet && !out.network) {
      out.network = NetworkPolicy{*internet ? NetworkMode::open : NetworkMode::none, {}};
    }
    out.workdir = table.text("workdir");
    out.skills_dir = table.text("skills_dir");
    out.env = texts_by_name(table, "env");
    if (auto check = table.table("healthcheck")) out.healthcheck = healthcheck(*check);
    for (auto& server : table.tables("mcp_servers")) out.mcp_servers.push_back(mcp(server));
    return out;
  }

  McpServer mcp(ConfigTable& table) {
    McpServer out;
    out.name = required(table, "name");
    const std::string transport = table.text("transport").value_or("sse");
    out.transport = one_of(table, "transport", transport == "http" ? "streamable-http" : transport,
                           {"sse", "streamable-http", "stdio"});
    out.url = table.text("url").value_or("");
    out.command = table.text("command").value_or("");
    if (out.transport == "stdio" && out.command.empty()) table.fail("command", "is missing");
    if (out.transport != "stdio" && out.url.empty()) table.fail("url", "is missing");
    out.args = table.texts("args");
    out.headers = texts_by_name(table, "headers");
    out.env = texts_by_name(table, "env");
    done(table);
    return out;
  }

  Verifier verifier(ConfigTable& table) {
    Verifier out;
    out.phase = phase(table);
    out.env = texts_by_name(table, "env");
    if (auto inner = table.table("environment")) {
      out.environment = environment(*inner);
      done(*inner);
    }
    if (out.environment) out.separate = true;
    if (const auto mode = table.text("environment_mode")) {
      out.separate = one_of(table, "environment_mode", *mode, {"shared", "separate"}) == "separate";
      if (!*out.separate && out.environment) {
        table.fail("environment_mode",
                   "\"shared\" and an environment of its own contradict each "
                   "other");
      }
    }
    for (auto& each : table.tables("collect")) {
      CollectCommand collect;
      collect.command = required(each, "command");
      collect.service = each.text("service").value_or(collect.service);
      collect.timeout = seconds(each, "timeout_sec").value_or(collect.timeout);
      collect.user = user(each);
      done(each);
      out.collect.push_back(std::move(collect));
    }
    done(table);
    return out;
  }

  std::vector<Artifact> artifacts(ConfigTable& table) {
    std::vector<Artifact> out;
    const json list = table.raw("artifacts");
    if (list.is_null()) return out;
    if (!list.is_array()) table.fail("artifacts", "must be a list");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].is_string()) {
        out.push_back({list[i].get<std::string>(), "", {}, ""});
        check(table, "artifacts", out.back());
        continue;
      }
      if (!list[i].is_object()) {
        table.fail("artifacts",
                   fmt::format("entry {} must be a path or a table with a source, and is {}", i + 1,
                               list[i].dump()));
      }
      ConfigTable entry = table.element("artifacts", i);
      out.push_back({required(entry, "source"), entry.text("destination").value_or(""),
                     entry.texts("exclude"), entry.text("service").value_or("")});
      check(entry, "source", out.back());
      check_destination(entry, out.back().destination);
      done(entry);
    }
    return out;
  }

  static void check(ConfigTable& table, const std::string& key, const Artifact& artifact) {
    if (artifact.source.empty()) table.fail(key, "an artifact has an empty path");
    if (has_parent(artifact.source)) {
      table.fail(key, fmt::format("\"{}\" must not hold \"..\"", artifact.source));
    }
    const bool sidecar = !artifact.service.empty() && artifact.service != "main";
    if (sidecar && artifact.source.front() != '/') {
      table.fail(key, fmt::format("\"{}\" of service {} must be absolute", artifact.source,
                                  artifact.service));
    }
  }

  static void check_destination(ConfigTable& entry, const std::string& destination) {
    const auto refuse = [&](const char* why) {
      entry.fail("destination", fmt::format("\"{}\" {}", destination, why));
    };
    if (destination.empty()) return;
    if (destination.front() == '/') refuse("must be relative to the trial's artifacts");
    if (destination.find('\\') != std::string::npos) refuse("must use forward slashes");
    if (has_parent(destination)) refuse("must not hold \"..\"");
    if (destination == "manifest.json" || destination == "manifest.json/") refuse("is reserved");
  }

  void read_steps() {
    const auto strategy = root_.text("multi_step_reward_strategy");
    const bool last = strategy && one_of(root_, "multi_step_reward_strategy", *strategy,
                                         {"mean", "final"}) == "final";
    out_.hidden.step_rewards = last ? StepRewards::final : StepRewards::mean;
    for (auto& table : root_.tables("steps")) {
      AgentStep step;
      GradedStep graded;
      step.name = graded.name = step_name(table);
      if (auto agent = table.table("agent")) {
        step.agent = phase(*agent);
        done(*agent);
      }
      if (auto inner = table.table("verifier")) graded.verifier = verifier(*inner);
      graded.min_reward = min_reward(table);
      if (auto check = table.table("healthcheck")) step.healthcheck = healthcheck(*check);
      graded.artifacts = artifacts(table);
      step.inherits_session = table.flag("inherit_prior_session").value_or(false);
      done(table);
      out_.shown.steps.push_back(std::move(step));
      out_.hidden.steps.push_back(std::move(graded));
    }
  }

  std::string step_name(ConfigTable& table) const {
    std::string name = required(table, "name");
    if (name.find('/') != std::string::npos || name == "." || name == "..") {
      table.fail("name", fmt::format("\"{}\" is no name of a folder", name));
    }
    for (const auto& other : out_.shown.steps) {
      if (other.name == name) table.fail("name", fmt::format("\"{}\" stands twice", name));
    }
    return name;
  }

  static std::map<std::string, double> min_reward(ConfigTable& table) {
    const json value = table.raw("min_reward");
    if (value.is_null()) return {};
    // No reward is below NaN, and every one below infinity: a gate of neither could be meant.
    const auto usable = [](const json& number) {
      return number.is_number() && std::isfinite(number.get<double>());
    };
    if (value.is_number() && !usable(value)) table.fail("min_reward", "must be finite");
    if (value.is_number()) return {{"reward", value.get<double>()}};
    std::map<std::string, double> least;
    if (!value.is_object()) table.fail("min_reward", "must be a number or a table of numbers");
    for (const auto& [key, number] : value.items()) {
      if (!usable(number)) table.fail("min_reward", fmt::format("{} is no finite number", key));
      least[key] = number.get<double>();
    }
    return least;
  }

  ConfigTable root_;
  HarborToml out_;
};

}  // namespace

HarborToml read_harbor_toml(const ConfigFile& file) {
  return Reader(file).read();
}

}  // namespace weir
