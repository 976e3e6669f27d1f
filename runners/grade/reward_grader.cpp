// Harbor grading: the task's own test.sh on the final state, reward files out.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr milliseconds kVerifierTimeout = std::chrono::minutes(10);
constexpr std::size_t kRewardCap = 1 << 20;

void add_files(const std::string& folder, std::vector<std::string>& paths) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (!entry.is_directory()) paths.push_back(entry.path().string());
  }
}

/// What runs the verifier. An agent that changed any of it could write its own
/// verdict: such a pass is not believed.
const std::vector<std::string>& verdict_machinery() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> all = {"/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/profile",
                                    "/etc/bash.bashrc"};
    for (const char* name : {"bash", "sh", "dash", "env", "rm", "mkdir", "chmod", "cat", "grep", "cmp",
                             "diff", "test", "[", "echo", "python3", "python3.11", "sqlite3", "git",
                             "awk", "mawk", "gawk", "sed", "find", "head", "tail", "sort", "wc", "tr",
                             "cut", "pytest", "pytest-3", "node", "curl", "make"}) {
      for (const char* folder : {"/usr/bin/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/sbin/"}) {
        all.push_back(std::string(folder) + name);
      }
    }
    for (const char* link : {"/bin", "/sbin", "/lib", "/lib64"}) all.emplace_back(link);
    add_files("/usr/lib/x86_64-linux-gnu", all);
    // What Python loads before and beside a script: its library, and what hooks
    // into every start.
    for (const char* pattern :
         {"/usr/lib/python3.*", "/etc/python3*", "*/dist-packages/*.pth", "*/site-packages/*.pth",
          "*/sitecustomize.py", "*/usercustomize.py", "/usr/lib/python3/dist-packages/*pytest/*",
          "/usr/local/lib/python3.*/os.py", "/usr/local/lib/python3.*/site.py",
          "/usr/local/lib/python3.*/json/*", "/usr/local/lib/python3.*/re/*",
          "/usr/local/lib/python3.*/unittest/*", "/usr/local/lib/python3.*/encodings/*"}) {
      all.emplace_back(pattern);
    }
    return all;
  }();
  return paths;
}

/// What of the machinery an agent changed. Compiled Python is a cache: running
/// Python writes it, so it proves nothing, and it is removed, so it forges nothing.
struct Changed {
  std::vector<std::string> programs;
  std::vector<std::string> caches;
};

Changed changed_machinery(const SnapshotPtr& final, const GradingRoom& room) {
  Changed changed;
  for (auto& path :
       room.sandbox.touched(final, room.environment.snapshot, verdict_machinery())) {
    const bool cache = path.find("/__pycache__/") != std::string::npos;
    (cache ? changed.caches : changed.programs).push_back(std::move(path));
  }
  constexpr std::size_t kMostCaches = 900;  // beyond what is looked for, some could be missed
  if (changed.caches.size() > kMostCaches) changed.programs.emplace_back("/usr/lib/python3 (caches)");
  return changed;
}

std::string removal_of(const std::vector<std::string>& paths) {
  std::string script;
  for (const auto& path : paths) script += " && rm -f " + shell_quoted(path);
  return script;
}

/// Whatever the agent left where the verdict will appear goes first.
const std::string kPrepare =
    "rm -rf /tests /logs/verifier && mkdir -p /logs/verifier /logs/agent && chmod 777 "
    "/logs/verifier";
constexpr const char* kVerify = "chmod +x /tests/test.sh && /tests/test.sh";

ExecResult run(Box& box, const GradingRoom& room, const std::string& script,
               const std::map<std::string, std::string>& env, milliseconds timeout) {
  ExecRequest request;
  request.script = script;
  request.cwd = room.environment.workdir;
  request.env = room.environment.env;
  for (const auto& [name, value] : env) request.env[name] = value;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.stop = room.stop;
  ExecResult result = box.exec(request);
  if (room.stop.stop_requested()) throw Cancelled();
  return result;
}

bool passes(const std::vector<Reward>& rewards) {
  return std::all_of(rewards.begin(), rewards.end(),
                     [](const Reward& reward) { return reward.value >= 1; });
}

