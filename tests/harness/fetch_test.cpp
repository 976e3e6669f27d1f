// weir tasks fetch against a rows service on this machine, as it is and at its worst.

#include "harness/dataset/fetch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/dataset/dataset_name.hpp"
#include "harness/dataset/partial_file.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/loopback/server.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using loopback::Exchange;
using nlohmann::ordered_json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSplits =
    R"({"splits":[{"dataset":"o/d","config":"default","split":"dev"},)"
    R"({"dataset":"o/d","config":"default","split":"test"}],"pending":[],"failed":[]})";

/// The number after "name=" in a URL.
int number_in(const std::string& path, const std::string& name) {
  return std::stoi(path.substr(path.find(name + "=") + name.size() + 1));
}

ordered_json row_of(int index) {
  return {{"z", index}, {"patch", "a\r\nb \xC3\xA9"}, {"list", {index, nullptr}}};
}

std::string file_of(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) text += row_of(i).dump() + "\n";
  return text;
}

/// A service of `rows` rows. `misbehave` may answer in its place, and says whether it did.
class Hub {
 public:
  using Misbehave = std::function<bool(Exchange&, int request)>;

  explicit Hub(int rows, Misbehave misbehave = {})
      : rows_(rows),
        misbehave_(std::move(misbehave)),
        server_([this](Exchange& e) { answer(e); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> paths() {
    const std::lock_guard lock(mutex_);
    return paths_;
  }
  [[nodiscard]] ordered_json page(const std::string& path) const {
    ordered_json rows = ordered_json::array();
    const int offset = number_in(path, "offset");
    const int end = std::min(rows_.load(), offset + number_in(path, "length"));
    for (int i = offset; i < end; ++i) {
      rows.push_back(
          {{"row_idx", i}, {"row", row_of(i)}, {"truncated_cells", ordered_json::array()}});
    }
    return {{"features", ordered_json::array()},
            {"rows", rows},
            {"num_rows_total", rows_.load()},
            {"num_rows_per_page", 100},
            {"partial", false}};
  }

  std::atomic<int> rows_;

 private:
  void answer(Exchange& exchange) {
    int request = 0;
    {
      const std::lock_guard lock(mutex_);
      paths_.push_back(exchange.path);
      request = static_cast<int>(paths_.size());
    }
    if (misbehave_ && misbehave_(exchange, request)) return;
    const bool splits = exchange.path.rfind("/splits", 0) == 0;
    exchange.reply(200, splits ? kSplits : page(exchange.path).dump());
  }

  Misbehave misbehave_;
  std::mutex mutex_;
  std::vector<std::string> paths_;
  loopback::Server server_;
};

FetchRequest request_to(const Hub& hub, const fs::path& file) {
  FetchRequest request;
  request.name = "o/d";
  request.file = file;
  request.service.endpoint = hub.url();
  request.service.first_wait = milliseconds(1);
  request.service.tries = 3;
  return request;
}

/// What ends a fetch: the message of either error.
std::string failure_of(const FetchRequest& request) {
  try {
    (void)fetch_dataset(request);
  } catch (const InfraError& error) {
    return std::string("infra: ") + error.what();
  } catch (const UserError& error) {
    return std::string("user: ") + error.what();
  }
  return "none";
}

/// Answers every page's rows with one change.
Hub::Misbehave changed(const std::function<void(ordered_json&)>& change, Hub*& hub) {
  return [change, &hub](Exchange& exchange, int) {
    if (exchange.path.rfind("/rows", 0) != 0) return false;
    ordered_json page = hub->page(exchange.path);
    change(page);
    exchange.reply(200, page.dump());
    return true;
  };
}

TEST(Fetch, PagesBecomeLinesWithTheirDigestBesideThem) {
  const TemporaryFolder folder;
  Hub hub(250);
  const FetchedDataset fetched = fetch_dataset(request_to(hub, folder / "in/d.jsonl"));
  EXPECT_EQ(read_file(folder / "in/d.jsonl"), file_of(250));
  EXPECT_EQ(fetched.rows, 250);
  EXPECT_EQ(fetched.resumed_from, 0);
  EXPECT_EQ(fetched.split.split, "test");
  EXPECT_EQ(fetched.sha256, sha256(file_of(250)));
  EXPECT_EQ(read_file(folder / "in/d.jsonl.sha256"), fetched.sha256 + "  d.jsonl\n");
  EXPECT_THAT(files_below(folder.path()),
              ElementsAre(fs::path("in/d.jsonl"), fs::path("in/d.jsonl.sha256")));
  EXPECT_THAT(hub.paths(),
              ElementsAre("/splits?dataset=o%2Fd",
                          "/rows?dataset=o%2Fd&config=default&split=test&offset=0&length=100",
                          "/rows?dataset=o%2Fd&config=default&split=test&offset=100&length=100",
                          "/rows?dataset=o%2Fd&config=default&split=test&offset=200&length=100"));
}

TEST(Fetch, AnEmptySplitIsAnEmptyFile) {
  const TemporaryFolder folder;
  Hub hub(0);
  EXPECT_EQ(fetch_dataset(request_to(hub, folder / "d")).rows, 0);
  EXPECT_EQ(read_file(folder / "d"), "");
}

TEST(Fetch, ACutConnectionIsAskedAgain) {
  const TemporaryFolder folder;
  Hub hub(150, [](Exchange& exchange, int request) {
    if (request == 2) {
      exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"rows\":");
      exchange.hang_up();
    }
    if (request == 3) exchange.reset();
    return request == 2 || request == 3;
  });
  FetchRequest request = request_to(hub, folder / "d");
  std::vector<std::string> notes;
  request.service.on_wait = [&](const std::string& note) { notes.push_back(note); };
  (void)fetch_dataset(request);
  EXPECT_EQ(read_file(folder / "d"), file_of(150));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("network"), HasSubstr("network")));
}

