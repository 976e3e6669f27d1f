#include "harness/agent/visible_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>

#include "runners/agent.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

/// Programs shorter than this, blanks aside, are equal by chance.
constexpr std::size_t kTelling = 16;
constexpr std::uintmax_t kLargest = 256 << 10;

/// Of data both sides may have copies; a test is a program.
bool may_be_a_program(const fs::path& file) {
  static const std::set<std::string> kData = {".csv", ".tsv",  ".json", ".txt", ".md",   ".log",
                                              ".dat", ".xml",  ".yaml", ".yml", ".toml", ".ini",
                                              ".cfg", ".lock", ".png",  ".gz",  ".zip",  ".bin"};
  return kData.count(file.extension().string()) == 0;
}

/// Verifiers bring copies of the product's own programs along; a test is named like one,
/// or by the command that runs the visible tests.
bool reads_as_a_test(const fs::path& file, const std::string& command) {
  static constexpr std::array<std::string_view, 5> kWords = {"test", "check", "verif", "spec",
                                                             "grade"};
  std::string path = file.string();
  std::transform(path.begin(), path.end(), path.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return command.find(file.filename().string()) != std::string::npos ||
         std::any_of(kWords.begin(), kWords.end(),
                     [&](auto word) { return path.find(word) != std::string::npos; });
}

/// A program's text without blanks around its lines and without blank lines.
std::string condensed(std::string_view text) {
  std::string out;
  for (const auto line : split_lines(text)) {
    const auto words = trimmed(line);
    if (!words.empty() && words.rfind("#!", 0) != 0) out += std::string(words) + "\n";
  }
  return out;
}

/// Prints path, NUL, contents, NUL for every file that may be a test of the agent's.
constexpr const char* kDumpFiles = R"(
find . /root /home /opt /srv -xdev -type f -size -257k -not -path '*/.git/*' -print0 2>/dev/null |
while IFS= read -r -d '' file; do
  printf '%s\0' "$file"; tr -d '\000' < "$file"; printf '\0'
done
)";

int count_in(const std::vector<std::string>& ids, const std::set<std::string>& names) {
  return static_cast<int>(std::count_if(
      ids.begin(), ids.end(), [&](const std::string& id) { return names.count(id) > 0; }));
}

std::set<std::string> programs_of(const fs::path& folder) {
  std::set<std::string> programs;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file() || entry.file_size() > kLargest) continue;
    if (!may_be_a_program(entry.path())) continue;
    std::string text = condensed(read_file(entry.path()));
    if (text.size() >= kTelling) programs.insert(std::move(text));
  }
  return programs;
}

/// Tests in the agent's box that equal a program of the verifier's; nullopt if they could
/// not all be looked at.
std::optional<int> shared_files(const std::vector<fs::path>& hidden, const std::string& command,
                                const CheckRoom& room) {
  std::set<std::string> programs;
  for (const auto& folder : hidden) programs.merge(programs_of(folder));
  if (programs.empty()) return 0;
  const auto permit = acquire_paused(room.busy_boxes, room.deadline);
  const auto box = room.sandbox.create(room.environment.on(room.environment.snapshot));
  ExecRequest request;
  request.argv = {"bash", "--noprofile", "--norc", "-c", kDumpFiles};
  request.cwd = room.environment.workdir;
  request.env = room.environment.env;
  request.timeout = room.timeout;
  request.caps.head = std::size_t{64} << 20;
  request.stop = room.deadline.token();
  const ExecResult result = box->exec(request);
  if (result.status != ExecStatus::exited || result.out.truncated) return {};
  int shared = 0;
  std::string_view rest = result.out.bytes;
  const auto next = [&rest] {
    const auto end = std::min(rest.find('\0'), rest.size());
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
  };
  while (!rest.empty()) {
    const fs::path file{next()};
    const std::string_view text = next();
    const bool test = may_be_a_program(file) && reads_as_a_test(file, command);
    if (test && programs.count(condensed(text)) > 0) ++shared;
  }
  return shared;
}