bool text_passes(const std::string& text) {
  try {
    return passes(parse_reward_text(text));
  } catch (const UserError&) {
    return false;
  }
}

void read_rewards(Box& box, Verdict& verdict) {
  const auto as_json = box.get("/logs/verifier/reward.json", kRewardCap);
  const auto as_text = box.get("/logs/verifier/reward.txt", kRewardCap);
  if (as_json && as_text) {
    verdict.anomalies.push_back("both reward.json and reward.txt were written; json counts");
  }
  if (!as_json && !as_text) {
    verdict.message = "the verifier wrote no reward file";
    return;
  }
  try {
    verdict.rewards = as_json ? parse_reward_json(*as_json) : parse_reward_text(*as_text);
  } catch (const UserError& error) {
    verdict.message = error.what();
    return;
  }
  verdict.outcome = passes(verdict.rewards) ? Outcome::resolved : Outcome::unresolved;
  if (as_json && as_text && verdict.outcome == Outcome::resolved && !text_passes(*as_text)) {
    // One was written by the verifier, the other perhaps by what it ran.
    verdict.outcome = Outcome::invalid;
    verdict.message = "reward.json and reward.txt contradict each other";
  }
}

}  // namespace

std::vector<Reward> parse_reward_json(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object() || parsed.empty()) throw UserError("reward.json is not a map of numbers");
  std::vector<Reward> rewards;
  for (const auto& [key, value] : parsed.items()) {
    const bool usable = value.is_number() || value.is_boolean();
    if (!usable) throw UserError(fmt::format("reward.json: \"{}\" is not a number", key));
    rewards.push_back({"", key, value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0)
                                                   : value.get<double>()});
  }
  return rewards;
}

std::vector<Reward> parse_reward_text(std::string_view text) {
  const std::string_view number = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty()) throw UserError("reward.txt is empty");
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value)) {
    throw UserError("reward.txt does not hold one number");
  }
  return {{"", "reward", value}};
}

Verdict grade_final_state(const SnapshotPtr& final, const AgentTask& task,
                          const RewardGrading& grading, const GradingRoom& room) {
  const auto permit = room.graders.acquire(room.stop);
  const auto box = room.sandbox.create(room.environment.on(final));
  Verdict verdict;
  const Changed changed = changed_machinery(final, room);
  const ExecResult prepared =
      run(*box, room, kPrepare + removal_of(changed.caches), {}, std::chrono::minutes(1));
  const bool clean = !box->get("/logs/verifier/reward.txt", 1) &&
                     !box->get("/logs/verifier/reward.json", 1);
  if (!prepared.ok() || !clean) {
    verdict.message = "the final state cannot be graded: " + to_utf8(prepared.out.bytes);
    return verdict;
  }
  try {
    box->put_tree(grading.tests, "/tests");
  } catch (const InfraError& error) {  // something the agent left stands in the way
    verdict.message = error.what();
    return verdict;
  }
  const ExecResult result =
      run(*box, room, kVerify, grading.env, task.limits.verifier.value_or(kVerifierTimeout));
  verdict.evidence = to_utf8(result.out.bytes);
  if (result.status == ExecStatus::timeout || result.status == ExecStatus::box_lost) {
    verdict.message = result.status == ExecStatus::timeout ? "the verifier did not end in time"
                                                           : "the verifier wedged its box";
    return verdict;
  }
  if (result.status == ExecStatus::oom) {
    verdict.anomalies.push_back("the verifier ran out of memory");
  }
  if (result.leftover_processes > 0) {
    verdict.anomalies.push_back(fmt::format("the verifier left {} processes behind",
                                            result.leftover_processes));
  }
  // With every process gone nothing can be written under the reader's eyes.
  read_rewards(*room.sandbox.create(room.environment.on(box->end())), verdict);
  if (!changed.programs.empty()) {
    const std::string names = fmt::format("{}", fmt::join(changed.programs, ", "));
    verdict.anomalies.push_back("programs that run the verifier were changed: " + names);
    if (verdict.outcome == Outcome::resolved) {
      verdict.outcome = Outcome::invalid;
      verdict.message = "the verifier's own programs were changed: " + names;
    }
  }
  return verdict;
}

}  // namespace weir
