#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tasks/compose_file.hpp"
#include "tasks/task.hpp"

namespace weir {

/// The folder of a compose file, which is all of the host that a service may see.
class ComposeFolder {
 public:
  /// `hidden`: names in it that no box but a grader's may see.
  ComposeFolder(std::filesystem::path folder, std::vector<std::string> hidden);

  /// The file or folder at `path`, relative to this one, or why it is refused.
  struct Found {
    std::filesystem::path path;
    std::string refused;  ///< "" if it is there and may be seen
  };
  [[nodiscard]] Found find(const std::string& path) const;
  /// The same for a build's context, which may hold what is hidden: its Dockerfile says what of it
  /// is taken.
  [[nodiscard]] Found find_context(const std::string& path) const;
  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;  ///< canonical
  std::vector<std::string> hidden_;
};

/// What the box of `service` starts from, by its build or its image, goes to `environment`. What
/// cannot be had makes the task unsupported.
void take_compose_build(Task& task, const ComposeService& service, const ComposeFolder& folder,
                        const std::string& whose, Environment& environment);

/// The values of `environment` and `env_file`, the first going before. What is missing makes the
/// task unsupported.
[[nodiscard]] std::map<std::string, std::string> compose_env(Task& task,
                                                             const ComposeService& service,
                                                             const ComposeFolder& folder,
                                                             const HostLookup& value_of,
                                                             const std::string& whose);

/// A Dockerfile with values for its ARGs, cut off behind the stage `target` ("": nothing is).
[[nodiscard]] std::string with_arguments(const std::string& dockerfile,
                                         const std::map<std::string, std::string>& arguments,
                                         const std::string& target);

}  // namespace weir
