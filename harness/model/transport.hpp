#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/model_spec.hpp"
#include "tasks/units.hpp"

namespace weir {

/// What a piece of a reply's body held.
enum class BodyPart { nothing, payload, end };

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  CallTimers timers;
  std::string ca_file;
  std::stop_token stop;
  /// Takes each piece of the reply's body with its status and says what it held.
  /// Payload alone feeds the timers; after the end, the connection has a moment
  /// to close in order.
  std::function<BodyPart(long status, std::string_view bytes)> on_body;
};

/// How an HTTP exchange ended. `failure` is "" when the whole reply came,
/// whatever its status; else network, timeout, tls or cancelled.
struct HttpReply {
  std::string failure;
  std::string message;
  bool sent = false;  ///< bytes of the request may have reached the server
  long status = 0;    ///< 0: no reply began
  milliseconds retry_after{0};
  milliseconds latency{0};
  std::optional<milliseconds> first_payload;
  std::optional<milliseconds> clock_skew;  ///< the server's Date minus ours
  std::string location;                    ///< of a redirect, which is not followed
};

/// POSTs, and hands the reply's body on as it arrives. Each thread keeps its own
/// connections and reuses them. A stop, and each of the four timers, takes effect
/// at once. Nothing is ever sent twice: redirects are not followed, and a request
/// lost with a stale connection is a failure of its own. Proxies are taken from
/// the usual environment variables.
[[nodiscard]] HttpReply http_post(const HttpRequest& request);

/// The same for a GET, which has no body and may be sent twice: nothing hangs on it.
[[nodiscard]] HttpReply http_get(const HttpRequest& request);

}  // namespace weir
