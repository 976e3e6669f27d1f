// Looks into the network: where a fix, a data set or another's solution could be found.
// Packages by name (`pip install NAME`, apt) are no findings.

#include <algorithm>
#include <array>

#include "results/audit/hosts.hpp"
#include "results/audit/rules.hpp"

namespace weir {
namespace {

constexpr auto kFetchers = std::to_array<std::string_view>(
    {"curl", "wget", "aria2c", "http", "https", "lynx", "w3m", "links", "svn", "hg"});
constexpr auto kGitFetching =
    std::to_array<std::string_view>({"clone", "fetch", "pull", "ls-remote", "remote", "submodule"});
/// Hosts of everybody's work: that the task names one allows only the project it names there.
constexpr auto kShared = std::to_array<std::string_view>(
    {"github.com", "raw.githubusercontent.com", "gist.githubusercontent.com", "api.github.com",
     "gitlab.com", "bitbucket.org", "huggingface.co", "codeload.github.com"});

/// host/owner/project
std::string_view project_of(std::string_view place) {
  std::size_t end = 0;
  for (int parts = 0; parts < 3 && end != std::string_view::npos; ++parts) {
    end = place.find('/', end + (parts == 0 ? 0 : 1));
  }
  return place.substr(0, end);
}

bool looks_up(const NamedHost& named, const AuditContext& context) {
  if (!is_outside(named.host)) return false;
  if (context.of_repository) return true;  // an issue's links may lead to its fix
  return !context.asked_for(among(kShared, named.host) ? project_of(named.place) : named.host);
}

bool any_lookup(std::string_view text, const AuditContext& context) {
  const auto hosts = named_hosts(text);
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const NamedHost& named) { return looks_up(named, context); });
}

bool any_lookup(const ShellCommand& command, const AuditContext& context) {
  return std::any_of(command.words.begin(), command.words.end(),
                     [&](const std::string& word) { return any_lookup(word, context); });
}

/// Whether the next word is the option's: a file, a header.
bool takes_value(std::string_view program, std::string_view option) {
  if (option.starts_with("--")) return option.find('=') == std::string_view::npos;
  const std::string_view letters = program == "curl" ? "oHdXuAebcFTmwxKr" : "OoPtTUeaiBQ";
  return option.starts_with('-') && letters.find(option.back()) != std::string_view::npos;
}

/// `curl pypi.org/simple`: a host without a scheme.
bool names_bare_host(const ShellCommand& command, const AuditContext& context) {
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string_view word = command.words[i];
    if (word.find("://") != std::string_view::npos) return false;
    if (word.starts_with('-') || takes_value(command.program(), command.words[i - 1])) continue;
    const std::string_view host = word.substr(0, word.find_first_of("/:"));
    if (looks_up({host, word}, context)) return true;
  }
  return false;
}

bool fetches(const ShellCommand& command, const AuditContext& context) {
  if (!among(kFetchers, command.program())) return false;
  if (any_lookup(command, context)) return true;
  return (command.program() == "curl" || command.program() == "wget") &&
         names_bare_host(command, context);
}

bool fetches_by_git(const ShellCommand& command, const AuditContext& context) {
  const auto words = git_words(command);
  return !words.empty() && among(kGitFetching, words.front()) && any_lookup(command, context);
}

/// The words of an installer from its subcommand on: `python -m pip download x` -> download x.
std::span<const std::string> installer_words(const ShellCommand& command) {
  const std::span<const std::string> words(command.words);
  for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 4); ++i) {
    const std::string_view name = base_name(words[i]);
    if (name == "pip" || name == "pip3") return words.subspan(i + 1);
  }
  return {};
}

bool gets_sources(const ShellCommand& command, const AuditContext& context) {
  const auto words = installer_words(command);
  if (words.empty()) return false;
  if (words.front() == "download") return true;
  return words.front() == "install" && any_lookup(command, context);
}

bool asks_a_forge(const ShellCommand& command, const AuditContext&) {
  const std::string_view sub = command.words.size() > 1 ? std::string_view(command.words[1]) : "";
  if (command.program() == "gh") {
    return sub == "api" || sub == "pr" || sub == "issue" || sub == "repo" || sub == "search";
  }
  if (command.program() == "npm") return sub == "view" || sub == "pack";
  return (command.program() == "hf" || command.program() == "huggingface-cli") && sub == "download";
}

bool program_fetches(std::string_view text, const AuditContext& context) {
  if (text.find("load_dataset(") != std::string_view::npos) return true;
  for (const char* call :
       {"urlopen(", "urlretrieve(", "requests.get(", "requests.post(", "requests.Session(",
        "httpx.get(", "httpx.Client(", "fetch(\"http", "fetch('http", "https.get("}) {
    if (text.find(call) != std::string_view::npos) return any_lookup(text, context);
  }
  return false;
}

constexpr CommandRule kCommands[] = {
    {FindingKind::network_lookup, "fetches from the network", fetches},
    {FindingKind::network_lookup, "fetches a repository", fetches_by_git},
    {FindingKind::network_lookup, "gets a package's sources", gets_sources},
    {FindingKind::network_lookup, "asks a public service", asks_a_forge},
};
constexpr TextRule kTexts[] = {
    {FindingKind::network_lookup, "a program fetches from the network", false, program_fetches},
};

}  // namespace

std::span<const CommandRule> network_command_rules() {
  return kCommands;
}
std::span<const TextRule> network_text_rules() {
  return kTexts;
}

}  // namespace weir
