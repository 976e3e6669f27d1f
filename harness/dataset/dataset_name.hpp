#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A short name for a data set of tasks, as `weir tasks fetch` takes it.
struct NamedDataset {
  std::string_view name;     ///< "verified"
  std::string_view dataset;  ///< "SWE-bench/SWE-bench_Verified": its id on the Hugging Face hub
  std::string_view split;    ///< the one that is meant by default
};

/// Adding one = one line in dataset_name.cpp.
[[nodiscard]] const std::vector<NamedDataset>& named_datasets();

/// The data set that `name` means: a short name, or an "owner/dataset" id, whose split is
/// then "". Throws UserError with what may have been meant.
[[nodiscard]] NamedDataset find_dataset(const std::string& name);

}  // namespace weir
