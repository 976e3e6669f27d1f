#include "tests/end_to_end/scripted.hpp"

#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  write_file(file, text);
}

}  // namespace

void Scripted::serve(loopback::Exchange& exchange) {
  const json body = json::parse(exchange.body);
  Asked asked{body.at("model"), 1, 0, body.at("messages").back().at("content")};
  for (const auto& message : body.at("messages")) asked.turn += message.at("role") == "assistant";
  {
    const std::lock_guard lock(mutex_);
    requests_[asked.model].push_back(body.at("messages"));
    asked.sample = seen_[asked.model + body.at("messages").dump()]++;
  }
  loopback::Reply reply;
  reply.model = asked.model;
  if (body.at("messages").size() > most_messages) {
    exchange.reply(400, R"({"error":{"message":"maximum context length is 9000 tokens (8900 in )"
                        R"(the messages"}})");
    return;
  }
  const std::string said = script_(asked);
  reply.text = in_text && !said.empty() ? said : "I go on.";
  if (!in_text) reply.command = said;
  reply.hit = asked.turn == 1 ? 0 : 128;
  reply.miss = 100 * asked.turn;
  exchange.begin_stream();
  for (const auto& event : chat_events(reply)) exchange.chunk(event);
  exchange.end();
}

void Scripted::write_task() {
  const fs::path task = folder_ / "suite/task";
  std::string dockerfile = "FROM x\nWORKDIR /app\n";
  for (const auto& [name, text] : files_) {
    write(task / "environment" / name, text);
    dockerfile += "COPY " + name + " " + name + "\n";
  }
  write(task / "environment/Dockerfile", dockerfile);
  write(task / "instruction.md", "Do it.\n");
  write(task / "task.toml",
        "version = \"1.0\"\n[metadata]\ndifficulty = \"hard\"\n" +
            (visible_.empty() ? "" : "visible_test_cmd = '" + visible_ + "'\n"));
  for (const auto& [name, text] : hidden_) write(task / "tests" / name, text);
  write(task / "tests/test.sh",
        "#!/bin/bash\nif ( cd /app; " + verifier_ +
            "\n); then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n");
}

void Scripted::write_experiment(const std::string& policy, const std::string& in_config,
                                const std::string& in_limits) {
  std::string text = "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"c\"]\nattempts = " +
                     std::to_string(attempts) + "\n[prices]\nat = 2026-06-01T00:00:00Z\n";
  std::string tiers;
  for (const auto& model : models) {
    tiers += (tiers.empty() ? "\"" : ", \"") + model + "\"";
    text += "[models." + model + "]\nprovider = \"openai\"\ndialect = \"deepseek\"\nbase_url = \"" +
            server_.url() + "\"\nmodel = \"" + model + "\"\napi_key_env = \"WEIR_TEST_KEY\"\n" +
            "price_host = \"api.deepseek.com\"\nprice_as = \"deepseek-v4-" +
            (model == models.front() ? "flash" : "pro") + "\"\nmax_tokens = 4096\n" + in_models;
  }
  text += "[configs.c]\ntiers = [" + tiers + "]\n" + in_config;
  if (!policy.empty()) {
    write_file(folder_ / "policy.toml", policy);
    text += "policy = \"policy.toml\"\n";
  }
  text += "[limits]\nturns = " + std::to_string(turns) + "\n" + in_limits;
  write_file(folder_ / "e.toml", text);
}

Ran Scripted::run(const std::string& policy, const std::string& in_config,
                  const std::string& in_limits) {
  fs::remove(folder_ / "w.db");
  {
    const std::lock_guard lock(mutex_);
    requests_.clear();
    seen_.clear();
  }
  write_task();
  write_experiment(policy, in_config, in_limits);
  return run_weir({"run", (folder_ / "e.toml").string(), "--jobs", std::to_string(jobs), "--db",
                   (folder_ / "w.db").string()},
                  {"WEIR_TEST_KEY=secret-key-value"});
}

std::string Scripted::tiers() const {
  return query("SELECT group_concat(tier, '') FROM (SELECT tier FROM turn ORDER BY segment, turn)");
}

std::string Scripted::escalations() const {
  return query(
      "SELECT coalesce(group_concat(line, '; '), '') FROM (SELECT turn || '.' || phase || ' ' || "
      "rule || ' ' || mode || ' ' || undo AS line FROM decision WHERE decision = 'escalate' "
      "ORDER BY segment, turn, call, phase)");
}

std::vector<json> Scripted::requests(const std::string& model) {
  const std::lock_guard lock(mutex_);
  return requests_[model];
}

}  // namespace weir
