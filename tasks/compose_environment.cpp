#include "tasks/compose_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "tasks/compose_variables.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/terminal_limits.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// CMD and USER of the last stage, or of those it is built upon.
void take_process(const Dockerfile& dockerfile, Environment& environment) {
  for (std::size_t at = dockerfile.stages.size(); at-- > 0;) {
    const DockerStage& stage = dockerfile.stages[at];
    if (environment.command.empty()) environment.command = stage.command;
    if (environment.user.empty()) environment.user = stage.user;
    const auto below = std::find_if(
        dockerfile.stages.begin(), dockerfile.stages.begin() + static_cast<std::ptrdiff_t>(at),
        [&](const DockerStage& each) { return each.name == stage.from; });
    if (below == dockerfile.stages.begin() + static_cast<std::ptrdiff_t>(at)) break;
    at = static_cast<std::size_t>(below - dockerfile.stages.begin()) + 1;
  }
  if (environment.user.empty()) environment.user = "root";
}

/// A line's words in upper case up to the first blank: an instruction's name.
std::string instruction_of(std::string_view line) {
  std::string word(trimmed(line).substr(0, trimmed(line).find_first_of(" \t")));
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return word;
}

/// FROM image AS name -> "name"; "" if it has none.
std::string stage_name(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string word;
  std::string before;
  while (words >> word) {
    if (instruction_of(before) == "AS") return word;
    before = word;
  }
  return {};
}

}  // namespace

ComposeFolder::ComposeFolder(fs::path folder, std::vector<std::string> hidden)
    : folder_(fs::canonical(folder)), hidden_(std::move(hidden)) {}

ComposeFolder::Found ComposeFolder::find_context(const std::string& path) const {
  std::error_code missing;
  const fs::path found = fs::canonical(folder_ / path, missing);
  if (missing) return {{}, "is not there"};
  const fs::path below = found.lexically_relative(folder_);
  if (below.empty() || *below.begin() == "..") {
    return {{}, fmt::format("is outside {}", folder_.filename().string())};
  }
  return {found, {}};
}

ComposeFolder::Found ComposeFolder::find(const std::string& path) const {
  Found found = find_context(path);
  if (!found.refused.empty()) return found;
  const std::string first = found.path.lexically_relative(folder_).begin()->string();
  const bool holds = first == "." && !hidden_.empty();
  if (holds || std::find(hidden_.begin(), hidden_.end(), first) != hidden_.end()) {
    return {{}, "holds what only graders may see"};
  }
  return found;
}

std::string with_arguments(const std::string& dockerfile,
                           const std::map<std::string, std::string>& arguments,
                           const std::string& target) {
  std::string out;
  bool reached = false;
  for (const auto line : split_lines(dockerfile)) {
    const std::string instruction = instruction_of(line);
    if (instruction == "FROM") {
      if (reached) break;
      reached = !target.empty() && stage_name(line) == target;
    }
    const std::string_view rest = trimmed(trimmed(line).substr(instruction.size()));
    const auto given = instruction == "ARG"
                           ? arguments.find(std::string(rest.substr(0, rest.find('='))))
                           : arguments.end();
    out += given == arguments.end() ? std::string(line)
                                    : fmt::format("ARG {}=\"{}\"", given->first, given->second);
    out += '\n';
  }
  return out;
}

void take_compose_build(Task& task, const ComposeService& service, const ComposeFolder& folder,
                        const std::string& whose, Environment& environment) {
  if (!service.build) {
    if (!service.image) return add_unsupported(task, whose + "has neither an image nor a build");
    environment.base = *service.image;
    environment.image_only = true;
    return;
  }
  const ComposeBuild& build = *service.build;
  for (const auto& key : build.refused) add_unsupported(task, whose + "build." + key);
  const auto context = folder.find_context(build.context);
  if (!context.refused.empty()) {
    return add_unsupported(
        task, fmt::format("{}its build context {} {}", whose, build.context, context.refused));
  }
  environment.build_context = context.path;
  environment.dockerfile = build.dockerfile;
  environment.target = build.target;
  environment.build_args = build.args;
  const auto file = folder.find_context(
      (context.path / build.dockerfile).lexically_relative(folder.path()).string());
  if (!file.refused.empty() || !fs::is_regular_file(file.path)) {
    return add_unsupported(task, fmt::format("{}its {} {}", whose, build.dockerfile,
                                             file.refused.empty() ? "is no file" : file.refused));
  }
  const Dockerfile dockerfile =
      parse_dockerfile(with_arguments(read_file(file.path), build.args, build.target));
  take_dockerfile(task, dockerfile, {whose, environment});
  if (environment.beside) {
    environment.user.clear();
    take_process(dockerfile, environment);
  }
}

std::map<std::string, std::string> compose_env(Task& task, const ComposeService& service,
                                               const ComposeFolder& folder,
                                               const HostLookup& value_of,
                                               const std::string& whose) {
  std::map<std::string, std::string> values;
  for (const auto& [name, required] : service.env_files) {
    const auto found = folder.find(name);
    if (!found.refused.empty()) {
      if (required)
        add_unsupported(task, fmt::format("{}env_file {} {}", whose, name, found.refused));
      continue;
    }
    try {
      for (auto& [key, value] : read_env_file(read_file(found.path))) values[key] = value;
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: {}", found.path.string(), error.what()));
    }
  }
  for (const auto& [name, value] : service.env) {
    const auto known = value ? value : value_of(name);
    if (known) {
      values[name] = *known;
    } else {
      add_unsupported(task, fmt::format("{}environment.{} needs the host's {}; none is passed on",
                                        whose, name, name));
    }
  }
  return values;
}

}  // namespace weir
