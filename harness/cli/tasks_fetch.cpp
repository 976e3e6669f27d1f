// weir tasks fetch: a data set of tasks from the Hugging Face hub, as JSON lines.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/dataset/fetch.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// HF_TOKEN, where it is set: gated data sets want one.
Secret token() {
  const char* value = std::getenv("HF_TOKEN");
  const std::string text(trimmed(value == nullptr ? "" : value));
  for (const char c : text) {
    if (c <= ' ' || c == '\x7F') throw UserError("HF_TOKEN holds a character that no token has");
  }
  return Secret(text);
}

/// A line that is rewritten on a terminal; elsewhere one at each tenth.
class RowsProgress {
 public:
  explicit RowsProgress(std::string name) : name_(std::move(name)) {}
  ~RowsProgress() { end_line(); }

  void rows(std::int64_t rows, std::int64_t total) {
    const auto tenth = total > 0 ? rows * 10 / total : 10;
    if (!terminal_ && tenth == tenth_) return;
    tenth_ = tenth;
    fmt::print(stderr, "{}{}: {} of {} rows{}", terminal_ ? "\r" : "", name_, rows, total,
               terminal_ ? "" : "\n");
    open_ = terminal_;
  }
  void note(const std::string& what) {
    end_line();
    fmt::print(stderr, "{}\n", what);
  }

 private:
  void end_line() {
    if (open_) fmt::print(stderr, "\n");
    open_ = false;
  }

  std::string name_;
  const bool terminal_ = ::isatty(2) != 0;
  std::int64_t tenth_ = -1;
  bool open_ = false;
};

json told(const std::string& text) {
  return text.empty() ? json() : json(text);
}

void print(const FetchedDataset& fetched, bool as_json) {
  const DatasetSplit& split = fetched.split;
  if (as_json) {
    const json out = {{"dataset", split.dataset},
                      {"config", told(split.config)},
                      {"split", told(split.split)},
                      {"file", fetched.file.string()},
                      {"rows", fetched.rows},
                      {"bytes", fetched.bytes},
                      {"resumed_from", fetched.resumed_from},
                      {"was_there", fetched.was_there},
                      {"sha256", fetched.sha256}};
    fmt::print("{}\n", out.dump(2, ' ', false, json::error_handler_t::replace));
    return;
  }
  const std::string what =
      fetched.was_there ? "was there already"
                        : fmt::format("{} ({}, {})", split.dataset, split.config, split.split);
  fmt::print("{}: {} rows, sha256 {}; {}\n", fetched.file.string(), fetched.rows, fetched.sha256,
             what);
}

}  // namespace

int run(const TasksFetchCommand& command) {
  FetchRequest request;
  request.name = command.name;
  request.config = command.config;
  request.split = command.split;
  request.file = command.output;
  request.sha256 = command.sha256;
  request.service.token = token();
  if (!command.endpoint.empty()) request.service.endpoint = command.endpoint;
  RowsProgress progress(command.name);
  request.on_rows = [&](std::int64_t rows, std::int64_t total) { progress.rows(rows, total); };
  request.on_note = [&](const std::string& what) { progress.note(what); };
  request.service.on_wait = request.on_note;
  print(fetch_dataset(request), command.common.json);
  return kOk;
}

}  // namespace weir::cli
