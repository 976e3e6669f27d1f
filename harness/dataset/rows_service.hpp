#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/dataset/rows_page.hpp"
#include "harness/model/secret.hpp"
#include "harness/model/transport.hpp"
#include "tasks/units.hpp"

namespace weir {

inline constexpr const char* kRowsEndpoint = "https://datasets-server.huggingface.co";

/// The Hugging Face dataset viewer's API, which gives a data set's rows as JSON. What may
/// pass (429, 5xx, a lost connection) is asked again, as late as the service wishes. Made
/// for one thread.
class RowsService {
 public:
  struct Options {
    std::string endpoint = kRowsEndpoint;
    Secret token;  ///< sent as bearer over TLS, and to this machine; nowhere else
    int tries = 8;
    milliseconds first_wait{1000};  ///< doubled with each try
    milliseconds longest_wait{60'000};
    milliseconds longest_retry_after{600'000};
    CallTimers timers{milliseconds{30'000}, milliseconds{120'000}, milliseconds{60'000},
                      milliseconds{600'000}};
    std::function<void(const std::string&)> on_wait;  ///< told of each failure that is waited for
  };

  /// Throws UserError if the endpoint is no URL.
  explicit RowsService(Options options);

  /// Throws UserError for what asking again would not change (no such data set, no access),
  /// InfraError otherwise.
  [[nodiscard]] std::vector<DatasetSplit> splits(const std::string& dataset);
  [[nodiscard]] RowsPage rows(const DatasetSplit& split, std::int64_t offset, int length);

 private:
  std::string get(const std::string& path);
  HttpReply ask(const std::string& url, std::string& body);
  [[nodiscard]] bool may_see_token() const;

  Options options_;
};

}  // namespace weir
