// The only file that knows libcurl.

#include "harness/model/transport.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "tasks/error.hpp"

namespace weir {
namespace {

struct Exchange {
  const HttpRequest& request;
  HttpReply& reply;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  static_cast<Exchange*>(user)->reply.body.append(data, size * count);
  return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  const std::string line(data, size * count);
  constexpr std::string_view kName = "retry-after:";
  if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    const double seconds = std::strtod(line.c_str() + kName.size(), nullptr);
    if (seconds > 0 && seconds < 3600) {
      static_cast<Exchange*>(user)->reply.retry_after =
          milliseconds(static_cast<std::int64_t>(seconds * 1000));
    }
  }
  return size * count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto* exchange = static_cast<Exchange*>(user);
  if (sent > 0) exchange->reply.sent = true;
  return exchange->request.stop.stop_requested() ? 1 : 0;
}

CURL* handle_of_thread() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  thread_local const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  if (!handle) throw InfraError("libcurl cannot be initialised");
  return handle.get();
}

const char* failure_of(CURLcode code) {
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK: return "cancelled";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    default: return "network";
  }
}

}  // namespace

HttpReply http_post(const HttpRequest& request) {
  HttpReply reply;
  Exchange exchange{request, reply};
  CURL* curl = handle_of_thread();
  curl_easy_reset(curl);
  curl_slist* list = nullptr;
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(list, curl_slist_free_all);
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));

  const CURLcode code = curl_easy_perform(curl);
  curl_off_t micros = 0;
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &micros);
  reply.latency = milliseconds(micros / 1000);
  if (code != CURLE_OK) {
    reply.failure = failure_of(code);
    reply.message = error[0] != '\0' ? error : curl_easy_strerror(code);
    return reply;
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

}  // namespace weir