TEST(Fetch, ASecondCallGoesOnWhereTheFirstStopped) {
  const TemporaryFolder folder;
  std::atomic<bool> down{true};
  Hub hub(250, [&](Exchange& exchange, int) {
    if (!down || exchange.path.find("offset=100") == std::string::npos) return false;
    exchange.hang_up();
    return true;
  });
  const FetchRequest request = request_to(hub, folder / "d");
  const std::string failure = failure_of(request);
  EXPECT_THAT(failure, HasSubstr("infra: " + hub.url() + ": network"));
  EXPECT_THAT(failure, HasSubstr("100 rows are kept"));
  EXPECT_FALSE(fs::exists(folder / "d"));
  EXPECT_EQ(read_file(folder / "d.part"), file_of(100));
  // A process killed while it wrote leaves more than its record says.
  write_file(folder / "d.part", file_of(100) + "{\"z\":");
  down = false;
  const auto before = hub.paths().size();
  const FetchedDataset fetched = fetch_dataset(request);
  EXPECT_EQ(fetched.resumed_from, 100);
  EXPECT_EQ(read_file(folder / "d"), file_of(250));
  EXPECT_EQ(fetched.sha256, sha256(file_of(250)));
  EXPECT_EQ(hub.paths().size(), before + 4) << "splits, the last row, two pages";
}

TEST(Fetch, WhatWasTamperedWithIsFetchedAgain) {
  const TemporaryFolder folder;
  std::atomic<bool> down{true};
  Hub hub(150, [&](Exchange& exchange, int) {
    if (!down || exchange.path.find("offset=100") == std::string::npos) return false;
    exchange.hang_up();
    return true;
  });
  FetchRequest request = request_to(hub, folder / "d");
  ASSERT_THAT(failure_of(request), HasSubstr("infra"));
  std::string text = read_file(folder / "d.part");
  text[5] = '8';
  write_file(folder / "d.part", text);
  down = false;
  std::vector<std::string> notes;
  request.on_note = [&](const std::string& note) { notes.push_back(note); };
  EXPECT_EQ(fetch_dataset(request).resumed_from, 0);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("changed since: fetched again")));
  EXPECT_EQ(read_file(folder / "d"), file_of(150));
}

TEST(Fetch, ADataSetThatChangedInBetweenIsFetchedAgain) {
  const TemporaryFolder folder;
  std::atomic<bool> down{true};
  Hub hub(150, [&](Exchange& exchange, int) {
    if (!down || exchange.path.find("offset=100") == std::string::npos) return false;
    exchange.hang_up();
    return true;
  });
  const FetchRequest request = request_to(hub, folder / "d");
  ASSERT_THAT(failure_of(request), HasSubstr("infra"));
  down = false;
  hub.rows_ = 120;
  EXPECT_EQ(fetch_dataset(request).resumed_from, 0);
  EXPECT_EQ(read_file(folder / "d"), file_of(120));
}

