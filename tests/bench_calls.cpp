// What reading model replies costs: framing and decoding beside a bare JSON
// parse, many slow streams at once, many calls in flight.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <latch>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/model/http_model.hpp"
#include "harness/model/wire/reply_reader.hpp"
#include "runners/host.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string event_with(const char* key, const std::string& text) {
  const json chunk = {
      {"id", "930c60df-bf64-41c9-a88e-3ec75f81e00e"},
      {"object", "chat.completion.chunk"},
      {"created", 1785983456},
      {"model", "deepseek-v4-flash"},
      {"system_fingerprint", "fp_8802369eaa_prod0425fp8"},
      {"choices",
       json::array({{{"index", 0}, {"delta", {{key, text}}}, {"logprobs", nullptr}, {"finish_reason", nullptr}}})}};
  return chunk.dump();
}

/// The events of one long answer, as JSON texts.
const std::vector<std::string>& events() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (int i = 0; i < 4000; ++i) {
      out.push_back(event_with(i < 3000 ? "reasoning_content" : "content", " word" + std::to_string(i)));
    }
    return out;
  }();
  return all;
}

const std::string& stream() {
  static const std::string all = [] {
    std::string out;
    for (const auto& event : events()) out += "data: " + event + "\n\n";
    return out + "data: [DONE]\n\n";
  }();
  return all;
}

template <typename Take>
void by_pieces(const std::string& bytes, Take&& take) {
  for (std::size_t at = 0; at < bytes.size(); at += 16384) {
    take(std::string_view(bytes).substr(at, 16384));
  }
}

void SseFraming(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t data = 0;
    SseFramer framer([&](const SseEvent& event) { data += event.data.size(); });
    by_pieces(stream(), [&](std::string_view piece) { framer.push(piece); });
    benchmark::DoNotOptimize(data);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
}

void BareJsonParse(benchmark::State& state) {
  for (auto _ : state) {
    for (const auto& event : events()) benchmark::DoNotOptimize(json::parse(event));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
}

void FramingAndDecoding(benchmark::State& state) {
  for (auto _ : state) {
    ReplyReader reader(make_chat_decoder(), true);
    by_pieces(stream(), [&](std::string_view piece) { reader.push(200, piece); });
    benchmark::DoNotOptimize(reader.finish(200));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
}

/// A server in a process of its own, so that its work is not counted.
class Child {
 public:
  template <typename Serve>
  explicit Child(Serve&& serve) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    (void)::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    (void)::listen(listener_, 4096);
    (void)::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    child_ = ::fork();
    if (child_ == 0) {
      serve(listener_);
      ::_exit(0);
    }
  }
  ~Child() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  int port_ = 0;
  pid_t child_ = -1;
};

constexpr const char* kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

std::vector<int> accepted(int listener, int count) {
  std::vector<int> sockets;
  char request[65536];
  while (static_cast<int>(sockets.size()) < count) {
    const int socket = ::accept(listener, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)!::read(socket, request, sizeof request);
    (void)!::write(socket, kHead, std::strlen(kHead));
    sockets.push_back(socket);
  }
  return sockets;
}

void send_to(const std::vector<int>& sockets, const std::string& bytes) {
  for (const int socket : sockets) (void)!::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ModelSpec spec_for(const Child& child) {
  ModelSpec spec;
  spec.provider = "openai";
  spec.dialect = "deepseek";
  spec.base_url = child.url();
  spec.model = "m";
  return spec;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_megabytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  statm >> pages >> resident;
  return resident * 4096 / 1e6;
}

/// Every caller asks once; `during` runs while all are in flight.
template <typename During>
int call_all(const Child& child, int callers, During&& during) {
  allow_open_files(8 * callers);
  std::atomic<int> answered{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      const ChatRequest request{{{Role::user, "q", "", {}, ""}}, json::array(), {}};
      if (make_openai_model(spec_for(child))->complete(request, {"r/t/c/1"}).ok()) ++answered;
    });
  }
  during();
  threads.clear();
  return answered;
}

void TwoHundredStreams(benchmark::State& state) {
  constexpr int kStreams = 200;
  constexpr int kTokens = 4000;  // 20 seconds at 200 a second
  for (auto _ : state) {
    const Child child([](int listener) {
      const auto sockets = accepted(listener, kStreams);
      auto next = std::chrono::steady_clock::now();
      for (int i = 0; i < kTokens; ++i) {
        send_to(sockets, "data: " + event_with("content", " word" + std::to_string(i)) + "\n\n");
        next += std::chrono::milliseconds(5);
        std::this_thread::sleep_until(next);
      }
      json last = json::parse(event_with("content", ""));
      last["choices"][0]["finish_reason"] = "stop";
      send_to(sockets, "data: " + last.dump() + "\n\ndata: [DONE]\n\n");
      for (const int socket : sockets) ::close(socket);
    });
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    const int answered = call_all(child, kStreams, [] {});
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.counters["answered"] = answered;
    state.counters["core_share"] = (cpu_seconds() - cpu) / wall;
    state.counters["tokens_per_second"] = kStreams * kTokens / wall;
  }
}

void ThousandInFlight(benchmark::State& state) {
  constexpr int kCalls = 1000;
  for (auto _ : state) {
    const Child child([](int listener) {
      const auto sockets = accepted(listener, kCalls);
      send_to(sockets, "data: " + event_with("content", "x") + "\n\n");
      std::this_thread::sleep_for(std::chrono::seconds(3));
      json last = json::parse(event_with("content", ""));
      last["choices"][0]["finish_reason"] = "stop";
      send_to(sockets, "data: " + last.dump() + "\n\ndata: [DONE]\n\n");
      for (const int socket : sockets) ::close(socket);
    });
    double resident = 0;
    const int answered = call_all(child, kCalls, [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(2500));
      resident = resident_megabytes();
    });
    state.counters["answered"] = answered;
    state.counters["rss_mb"] = resident;
  }
}

BENCHMARK(SseFraming)->Unit(benchmark::kMicrosecond);
BENCHMARK(BareJsonParse)->Unit(benchmark::kMicrosecond);
BENCHMARK(FramingAndDecoding)->Unit(benchmark::kMicrosecond);
BENCHMARK(TwoHundredStreams)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(ThousandInFlight)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
