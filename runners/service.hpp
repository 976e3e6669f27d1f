#pragma once

#include <memory>
#include <stop_token>

#include "runners/environment.hpp"
#include "runners/sandbox.hpp"

namespace weir {

// An image may bring a service: its ENTRYPOINT, which runs in the box beside the agent, and
// which tests may talk to. It is started in every box of the task anew, by root, given
// `sh -c "sleep infinity"` to run in the end as the terminal formats do. The grader's box
// has its own, after every process of the agent's is gone: no process is carried over.

/// Starts the environment's service, if it has one, and waits until its healthcheck passes;
/// without a healthcheck until it runs what it was given, for two seconds at most. Throws
/// InfraError with the service's last words if it ends or stays unhealthy, and Cancelled.
void start_service(Box& box, const PreparedEnvironment& environment, const std::stop_token& stop);

/// Waits until `check` passes: asked at once, then several times a second rather than once per
/// interval, with the patience declared (start period, and as many intervals as retries). In
/// the workdir, as root. Throws InfraError with what it said last, and Cancelled.
void wait_until_healthy(Box& box, const Healthcheck& check, const PreparedEnvironment& environment,
                        const std::stop_token& stop);

/// `box` with the service up now and whenever it is restored. Throws as start_service does.
[[nodiscard]] std::unique_ptr<Box> with_service(std::unique_ptr<Box> box,
                                                const PreparedEnvironment& environment,
                                                const std::stop_token& stop);

}  // namespace weir
