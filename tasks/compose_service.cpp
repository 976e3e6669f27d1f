#include "tasks/compose_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tasks/compose_mounts.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

/// Keys that would change what a service is, or what it may do to the host.
constexpr auto kRefused = std::to_array<const char*>({"blkio_config",
                                                      "cgroup",
                                                      "cgroup_parent",
                                                      "configs",
                                                      "credential_spec",
                                                      "devices",
                                                      "device_cgroup_rules",
                                                      "extends",
                                                      "external_links",
                                                      "gpus",
                                                      "group_add",
                                                      "ipc",
                                                      "isolation",
                                                      "models",
                                                      "pid",
                                                      "provider",
                                                      "runtime",
                                                      "secrets",
                                                      "sysctls",
                                                      "use_api_socket",
                                                      "userns_mode",
                                                      "uts",
                                                      "volumes_from"});

/// Keys whose absence a service is better held without, or would not notice.
constexpr auto kIgnored = std::to_array<const char*>(
    {"cap_drop",       "cpu_count",      "cpu_percent",      "cpu_period",    "cpu_quota",
     "cpu_rt_period",  "cpu_rt_runtime", "cpu_shares",       "cpuset",        "dns",
     "dns_opt",        "dns_search",     "domainname",       "mac_address",   "mem_reservation",
     "mem_swappiness", "memswap_limit",  "oom_kill_disable", "oom_score_adj", "pids_limit",
     "post_start",     "pre_stop",       "read_only",        "shm_size",      "storage_opt",
     "ulimits"});

/// Keys that say nothing of what happens in a box: not even told.
constexpr auto kSilent = std::to_array<const char*>(
    {"annotations", "attach", "develop", "init", "label_file", "labels", "logging", "platform",
     "pull_policy", "scale", "stdin_open", "stop_grace_period", "stop_signal", "tmpfs", "tty"});

/// What a box's root may do anyway.
constexpr auto kGranted =
    std::to_array<const char*>({"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID",
                                "SETUID", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "SETFCAP"});

