#include "harness/validation/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

json key_json(const JournalKey& key) {
  return {{"environment", key.environment},
          {"attempts", key.attempts},
          {"weir", WEIR_VERSION},
          {"grader", kGraderVersion}};
}

}  // namespace

ValidationJournal::ValidationJournal(const std::filesystem::path& file, JournalKey key)
    : file_(file), key_(std::move(key)) {
  open_and_lock();
  try {
    read_lines();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

ValidationJournal::~ValidationJournal() {
  ::close(fd_);
}

void ValidationJournal::open_and_lock() {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) throw UserError(fmt::format("{}: {}", file_.string(), std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw UserError(
      fmt::format("{}: another validation writes this journal; wait for it, or name "
                  "another file",
                  file_.string()));
}

void ValidationJournal::read_lines() {
  const std::string text = read_file(file_);
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  const json own = key_json(key_);
  int number = 0;
  for (const auto line : split_lines(std::string_view(text).substr(0, whole))) {
    ++number;
    const json row = json::parse(line, nullptr, false);
    try {
      const bool whole_row = row.is_object() && row.contains("key") && row.contains("task") &&
                             row.contains("in") && row.at("in").is_string();
      if (!whole_row) {
        throw UserError("no line of a validation's journal");
      }
      TaskValidity task = read_validity_row(row.at("task"));
      task.known = true;
      const std::string id = task.id;
      if (row.at("key") == own) known_[{id, row.at("in").get<std::string>()}] = std::move(task);
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}:{}: {}; name another file, or remove it", file_.string(),
                                  number, error.what()));
    }
  }
  if (whole == text.size()) return;
  // No journal's line may begin like this: another file's last one is not ours to cut.
  if (whole == 0 && text.compare(0, 6, "{\"in\":") != 0) {
    throw UserError(
        fmt::format("{}:1: no line of a validation's journal; name another file", file_.string()));
  }
  if (::ftruncate(fd_, static_cast<off_t>(whole)) != 0) {
    throw UserError(fmt::format("{}: {}", file_.string(), std::strerror(errno)));
  }
}

std::optional<TaskValidity> ValidationJournal::known(const std::string& id,
                                                     const std::string& environment) const {
  const auto found = known_.find({id, environment});
  if (found == known_.end()) return {};
  return found->second;
}

void ValidationJournal::keep(const TaskValidity& task, const std::string& environment) {
  const bool judged = task.standing == Standing::valid || task.standing == Standing::flaky ||
                      task.standing == Standing::broken;
  if (!judged || environment.empty()) return;
  const std::string line =
      json{{"key", key_json(key_)}, {"in", environment}, {"task", validity_row(task)}}.dump(
          -1, ' ', false, json::error_handler_t::replace) +
      "\n";
  const std::lock_guard lock(writing_);
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  throw UserError(fmt::format("{}: {}", file_.string(),
                              written < 0 ? std::strerror(errno) : "the disk is full"));
}

}  // namespace weir
