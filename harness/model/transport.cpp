// The only file that knows libcurl.

#include "harness/model/transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "harness/version.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

// Where many streams run at once, each is read in gulps: two hundred streams of
// two hundred tokens a second would be forty thousand wake-ups. With that many,
// arriving bytes wait for at most a twentieth of the stream's age and half a
// second; with fewer for as much less (ten streams: a four-hundredth). The
// latency measured is off by no more than that.
constexpr int kManyStreams = 200;
constexpr int kGulpShare = 20;
constexpr milliseconds kLongestGulp{500};
std::atomic<int> streams_under_way{0};

constexpr milliseconds kLongestWait{1000};
constexpr milliseconds kFarewell{200};
constexpr long kIdleConnectionSeconds = 30;  // services close sooner than they say

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

/// A thread's connections.
class Connections {
 public:
  Connections() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    multi_.reset(curl_multi_init());
    easy_.reset(curl_easy_init());
    if (!multi_ || !easy_) throw InfraError("libcurl cannot be initialised");
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 4L);
  }
  [[nodiscard]] CURLM* multi() const { return multi_.get(); }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::unique_ptr<CURL, FreeEasy> easy_;  // goes first: it may be in the multi
};

/// One request and its reply, driven to an end by run().
class Exchange {
 public:
  enum class Method { get, post };

  Exchange(Method method, const HttpRequest& request, Connections& connections)
      : request_(request), multi_(connections.multi()), easy_(connections.easy()) {
    set_options();
    if (method == Method::post) set_body();
  }
  ~Exchange() {
    if (counted_) --streams_under_way;
    curl_multi_remove_handle(multi_, easy_);
    curl_slist_free_all(headers_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpReply run() {
    const std::stop_callback wake(request_.stop, [this] { curl_multi_wakeup(multi_); });
    curl_multi_add_handle(multi_, easy_);
    while (!finished() && !lingers()) {
      if (request_.stop.stop_requested()) {
        give_up("cancelled", "the call was stopped");
      } else if (!timed_out()) {
        wait();
      }
      if (!reply_.failure.empty()) break;
    }
    reply_.latency = since(start_);
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply_.status);
    long request_bytes = 0;
    curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &request_bytes);
    reply_.sent = request_bytes > 0;
    return std::move(reply_);
  }

