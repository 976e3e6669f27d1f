#include "runners/check_tests.hpp"

namespace weir {

std::optional<bool> visible_tests_red(Sandbox& sandbox, Limiter& busy, const SnapshotPtr& snapshot,
                                      const std::string& command,
                                      const PreparedEnvironment& environment,
                                      milliseconds timeout, Deadline& deadline) {
  const auto permit = acquire_paused(busy, deadline);
  const auto box = sandbox.create(environment.on(snapshot));
  ExecRequest request;
  request.script = command;
  request.cwd = environment.workdir;
  request.env = environment.env;
  request.user = environment.user;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.stop = deadline.token();
  const ExecResult result = box->exec(request);
  switch (result.status) {
    case ExecStatus::box_lost:
    case ExecStatus::setup_error: return {};
    default: return !result.ok();
  }
}

}  // namespace weir