/// Where the verifier's programs are, every step's too.
std::vector<fs::path> test_folders(const Task& task, const RewardGrading& grading) {
  std::vector<fs::path> folders = {grading.tests};
  for (const auto& step : task.hidden.terminal.steps) folders.push_back(step.tests);
  return folders;
}

void look_for_overlap(const Task& task, const CheckRoom& room, VisibleTests& tests) {
  if (const auto* grading = std::get_if<PatchGrading>(&task.hidden.grading)) {
    const TestNames& names = tests.at_start;
    tests.fail_to_pass_of = static_cast<int>(grading->fail_to_pass.size());
    tests.pass_to_pass_of = static_cast<int>(grading->pass_to_pass.size());
    tests.fail_to_pass = count_in(grading->fail_to_pass, names.red);
    tests.pass_to_pass = count_in(grading->pass_to_pass, names.green);
    tests.overlap_known = !tests.red_at_start || !names.red.empty();
  } else if (const auto* reward = std::get_if<RewardGrading>(&task.hidden.grading)) {
    const auto shared = shared_files(test_folders(task, *reward), tests.command, room);
    tests.overlap_known = shared.has_value();
    tests.shared_files = shared.value_or(0);
  }
}

}  // namespace

std::string VisibleTests::overlap() const {
  if (command.empty()) return problem;
  if (!overlap_known) {
    return "whether the visible tests hold hidden ones cannot be told";
  }
  if (shared_files > 0) {
    return fmt::format("{} of the verifier's programs lie{} in the agent's box", shared_files,
                       shared_files == 1 ? "s" : "");
  }
  if (fail_to_pass == 0 && pass_to_pass == 0) return {};
  return fmt::format("the visible tests hold {} of {} FAIL_TO_PASS and {} of {} PASS_TO_PASS tests",
                     fail_to_pass, fail_to_pass_of, pass_to_pass, pass_to_pass_of);
}

VisibleTests look_at_visible_tests(const Task& task, const CheckRoom& room) {
  VisibleTests tests;
  const SnapshotPtr& start = room.environment.snapshot;
  if (task.shown.visible_tests) {
    tests.command = *task.shown.visible_tests;
  } else if (const auto found = find_visible_tests(room, start)) {
    tests.command = *found;
    tests.found = true;
  }
  if (tests.command.empty()) return tests;
  // pytest names what passed only when asked, here without touching the command.
  const auto own = room.environment.env.find("PYTEST_ADDOPTS");
  const std::string options = own == room.environment.env.end() ? "" : own->second + " ";
  const auto run =
      run_visible_tests(room, start, tests.command, {{"PYTEST_ADDOPTS", options + "-rA"}});
  if (room.deadline.token().stop_requested()) throw Cancelled();
  if (!run) return {};
  if (run->not_run || run->timed_out || (tests.found && run->no_tests)) {
    VisibleTests none;
    if (!tests.found) {
      none.problem = fmt::format("the visible tests {}: they are not watched",
                                 run->not_run ? "cannot be run here" : "do not end in time");
    }
    return none;
  }
  tests.red_at_start = run->red;
  tests.at_start = run->names;
  look_for_overlap(task, room, tests);
  return tests;
}

std::shared_ptr<const VisibleTests> VisibleTestsBook::of(const Task& task, const CheckRoom& room,
                                                         bool& first) {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    auto& entry = slots_[task.shown.id + "/" + task.sha256];
    if (!entry) entry = std::make_shared<Slot>();
    slot = entry;
  }
  const Deadline::Pause pause(room.deadline);  // no work of the trial's
  const std::lock_guard lock(slot->looking);
  first = !slot->tests;
  if (first) {
    slot->tests = std::make_shared<const VisibleTests>(look_at_visible_tests(task, room));
  }
  return slot->tests;
}

}  // namespace weir
