#include "runners/grade/grading_box.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "runners/repository.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {

GradingBox::GradingBox(const GradingRoom& room)
    : room_(room), box_(room.sandbox.create(room.environment.on(room.environment.snapshot))) {}

ExecRequest GradingBox::request(milliseconds timeout) const {
  ExecRequest request;
  request.cwd = room_.environment.workdir;
  request.env = room_.environment.env;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.caps = {64 << 20, 1 << 20, std::int64_t{256} << 20};
  request.stop = room_.stop;
  return request;
}

ExecResult GradingBox::run(const ExecRequest& request) {
  ExecResult result = box_->exec(request);
  if (room_.stop.stop_requested()) throw Cancelled();
  return result;
}

ExecRequest GradingBox::own_request() const {
  ExecRequest own = request(std::chrono::minutes(2));
  own.env.insert({{"GIT_CONFIG_GLOBAL", "/dev/null"},
                  {"GIT_CONFIG_SYSTEM", "/dev/null"},
                  {"GIT_NO_REPLACE_OBJECTS", "1"},
                  {"GIT_CONFIG_COUNT", "1"},
                  {"GIT_CONFIG_KEY_0", "safe.directory"},
                  {"GIT_CONFIG_VALUE_0", "*"}});
  return own;
}

ExecResult GradingBox::run(const std::string& script) {
  ExecRequest own = own_request();
  own.script = script;
  return run(own);
}

std::optional<std::set<std::string>> GradingBox::unlike_base(
    const std::vector<std::string>& paths) {
  ExecRequest own = own_request();
  own.merge_stderr = false;
  auto files = weir::unlike_base(*box_, std::move(own), paths);
  if (room_.stop.stop_requested()) throw Cancelled();
  return files;
}

void GradingBox::put(const std::string& bytes, const std::string& path) {
  try {
    box_->put(bytes, path);
  } catch (const InfraError&) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    (void)run(fmt::format("rm -rf -- {0}; [ -d {1} ] && [ ! -L {1} ] || rm -rf -- {1}",
                          shell_quoted(path), shell_quoted(parent)));
    box_->put(bytes, path);
  }
}

SnapshotPtr GradingBox::end_processes() {
  SnapshotPtr files = box_->end();
  box_ = room_.sandbox.create(room_.environment.on(files));
  return files;
}

}  // namespace weir