template <std::size_t N>
bool contains(const std::array<const char*, N>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

ComposeBuild build_of(ComposeNode node) {
  ComposeBuild build;
  if (node.is_text()) {
    build.context = node.text();
    return build;
  }
  if (const auto context = node.find("context")) build.context = context->text();
  if (const auto file = node.find("dockerfile")) build.dockerfile = file->text();
  if (const auto target = node.find("target")) build.target = target->text();
  if (const auto args = node.find("args")) {
    for (const auto& [name, value] : args->pairs()) {
      if (value) build.args[name] = *value;
    }
  }
  for (const char* key : {"cache_from", "cache_to", "labels", "network", "no_cache", "platforms",
                          "provenance", "pull", "sbom", "shm_size", "tags", "ulimits"}) {
    (void)node.find(key);
  }
  for (const auto& key : node.unknown()) build.refused.push_back(key);
  return build;
}

ComposeHealthcheck healthcheck_of(ComposeNode node) {
  ComposeHealthcheck out;
  Healthcheck& check = out.check;
  check.interval = check.timeout = std::chrono::seconds(30);
  if (const auto disable = node.find("disable")) out.disabled = disable->flag();
  if (const auto interval = node.find("interval")) check.interval = interval->duration();
  if (const auto timeout = node.find("timeout")) check.timeout = timeout->duration();
  if (const auto period = node.find("start_period")) check.start_period = period->duration();
  if (const auto often = node.find("start_interval")) check.start_interval = often->duration();
  if (const auto retries = node.find("retries")) {
    const double number = retries->number();
    if (!(number >= 1 && number <= 100'000)) retries->fail("must be a number from 1 on");
    check.retries = static_cast<int>(number);
  }
  const auto test = node.find("test");
  if (!test) return out;
  std::vector<std::string> words = test->texts();
  if (test->is_text()) words.insert(words.begin(), "CMD-SHELL");
  if (!words.empty() && words[0] == "NONE") {
    out.disabled = true;
  } else if (words.size() >= 2 && words[0] == "CMD") {
    check.words.assign(words.begin() + 1, words.end());
  } else if (words.size() == 2 && words[0] == "CMD-SHELL") {
    check.words = {"/bin/sh", "-c", words[1]};
  } else {
    test->fail("must be a command's text, or [CMD, ...], [CMD-SHELL, text], [NONE]");
  }
  return out;
}

std::vector<ServiceNeed> needs_of(const ComposeNode& node) {
  static const std::map<std::string, ServiceNeed::Until> conditions = {
      {"service_started", ServiceNeed::Until::started},
      {"service_healthy", ServiceNeed::Until::healthy},
      {"service_completed_successfully", ServiceNeed::Until::completed}};
  std::vector<ServiceNeed> needs;
  if (!node.is_map()) {
    for (const auto& name : node.texts()) needs.push_back({name});
    return needs;
  }
  for (auto [name, value] : node.entries()) {
    ServiceNeed need{name};
    if (const auto condition = value.find("condition")) {
      const auto known = conditions.find(condition->text());
      if (known == conditions.end()) {
        condition->fail(
            fmt::format("\"{}\" is no condition{}", condition->text(),
                        did_you_mean(condition->text(), {"service_started", "service_healthy",
                                                         "service_completed_successfully"})));
      }
      need.until = known->second;
    }
    needs.push_back(std::move(need));
  }
  return needs;
}

Restart restart_of(const ComposeNode& node) {
  const std::string word = node.text();
  const std::string kind = word.substr(0, word.find(':'));
  if (kind == "no" || kind == "false") return Restart::never;
  if (kind == "on-failure") return Restart::on_failure;
  if (kind == "always" || kind == "unless-stopped") return Restart::always;
  node.fail(fmt::format("\"{}\" is none of no, always, on-failure, unless-stopped", word));
}

class ServiceReader {
 public:
  ServiceReader(const std::string& name, ComposeNode node) : node_(std::move(node)) {
    out_.name = name;
    if (!is_host_name(name)) node_.fail(json_text(name) + " is no name for a service");
  }

  ComposeService read() {
    if (const auto image = node_.find("image")) out_.image = image->text();
    if (const auto build = node_.find("build")) out_.build = build_of(*build);
    read_run();
    read_files();
    read_names();
    read_resources();
    read_privileges();
    rest();
    return std::move(out_);
  }

 private:
  void read_run() {
    if (const auto words = node_.find("command")) out_.run.command = words->words();
    if (const auto words = node_.find("entrypoint")) out_.run.entrypoint = words->words();
    if (const auto env = node_.find("environment")) out_.env = env->pairs();
    if (const auto folder = node_.find("working_dir")) out_.working_dir = folder->text();
    if (const auto user = node_.find("user")) out_.user = user->text();
    if (const auto needs = node_.find("depends_on")) out_.run.needs = needs_of(*needs);
    if (const auto restart = node_.find("restart")) out_.run.restart = restart_of(*restart);
    if (const auto check = node_.find("healthcheck")) out_.healthcheck = healthcheck_of(*check);
    if (const auto profiles = node_.find("profiles")) out_.profiles = profiles->texts();
    if (out_.working_dir && !out_.working_dir->starts_with("/")) {
      node_.fail("working_dir must be an absolute path");
    }
  }

  void read_files() {
    if (const auto mounts = node_.find("volumes")) {
      out_.mounts = read_compose_mounts(*mounts, out_.refused);
    }
    const auto files = node_.find("env_file");
    if (!files) return;
    if (files->is_text()) {
      out_.env_files.emplace_back(files->text(), true);
      return;
    }
    for (auto item : files->items()) {
      if (item.is_text()) {
        out_.env_files.emplace_back(item.text(), true);
        continue;
      }
      const auto path = item.find("path");
      const auto required = item.find("required");
      if (!path) item.fail("an env_file without a path");
      out_.env_files.emplace_back(path->text(), !required || required->flag());
    }
  }

  void add_name(const ComposeNode& node, const std::string& name) {
    if (!is_host_name(name)) node.fail(json_text(name) + " is no host name");
    if (name != out_.name) out_.aliases.insert(name);
  }

  void read_names() {
    for (const char* key : {"hostname", "container_name"}) {
      if (const auto name = node_.find(key)) add_name(*name, name->text());
    }
    read_networks();
    if (const auto links = node_.find("links")) {
      for (const auto& link : links->texts()) {
        const auto colon = link.find(':');
        out_.run.needs.push_back({link.substr(0, colon)});
        if (colon != std::string::npos)
          out_.refused.push_back("links: another name in one service");
      }
    }
    if (const auto hosts = node_.find("extra_hosts")) read_hosts(*hosts);
    if (const auto ports = node_.find("ports")) {
      for (const auto& port : ports->items()) add_port(port);
    }
    if (const auto ports = node_.find("expose")) {
      for (const auto& port : ports->items()) add_port(port);
    }
  }

  void read_networks() {
    const auto networks = node_.find("networks");
    if (!networks) return;
    if (networks->is_list()) {
      for (const auto& name : networks->texts()) out_.networks.insert(name);
      return;
    }
    for (const auto& [name, value] : networks->entries()) {
      out_.networks.insert(name);
      if (!value.is_map()) continue;
      ComposeNode network = value;
      const auto aliases = network.find("aliases");
      if (!aliases) continue;
      for (const auto& alias : aliases->texts()) add_name(*aliases, alias);
    }
  }

  void read_hosts(const ComposeNode& hosts) {
    const auto add = [&](const std::string& name, const std::string& address) {
      if (!is_host_name(name)) hosts.fail(json_text(name) + " is no host name");
      const bool is_address =
          !address.empty() &&
          address.find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string::npos;
      if (is_address) {
        out_.hosts[name] = address;
      } else {
        out_.refused.push_back(fmt::format("extra_hosts: {}", json_text(address)));
      }
    };
    if (hosts.is_map()) {
      for (const auto& [name, address] : hosts.entries()) add(name, address.text());
      return;
    }
    for (const auto& line : hosts.texts()) {
      const auto cut = line.find_first_of("=:");
      if (cut == std::string::npos) hosts.fail(json_text(line) + " is no NAME:ADDRESS");
      add(line.substr(0, cut), line.substr(cut + 1));
    }
  }

  /// "8080:80/tcp", "127.0.0.1:8080:80", "80", {target: 80}: the service's own side.
  void add_port(ComposeNode port) {
    std::string text;
    if (port.is_map()) {
      const auto target = port.find("target");
      if (!target) port.fail("a port without a target");
      const auto protocol = port.find("protocol");
      text = target->text() + (protocol ? "/" + protocol->text() : "");
    } else {
      text = port.text();
      text = text.substr(text.rfind(':') + 1);
    }
    if (text.ends_with("/tcp")) text.resize(text.size() - 4);
    out_.ports.insert(text);
  }

  void read_resources() {
    if (const auto memory = node_.find("mem_limit")) out_.memory = memory->bytes();
    if (const auto cpus = node_.find("cpus")) out_.cpus = cpus->number();
    auto deploy = node_.find("deploy");
    if (!deploy) return;
    if (const auto replicas = deploy->find("replicas"); replicas && replicas->number() != 1) {
      out_.refused.emplace_back("deploy.replicas: more or fewer than one");
    }
    auto resources = deploy->find("resources");
    if (!resources) return;
    if (auto limits = resources->find("limits")) {
      if (const auto memory = limits->find("memory")) out_.memory = memory->bytes();
      if (const auto cpus = limits->find("cpus")) out_.cpus = cpus->number();
    }
    auto reserved = resources->find("reservations");
    if (reserved && reserved->find("devices")) {
      out_.refused.emplace_back("deploy.resources.reservations.devices: boxes have none");
    }
  }

  void read_privileges() {
    if (const auto all = node_.find("privileged"); all && all->flag()) {
      out_.refused.emplace_back("privileged: a box has no power over its host");
    }
    if (const auto added = node_.find("cap_add")) {
      for (std::string name : added->texts()) {
        if (name.starts_with("CAP_")) name = name.substr(4);
        if (!contains(kGranted, name)) out_.refused.push_back("cap_add: " + json_text(name));
      }
    }
    if (const auto options = node_.find("security_opt")) {
      for (const auto& option : options->texts()) {
        const bool weaker = option.find("unconfined") != std::string::npos ||
                            option.starts_with("seccomp") || option.starts_with("label");
        if (weaker) out_.refused.push_back("security_opt: " + json_text(option));
      }
    }
    const auto mode = node_.find("network_mode");
    if (!mode) return;
    const std::string word = mode->text();
    if (word != "bridge" && !word.starts_with("service:")) {
      out_.refused.push_back(fmt::format("network_mode: {}", json_text(word)));
    }
  }

  void rest() {
    for (const char* key : kSilent) (void)node_.find(key);
    for (const char* key : kRefused) {
      if (node_.find(key)) out_.refused.emplace_back(key);
    }
    for (const char* key : kIgnored) {
      if (node_.find(key)) out_.ignored.emplace_back(key);
    }
    for (const auto& key : node_.unknown()) {
      const bool null =
          contains(kSilent, key) || contains(kRefused, key) || contains(kIgnored, key);
      if (!null) out_.unknown.push_back(key);
    }
  }

  ComposeNode node_;
  ComposeService out_;
};

}  // namespace

bool is_host_name(const std::string& name) {
  constexpr std::size_t kLongest = 253;
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongest && name.front() != '-' && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), fits);
}

ComposeService read_compose_service(const std::string& name, ComposeNode node) {
  return ServiceReader(name, std::move(node)).read();
}

}  // namespace weir
