#include "harness/model/model_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/model/model.hpp"
#include "harness/model/replay.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

constexpr int kMost = 10'000'000;  // tokens, calls

int counting(ConfigTable& table, const std::string& key, int standard) {
  const auto value = table.integer(key);
  if (!value) return standard;
  if (*value < 1 || *value > kMost) table.fail(key, fmt::format("must be from 1 to {}", kMost));
  return static_cast<int>(*value);
}

/// One of `names`, with a suggestion where it is not.
std::string one_of(ConfigTable& table, const std::string& key, const std::string& standard,
                   const std::vector<std::string>& names) {
  const std::string value = table.text(key).value_or(standard);
  if (std::find(names.begin(), names.end(), value) == names.end()) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
    table.fail(key, fmt::format("\"{}\" is not one of {}{}", value, list,
                                did_you_mean(value, names)));
  }
  return value;
}

void read_timers(ConfigTable& table, CallTimers& timers) {
  auto inner = table.table("timeouts");
  if (!inner) return;
  const auto timer = [&](const char* key, milliseconds& value) {
    value = inner->duration(key).value_or(value);
    if (value.count() < 1) inner->fail(key, "must be more than nothing");
  };
  timer("connect", timers.connect);
  timer("first_payload", timers.first_payload);
  timer("idle", timers.idle);
  timer("total", timers.total);
  inner->reject_unknown();
}

void read_key_source(ConfigTable& table, ModelSpec& spec) {
  spec.api_key_env = table.text("api_key_env").value_or("");
  if (const auto file = table.path("api_key_file")) spec.api_key_file = file->string();
  spec.api_key_command = table.text("api_key_command").value_or("");
  const int named = !spec.api_key_env.empty() + !spec.api_key_file.empty() +
                    !spec.api_key_command.empty();
  if (named > 1) {
    const char* key = spec.api_key_env.empty() ? "api_key_file" : "api_key_env";
    table.fail(key, "give one of api_key_env, api_key_file and api_key_command");
  }
}

void read_endpoint(ConfigTable& table, ModelSpec& spec) {
  spec.dialect = table.text("dialect").value_or(spec.dialect);
  spec.base_url = table.text("base_url").value_or("");
  while (!spec.base_url.empty() && spec.base_url.back() == '/') spec.base_url.pop_back();
  read_key_source(table, spec);
  if (const auto file = table.path("ca_file")) spec.ca_file = file->string();
  spec.stream = table.flag("stream").value_or(spec.stream);
  spec.logprobs = table.flag("logprobs").value_or(spec.logprobs);
  if (spec.logprobs && spec.provider == "anthropic") {
    table.fail("logprobs", "this API gives none");
  }
  spec.tokens_per_second = table.number("tokens_per_second");
  if (spec.tokens_per_second && !(*spec.tokens_per_second > 0)) {
    table.fail("tokens_per_second", "must be more than 0");
  }
  spec.retries = static_cast<int>(table.integer("retries").value_or(spec.retries));
  if (spec.retries < 0 || spec.retries > 100) table.fail("retries", "must be from 0 to 100");
  read_timers(table, spec.timers);
}

}  // namespace

ModelSpec read_model(const std::string& name, ConfigTable& table,
                     const std::filesystem::path& cassette,
                     const std::optional<std::string>& cassette_run) {
  ModelSpec spec;
  spec.name = name;
  spec.provider = one_of(table, "provider", "openai", provider_names());
  spec.thinking = one_of(table, "thinking", "high", {"off", "high", "max"});
  spec.model = table.text("model").value_or("");
  spec.max_tokens = counting(table, "max_tokens", spec.max_tokens);
  if (table.has("context_window")) {
    spec.context_window = counting(table, "context_window", 0);
    if (*spec.context_window <= spec.max_tokens && spec.provider != "simulated") {
      table.fail("context_window", "must be more than max_tokens: a prompt has to fit too");
    }
  }
  spec.in_flight = counting(table, "in_flight", spec.in_flight);
  spec.price_host = table.text("price_host").value_or("");
  spec.price_as = table.text("price_as").value_or("");
  if (spec.provider == "simulated") {
    spec.skill = table.number("skill").value_or(spec.skill);
    spec.speed = table.number("speed").value_or(spec.speed);
    spec.poison = table.number("poison").value_or(spec.poison);
    spec.doubt = table.number("doubt").value_or(spec.doubt);
    spec.cache_survival = table.number("cache_survival").value_or(spec.cache_survival);
    if (auto skills = table.table("skill_at")) {
      for (const auto& difficulty : skills->keys()) {
        spec.skill_at[difficulty] = skills->number(difficulty).value_or(spec.skill);
      }
    }
  } else if (spec.provider == "replay") {
    read_endpoint(table, spec);  // of the recorded model, if it still stands there: unused
    spec.cassette = cassette.string();
    if (const auto file = table.path("cassette")) spec.cassette = file->string();
    const std::string named = table.text("cassette_run").value_or("latest");
    open_cassette(spec, cassette_run.value_or(named));
  } else {
    read_endpoint(table, spec);
  }
  table.reject_unknown();
  return spec;
}

}  // namespace weir
