#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runners/build_context.hpp"
#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// Replays a Dockerfile's steps in a box, without a network: what would be fetched is in the
/// base, or told to be missing. Files of another stage are made by replaying that one in a box
/// of its own, on the same base. Owned by one thread; `environment`, sandbox and box outlive it.
class BuildReplay {
 public:
  /// `env` is what the steps begin with, and becomes what they set; `base` is what other stages'
  /// boxes are made of.
  BuildReplay(const std::string& task, const Environment& environment, Sandbox& sandbox,
              BoxSpec base, Box& box, std::map<std::string, std::string>& env,
              std::stop_token stop);

  /// Throws InfraError naming the step that failed, and Cancelled.
  void replay(const std::vector<BuildStep>& steps);
  /// What was declared and not honoured.
  [[nodiscard]] const std::vector<std::string>& deviations() const { return deviations_; }

 private:
  void step(const BuildStep& step);
  void run_without_fetching(const std::string& command);
  void copy(const BuildStep& step);
  void copy_from_stage(const BuildStep& step, const std::string& to);
  void place(const std::filesystem::path& from, const std::string& to, const BuildStep& step);
  [[nodiscard]] bool is_folder(const std::string& path);
  void put_file(const std::filesystem::path& from, const std::string& to);
  void move_staged(const std::string& to, const BuildStep& step);
  std::string run(const std::string& script, const std::string& cwd);

  const std::string& task_;
  const Environment& environment_;
  std::optional<BuildContext> context_;  ///< once something is copied from it
  Sandbox& sandbox_;
  BoxSpec base_;
  Box& box_;
  std::map<std::string, std::string>& env_;
  std::map<std::string, std::string> begun_with_;
  std::stop_token stop_;
  std::string cwd_ = "/";
  std::vector<std::string> deviations_;
};

/// Runs a script of a build in `box` and returns what it printed. Throws InfraError naming task
/// and script, and Cancelled.
std::string run_build_step(const std::string& task, Box& box, const std::string& script,
                           const std::string& cwd, const std::map<std::string, std::string>& env,
                           const std::stop_token& stop);

}  // namespace weir
