#include "harness/dataset/rows_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// RFC 3986: all but unreserved characters as %XX.
std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

bool may_pass(const HttpReply& reply) {
  if (!reply.failure.empty()) return reply.failure == "network" || reply.failure == "timeout";
  return reply.status == 429 || (reply.status >= 500 && reply.status <= 504);
}

bool whole(const HttpReply& reply) {
  return reply.failure.empty() && reply.status == 200;
}

std::string cause_of(const HttpReply& reply, const std::string& body) {
  if (!reply.failure.empty()) return reply.failure + ": " + to_utf8(reply.message);
  return fmt::format("HTTP {}: {}", reply.status, service_message(body));
}

[[noreturn]] void give_up(const HttpReply& reply, const std::string& cause) {
  if (!reply.failure.empty() || may_pass(reply)) throw InfraError(cause);
  if (reply.status == 401 || reply.status == 403) {
    throw UserError(cause + "; a gated data set needs your token in HF_TOKEN");
  }
  if (reply.status >= 300 && reply.status < 400) {
    throw UserError(fmt::format("{} (it redirects to {}; give that with --endpoint)", cause,
                                to_utf8(reply.location)));
  }
  throw UserError(cause);
}

}  // namespace

RowsService::RowsService(Options options) : options_(std::move(options)) {
  std::string& url = options_.endpoint;
  while (!url.empty() && url.back() == '/') url.pop_back();
  if (url.compare(0, 7, "http://") != 0 && url.compare(0, 8, "https://") != 0) {
    throw UserError(fmt::format("--endpoint {}: must begin with https:// or http://", url));
  }
}

bool RowsService::may_see_token() const {
  const std::string& url = options_.endpoint;
  const auto begins = [&url](std::string_view with) {
    const bool same = url.compare(0, with.size(), with) == 0;
    return same &&
           (url.size() == with.size() || url[with.size()] == ':' || url[with.size()] == '/');
  };
  return url.compare(0, 8, "https://") == 0 || begins("http://127.0.0.1") ||
         begins("http://localhost");
}

HttpReply RowsService::ask(const std::string& url, std::string& body) {
  HttpRequest request;
  request.url = url;
  request.headers = {"Accept: application/json"};
  if (!options_.token.empty() && may_see_token()) {
    request.headers.push_back("Authorization: Bearer " + options_.token.header_value());
  }
  request.timers = options_.timers;
  body.clear();
  request.on_body = [&body](long, std::string_view bytes) {
    body += bytes;
    return BodyPart::payload;
  };
  return http_get(request);
}

std::string RowsService::get(const std::string& path) {
  const std::string url = options_.endpoint + path;
  milliseconds wait = options_.first_wait;
  for (int attempt = 1;; ++attempt) {
    std::string body;
    const HttpReply reply = ask(url, body);
    if (whole(reply)) return body;
    const std::string cause =
        options_.token.redact(fmt::format("{}: {}", options_.endpoint, cause_of(reply, body)));
    if (!may_pass(reply) || attempt >= options_.tries) give_up(reply, cause);
    const auto asked = std::min(reply.retry_after, options_.longest_retry_after);
    const auto pause = asked.count() > 0 ? asked : wait;
    if (options_.on_wait) {
      options_.on_wait(fmt::format("{}; again in {}", cause, format_duration(pause)));
    }
    std::this_thread::sleep_for(pause);
    wait = std::min(wait * 2, options_.longest_wait);
  }
}

std::vector<DatasetSplit> RowsService::splits(const std::string& dataset) {
  return parse_splits(get("/splits?dataset=" + url_encoded(dataset)));
}

RowsPage RowsService::rows(const DatasetSplit& split, std::int64_t offset, int length) {
  const std::string path = fmt::format("/rows?dataset={}&config={}&split={}&offset={}&length={}",
                                       url_encoded(split.dataset), url_encoded(split.config),
                                       url_encoded(split.split), offset, length);
  return parse_rows_page(get(path), offset, length);
}

}  // namespace weir
