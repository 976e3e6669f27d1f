#pragma once

#include <list>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "runners/environment.hpp"
#include "runners/pod/service_box.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// The services of one trial, each in a box of its own, on one network with the box of whoever
/// acts. They begin before the agent and live until the verdict: what it did to them is the
/// state it left. Nothing takes them back but a start from the beginning. Owned by one thread;
/// task, sandbox and environments outlive it. All of it goes with this object, or the program.
class Pod {
 public:
  struct Parts {
    const AgentTask& task;
    Sandbox& sandbox;
    std::vector<EnvironmentPtr> environments;  ///< of the services, in their order
    EnvironmentPtr own;                        ///< of the box of whoever acts
    Network network = Network::none;           ///< likewise
    std::stop_token stop;
  };

  /// Starts the services in their order, each when what it needs is there, and waits for what
  /// the agent's box needs. Throws InfraError with the words of the service that fails, and
  /// Cancelled.
  explicit Pod(Parts parts);

  /// A box on the services' network, with their names and volumes.
  [[nodiscard]] std::unique_ptr<Box> create(BoxSpec spec);
  /// Every service from its beginning, volumes too; boxes made before are not on its network.
  void restart();
  /// nullptr if there is none of this name.
  [[nodiscard]] ServiceBox* find(const std::string& name);
  /// Services that ended with an error, or lost their box, a line each.
  [[nodiscard]] std::vector<std::string> casualties();

 private:
  void start();
  void start_service(std::size_t index);
  void await(const ServiceNeed& need);
  void require_alive();
  std::unique_ptr<Box> stand_up(BoxSpec spec, const std::map<std::string, std::string>& hosts,
                                const std::vector<VolumeMount>& mounts);
  std::string settle(const std::shared_ptr<const Volume>& volume, const std::string& path,
                     BoxSpec spec, bool fill);
  [[nodiscard]] milliseconds left() const;

  Parts parts_;
  std::shared_ptr<const SharedNetwork> network_;
  std::map<std::string, std::shared_ptr<const Volume>> volumes_;
  std::map<const VolumeMount*, std::string> places_;  ///< without links, as in an untouched box
  std::list<ServiceBox> services_;
  std::chrono::steady_clock::time_point patience_ends_;
};

/// The environment of a service as that of a task.
[[nodiscard]] Task service_task(const Task& task, const Service& service);

}  // namespace weir
