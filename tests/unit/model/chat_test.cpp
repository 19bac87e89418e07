// The chat client and the stream of events that it reads.

#include "millpond/model/chat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http_test_server.h"
#include "model/event_stream.h"

namespace millpond::model {
namespace {

using nlohmann::json;
using testing::ElementsAre;

std::vector<std::string> events_of(std::string_view bytes, std::size_t piece_bytes) {
  EventStream stream(1000);
  std::vector<std::string> events;
  const auto take = [&](std::string_view data) {
    events.emplace_back(data);
    return Status();
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    EXPECT_TRUE(stream.feed(bytes.substr(at, piece_bytes), take).ok());
  }
  EXPECT_TRUE(stream.finish(take).ok());
  return events;
}

TEST(EventStreamTest, CutsEventsWhereverThePiecesEnd) {
  const std::string_view bytes =
      "\xEF\xBB\xBF"
      "data: one\n\n: a comment\nevent: x\r\ndata:two\r\ndata\r\ndata:  three\r\n\r\n\rdata: four\r\rdatabase: "
      "no\n\ndata: last";
  for (std::size_t piece = 1; piece < 20; ++piece) {
    EXPECT_THAT(events_of(bytes, piece), ElementsAre("one", "two\n\n three", "four", "last")) << piece;
  }
}

TEST(EventStreamTest, LimitsAnEvent) {
  EventStream stream(100);
  const auto ignore = [](std::string_view) { return Status(); };
  EXPECT_TRUE(stream.feed("data: " + std::string(90, 'x') + "\n\n", ignore).ok());
  Status status;
  for (int i = 0; i < 20 && status.ok(); ++i) status = stream.feed("data: 12345678\n", ignore);
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
}

std::string event(const std::string& text, const char* finish = nullptr) {
  json choice{{"delta", {{"content", text}}}};
  if (finish != nullptr) choice["finish_reason"] = finish;
  return "data: " + json{{"choices", {choice}}}.dump() + "\n\n";
}

const std::string kStreamHead = "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

class ChatTest : public testing::Test {
 protected:
  Result<ChatReply> ask(const TestServer& server, bool stream) {
    pieces.clear();
    const auto chat = open_chat({.url = server.url(), .model = "m", .attempts_max = 2});
    EXPECT_TRUE(chat.ok());
    const std::vector<ChatMessage> messages = {{"system", "Be short."}, {"user", "Where does the mill stand?"}};
    if (!stream) return (*chat)->complete(messages, context);
    return (*chat)->complete(messages, context, [&](std::string_view piece) {
      pieces.emplace_back(piece);
      return Status();
    });
  }
  Context context;
  std::vector<std::string> pieces;
};

TEST_F(ChatTest, AnswersWhole) {
  TestServer server([](const Received& request, int) {
    const json body = json::parse(request.body);
    EXPECT_EQ(body["messages"][1]["content"], "Where does the mill stand?");
    EXPECT_EQ(body["temperature"], 0);
    EXPECT_FALSE(body.contains("stream"));
    return http_reply(200, R"({"choices":[{"message":{"content":"By the pond."},"finish_reason":"stop"}],
                               "usage":{"prompt_tokens":12,"completion_tokens":5}})");
  });
  const auto reply = ask(server, false);
  ASSERT_TRUE(reply.ok()) << reply.status().to_string();
  EXPECT_EQ(reply->text, "By the pond.");
  EXPECT_EQ(reply->finish_reason, "stop");
  EXPECT_EQ(reply->usage.prompt_tokens, 12);
  EXPECT_EQ(reply->usage.completion_tokens, 5);
}

TEST_F(ChatTest, Streams) {
  TestServer server([](const Received& request, int) {
    const json body = json::parse(request.body);
    EXPECT_EQ(body["stream"], true);
    if (body.contains("stream_options")) return http_reply(400, "unknown field stream_options");
    const std::string all =
        event("By the ") + event("pond — ") + event("Mühle.", "stop") +
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
    return Reply{{kStreamHead + all.substr(0, 40), all.substr(40)}, 20};
  });
  const auto reply = ask(server, true);
  ASSERT_TRUE(reply.ok()) << reply.status().to_string();
  EXPECT_EQ(reply->text, "By the pond — Mühle.");
  EXPECT_THAT(pieces, ElementsAre("By the ", "pond — ", "Mühle."));
  EXPECT_EQ(reply->finish_reason, "stop");
  EXPECT_EQ(reply->usage.completion_tokens, 3);
}

TEST_F(ChatTest, TellsABrokenStreamFromACompleteOne) {
  TestServer broken([](const Received&, int) { return Reply{{kStreamHead + event("By the ")}}; });
  EXPECT_EQ(ask(broken, true).status().code(), Code::kDataCorrupt);
  EXPECT_THAT(pieces, ElementsAre("By the "));
  EXPECT_EQ(broken.received().size(), 1U);  // not asked again: a part has been shown

  TestServer without_done([](const Received&, int) { return Reply{{kStreamHead + event("By.", "length")}}; });
  const auto reply = ask(without_done, true);
  ASSERT_TRUE(reply.ok()) << reply.status().to_string();
  EXPECT_EQ(reply->finish_reason, "length");

  TestServer failing([](const Received&, int) {
    return Reply{{kStreamHead + event("By ") + "data: {\"error\":{\"message\":\"overloaded\"}}\n\n"}};
  });
  EXPECT_EQ(ask(failing, true).status().code(), Code::kUnavailable);
}

TEST_F(ChatTest, RetriesBeforeTheFirstWord) {
  TestServer server([](const Received&, int request) {
    return request == 1 ? http_reply(503, "", "Connection: close\r\n") : Reply{{kStreamHead + event("Yes.", "stop")}};
  });
  const auto reply = ask(server, true);
  ASSERT_TRUE(reply.ok()) << reply.status().to_string();
  EXPECT_EQ(reply->text, "Yes.");
}

TEST_F(ChatTest, StopsWhenTheReaderHasEnough) {
  TestServer server([](const Received&, int) { return Reply{{kStreamHead + event("one "), event("two ")}, 10}; });
  const auto chat = open_chat({.url = server.url(), .model = "m"});
  ASSERT_TRUE(chat.ok());
  const ChatMessage message{"user", "Count."};
  const auto enough = [](std::string_view) { return Status(Code::kCancelled, "enough"); };
  EXPECT_EQ((*chat)->complete({&message, 1}, context, enough).status().code(), Code::kCancelled);
}

TEST_F(ChatTest, RefusesWrongAnswersAndOptions) {
  for (const char* body : {"", "[]", "{}", R"({"choices":[]})", R"({"choices":[{"message":3}]})"}) {
    TestServer server([=](const Received&, int) { return http_reply(200, body); });
    EXPECT_EQ(ask(server, false).status().code(), Code::kDataCorrupt) << body;
  }
  TestServer noise([](const Received&, int) { return Reply{{kStreamHead + "data: <html>\n\n"}}; });
  EXPECT_EQ(ask(noise, true).status().code(), Code::kDataCorrupt);
  EXPECT_EQ(open_chat({.url = "localhost:8080", .model = "m"}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(open_chat({.url = "http://localhost:8080"}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::model