 private:
  void set_options() {
    curl_easy_reset(easy_);
    for (const auto& header : request_.headers) add_header(header);
    add_header("Expect:");  // else a large body waits a second for a go-ahead
    option(CURLOPT_HTTPGET, 1L);
    option(CURLOPT_URL, request_.url.c_str());
    option(CURLOPT_PROTOCOLS_STR, "http,https");
    option(CURLOPT_USERAGENT, user_agent_.c_str());
    option(CURLOPT_HTTPHEADER, headers_);
    option(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    option(CURLOPT_WRITEDATA, this);
    option(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    option(CURLOPT_HEADERDATA, this);
    option(CURLOPT_NOSIGNAL, 1L);
    option(CURLOPT_ERRORBUFFER, error_);
    option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timers.connect.count()));
    option(CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
    option(CURLOPT_TCP_KEEPALIVE, 1L);
    if (!request_.ca_file.empty()) option(CURLOPT_CAINFO, request_.ca_file.c_str());
  }

  /// A body that is read and cannot be rewound: libcurl would otherwise send a
  /// request again by itself when a kept connection turns out to be closed.
  void set_body() {
    option(CURLOPT_POST, 1L);
    option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    option(CURLOPT_READFUNCTION, &Exchange::on_read);
    option(CURLOPT_READDATA, this);
  }

  template <typename T>
  void option(CURLoption name, T value) {
    curl_easy_setopt(easy_, name, value);
  }

  void add_header(const std::string& header) {
    headers_ = curl_slist_append(headers_, header.c_str());
  }

  /// The reply is whole, the server just does not hang up.
  [[nodiscard]] bool lingers() const { return ended_ && Clock::now() - *ended_ > kFarewell; }

  /// Lets libcurl work; true once the exchange has ended by itself.
  bool finished() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK) fail(message->data.result);
      return true;
    }
    return false;
  }

  void fail(CURLcode code) {
    if (!reply_.failure.empty()) return;
    reply_.message = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    switch (code) {
      case CURLE_OPERATION_TIMEDOUT: reply_.failure = "timeout"; break;
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE: reply_.failure = "tls"; break;
      default: reply_.failure = "network"; break;
    }
  }

  /// Abandons the exchange. A resolver that hangs is not waited for.
  void give_up(const char* failure, std::string message) {
    reply_.failure = failure;
    reply_.message = std::move(message);
    option(CURLOPT_QUICK_EXIT, 1L);
  }

  bool timed_out() {
    const auto& timers = request_.timers;
    const auto late = [&](Clock::time_point from, milliseconds limit, const char* what) {
      if (Clock::now() - from < limit) return false;
      give_up("timeout", fmt::format("{} within {}", what, format_duration(limit)));
      return true;
    };
    return late(start_, timers.total, "the reply did not end") ||
           (reply_.first_payload ? late(last_payload_, timers.idle, "nothing further came")
                                 : late(start_, timers.first_payload, "no answer began"));
  }

  void wait() {
    if (const milliseconds pause = gulp(); pause.count() > 0) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any stopped;
      stopped.wait_for(lock, request_.stop, pause, [] { return false; });
      received_ = false;
      return;
    }
    received_ = false;
    const auto& timers = request_.timers;
    auto next = start_ + timers.total;
    next = std::min<Clock::time_point>(next, reply_.first_payload ? last_payload_ + timers.idle
                                                                  : start_ + timers.first_payload);
    const auto left = std::chrono::duration_cast<milliseconds>(next - Clock::now()) + milliseconds(1);
    const auto most = std::clamp(left, milliseconds(1), ended_ ? kFarewell : kLongestWait);
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
  }

  /// How long to leave arriving bytes alone.
  [[nodiscard]] milliseconds gulp() const {
    if (!received_ || !reply_.first_payload) return milliseconds(0);
    const auto most = std::min(kLongestGulp, (since(start_) - *reply_.first_payload) / kGulpShare);
    return most * std::min(streams_under_way.load(), kManyStreams) / kManyStreams;
  }

  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* user) {
    auto* self = static_cast<Exchange*>(user);
    const std::size_t length = std::min(size * count, self->request_.body.size() - self->read_);
    std::memcpy(into, self->request_.body.data() + self->read_, length);
    self->read_ += length;
    return length;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto* self = static_cast<Exchange*>(user);
    long status = 0;
    curl_easy_getinfo(self->easy_, CURLINFO_RESPONSE_CODE, &status);
    self->received_ = true;
    const BodyPart part = self->request_.on_body(status, {data, size * count});
    if (part != BodyPart::nothing) self->paid();
    if (part == BodyPart::end && !self->ended_) self->ended_ = Clock::now();
    return size * count;
  }

  void paid() {
    last_payload_ = Clock::now();
    if (reply_.first_payload) return;
    reply_.first_payload = since(start_);
    counted_ = true;
    ++streams_under_way;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    static_cast<Exchange*>(user)->take_header({data, size * count});
    return size * count;
  }

  void take_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value(line.substr(colon + 1));
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.pop_back();
    if (name == "retry-after") reply_.retry_after = retry_after(value);
    if (name == "location") reply_.location = value;
    if (name == "date") take_date(value);
  }

  /// Seconds, or a date.
  static milliseconds retry_after(const std::string& value) {
    char* end = nullptr;
    double seconds = std::strtod(value.c_str(), &end);
    if (end == value.c_str()) {
      const std::time_t date = curl_getdate(value.c_str(), nullptr);
      seconds = date < 0 ? 0 : static_cast<double>(date - std::time(nullptr));
    }
    if (!(seconds > 0) || seconds > 86'400) return milliseconds(0);
    return milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }

  void take_date(const std::string& value) {
    const std::time_t date = curl_getdate(value.c_str(), nullptr);
    if (date < 0) return;
    using std::chrono::system_clock;
    reply_.clock_skew = std::chrono::duration_cast<milliseconds>(system_clock::from_time_t(date) -
                                                                 system_clock::now());
  }

  const HttpRequest& request_;
  CURLM* multi_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  const std::string user_agent_ = std::string("weir/") + kVersion;
  char error_[CURL_ERROR_SIZE] = "";
  HttpReply reply_;
  std::size_t read_ = 0;
  std::optional<Clock::time_point> ended_;
  bool received_ = false;
  bool counted_ = false;  ///< among the streams under way
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_payload_ = start_;
};

HttpReply exchange(Exchange::Method method, const HttpRequest& request) {
  thread_local Connections connections;
  return Exchange(method, request, connections).run();
}

}  // namespace

HttpReply http_post(const HttpRequest& request) {
  return exchange(Exchange::Method::post, request);
}

HttpReply http_get(const HttpRequest& request) { return exchange(Exchange::Method::get, request); }

}  // namespace weir