TEST(Fetch, ADataSetThatChangesMeanwhileIsNoFile) {
  const TemporaryFolder folder;
  Hub* self = nullptr;
  Hub hub(150, [&](Exchange& exchange, int) {
    if (exchange.path.find("offset=100") != std::string::npos) self->rows_ = 151;
    return false;
  });
  self = &hub;
  EXPECT_THAT(failure_of(request_to(hub, folder / "d")),
              HasSubstr("infra: o/d had 150 rows and now has 151"));
  EXPECT_FALSE(fs::exists(folder / "d"));
  EXPECT_EQ(fetch_dataset(request_to(hub, folder / "d")).rows, 151);
}

TEST(Fetch, LimitsAreWaitedFor) {
  const TemporaryFolder folder;
  Hub hub(10, [](Exchange& exchange, int request) {
    if (request == 2) exchange.reply(429, R"({"error":"slow down"})", "Retry-After: 1\r\n");
    if (request == 3) exchange.reply(503, "busy");
    return request == 2 || request == 3;
  });
  FetchRequest request = request_to(hub, folder / "d");
  std::vector<std::string> notes;
  request.service.on_wait = [&](const std::string& note) { notes.push_back(note); };
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(fetch_dataset(request).rows, 10);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(950));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("HTTP 429: slow down; again in 1.0 s"),
                                 HasSubstr("HTTP 503: busy")));
}

TEST(Fetch, WhatStaysDownIsGivenUp) {
  const TemporaryFolder folder;
  Hub hub(10, [](Exchange& exchange, int) {
    exchange.reply(500, R"({"error":"no"})");
    return true;
  });
  EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr("infra: "));
  EXPECT_EQ(hub.paths().size(), 3U);
}

TEST(Fetch, WhatAskingAgainWouldNotChangeIsTheUsersToChange) {
  const TemporaryFolder folder;
  for (const auto& [status, hint] : std::map<int, std::string>{
           {404, "no such thing"}, {401, "HF_TOKEN"}, {302, "redirects to"}}) {
    Hub hub(10, [code = status](Exchange& exchange, int) {
      exchange.reply(code, R"({"error":"no such thing"})", "Location: /x\r\n");
      return true;
    });
    const std::string failure = failure_of(request_to(hub, folder / "d"));
    EXPECT_THAT(failure, HasSubstr("user: "));
    EXPECT_THAT(failure, HasSubstr(hint));
    EXPECT_EQ(hub.paths().size(), 1U);
  }
}

TEST(Fetch, TruncatedCellsAreAskedForInSmallerPages) {
  const TemporaryFolder folder;
  Hub* self = nullptr;
  const auto cut = [](ordered_json& page) {
    if (page["rows"].size() > 10) page["rows"][0]["truncated_cells"] = {"patch"};
  };
  Hub hub(30, changed(cut, self));
  self = &hub;
  EXPECT_EQ(fetch_dataset(request_to(hub, folder / "d")).rows, 30);
  EXPECT_EQ(read_file(folder / "d"), file_of(30));
}

TEST(Fetch, ARowThatIsCutIsNoRow) {
  const TemporaryFolder folder;
  Hub* self = nullptr;
  const auto cut = [](ordered_json& page) {
    for (auto& entry : page["rows"]) {
      if (entry["row_idx"] == 2) entry["truncated_cells"] = {"patch"};
    }
  };
  Hub hub(30, changed(cut, self));
  self = &hub;
  EXPECT_THAT(failure_of(request_to(hub, folder / "d")),
              HasSubstr("infra: o/d: row 2, column patch was cut short"));
  EXPECT_EQ(read_file(folder / "d.part"), file_of(2)) << "the sound ones are kept";
  EXPECT_FALSE(fs::exists(folder / "d"));
}

TEST(Fetch, AnswersThatLieAreRefused) {
  const TemporaryFolder folder;
  using Change = std::function<void(ordered_json&)>;
  const std::map<std::string, Change> lies = {
      {"gave 30", [](ordered_json& page) { page["num_rows_total"] = 5; }},
      {"gave 0", [](ordered_json& page) { page["rows"] = ordered_json::array(); }},
      {"row 0 is not where", [](ordered_json& page) { page["rows"][0]["row_idx"] = 1; }},
      {"row 1 is no object", [](ordered_json& page) { page["rows"][1]["row"] = "x"; }},
      {"no list \"truncated_cells\"",
       [](ordered_json& page) { page["rows"][0].erase("truncated_cells"); }},
      {"only part", [](ordered_json& page) { page["partial"] = true; }},
      {"no count \"num_rows_total\"", [](ordered_json& page) { page["num_rows_total"] = "30"; }},
      {"no list \"rows\"", [](ordered_json& page) { page.erase("rows"); }}};
  for (const auto& [message, change] : lies) {
    Hub* self = nullptr;
    Hub hub(30, changed(change, self));
    self = &hub;
    EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr("infra: ")) << message;
    EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr(message));
    EXPECT_FALSE(fs::exists(folder / "d"));
  }
  for (const char* text : {"{\"rows\": [", "[]", "", "\xFF"}) {
    Hub hub(30, [text](Exchange& exchange, int) {
      exchange.reply(200, text);
      return true;
    });
    EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr("something else than rows"));
  }
}

