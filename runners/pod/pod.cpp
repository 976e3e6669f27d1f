#include "runners/pod/pod.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "runners/host_names.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kPatience = std::chrono::minutes(10);

/// Where a volume is seen while it gets what its mount would hide.
constexpr const char* kFilling = "/.weir-volume";

}  // namespace

Task service_task(const Task& task, const Service& service) {
  Task own;
  own.shown.id = fmt::format("{} (service {})", task.shown.id, service.name);
  own.shown.environment = service.environment;
  own.shown.limits = service.limits;
  own.sha256 = task.sha256;
  return own;
}

Pod::Pod(Parts parts) : parts_(std::move(parts)) {
  start();
}

milliseconds Pod::left() const {
  const auto left = std::chrono::duration_cast<milliseconds>(patience_ends_ - Clock::now());
  return std::max(left, milliseconds(0));
}

void Pod::start() {
  const auto& declared = parts_.task.terminal.environment.build_timeout;
  patience_ends_ = Clock::now() + declared.value_or(kPatience);
  BoxSpec like = parts_.own->on(parts_.own->snapshot);
  like.network = parts_.network;
  network_ = parts_.sandbox.share_network(like);
  for (std::size_t i = 0; i < parts_.task.services.beside.size(); ++i) start_service(i);
  for (const auto& need : parts_.task.services.needs) await(need);
  require_alive();
}

void Pod::restart() {
  services_.clear();
  volumes_.clear();
  places_.clear();
  network_.reset();
  start();
}

void Pod::start_service(std::size_t index) {
  const Service& service = parts_.task.services.beside[index];
  for (const auto& need : service.run.needs) await(need);
  const PreparedEnvironment& environment = *parts_.environments[index];
  auto box = stand_up(environment.on(environment.snapshot), service.environment.hosts,
                      service.run.volumes);
  services_.emplace_back(service, environment, std::move(box)).start(parts_.stop);
}

void Pod::await(const ServiceNeed& need) {
  ServiceBox* service = find(need.service);
  if (service == nullptr) return;  // starts later, or is the agent's box
  if (need.until == ServiceNeed::Until::healthy) service->await_health(left(), parts_.stop);
  if (need.until == ServiceNeed::Until::completed) service->await_end(left(), parts_.stop);
}

/// A service that cannot run at all ends at once, and then nobody should act.
void Pod::require_alive() {
  constexpr milliseconds kMoment{200};
  std::this_thread::sleep_for(kMoment);
  const auto dead = casualties();
  if (!dead.empty()) throw InfraError(dead.front());
}

std::unique_ptr<Box> Pod::create(BoxSpec spec) {
  const ServiceGroup& services = parts_.task.services;
  return stand_up(std::move(spec), parts_.task.environment.hosts, services.volumes);
}

std::unique_ptr<Box> Pod::stand_up(BoxSpec spec, const std::map<std::string, std::string>& hosts,
                                   const std::vector<VolumeMount>& mounts) {
  for (const auto& mount : mounts) {
    auto& volume = volumes_[mount.volume];
    const bool fresh = volume == nullptr;
    if (fresh) volume = parts_.sandbox.new_volume(spec.limits);
    std::string& place = places_[&mount];
    if (place.empty()) place = settle(volume, mount.path, spec, fresh);
    spec.volumes.emplace_back(volume, place);
  }
  spec.shared_network = network_;
  auto box = parts_.sandbox.create(spec);
  // Again, where an engine puts a file of its own in place of the environment's.
  const std::string names = box->get(kHostsFile, kLargestHosts).value_or("");
  const std::string wanted = with_hosts(names, hosts);
  if (names != wanted) box->put(wanted, kHostsFile);
  return box;
}

/// As an engine does: a new volume holds what the first box has where it is mounted. Returns that
/// place without links, while nobody has acted: a link put on its way later must not lead it, in
/// a verifier's box, over folders that are looked at elsewhere (shared_files.hpp).
std::string Pod::settle(const std::shared_ptr<const Volume>& volume, const std::string& path,
                        BoxSpec spec, bool fill) {
  constexpr const char* kSettle =
      R"(mkdir -p "$1" && { [ -z "$3" ] || cp -a "$1"/. "$2"; } && cd "$1" && pwd -P)";
  spec.network = Network::none;
  spec.volumes = {{volume, kFilling}};
  const auto box = parts_.sandbox.create(spec);
  ExecRequest request;
  request.argv = {"sh", "-c", kSettle, "settle", path, kFilling, fill ? "fill" : ""};
  request.env = parts_.own->env;
  request.stop = parts_.stop;
  const ExecResult result = box->exec(request);
  if (parts_.stop.stop_requested()) throw Cancelled();
  if (result.ok()) return std::string(trimmed(result.out.bytes));
  throw InfraError(fmt::format("no volume can be at {}: {}{}", path,
                               to_utf8(trimmed(result.err.bytes)), result.message));
}

ServiceBox* Pod::find(const std::string& name) {
  const auto found = std::find_if(services_.begin(), services_.end(), [&](const ServiceBox& each) {
    return each.service().name == name;
  });
  return found == services_.end() ? nullptr : &*found;
}

std::vector<std::string> Pod::casualties() {
  std::vector<std::string> lines;
  for (auto& each : services_) {
    const std::string& name = each.service().name;
    try {
      const auto code = each.ended();
      if (!code || *code == 0) continue;
      lines.push_back(fmt::format("service {} ended with {}: {}", name, *code, each.last_words()));
    } catch (const InfraError& error) {
      lines.push_back(fmt::format("service {}: {}", name, error.what()));
    }
  }
  return lines;
}

}  // namespace weir
