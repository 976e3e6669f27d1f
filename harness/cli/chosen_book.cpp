#include "harness/cli/chosen_book.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

PriceView view_of(const BookChoice& choice) {
  PriceView view;
  view.scenario = choice.scenario;
  view.currency = choice.currency;
  if (choice.at == "now") {
    view.at = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  } else if (!choice.at.empty()) {
    view.at = parse_time(choice.at);
    if (!view.at) view.at = parse_time(choice.at + "T00:00:00Z");
    if (!view.at) {
      throw UserError(
          fmt::format("--at {}: is not a time; write 2026-05-01T00:00:00Z, 2026-05-01 or "
                      "now",
                      choice.at));
    }
  }
  if (view.at && !view.scenario.empty()) {
    throw UserError("--at and --scenario exclude each other: a scenario has no date");
  }
  return view;
}

}  // namespace

NamedBook chosen_book(const BookChoice& choice, const Reader& reader, const Run& run) {
  const nlohmann::json facts = nlohmann::json::parse(run.facts, nullptr, false);
  const bool own = facts.is_object() && facts.value("own_price_book", false);
  NamedBook named{PriceBook::bundled(), "bundled book"};
  if (choice.prices == "run" || (choice.prices.empty() && own)) {
    named = {PriceBook::parse(reader.price_book(run.price_book_sha256), "the run's price book"),
             "run's own book"};
  } else if (!choice.prices.empty() && choice.prices != "bundled") {
    named = {PriceBook::parse(read_file(choice.prices), choice.prices), choice.prices};
  }
  named.book = named.book.viewed(view_of(choice));
  return named;
}

}  // namespace weir::cli
