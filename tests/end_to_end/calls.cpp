#include "tests/end_to_end/calls.hpp"

#include "tasks/files.hpp"

namespace weir {
namespace {

using loopback::Exchange;
using loopback::Reply;
using nlohmann::json;

/// How many answers the conversation holds already.
std::size_t turns_of(const json& body) {
  std::size_t turns = 0;
  for (const auto& message : body.at("messages")) turns += message.at("role") == "assistant" ? 1U : 0U;
  return turns;
}

bool is_chat(const Exchange& exchange) {
  return exchange.path.find("/chat/completions") != std::string::npos;
}

}  // namespace

std::vector<std::string> Host::heads() {
  const std::lock_guard lock(mutex_);
  return heads_;
}

void Host::serve(Exchange& exchange) {
  const int request = ++requests;
  const Plan plan = current_plan();
  if (plan.always_status != 0) {
    exchange.reply(plan.always_status, plan.always_body, plan.always_headers);
    return;
  }
  if (misbehave(exchange, request)) return;
  const json body = json::parse(exchange.body);
  const Reply reply = reply_to(body, request, plan);
  hit += reply.hit;
  miss += reply.miss;
  output += reply.output;
  const auto events = is_chat(exchange) ? chat_events(reply) : messages_events(reply);
  exchange.begin_stream();
  for (const auto& event : events) exchange.chunk(event);
  exchange.end();
}

/// Faults by a fixed pattern over the requests: every kind comes up.
bool Host::misbehave(Exchange& exchange, int request) {
  const int every = fault_share_ > 0 ? static_cast<int>(1 / fault_share_) : 0;
  if (every == 0 || request % every != 0) return false;
  switch (request / every % 5) {
    case 0: ++refused; exchange.reply(429, R"({"error":{"message":"slow down"}})"); return true;
    case 1: ++refused; exchange.reply(503, "busy", "", "text/html"); return true;
    case 2: ++unknown; exchange.reply(200, R"({"error":{"message":"inside","code":500}})"); return true;
    case 3: ++unknown; exchange.reset(); return true;
    default: break;
  }
  ++unknown;
  exchange.begin_stream();
  exchange.chunk(": keep-alive\n\n");
  Reply cut;
  exchange.chunk(is_chat(exchange) ? chat_events(cut)[1] : messages_events(cut)[0]);
  exchange.hang_up();
  return true;
}

Reply Host::reply_to(const json& body, int request, const Plan& plan) {
  Reply reply;
  if (request >= plan.changes_at) reply.fingerprint = "another build";
  if (!body.contains("tools")) {  // the canary
    reply.text = "391";
    return reply;
  }
  const std::size_t turns = turns_of(body);
  {
    const std::lock_guard lock(mutex_);
    heads_.push_back(body.contains("system") ? body.at("system").dump() : body.at("messages").at(0).dump());
  }
  reply.hit = turns == 0 ? 0 : 1024;
  reply.miss = 1000 + 7 * static_cast<std::int64_t>(turns);
  reply.output = 50 + static_cast<std::int64_t>(turns);
  reply.command = turns == 0 ? plan.first_command + "; echo hello > hello.txt"
                             : "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";
  return reply;
}

Calls::Calls() {
  std::filesystem::create_directories(folder_ / "suite/hello/environment");
  std::filesystem::create_directories(folder_ / "suite/hello/tests");
  write_file(folder_ / "suite/hello/task.toml", "version = \"1.0\"\n");
  write_file(folder_ / "suite/hello/instruction.md", "Write hello to hello.txt\n");
  write_file(folder_ / "suite/hello/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
  write_file(folder_ / "suite/hello/tests/test.sh",
             "#!/bin/bash\ngrep -q hello hello.txt && echo 1 > /logs/verifier/reward.txt || echo 0 "
             "> /logs/verifier/reward.txt\n");
}

void Calls::write_experiment(const Host& host, const std::vector<std::string>& providers,
                             const std::string& more, const std::string& in_experiment,
                             const std::string& in_model) {
  std::string names;
  std::string tables;
  for (const auto& provider : providers) {
    names += (names.empty() ? "\"" : ", \"") + provider + "\"";
    tables += "[models." + provider + "]\nprovider = \"" + provider +
              "\"\ndialect = \"deepseek\"\nbase_url = \"" + host.url() +
              "\"\nmodel = \"deepseek-v4-pro\"\napi_key_env = \"WEIR_TEST_KEY\"\n"
              "price_host = \"api.deepseek.com\"\nmax_tokens = 4096\n" + in_model + "[configs." + provider +
              "]\ntiers = [\"" + provider + "\"]\n";
  }
  write_file(folder_ / "e.toml", "[experiment]\nsuites = [\"suite\"]\nconfigs = [" + names +
                                     "]\nattempts = 3\n" + in_experiment +
                                     "[prices]\nat = 2026-06-01T00:00:00Z\n" + tables + more);
}

void Calls::write_replay(const std::vector<std::string>& arms, const std::string& cassette) {
  std::string names;
  std::string tables;
  for (const auto& arm : arms) {
    names += (names.empty() ? "\"" : ", \"") + arm + "\"";
    tables += "[models." + arm + "]\nprovider = \"replay\"\ncassette = \"" + cassette + "\"\n[configs." + arm +
              "]\ntiers = [\"" + arm + "\"]\n";
  }
  write_file(folder_ / "r.toml", "[experiment]\nsuites = [\"suite\"]\nconfigs = [" + names +
                                     "]\nattempts = 3\n" + tables);
}

Ran Calls::run(const std::vector<std::string>& more, const std::string& file,
               const std::string& db_name) const {
  std::vector<std::string> arguments = {"run", path(file), "--jobs", "3", "--db", path(db_name)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_weir(arguments, {"WEIR_TEST_KEY=secret-key-value"});
}

}  // namespace weir
