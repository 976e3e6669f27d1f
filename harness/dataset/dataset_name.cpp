#include "harness/dataset/dataset_name.hpp"

#include <fmt/format.h>

#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {

const std::vector<NamedDataset>& named_datasets() {
  static const std::vector<NamedDataset> datasets = {
      {"full", "SWE-bench/SWE-bench", "test"},
      {"lite", "SWE-bench/SWE-bench_Lite", "test"},
      {"verified", "SWE-bench/SWE-bench_Verified", "test"},
      {"multilingual", "SWE-bench/SWE-bench_Multilingual", "test"},
      {"multimodal", "SWE-bench/SWE-bench_Multimodal", "dev"},
      {"pro", "ScaleAI/SWE-bench_Pro", "test"},
      {"rebench", "nebius/SWE-rebench-V2", "train"},
      {"smith", "SWE-bench/SWE-smith", "train"},
      {"live", "SWE-bench-Live/SWE-bench-Live", "full"},
      {"live-multilang", "SWE-bench-Live/MultiLang", ""},
      {"multi", "ByteDance-Seed/Multi-SWE-bench", ""},
  };
  return datasets;
}

NamedDataset find_dataset(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& known : named_datasets()) {
    if (name == known.name) return known;
    names.emplace_back(known.name);
  }
  const auto slash = name.find('/');
  const bool id = slash != std::string::npos && slash > 0 && slash + 1 < name.size() &&
                  name.find('/', slash + 1) == std::string::npos;
  if (id) return {name, name, ""};
  throw UserError(fmt::format("no data set \"{}\"; known are {}, or give an owner/dataset id{}",
                              name, fmt::join(names, ", "), did_you_mean(name, names)));
}

}  // namespace weir
