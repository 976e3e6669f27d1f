#include "runners/box_user.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kLargestPasswd = 1 << 20;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto colon = line.find(':');
    fields.push_back(line.substr(0, colon));
    if (colon == std::string_view::npos) return fields;
    line.remove_prefix(colon + 1);
  }
}

}  // namespace

std::optional<std::string> home_of(std::string_view passwd, const std::string& user) {
  const std::string name = user.substr(0, user.find(':'));
  const bool uid = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  for (const auto line : split_lines(passwd)) {
    const auto fields = fields_of(line);
    if (fields.size() >= 6 && (fields[0] == name || (uid && fields[2] == name))) {
      return std::string(fields[5]);
    }
  }
  return uid ? std::optional<std::string>("/") : std::nullopt;
}

void take_home(Box& box, const std::string& user, std::map<std::string, std::string>& env) {
  if (user.empty() || user == "root" || user == "0") return;
  const auto home = home_of(box.get("/etc/passwd", kLargestPasswd).value_or(""), user);
  if (!home) throw InfraError(fmt::format("the environment has no user \"{}\"", user));
  const auto now = env.find("HOME");
  if (now == env.end() || now->second == "/root") env["HOME"] = *home;
}

}  // namespace weir
