#include "runners/grade/grading_box.hpp"

#include "tasks/error.hpp"

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

ExecResult GradingBox::run(const std::string& script) {
  ExecRequest own = request(std::chrono::minutes(2));
  own.script = script;
  return run(own);
}

SnapshotPtr GradingBox::end_processes() {
  SnapshotPtr files = box_->end();
  box_ = room_.sandbox.create(room_.environment.on(files));
  return files;
}

}  // namespace weir
