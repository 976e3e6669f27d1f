#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace weir::loopback {

/// One request and the raw connection it came on: a test says byte by byte what
/// the server does, as badly as real ones do. One thread.
class Exchange {
 public:
  Exchange(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}

  std::string path;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// Sends raw bytes; false once the client is gone.
  bool send(std::string_view bytes);
  /// Sends a whole reply with a length.
  void reply(int status, std::string_view body, const std::string& extra_headers = {},
             const std::string& content_type = "application/json");
  /// Begins a chunked reply of events; `chunk` sends some of it, `end` ends it.
  void begin_stream(const std::string& content_type = "text/event-stream");
  bool chunk(std::string_view bytes);
  void end();
  /// Waits; false once the server is being stopped.
  bool sleep(std::chrono::milliseconds duration) const;
  /// Closes the connection with a reset: the client sees an error, not an end.
  void reset();
  /// Closes it in order, though the reply may be unfinished.
  void hang_up();

  [[nodiscard]] bool open() const { return socket_ >= 0; }

 private:
  int socket_;
  const std::atomic<bool>& stopping_;
};

/// An HTTP/1.1 server on 127.0.0.1 with a thread per connection.
class Server {
 public:
  using Handler = std::function<void(Exchange&)>;

  explicit Server(Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;  ///< open ones, to be shut down at the end
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace weir::loopback
