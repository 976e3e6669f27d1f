#include "runners/grade/final_box.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runners/box_user.hpp"
#include "runners/grade/artifacts.hpp"
#include "runners/grade/planted_python.hpp"
#include "runners/grade/test_scripts.hpp"
#include "runners/granted_network.hpp"
#include "runners/package_tools.hpp"
#include "runners/private_folder.hpp"
#include "runners/pod/pod.hpp"
#include "runners/service.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// Whatever the agent left where the verdict will appear goes first.
constexpr const char* kPrepare =
    " /logs/verifier && mkdir -p /logs/verifier /logs/agent && chmod 777 /logs/verifier";

/// Scripts that remove the paths, each short enough for a word of a command.
std::vector<std::string> removals_of(const std::vector<std::string>& paths) {
  constexpr std::size_t kLongest = 60'000;
  std::vector<std::string> scripts;
  for (const auto& path : paths) {
    if (scripts.empty() || scripts.back().size() + path.size() > kLongest) {
      scripts.emplace_back("rm -f --");
    }
    scripts.back() += " " + shell_quoted(path);
  }
  return scripts;
}

BoxSpec spec_of(const GradingRoom& room, const SnapshotPtr& final) {
  BoxSpec spec = room.environment.on(final);
  spec.network = room.network.network;
  spec.egress = room.network.egress;
  return spec;
}

}  // namespace

FinalBox::FinalBox(const SnapshotPtr& final, const GradingRoom& room, Verdict& verdict)
    : final_(final), room_(room), verdict_(verdict), changed_(changed_machinery(final, room)) {
  stand_up(final);
}

void FinalBox::stand_up(const SnapshotPtr& files) {
  const BoxSpec spec = spec_of(room_, files);
  box_ = room_.pod != nullptr ? room_.pod->create(spec) : room_.sandbox.create(spec);
  try {
    start_service(*box_, room_.environment, room_.stop);
  } catch (const InfraError& error) {  // it came up before the agent did anything
    verdict_.anomalies.push_back(fmt::format("on the final state, {}", error.what()));
  }
}

ExecResult FinalBox::run(const VerifierCall& call) {
  ExecRequest request;
  request.script = call.script;
  request.cwd = room_.environment.workdir;
  request.env = room_.environment.env;
  add_network(request.env, room_.network);
  try {
    take_home(*box_, call.user, request.env);
  } catch (const InfraError&) {  // whoever is not there any more will not run
  }
  for (const auto& [name, value] : call.env) request.env[name] = value;
  if (has_tools_) request.env = with_package_tools(std::move(request.env));
  request.user = call.user;
  request.timeout = call.timeout;
  request.merge_stderr = true;
  request.stop = room_.stop;
  ExecResult result = box_->exec(request);
  if (room_.stop.stop_requested()) throw Cancelled();
  return result;
}

ExecResult FinalBox::run_in(ServiceBox& service, const CollectCommand& command) const {
  ExecRequest request;
  request.argv = {"sh", "-c", command.command};
  request.cwd = service.workdir();
  request.user = command.user.value_or("root");
  request.timeout = command.timeout;
  request.merge_stderr = true;
  request.stop = room_.stop;
  ExecResult result = service.exec(std::move(request));
  if (room_.stop.stop_requested()) throw Cancelled();
  return result;
}

void FinalBox::collect(const std::vector<CollectCommand>& commands) {
  int left = 0;
  for (const auto& each : commands) {
    ServiceBox* service = room_.pod == nullptr ? nullptr : room_.pod->find(each.service);
    const ExecResult result =
        service != nullptr ? run_in(*service, each)
                           : run({each.command, {}, each.user.value_or("root"), each.timeout});
    if (service == nullptr) left += result.leftover_processes;
    if (result.ok()) continue;
    verdict_.anomalies.push_back(fmt::format("verifier.collect `{}`: {} {}",
                                             each.command.substr(0, 200), name_of(result.status),
                                             result.exit_code));
  }
  if (left == 0) return;
  // What these commands ran may be the agent's: nothing of it lives beside the verifier.
  verdict_.anomalies.push_back(
      fmt::format("verifier.collect left {} processes behind; ended", left));
  stand_up(box_->end());
}

std::vector<KeptArtifact> FinalBox::take(const std::vector<Artifact>& artifacts,
                                         const std::filesystem::path& folder) {
  const auto place_of = [&](const std::string& service) -> std::optional<ArtifactPlace> {
    if (service.empty() || service == "main") {
      return ArtifactPlace{*box_, room_.environment.workdir};
    }
    ServiceBox* found = room_.pod == nullptr ? nullptr : room_.pod->find(service);
    if (found == nullptr) return {};
    return ArtifactPlace{found->box(), found->workdir()};
  };
  return take_artifacts(place_of, artifacts, folder);
}

