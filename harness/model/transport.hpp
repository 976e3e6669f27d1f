#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  milliseconds connect_timeout{30'000};
  milliseconds total_timeout{1'800'000};
  std::stop_token stop;
};

/// How an HTTP exchange ended. `failure` is "" when a whole reply came back,
/// whatever its status; else network, timeout or cancelled.
struct HttpReply {
  std::string failure;
  std::string message;
  bool sent = false;  ///< bytes of the request may have reached the server
  long status = 0;
  std::string body;
  milliseconds retry_after{0};
  milliseconds latency{0};
};

/// POSTs and waits for the whole reply. One connection per thread is kept and
/// reused. Cancellation takes effect within a second.
[[nodiscard]] HttpReply http_post(const HttpRequest& request);

}  // namespace weir
