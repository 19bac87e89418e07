// Retries, limits and errors of requests to services, and the embedder on top of them.

#include "millpond/model/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "http_test_server.h"
#include "millpond/model/embedder.h"
#include "model/embedding_response.h"

namespace millpond::model {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr RetryPolicy kQuick{.attempts_max = 4, .wait_first_ms = 1, .wait_max_ms = 4, .retry_after_max_ms = 3000};
constexpr const char* kSecret = "sk-test-0123456789";

double ms_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

class HttpTest : public testing::Test {
 protected:
  Result<HttpResponse> post(const std::string& url, HttpRequest request = {}) {
    request.url = url;
    if (request.body.empty()) request.body = "{}";
    RateLimit limit(0);
    return post_with_retries(client, request, kQuick, limit, context);
  }
  Context context;
  HttpClient client;
};

TEST_F(HttpTest, RetriesUntilItSucceeds) {
  TestServer server([](const Received&, int request) {
    if (request == 1) return http_reply(429, "{}");
    if (request == 2) return Reply{};  // hangs up
    if (request == 3) return http_reply(503, "busy");
    return http_reply(200, "done");
  });
  const auto response = post(server.url());
  ASSERT_TRUE(response.ok()) << response.status().to_string();
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(server.received().size(), 4U);
}

TEST_F(HttpTest, GivesUpAfterItsAttempts) {
  TestServer server([](const Received&, int) { return http_reply(500, R"({"error":{"message":"out of order"}})"); });
  const auto response = post(server.url());
  EXPECT_EQ(response.status().code(), Code::kUnavailable);
  EXPECT_THAT(response.status().message(), HasSubstr("out of order"));
  EXPECT_EQ(server.received().size(), 4U);
}

TEST_F(HttpTest, DoesNotRetryWhatIsRefusedForGood) {
  const std::vector<std::pair<int, Code>> cases = {{400, Code::kInvalidArgument},  {401, Code::kUnauthenticated},
                                                   {403, Code::kPermissionDenied}, {404, Code::kNotFound},
                                                   {422, Code::kInvalidArgument},  {302, Code::kUnavailable}};
  for (const auto& [status, code] : cases) {
    TestServer server(
        [status = status](const Received&, int) { return http_reply(status, "no", "Location: /other\r\n"); });
    EXPECT_EQ(post(server.url()).status().code(), code) << status;
    EXPECT_EQ(server.received().size(), 1U) << status;
  }
  TestServer quota([](const Received&, int) { return http_reply(429, R"({"error":{"code":"insufficient_quota"}})"); });
  EXPECT_EQ(post(quota.url()).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(quota.received().size(), 1U);
}

TEST_F(HttpTest, HonoursRetryAfter) {
  TestServer server([](const Received&, int request) {
    return request == 1 ? http_reply(429, "", "Retry-After: 0.3\r\n") : http_reply(200, "done");
  });
  EXPECT_GE(ms_of([&] { EXPECT_TRUE(post(server.url()).ok()); }), 290);
  TestServer later([](const Received&, int) { return http_reply(429, "", "retry-after: 3600\r\n"); });
  EXPECT_LT(ms_of([&] { EXPECT_EQ(post(later.url()).status().code(), Code::kResourceExhausted); }), 2000);
}

TEST_F(HttpTest, StopsWhenCancelled) {
  TestServer server(
      [](const Received&, int) { return Reply{{"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n", "late"}, 20'000}; });
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    context.cancel().request();
  });
  EXPECT_LT(ms_of([&] { EXPECT_EQ(post(server.url()).status().code(), Code::kCancelled); }), 5000);
  canceller.join();
}

TEST_F(HttpTest, TimesOutAndLimitsTheAnswer) {
  TestServer slow(
      [](const Received&, int) { return Reply{{"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n", "late"}, 20'000}; });
  const auto late = post(slow.url(), {.timeout_ms = 60});
  EXPECT_EQ(late.status().code(), Code::kUnavailable);
  EXPECT_THAT(late.status().message(), HasSubstr("60 ms"));
  TestServer large([](const Received&, int) { return http_reply(200, std::string(100'000, 'x')); });
  EXPECT_EQ(post(large.url(), {.response_bytes_max = 1000}).status().code(), Code::kResourceExhausted);
}

TEST_F(HttpTest, SaysWhatIsWrongWithTheAddress) {
  EXPECT_EQ(post("http://127.0.0.1:1/v1").status().code(), Code::kUnavailable);
  EXPECT_EQ(post("file:///etc/passwd").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(service_url("ftp://host", "embeddings").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(*service_url("http://host/v1/", "embeddings"), "http://host/v1/embeddings");
  EXPECT_EQ(*service_url("http://host/v1/embeddings", "embeddings"), "http://host/v1/embeddings");
}

TEST_F(HttpTest, NeverShowsTheKey) {
  TestServer server([](const Received& request, int) {
    EXPECT_THAT(request.head, HasSubstr(std::string("authorization: bearer ") + kSecret));
    return http_reply(401, std::string(R"({"error":{"message":"wrong key )") + kSecret + "\"}}");
  });
  const auto response = post(server.url(), {.key = kSecret});
  EXPECT_EQ(response.status().code(), Code::kUnauthenticated);
  EXPECT_THAT(response.status().to_string(), Not(HasSubstr(kSecret)));
  EXPECT_THAT(response.status().message(), HasSubstr("wrong key ***"));
}

TEST_F(HttpTest, ReadsTheKeyFromTheEnvironment) {
  ::setenv("MILLPOND_TEST_KEY", kSecret, 1);
  EXPECT_EQ(*key_from_environment("MILLPOND_TEST_KEY"), kSecret);
  EXPECT_EQ(*key_from_environment(""), "");
  ::setenv("MILLPOND_TEST_KEY", "two\r\nX-Header: lines", 1);
  EXPECT_EQ(key_from_environment("MILLPOND_TEST_KEY").status().code(), Code::kUnauthenticated);
  ::unsetenv("MILLPOND_TEST_KEY");
  EXPECT_EQ(key_from_environment("MILLPOND_TEST_KEY").status().code(), Code::kUnauthenticated);
}

TEST_F(HttpTest, SpacesRequests) {
  RateLimit limit(1200);  // one each 50 ms
  EXPECT_GE(ms_of([&] {
              for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.wait(context).ok());
            }),
            199);
}

/// Answers like a service: a two-dimensional vector made of the text's size, items in reverse order.
Reply embed_reply(const Received& request, bool knows_base64) {
  const json body = json::parse(request.body);
  if (!knows_base64 && body["encoding_format"] != "float") return http_reply(400, "unknown encoding_format");
  json data = json::array();
  const std::size_t count = body["input"].size();
  for (std::size_t i = count; i-- > 0;) {
    const auto size = static_cast<double>(body["input"][i].get<std::string>().size());
    if (size == 13) return http_reply(400, R"({"error":{"message":"13 is refused"}})");
    data.push_back({{"index", i}, {"embedding", {3 * size, 4 * size}}});
  }
  return http_reply(200, json{{"data", data}}.dump());
}

TEST_F(HttpTest, EmbedsInBatches) {
  for (const bool knows_base64 : {true, false}) {
    TestServer server([=](const Received& request, int) { return embed_reply(request, knows_base64); });
    const auto embedder = open_embedder({.model = "m", .url = server.url(), .batch = 2}, context);
    ASSERT_TRUE(embedder.ok()) << embedder.status().to_string();
    EXPECT_EQ((*embedder)->dimensions(), 2);
    const std::vector<std::string_view> texts = {"a", "bb", "ccc", "dddd", "\xFF\xFE"};
    std::vector<float> out(10);
    ASSERT_TRUE((*embedder)->embed(texts, out.data(), context).ok());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_NEAR(out[2 * i], 0.6, 1e-6);
      EXPECT_NEAR(out[2 * i + 1], 0.8, 1e-6);
    }
    // One probe, three batches, and one refusal of base64 where it is not known.
    EXPECT_EQ(server.received().size(), knows_base64 ? 4U : 5U);
    const std::string_view refused = "thirteen text";
    EXPECT_EQ((*embedder)->embed({&refused, 1}, out.data(), context).code(), Code::kInvalidArgument);
    EXPECT_EQ(*embedder_fingerprint({.model = "m", .url = server.url(), .batch = 7}), (*embedder)->fingerprint());
  }
}

TEST_F(HttpTest, ChecksTheSizeOfVectors) {
  TestServer server([](const Received& request, int) { return embed_reply(request, true); });
  const auto embedder = open_embedder({.model = "m", .url = server.url(), .dimensions = 3}, context);
  ASSERT_TRUE(embedder.ok());
  EXPECT_TRUE(server.received().empty());
  std::vector<float> out(3);
  const std::string_view text = "a";
  EXPECT_EQ((*embedder)->embed({&text, 1}, out.data(), context).code(), Code::kInvalidArgument);
}

TEST(EmbeddingResponseTest, RefusesWhatIsNotTheProtocol) {
  const std::vector<std::string> wrong = {"",
                                          "[]",
                                          "{}",
                                          R"({"data":[]})",
                                          R"({"data":[1]})",
                                          R"({"data":[{}]})",
                                          R"({"data":[{"embedding":[]}]})",
                                          R"({"data":[{"embedding":["x"]}]})",
                                          R"({"data":[{"embedding":[0,0]}]})",
                                          R"({"data":[{"embedding":"AAA"}]})",
                                          R"({"data":[{"embedding":"AADAfw=="}]})",
                                          R"({"data":[{"embedding":"!!!!"}]})",
                                          R"({"data":[{"index":1,"embedding":[1]}]})",
                                          R"({"data":[{"embedding":[1e300]}]})"};
  for (const std::string& body : wrong) {
    EXPECT_EQ(parse_embedding_response(body, 1).status().code(), Code::kDataCorrupt) << body;
  }
  EXPECT_EQ(parse_embedding_response(R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})", 2)
                .status()
                .code(),
            Code::kDataCorrupt);
  EXPECT_EQ(parse_embedding_response(R"({"data":[{"embedding":[1]},{"embedding":[1,2]}]})", 2).status().code(),
            Code::kDataCorrupt);
  const auto one = parse_embedding_response(R"({"data":[{"embedding":"AABAQAAAgEA="}]})", 1);  // 3 and 4
  ASSERT_TRUE(one.ok()) << one.status().to_string();
  EXPECT_THAT(one->values, testing::Pointwise(testing::FloatEq(), {0.6f, 0.8f}));
}

}  // namespace
}  // namespace millpond::model