bool FinalBox::has(const std::string& file) {
  return box_->get(file, 1).has_value();
}

bool FinalBox::prepare(bool keep_tests) {
  const std::string empty = keep_tests ? "rm -rf" : "rm -rf /tests";
  ExecResult prepared = run({empty + kPrepare, {}, "root", std::chrono::minutes(1)});
  for (const auto& script : removals_of(changed_.caches)) {
    if (prepared.ok()) prepared = run({script, {}, "root", std::chrono::minutes(1)});
  }
  const bool clean =
      !box_->get("/logs/verifier/reward.txt", 1) && !box_->get("/logs/verifier/reward.json", 1);
  if (prepared.ok() && clean) {
    if (keep_tests) add_scripts_of_box();
    return true;
  }
  verdict_.message = "the final state cannot be graded: " + to_utf8(prepared.out.bytes);
  return false;
}

bool FinalBox::place(const std::filesystem::path& folder) {
  try {
    box_->put_tree(folder, "/tests");
    add_scripts(folder);
    return true;
  } catch (const InfraError& error) {  // something the agent left stands in the way
    verdict_.message = error.what();
    return false;
  }
}

bool FinalBox::place_file(const std::filesystem::path& file, const std::string& path) {
  try {
    scripts_.push_back(read_file(file));
    box_->put(scripts_.back(), path, 0755);
    return true;
  } catch (const InfraError& error) {
    verdict_.message = error.what();
    return false;
  }
}

void FinalBox::add_scripts(const std::filesystem::path& folder) {
  for (auto& script : shell_scripts_of(folder)) scripts_.push_back(std::move(script));
}

void FinalBox::add_scripts_of_box() {
  const PrivateFolder copy;
  TreeCaps caps;
  caps.bytes = std::int64_t{64} << 20;
  (void)box_->get_tree("/tests", copy.path() / "tests", caps);
  add_scripts(copy.path() / "tests");
}

bool FinalBox::open(const std::string& script) {
  const ExecResult opened = run({"chmod -R a+rX /tests && chmod a+x /tests/" + shell_quoted(script),
                                 {},
                                 "root",
                                 std::chrono::minutes(1)});
  if (opened.ok()) return true;
  verdict_.message = "the tests cannot be made ready: " + to_utf8(opened.out.bytes);
  return false;
}

bool FinalBox::bring_tools() {
  if (room_.network.network != Network::none) return true;
  if (std::none_of(scripts_.begin(), scripts_.end(), fetches_packages)) return true;
  try {
    bring_package_tools(*box_);
  } catch (const InfraError& error) {  // by programs the agent may have changed
    verdict_.message = error.what();
    return false;
  }
  has_tools_ = true;
  return true;
}

std::optional<ExecResult> FinalBox::verify(const VerifierCall& call) {
  ExecResult result = run(call);
  verdict_.evidence = to_utf8(result.out.bytes);
  if (has_tools_) {
    const auto notes = package_notes(verdict_.evidence);
    verdict_.anomalies.push_back(fmt::format("the verifier fetched nothing, the base stood in{}{}",
                                             notes.empty() ? "" : ": ", fmt::join(notes, "; ")));
  }
  if (result.status == ExecStatus::timeout || result.status == ExecStatus::box_lost) {
    verdict_.message = result.status == ExecStatus::timeout ? "the verifier did not end in time"
                                                            : "the verifier wedged its box";
    return {};
  }
  if (result.status == ExecStatus::oom) {
    verdict_.anomalies.emplace_back("the verifier ran out of memory");
  }
  if (result.leftover_processes > 0) {
    verdict_.anomalies.push_back(
        fmt::format("the verifier left {} processes behind", result.leftover_processes));
  }
  return result;
}

std::unique_ptr<Box> FinalBox::files() {
  return room_.sandbox.create(room_.environment.on(box_->end()));
}

void FinalBox::doubt(const char* what, const std::vector<std::string>& names) const {
  if (names.empty()) return;
  const std::string said =
      fmt::format("{}: {}", what, to_utf8(fmt::format("{}", fmt::join(names, ", "))));
  verdict_.anomalies.push_back(said);
  if (verdict_.outcome != Outcome::resolved) return;
  verdict_.outcome = Outcome::invalid;
  verdict_.message = said;
}

void FinalBox::doubt(const AgentTask& task) const {
  doubt("programs that run the verifier were changed", changed_.programs);
  if (verdict_.outcome != Outcome::resolved) return;
  const PlantedPython planted = planted_python(final_, scripts_, task, room_);
  doubt("files that steer a verifier's Python were planted", planted.steering);
  if (planted.told.empty()) return;
  verdict_.anomalies.push_back("files of the agent's that can steer a verifier's Python: " +
                               to_utf8(fmt::format("{}", fmt::join(planted.told, ", "))));
}

}  // namespace weir
