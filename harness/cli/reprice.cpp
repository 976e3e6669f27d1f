// weir reprice: what a run's calls cost under another price book. It shows, and
// never overwrites what was booked.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/chosen_book.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "results/reprice.hpp"
#include "results/store/reader.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

json known(const std::optional<Picodollars>& sum) { return sum ? json(*sum) : json(); }

json line_json(const RepricedConfig& line) {
  return {{"config", line.config},
          {"trials", line.trials},
          {"calls", line.calls},
          {"stored_pusd", known(line.stored.whole())},
          {"pusd", known(line.costs.billed.whole())},
          {"known_pusd", line.costs.billed.known},
          {"cold_pusd", known(line.costs.cold.whole())},
          {"warm_pusd", known(line.costs.warm.whole())},
          {"other_tries_pusd", known(line.other_tries.billed.whole())},
          {"unpriced_calls", line.costs.billed.unknown_calls}};
}

/// Where some calls have no price, at least this much.
std::string money(const Spend& spend, int parts = 1) {
  if (parts == 0) return "no data";
  return fmt::format("{}{:.6f}", spend.unknown_calls == 0 ? "" : ">= ",
                     static_cast<double>(spend.known) / 1e12 / parts);
}

/// Trials a dollar limit cut short: under other prices they would have gone on.
std::int64_t limited_by_dollars(const Reader& reader, const std::string& run) {
  const Rows rows = reader.query(fmt::format(
      "SELECT count(*) FROM v_trial WHERE run = '{}' AND stop_reason = 'usd'", run));
  return std::stoll(rows.rows.at(0).at(0).value_or("0"));
}

}  // namespace

int run(const RepriceCommand& command) {
  const Reader reader(command.common.db);
  const Run run = reader.find_run(command.run);
  const auto [book, book_name] = chosen_book(command.book, reader, run);
  const auto calls = reader.billed_calls(run.id);
  const auto lines = reprice(calls, book);
  const auto used = entries_used(calls, book);
  const std::int64_t limited = limited_by_dollars(reader, run.id);
  if (command.common.json) {
    json configs = json::array();
    for (const auto& line : lines) configs.push_back(line_json(line));
    json entries = json::array();
    for (const auto& [id, use] : used) {
      const PriceEntry* entry = book.entry(id);
      entries.push_back({{"id", id},
                         {"calls", use.calls},
                         {"priced_by_request", use.by_request},
                         {"confidence", entry->confidence},
                         {"sources", entry->sources}});
    }
    const PriceView& view = book.view();
    const json out = {{"run", run.id},
                      {"simulated", run.simulated},
                      {"price_book", book_name},
                      {"price_book_sha256", book.sha256()},
                      {"scenario", view.scenario.empty() ? json() : json(view.scenario)},
                      {"at", view.at ? json(format_time(*view.at)) : json()},
                      {"currency", view.currency},
                      {"trials_limited_by_dollars", limited},
                      {"configs", configs},
                      {"entries", entries}};
    fmt::print("{}\n", out.dump(2));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows = {{"CONFIG", "TRIALS", "CALLS", "STORED",
                                                 "REPRICED", "PER TRIAL", "COLD", "WARM",
                                                 "OTHER TRIES", "UNPRICED"}};
  for (const auto& line : lines) {
    rows.push_back({line.config, std::to_string(line.trials), std::to_string(line.calls),
                    money(line.stored), money(line.costs.billed),
                    money(line.costs.billed, line.trials), money(line.costs.cold, line.trials),
                    money(line.costs.warm, line.trials), money(line.other_tries.billed),
                    std::to_string(line.costs.billed.unknown_calls)});
  }
  fmt::print("Run {} \"{}\"{} in {}, {}, {}\n\n{}\n", run.id.substr(0, 12), printable(run.name),
             run.simulated ? " (simulated models: not a measurement)" : "", book.view().currency,
             printable(book_name),
             book.view().scenario.empty()
                 ? (book.view().at ? "at the prices of " + format_time(*book.view().at)
                                   : std::string("at each call's own time"))
                 : "scenario " + book.view().scenario,
             columns(rows));
  fmt::print("Per trial, cold (no cache outlives a trial) and warm (nothing sent before is lost) are "
             "per trial;\ncold and warm are estimates. >=: some calls have no price, and only the others are counted.\n");
  for (const auto& [id, use] : used) {
    fmt::print("  {}: {} calls, {}{}\n", id, use.calls, book.entry(id)->confidence,
               use.by_request == 0
                   ? ""
                   : fmt::format("; {} of them only as the model asked for, since the book does not "
                                 "know the one that served",
                                 use.by_request));
  }
  if (limited > 0) {
    fmt::print(stderr, "weir: {} trials were cut short by a dollar limit: under other prices they "
                       "would have gone\non, so no claim about quality follows from these costs.\n",
               limited);
  }
  return kOk;
}

}  // namespace weir::cli
