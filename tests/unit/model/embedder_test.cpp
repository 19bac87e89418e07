// The local embedder against vectors of a plain float32 implementation (tests/golden/model/make_minilm_golden.py).

#include "millpond/model/embedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "model/embedding_response.h"

namespace millpond::model {
namespace {

struct Golden {
  std::vector<std::string> texts;
  std::vector<std::string_view> views;
  std::vector<float> vectors;
};

const Golden& golden() {
  static const Golden golden = [] {
    Golden out;
    std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/model/minilm_golden.json");
    const auto cases = nlohmann::json::parse(in);
    for (const auto& one : cases) {
      out.texts.push_back(one["text"]);
      const auto row = parse_embedding_response(nlohmann::json{{"data", {{{"embedding", one["vector"]}}}}}.dump(), 1);
      EXPECT_TRUE(row.ok()) << row.status().to_string();
      out.vectors.insert(out.vectors.end(), row->values.begin(), row->values.end());
    }
    out.views.assign(out.texts.begin(), out.texts.end());
    return out;
  }();
  return golden;
}

double dot(const float* a, const float* b) {
  double sum = 0;
  for (int i = 0; i < 384; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

class EmbedderTest : public testing::Test {
 protected:
  void SetUp() override { context.set_threads(2); }

  std::shared_ptr<Embedder> open(EmbedderOptions options = {}) {
    auto embedder = open_embedder(options, context);
    EXPECT_TRUE(embedder.ok()) << embedder.status().to_string();
    return embedder.ok() ? *embedder : nullptr;
  }
  std::vector<float> embed(Embedder& embedder, std::vector<std::string_view> texts) {
    std::vector<float> out(texts.size() * static_cast<std::size_t>(embedder.dimensions()));
    const Status status = embedder.embed(texts, out.data(), context);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return out;
  }

  Context context;
};

TEST_F(EmbedderTest, EqualsTheReference) {
  for (const auto& [precision, cosine_min] : {std::pair{"auto", 0.9999}, {"f32", 0.999999}}) {
    const auto embedder = open({.precision = precision});
    ASSERT_EQ(embedder->dimensions(), 384);
    EXPECT_EQ(embedder->tokens_max(), 256);
    const std::vector<float> out = embed(*embedder, golden().views);
    for (std::size_t i = 0; i < golden().views.size(); ++i) {
      EXPECT_GE(dot(&out[i * 384], &golden().vectors[i * 384]), cosine_min) << precision << ": " << golden().texts[i];
      EXPECT_NEAR(dot(&out[i * 384], &out[i * 384]), 1.0, 1e-5);
    }
  }
}

TEST_F(EmbedderTest, DoesNotDependOnBatchMates) {
  for (const auto& [precision, difference_max] : {std::pair{"auto", 0.0f}, {"f32", 1e-6f}}) {
    const auto embedder = open({.precision = precision});
    // On a CPU without bf16, "auto" is f32.
    const std::vector<float> together = embed(*embedder, golden().views);
    float worst = 0;
    for (std::size_t i = 0; i < golden().views.size(); ++i) {
      const std::vector<float> alone = embed(*embedder, {golden().views[i]});
      for (std::size_t d = 0; d < 384; ++d) worst = std::max(worst, std::abs(alone[d] - together[i * 384 + d]));
    }
    const bool bf16 = __builtin_cpu_supports("avx512bf16");
    EXPECT_LE(worst, bf16 ? difference_max : 1e-6f) << precision;
  }
}

TEST_F(EmbedderTest, PassagesInTheirPlaceEqualTheReference) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/model/minilm_in_place_golden.json");
  const auto documents = nlohmann::json::parse(in);
  std::vector<std::vector<std::string>> texts;
  std::vector<float> expected;
  for (const auto& document : documents) {
    texts.emplace_back();
    for (const auto& passage : document) {
      texts.back().push_back(passage["text"]);
      const auto row =
          parse_embedding_response(nlohmann::json{{"data", {{{"embedding", passage["vector"]}}}}}.dump(), 1);
      ASSERT_TRUE(row.ok());
      expected.insert(expected.end(), row->values.begin(), row->values.end());
    }
  }
  std::vector<std::vector<std::string_view>> views;
  for (const auto& document : texts) views.emplace_back(document.begin(), document.end());
  const auto embedder = open({.precision = "f32"});
  std::vector<float> out(expected.size());
  ASSERT_TRUE(embedder->embed_in_place(views, out.data(), context).ok());
  for (std::size_t i = 0; i < out.size() / 384; ++i) EXPECT_GE(dot(&out[i * 384], &expected[i * 384]), 0.999999) << i;

  // What stands around a passage counts, and a passage alone is as `embed` has it.
  EXPECT_LT(dot(&out[384], embed(*embedder, {views[0][1]}).data()), 0.95);
  EXPECT_GE(dot(&out[out.size() - 384], embed(*embedder, {views[2][0]}).data()), 0.999999);
}

TEST_F(EmbedderTest, CutsLongTexts) {
  const auto embedder = open();
  std::string text, more;
  for (int i = 0; i < 254; ++i) text += "the ";
  more = text + "pond and the mill";
  const std::vector<float> out = embed(*embedder, {text, more});
  EXPECT_EQ(std::memcmp(out.data(), out.data() + 384, 384 * sizeof(float)), 0);
  // A single word longer than everything that is looked at first.
  const std::vector<float> word = embed(*embedder, {std::string(100'000, 'x'), std::string(101, 'x')});
  EXPECT_EQ(std::memcmp(word.data(), word.data() + 384, 384 * sizeof(float)), 0);

  const auto longer = open({.tokens_max = 512});
  EXPECT_EQ(longer->tokens_max(), 512);
  const std::vector<float> both = embed(*longer, {text, more});
  EXPECT_NE(std::memcmp(both.data(), both.data() + 384, 384 * sizeof(float)), 0);
  EXPECT_NE(longer->fingerprint(), embedder->fingerprint());
}

TEST_F(EmbedderTest, IsSharedWithinAContextAndSafeFromThreads) {
  const auto embedder = open();
  EXPECT_EQ(embedder.get(), open().get());
  const std::vector<float> expected = embed(*embedder, golden().views);
  std::vector<std::thread> threads;
  std::vector<int> equal(4);
  for (std::size_t t = 0; t < equal.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::vector<float> out = embed(*embedder, golden().views);
      equal[t] = std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)) == 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, testing::Each(1));
}

TEST_F(EmbedderTest, KnowsItsFingerprintWithoutLoading) {
  const auto quick = embedder_fingerprint({});
  ASSERT_TRUE(quick.ok()) << quick.status().to_string();
  EXPECT_EQ(*quick, open()->fingerprint());
  EXPECT_EQ(quick->size(), 32U);
  EXPECT_NE(*quick, *embedder_fingerprint({.precision = "f32"}));
}

TEST_F(EmbedderTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(open_embedder({.model = "no-such-model"}, context).status().code(), Code::kNotFound);
  EXPECT_EQ(open_embedder({.precision = "int3"}, context).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(open_embedder({.tokens_max = 513}, context).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(open_embedder({.tokens_max = 2}, context).status().code(), Code::kInvalidArgument);
  const auto embedder = open();
  context.cancel().request();
  const std::string_view text = "late";
  std::vector<float> out(384);
  EXPECT_EQ(embedder->embed({&text, 1}, out.data(), context).code(), Code::kCancelled);
}

TEST_F(EmbedderTest, EmbedsNothing) { EXPECT_TRUE(open()->embed({}, nullptr, context).ok()); }

}  // namespace
}  // namespace millpond::model
