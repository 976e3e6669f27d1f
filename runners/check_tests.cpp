#include "runners/check_tests.hpp"

namespace weir {

std::optional<bool> visible_tests_red(Sandbox& sandbox, Limiter& busy, const SnapshotPtr& snapshot,
                                      const std::string& command,
                                      const PreparedEnvironment& environment,
                                      milliseconds timeout, std::stop_token stop) {
  const auto permit = busy.acquire(stop);
  const auto box = sandbox.create({.from = snapshot});
  ExecRequest request;
  request.script = command;
  request.cwd = environment.workdir;
  request.env = environment.env;
  request.user = environment.user;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.stop = stop;
  const ExecResult result = box->exec(request);
  switch (result.status) {
    case ExecStatus::box_lost:
    case ExecStatus::setup_error: return {};
    default: return !result.ok();
  }
}

}  // namespace weir
