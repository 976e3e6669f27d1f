#include "harness/model/wire/reply_reader.hpp"

#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "harness/model/wire/json_fields.hpp"

namespace weir {
namespace {

constexpr std::size_t kLargestBody = std::size_t{256} << 20;
constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\n";

/// The body past a byte order mark and the blank lines that kept it alive.
std::string_view past_blanks(std::string_view body) {
  if (body.substr(0, kBom.size()) == kBom) body.remove_prefix(kBom.size());
  const auto first = body.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view() : body.substr(first);
}

}  // namespace

ReplyReader::ReplyReader(std::unique_ptr<ReplyDecoder> decoder, bool stream)
    : decoder_(std::move(decoder)),
      framer_([this](const SseEvent& event) { payload_ = decoder_->take(event) || payload_; }),
      stream_(stream) {}

BodyPart ReplyReader::push(long status, std::string_view bytes) {
  payload_ = false;
  if (status != 200) shape_ = Shape::whole;
  if (shape_ == Shape::stream) {
    framer_.push(bytes);
    return held();
  }
  if (body_.size() + bytes.size() > kLargestBody) {
    too_large_ = true;
    return BodyPart::nothing;
  }
  body_ += bytes;
  if (shape_ == Shape::unknown) sniff();
  if (shape_ == Shape::stream) {
    framer_.push(std::exchange(body_, {}));
    return held();
  }
  payload_ = shape_ == Shape::whole && bytes.find_first_not_of(kBlank) != std::string_view::npos;
  return held();
}

BodyPart ReplyReader::held() const {
  if (decoder_->ended()) return BodyPart::end;
  return payload_ ? BodyPart::payload : BodyPart::nothing;
}

/// Streams begin with a field or a comment, JSON with a brace, pages with "<".
void ReplyReader::sniff() {
  const std::string_view text = past_blanks(body_);
  if (text.empty() || kBom.substr(0, text.size()) == text) return;
  const bool field = std::string_view(":deir").find(text.front()) != std::string_view::npos;
  shape_ = field ? Shape::stream : Shape::whole;
}

Completion ReplyReader::finish(long status) {
  Completion completion;
  if (status != 200) {
    fail_with_status(completion, status, body_);
    return completion;
  }
  if (shape_ == Shape::stream || (shape_ == Shape::unknown && stream_)) {
    completion = decoder_->finish(true);
    completion.keepalive_comments = framer_.comments();
    if (framer_.overflowed()) fail(completion, "malformed_response", "an event exceeds 64 MiB");
  } else {
    const nlohmann::json reply = parse_json(past_blanks(body_));
    if (reply.is_object() && !too_large_) {
      decoder_->take_body(reply);
      completion = decoder_->finish(false);
    } else {
      fail(completion, "malformed_response",
           too_large_ ? "the reply exceeds 256 MiB" : "the reply is not a JSON object");
    }
  }
  completion.http_status = status;
  return completion;
}

}  // namespace weir
