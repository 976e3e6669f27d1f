#pragma once

#include <string>

#include "harness/cli/options.hpp"
#include "results/prices.hpp"
#include "results/store/reader.hpp"

namespace weir::cli {

/// A book and what to call it.
struct NamedBook {
  PriceBook book;
  std::string name;
};

/// --prices; else the book the run brought along, if it brought one; else the
/// bundled one as it is today. Throws UserError.
[[nodiscard]] NamedBook chosen_book(const BookChoice& choice, const Reader& reader, const Run& run);

}  // namespace weir::cli
