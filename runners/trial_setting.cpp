#include "runners/trial_setting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runners/granted_network.hpp"
#include "runners/pod/pod_box.hpp"
#include "runners/service.hpp"
#include "tasks/phase_network.hpp"

namespace weir {
namespace {

/// The box of a separate verifier, as a task whose environment it is.
Task verifier_task(const Task& task, const std::string& step, const VerifierBox& box) {
  Task own;
  own.shown.id = fmt::format("{} (verifier{})", task.shown.id, step.empty() ? "" : " of " + step);
  own.shown.environment = box.environment;
  own.shown.limits = box.limits;
  own.sha256 = task.sha256;
  return own;
}

}  // namespace

std::vector<std::string> TrialSetting::prepare() {
  services_.clear();
  if (environment_ == nullptr) environment_ = room_.environments.get(task_, stop_);
  std::vector<std::string> told = environment_->deviations;
  if (!as_declared()) {
    for (auto& network : networks_not_given(task_)) told.push_back(std::move(network));
  } else if (*room_.public_network == Network::proxy) {
    told.emplace_back("networks are HTTP and HTTPS through a proxy");
  }
  for (const auto& service : task_.shown.services.beside) {
    services_.push_back(room_.environments.get(service_task(task_, service), stop_));
    for (const auto& each : services_.back()->deviations) {
      told.push_back(fmt::format("service {}: {}", service.name, each));
    }
  }
  for (const auto& [step, box] : task_.hidden.verifier_boxes) {
    EnvironmentPtr& verifier = verifiers_[step];
    if (verifier == nullptr) {
      verifier = room_.environments.get(verifier_task(task_, step, box), stop_);
    }
    for (const auto& each : verifier->deviations) told.push_back("verifier's box: " + each);
  }
  return told;
}

PreparedEnvironment& TrialSetting::on_network(const PhaseNetwork& network) {
  PreparedEnvironment& environment = own_.emplace_back(*environment_);
  environment.network = network.network;
  add_network(environment.env, network);
  return environment;
}

/// Only tasks that declare networks have one by declaration: others' solutions are out there.
bool TrialSetting::as_declared() const {
  return room_.public_network && task_.shown.deliverable == Deliverable::final_state;
}

PhaseNetwork TrialSetting::agents_network(const AgentStep* step) const {
  if (!as_declared()) return {room_.network, {}};
  return granted_network(agent_network(task_, step), *room_.public_network);
}

bool TrialSetting::agent_fetches() const {
  const auto fetches = [this](const AgentStep* step) {
    const Network network = agents_network(step).network;
    return network == Network::open || network == Network::proxy;
  };
  const auto& steps = task_.shown.terminal.steps;
  return fetches(nullptr) ||
         std::any_of(steps.begin(), steps.end(), [&](const auto& each) { return fetches(&each); });
}

PhaseNetwork TrialSetting::verifiers_network(const GradedStep* step) const {
  if (!as_declared()) return {};
  return granted_network(verifier_network(task_, step), *room_.public_network);
}

std::unique_ptr<Box> TrialSetting::open(const PreparedEnvironment& environment,
                                        const SnapshotPtr& files,
                                        const PhaseNetwork& network) const {
  BoxSpec spec = environment.on(files);
  spec.network = network.network;
  spec.egress = network.egress;
  if (pod_ == nullptr) return with_service(room_.sandbox.create(spec), environment, stop_);
  auto box = std::make_unique<PodBox>(*pod_, std::move(spec), environment_->snapshot);
  return with_service(std::move(box), environment, stop_);
}

void TrialSetting::start_services(const PhaseNetwork& network) {
  pod_.reset();
  if (services_.empty()) return;
  pod_ = std::make_unique<Pod>(
      Pod::Parts{task_.shown, room_.sandbox, services_, environment_, network.network, stop_});
}

std::vector<std::string> TrialSetting::casualties() const {
  return pod_ == nullptr ? std::vector<std::string>() : pod_->casualties();
}

const GradedStep* TrialSetting::graded(const std::string& step) const {
  const auto& steps = task_.hidden.terminal.steps;
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const GradedStep& each) { return each.name == step; });
  return found == steps.end() ? nullptr : &*found;
}

GradingRoom TrialSetting::grading_room(const std::string& step) const {
  const auto own = verifiers_.find(step);
  return {.sandbox = room_.sandbox,
          .graders = room_.graders,
          .environment = *environment_,
          .stop = stop_,
          .grade_empty_diffs = room_.grade_empty_diffs,
          .timeout = {},
          .verifier = own == verifiers_.end() ? nullptr : own->second,
          .artifacts = {},
          .network = verifiers_network(graded(step)),
          .agent_fetches = agent_fetches(),
          .pod = pod_.get()};
}

bool same_network(const PhaseNetwork& one, const PhaseNetwork& other) {
  return one.network == other.network && one.egress.all == other.egress.all &&
         one.egress.allowed == other.egress.allowed;
}

}  // namespace weir
