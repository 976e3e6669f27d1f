#include "harness/agent/shell_request.hpp"

namespace weir {
namespace {

std::map<std::string, std::string> variables_of(const PreparedEnvironment& environment) {
  std::map<std::string, std::string> variables = environment.env;
  for (const auto& [name, value] : shell_environment()) variables[name] = value;
  return variables;
}

}  // namespace

const std::map<std::string, std::string>& shell_environment() {
  static const std::map<std::string, std::string> environment = {
      {"PAGER", "cat"}, {"MANPAGER", "cat"},   {"GIT_PAGER", "cat"},
      {"LESS", "-R"},   {"TQDM_DISABLE", "1"}, {"PIP_PROGRESS_BAR", "off"}};
  return environment;
}

ExecRequest shell_request(const PreparedEnvironment& environment) {
  ExecRequest request;
  request.cwd = environment.workdir;
  request.env = variables_of(environment);
  request.user = environment.user;
  request.merge_stderr = true;
  return request;
}

TerminalRequest terminal_request(const PreparedEnvironment& environment) {
  TerminalRequest request;
  // +H: a "!" in a pasted text is no reference to the history.
  request.argv = {"bash", "--noprofile", "--norc", "+H", "-i"};
  request.cwd = environment.workdir;
  request.env = variables_of(environment);
  request.env["PS1"] = "\\w\\$ ";
  request.env["HISTFILE"] = "";
  request.user = environment.user;
  return request;
}

}  // namespace weir
