// Rerankers: both forms of services, and a cross-encoder against transformers (tests/golden/cross_encoder/make.py).

#include "millpond/model/reranker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "http_test_server.h"
#include "model/rerank_response.h"

namespace millpond::model {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view kPassages[] = {"plum", "a ripe pear", "apple"};

std::vector<double> score(const RerankerOptions& options, Status& status) {
  Context context;
  std::vector<double> scores(3, -1);
  auto reranker = open_reranker(options, context);
  status = reranker.ok() ? (*reranker)->score("pear?", kPassages, scores.data(), context) : reranker.status();
  return scores;
}

TEST(HttpReranker, SendsDocumentsAndReadsResultsInAnyOrder) {
  std::string sent;
  TestServer server([&](const Received& received, int) {
    sent = received.head.substr(0, received.head.find('\n')) + received.body;
    return http_reply(200, R"({"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1},
                              {"index":2,"relevance_score":0.2}]})");
  });
  Status status;
  EXPECT_THAT(score({.model = "judge", .url = server.url()}, status), testing::ElementsAre(0.1, 0.9, 0.2));
  EXPECT_TRUE(status.ok()) << status.to_string();
  EXPECT_THAT(sent, HasSubstr("/rerank "));
  const json body = json::parse(sent.substr(sent.find('{')));
  EXPECT_EQ(body["model"], "judge");
  EXPECT_EQ(body["query"], "pear?");
  EXPECT_EQ(body["documents"], json({"plum", "a ripe pear", "apple"}));
  EXPECT_EQ(body["top_n"], 3);
}

TEST(HttpReranker, TurnsToTextsWhereDocumentsAreRefused) {
  TestServer server([&](const Received& received, int) {
    if (!json::parse(received.body).contains("texts")) return http_reply(422, R"({"error":"missing field `texts`"})");
    return http_reply(200, R"([{"index":2,"score":3.5},{"index":0,"score":-1},{"index":1,"score":0}])");
  });
  Status status;
  EXPECT_THAT(score({.model = "judge", .url = server.url()}, status), testing::ElementsAre(-1, 0, 3.5));
  EXPECT_TRUE(status.ok()) << status.to_string();
}

TEST(HttpReranker, AnswersOfAnotherFormAreErrors) {
  for (const char* body : {"", "[]", "{}", R"({"results":[{"index":0,"relevance_score":1}]})",
                           R"([{"index":3,"score":1},{"index":0,"score":1},{"index":1,"score":1}])",
                           R"([{"index":0,"score":"x"},{"index":2,"score":1},{"index":1,"score":1}])",
                           R"([{"index":-1,"score":1},{"index":0,"score":1},{"index":1,"score":1}])", "[1,2,3]"}) {
    EXPECT_EQ(parse_rerank_response(body, 3).status().code(), Code::kUnavailable) << body;
  }
  EXPECT_TRUE(parse_rerank_response(R"({"data":[{"index":0,"relevance_score":1}]})", 1).ok());
}

TEST(CrossEncoder, ScoresAsTransformersDoes) {
  const std::string folder = MILLPOND_SOURCE_DIR "/tests/golden/cross_encoder";
  std::ifstream in(folder + "/scores.json");
  const json golden = json::parse(in);
  Context context;
  context.set_threads(1);
  auto reranker = open_reranker({.model = folder}, context);
  if (!reranker.ok() && reranker.status().code() == Code::kNotFound) GTEST_SKIP() << reranker.status().to_string();
  ASSERT_TRUE(reranker.ok()) << reranker.status().to_string();
  const auto texts = golden["passages"].get<std::vector<std::string>>();
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<double> scores(texts.size());
  const Status status = (*reranker)->score(golden["question"].get<std::string>(), views, scores.data(), context);
  ASSERT_TRUE(status.ok()) << status.to_string();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(scores[i], golden["scores"][i].get<double>(), 0.1) << texts[i];  // bfloat16, where a machine has it
  }
}

TEST(CrossEncoder, OtherModelsAreRefused) {
  Context context;
  const auto reranker = open_reranker({.model = "/no/such/folder"}, context);
  EXPECT_EQ(reranker.status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace millpond::model
