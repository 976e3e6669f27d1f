#include "harness/model/wire/sse.hpp"

#include <gtest/gtest.h>

#include "harness/model/wire/delta_template.hpp"

#include <vector>

namespace weir {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

/// The events of `text` cut into pieces of `size`; comments are counted.
Events framed(const std::string& text, std::size_t size, int* comments = nullptr) {
  Events events;
  SseFramer framer([&](const SseEvent& event) { events.emplace_back(event.name, event.data); });
  for (std::size_t at = 0; at < text.size(); at += size) framer.push(text.substr(at, size));
  if (comments != nullptr) *comments = framer.comments();
  return events;
}

void expect_events(const std::string& text, const Events& want) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, text.size()}) {
    EXPECT_EQ(framed(text, size), want) << "in pieces of " << size;
  }
}

TEST(Sse, EndsLinesInEveryWay) {
  const Events want = {{"", "a"}, {"n", "b"}};
  expect_events("data: a\n\nevent: n\ndata: b\n\n", want);
  expect_events("data: a\r\n\r\nevent: n\r\ndata: b\r\n\r\n", want);
  expect_events("data: a\r\revent: n\rdata: b\r\r", want);
  expect_events("\xEF\xBB\xBF" "data: a\n\nevent: n\ndata: b\n\n", want);
}

TEST(Sse, JoinsDataLinesAndKeepsOneBlank) {
  expect_events("data:x\ndata:  y\ndata\n\n", {{"", "x\n y\n"}});
}

TEST(Sse, OnlyABlankLineDispatches) {
  expect_events("data: a\n\ndata: b\n", {{"", "a"}});
  expect_events("event: only\n\ndata: a\n\n", {{"", "a"}});  // no data, no event, no name left over
}

TEST(Sse, CountsComments) {
  int comments = 0;
  EXPECT_EQ(framed(": x\n:\n\ndata: a\n: y\n\n", 1, &comments), (Events{{"", "a"}}));
  EXPECT_EQ(comments, 3);
}

TEST(Sse, WhatLooksLikeABomButIsNoneStays) {
  SseFramer framer([](const SseEvent&) {});
  framer.push("\xEF\xBB" "data: a\n\n");
  EXPECT_FALSE(framer.mid_event());
}

TEST(DeltaTemplate, ReadsTheOneStringThatDiffers) {
  DeltaTemplate shortcut;
  const auto event = [](const std::string& text) {
    return R"({"choices":[{"delta":{"content":")" + text + R"("}}]})";
  };
  EXPECT_FALSE(shortcut.match(event("a")));
  shortcut.learn(event("a"), "content", "a");
  EXPECT_EQ(shortcut.match(event("b c")), "b c");
  EXPECT_EQ(shortcut.match(event("")), "");
  EXPECT_FALSE(shortcut.match(event("a\\")));  // the escape eats the quote
  EXPECT_EQ(shortcut.match(event(R"(\n\u00e9)")), "\n\xC3\xA9");
  EXPECT_FALSE(shortcut.match(event("a\",\"content\":\"b")));  // more than a string
  EXPECT_FALSE(shortcut.match(event("\xFF")));                 // not UTF-8: the parser's affair
  // A key that stands twice could be either.
  shortcut.learn(R"({"content":"a","delta":{"content":"a"}})", "content", "a");
  EXPECT_FALSE(shortcut.match(R"({"content":"b","delta":{"content":"a"}})"));
}

}  // namespace
}  // namespace weir
