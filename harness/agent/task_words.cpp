#include "harness/agent/task_words.hpp"

#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kSkills =
    "\n\nSkills for this task, instructions that others have found useful, are in {skills}: each "
    "folder there holds a SKILL.md. Read those that fit.";

}  // namespace

std::string asked_of(const AgentTask& task) {
  std::string text(trimmed(task.instruction));
  const auto& skills = task.terminal.environment.skills_dir;
  if (!skills) return text;
  std::string hint = kSkills;
  return text + hint.replace(hint.find("{skills}"), 8, *skills);
}

const char* reach_of(Network network) {
  switch (network) {
    case Network::none:
      return "without a network";
    case Network::proxy:
      return "with a network by HTTP and HTTPS alone, through $https_proxy";
    case Network::gateway:
    case Network::open:
      break;
  }
  return "with a network";
}

}  // namespace weir
