#include "harness/dataset/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/dataset/dataset_name.hpp"
#include "harness/dataset/partial_file.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// `wanted`, or what stands in for "", of the names there are.
std::string choose(const char* what, const std::string& wanted, const std::string& usual,
                   const std::vector<std::string>& names, const std::string& dataset) {
  const auto there = [&names](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!wanted.empty()) {
    if (there(wanted)) return wanted;
    throw UserError(fmt::format("{} has no {} \"{}\"; it has {}{}", dataset, what, wanted,
                                fmt::join(names, ", "), did_you_mean(wanted, names)));
  }
  if (there(usual)) return usual;
  if (names.size() == 1) return names.front();
  throw UserError(fmt::format("{} has several {}s; choose with --{}: {}", dataset, what, what,
                              fmt::join(names, ", ")));
}

class Fetch {
 public:
  explicit Fetch(const FetchRequest& request)
      : request_(request), named_(find_dataset(request.name)), service_(request.service) {
    fetched_.file = request.file.empty() ? default_file() : request.file;
  }

  FetchedDataset run() {
    if (fs::exists(fetched_.file)) return existing();
    fetched_.split = find_split();
    PartialFile part(fetched_.file, fetched_.split);
    if (!part.discarded().empty()) note(part.discarded() + ": fetched again from the start");
    try {
      if (part.rows() > 0) check_last_row(part);
      fetched_.resumed_from = part.rows();
      while (part.total() < 0 || part.rows() < part.total()) take_page(part);
    } catch (const InfraError& error) {
      throw InfraError(fmt::format("{}; {} rows are kept, and another call goes on after them",
                                   error.what(), part.rows()));
    }
    check_digest(part.sha256(), "what was fetched");
    fetched_.rows = part.rows();
    fetched_.bytes = part.bytes();
    fetched_.sha256 = part.sha256();
    part.finish();
    return fetched_;
  }

 private:
  [[nodiscard]] fs::path default_file() const {
    const auto slash = request_.name.find('/');
    std::string stem = slash == std::string::npos ? request_.name : request_.name.substr(slash + 1);
    for (const auto& chosen : {request_.config, request_.split}) {
      if (!chosen.empty()) stem += "-" + chosen;
    }
    return plain_file_name(stem) + ".jsonl";
  }

  DatasetSplit find_split() {
    const std::string dataset(named_.dataset);
    if (!request_.config.empty() && !request_.split.empty()) {
      return {dataset, request_.config, request_.split};
    }
    const auto splits = service_.splits(dataset);
    const auto names = [&splits](const std::string DatasetSplit::*which,
                                 const std::string& config) {
      std::set<std::string> found;
      for (const auto& each : splits) {
        if (config.empty() || each.config == config) found.insert(each.*which);
      }
      return std::vector<std::string>(found.begin(), found.end());
    };
    if (splits.empty()) throw InfraError(dataset + ": the rows service lists no splits of it");
    const std::string config =
        choose("config", request_.config, "default", names(&DatasetSplit::config, ""), dataset);
    const auto of_config = names(&DatasetSplit::split, config);
    const std::string usual = named_.split.empty() ? "test" : std::string(named_.split);
    return {dataset, config, choose("split", request_.split, usual, of_config, dataset)};
  }

  FetchedDataset existing() {
    const std::string file = fetched_.file.string();
    if (request_.sha256.empty()) {
      throw UserError(
          fmt::format("{}: is there already; remove it, name another file with -o, or "
                      "say with --sha256 what it must be",
                      file));
    }
    const std::string text = read_file(fetched_.file);
    fetched_.sha256 = sha256(text);
    check_digest(fetched_.sha256, file);
    fetched_.was_there = true;
    fetched_.split = {std::string(named_.dataset), request_.config, request_.split};
    fetched_.bytes = static_cast<std::int64_t>(text.size());
    fetched_.rows = std::count(text.begin(), text.end(), '\n');
    return fetched_;
  }

  void check_digest(const std::string& is, const std::string& what) const {
    if (request_.sha256.empty() || request_.sha256 == is) return;
    throw UserError(fmt::format("{} has sha256 {}, not {}; nothing was put at {}", what, is,
                                request_.sha256, fetched_.file.string()));
  }

  /// A data set that was changed between two calls must not become half of each.
  void check_last_row(PartialFile& part) {
    const RowsPage page = service_.rows(fetched_.split, part.rows() - 1, 1);
    const bool same = page.total == part.total() && page.lines.size() == 1 &&
                      page.lines.front() == part.last_line();
    if (same) return;
    part.restart("the data set has changed");
    note("the data set has changed since: fetched again from the start");
  }

  /// The rows after `from`, none of them cut short: smaller pages are cut less.
  RowsPage whole_rows(std::int64_t from) {
    for (int length = request_.page;; length = std::max(1, length / 10)) {
      RowsPage page = service_.rows(fetched_.split, from, length);
      if (page.truncated.empty()) return page;
      if (length > 1) continue;
      throw InfraError(
          fmt::format("{}: {} was cut short by the rows service, so its rows cannot be "
                      "had there",
                      fetched_.split.dataset, page.truncated));
    }
  }

  void take_page(PartialFile& part) {
    const RowsPage page = whole_rows(part.rows());
    if (const auto before = part.total(); before >= 0 && page.total != before) {
      part.restart("the data set has changed");
      throw InfraError(
          fmt::format("{} had {} rows and now has {}: it was changed while it was "
                      "fetched",
                      fetched_.split.dataset, before, page.total));
    }
    const auto after = part.rows() + static_cast<std::int64_t>(page.lines.size());
    if ((page.lines.empty() && page.total > part.rows()) || after > page.total) {
      throw InfraError(fmt::format("{}: the rows service says there are {} rows and gave {}",
                                   fetched_.split.dataset, page.total, after));
    }
    part.append(page.lines, page.total);
    if (request_.on_rows) request_.on_rows(part.rows(), part.total());
  }

  void note(const std::string& what) const {
    if (request_.on_note) request_.on_note(what);
  }

  const FetchRequest& request_;
  NamedDataset named_;
  RowsService service_;
  FetchedDataset fetched_;
};

}  // namespace

FetchedDataset fetch_dataset(const FetchRequest& request) {
  return Fetch(request).run();
}

}  // namespace weir
