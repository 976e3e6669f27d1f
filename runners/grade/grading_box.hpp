#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runners/grade/grader.hpp"

namespace weir {

/// A box in which a diff is graded: fresh from the task's environment, every command in its
/// repository. Owned by one thread; the room outlives it. Throws Cancelled when the room's stop
/// is requested, and InfraError.
class GradingBox {
 public:
  explicit GradingBox(const GradingRoom& room);

  /// A command of the grader's own, its output merged, in the environment that agents see.
  [[nodiscard]] ExecRequest request(milliseconds timeout) const;
  [[nodiscard]] ExecResult run(const ExecRequest& request);
  /// A short script of the grader's own; git in it reads no configuration but the repository's.
  [[nodiscard]] ExecResult run(const std::string& script);
  /// Files of the repository that are not the base's, of `paths` alone if there are any; nullopt
  /// if git cannot say.
  [[nodiscard]] std::optional<std::set<std::string>> unlike_base(
      const std::vector<std::string>& paths = {});
  /// Over whatever a submission left there.
  void put(const std::string& bytes, const std::string& path);
  [[nodiscard]] bool holds(const std::string& file) { return box_->get(file, 1).has_value(); }
  /// Goes on with the files as they are and no process alive. Returns the files.
  SnapshotPtr end_processes();

  [[nodiscard]] const GradingRoom& room() const { return room_; }

 private:
  [[nodiscard]] ExecRequest own_request() const;

  const GradingRoom& room_;
  std::unique_ptr<Box> box_;
};

}  // namespace weir
