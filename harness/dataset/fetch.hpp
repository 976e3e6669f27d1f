#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "harness/dataset/rows_service.hpp"

namespace weir {

/// What is to be fetched, and where it goes.
struct FetchRequest {
  std::string name;            ///< a short name, or "owner/dataset"
  std::string config;          ///< "" = the only one, else "default"
  std::string split;           ///< "" = the name's own, else "test", else the only one
  std::filesystem::path file;  ///< "" = by name, here
  std::string sha256;          ///< what the file must be; "" = whatever comes
  RowsService::Options service;
  int page = 100;  ///< rows asked for at once; the service gives no more
  std::function<void(std::int64_t rows, std::int64_t total)> on_rows;
  std::function<void(const std::string&)> on_note;
};

/// A data set as a file of JSON lines, one row a line, columns in their order.
struct FetchedDataset {
  DatasetSplit split;  ///< config and split as asked for where the file was there
  std::filesystem::path file;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t resumed_from = 0;  ///< rows that an earlier call had fetched
  bool was_there = false;         ///< the file itself, with the digest that was asked for
  std::string sha256;
};

/// Fetches a data set of tasks. The file appears whole or not at all; what came before a
/// failure lies beside it (partial_file.hpp) and is not fetched again, once its last row is
/// seen to be the service's still. Throws UserError for what the user must change, and
/// InfraError for what another call may get past.
[[nodiscard]] FetchedDataset fetch_dataset(const FetchRequest& request);

}  // namespace weir