TEST(Fetch, TheDigestThatWasAskedForIsHeld) {
  const TemporaryFolder folder;
  Hub hub(5);
  FetchRequest request = request_to(hub, folder / "d");
  request.sha256 = std::string(64, '0');
  EXPECT_THAT(failure_of(request), HasSubstr("user: what was fetched has sha256"));
  EXPECT_FALSE(fs::exists(folder / "d"));
  request.sha256 = sha256(file_of(5));
  EXPECT_EQ(fetch_dataset(request).resumed_from, 5);
  const auto asked = hub.paths().size();
  const FetchedDataset again = fetch_dataset(request);
  EXPECT_EQ(hub.paths().size(), asked) << "nobody is asked about a file that is there";
  EXPECT_TRUE(again.was_there);
  EXPECT_EQ(again.rows, 5);
  request.sha256.clear();
  EXPECT_THAT(failure_of(request), HasSubstr("user: " + (folder / "d").string() + ": is there"));
}

TEST(Fetch, OtherRowsUnderTheNameAreNotTouched) {
  const TemporaryFolder folder;
  Hub hub(5);
  write_file(folder / "d.part", "mine");
  EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr("nothing says what it is"));
  write_file(folder / "d.part.json", "{}");
  EXPECT_THAT(failure_of(request_to(hub, folder / "d")), HasSubstr("not the record of a fetch"));
  EXPECT_EQ(read_file(folder / "d.part"), "mine");
  const PartialFile other(folder / "e", {"o/d", "default", "dev"});
  EXPECT_THAT(failure_of(request_to(hub, folder / "e")), HasSubstr("another fetch is writing"));
  { const PartialFile left(folder / "f", {"o/d", "default", "dev"}); }
  EXPECT_THAT(failure_of(request_to(hub, folder / "f")),
              HasSubstr("holds rows of o/d (default, dev)"));
}

TEST(Fetch, TheTokenGoesToTheServiceAndNowhereElse) {
  const TemporaryFolder folder;
  std::string seen;
  Hub hub(1, [&seen](Exchange& exchange, int request) {
    seen = exchange.headers["authorization"];
    if (request == 2) exchange.reply(404, "who is hf_secret?");
    return request == 2;
  });
  FetchRequest request = request_to(hub, folder / "d");
  request.service.token = Secret("hf_secret");
  const std::string failure = failure_of(request);
  EXPECT_EQ(seen, "Bearer hf_secret");
  EXPECT_EQ(failure.find("hf_secret"), std::string::npos) << failure;
}

TEST(Fetch, NamesSplitsAndConfigsAreChosenOrAskedFor) {
  EXPECT_EQ(find_dataset("verified").dataset, "SWE-bench/SWE-bench_Verified");
  EXPECT_EQ(find_dataset("own/set").dataset, "own/set");
  EXPECT_THAT(error_of([] { (void)find_dataset("verifed"); }),
              HasSubstr("did you mean \"verified\""));
  EXPECT_THAT(error_of([] { (void)find_dataset("a/b/c"); }), HasSubstr("no data set"));
  const TemporaryFolder folder;
  Hub hub(5);
  FetchRequest request = request_to(hub, folder / "d");
  request.split = "tset";
  EXPECT_THAT(failure_of(request),
              HasSubstr("has no split \"tset\"; it has dev, test; did you mean \"test\"?"));
  request.split = "dev";
  EXPECT_EQ(fetch_dataset(request).split.split, "dev");
  Hub several(5, [](Exchange& exchange, int) {
    exchange.reply(200, R"({"splits":[{"dataset":"o/d","config":"a","split":"x"},)"
                        R"({"dataset":"o/d","config":"b","split":"x"}]})");
    return true;
  });
  EXPECT_THAT(failure_of(request_to(several, folder / "e")),
              HasSubstr("o/d has several configs; choose with --config: a, b"));
  FetchRequest bad = request_to(hub, folder / "e");
  bad.service.endpoint = "ftp://x";
  EXPECT_THAT(failure_of(bad), HasSubstr("must begin with https://"));
}

}  // namespace
}  // namespace weir
