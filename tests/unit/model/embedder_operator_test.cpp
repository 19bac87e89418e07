// The operator `embed`: its options, what it rejects, headings, and a service that refuses single texts.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/operator_output.h"
#include "http_test_server.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"

extern "C" const millpond::OperatorDef millpond_operator_embed;

namespace millpond::model {
namespace {

using nlohmann::json;

struct Passage {
  const char* text;  ///< null: a null row
  std::vector<std::string> headings;
};

Batch batch_of(const std::vector<Passage>& passages) {
  arrow::StringBuilder text;
  auto values = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder headings(arrow::default_memory_pool(), values);
  for (const Passage& passage : passages) {
    EXPECT_TRUE((passage.text != nullptr ? text.Append(passage.text) : text.AppendNull()).ok());
    EXPECT_TRUE(headings.Append().ok());
    for (const std::string& heading : passage.headings) EXPECT_TRUE(values->Append(heading).ok());
  }
  const auto texts = *text.Finish();
  const auto paths = *headings.Finish();
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("heading_path", paths->type())});
  return arrow::RecordBatch::Make(schema, texts->length(), {texts, paths});
}

class EmbedOperatorTest : public testing::Test {
 protected:
  Status run(const std::vector<Passage>& passages, const std::map<std::string, OptionValue>& given = {}) {
    const OperatorDef& def = millpond_operator_embed;
    context.set_threads(2);
    MP_ASSIGN(const Options options, Options::resolve(def.options, given));
    MP_ASSIGN(const auto embed, def.make(options));
    const Input in(batch_of(passages));
    out = std::make_unique<Output>(def.adds, in.rows());
    MP_TRY(embed->process(in, *out, context));
    MP_TRY(out->impl().finish());
    vectors.clear();
    const auto column = *out->impl().find("embedding")->builder->Finish();
    const auto& list = static_cast<const arrow::ListArray&>(*column);
    const auto& floats = static_cast<const arrow::FloatArray&>(*list.values());
    for (std::int64_t row = 0; row < list.length(); ++row) {
      vectors.emplace_back(floats.raw_values() + list.value_offset(row),
                           floats.raw_values() + list.value_offset(row + 1));
    }
    return {};
  }
  std::vector<float> vector_of(std::string_view text) {
    const auto embedder = open_embedder({}, context);
    std::vector<float> vector(384);
    EXPECT_TRUE((*embedder)->embed({&text, 1}, vector.data(), context).ok());
    return vector;
  }

  Context context;
  std::unique_ptr<Output> out;
  std::vector<std::vector<float>> vectors;
};

TEST_F(EmbedOperatorTest, GivesEachPassageItsVector) {
  const Status status = run({{"The mill.", {"Guide"}}, {"", {}}, {nullptr, {}}, {"The pond.", {}}});
  ASSERT_TRUE(status.ok()) << status.to_string();
  ASSERT_EQ(vectors.size(), 2U);
  EXPECT_EQ(vectors[0], vector_of("The mill."));
  EXPECT_EQ(vectors[1], vector_of("The pond."));
  EXPECT_THAT(out->impl().parents, testing::ElementsAre(0, 3));
  EXPECT_EQ(out->impl().rejects.size(), 2U);
}

TEST_F(EmbedOperatorTest, PutsTheHeadingsBefore) {
  const Status status = run({{"The mill.", {"Guide", "", "Places"}}, {"The pond.", {}}}, {{"context", "headings"}});
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(vectors[0], vector_of("Guide > Places\n\nThe mill."));
  EXPECT_EQ(vectors[1], vector_of("The pond."));
}

TEST_F(EmbedOperatorTest, FindsTheTextThatAServiceRefuses) {
  TestServer server([](const Received& request, int) {
    const json body = json::parse(request.body);
    json data = json::array();
    for (const auto& text : body["input"]) {
      if (text == "poison") return http_reply(400, R"({"error":{"message":"refused"}})");
      data.push_back({{"embedding", {1.0, 0.0}}});
    }
    return http_reply(200, json{{"data", data}}.dump());
  });
  std::vector<Passage> passages(9, Passage{"water", {}});
  passages[6].text = "poison";
  const Status status = run(passages, {{"url", server.url()}, {"model", "m"}});
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(vectors.size(), 8U);
  ASSERT_EQ(out->impl().rejects.size(), 1U);
  EXPECT_EQ(out->impl().rejects[0].row, 6);
}

TEST_F(EmbedOperatorTest, ChecksItsOptions) {
  EXPECT_EQ(run({}, {{"model", "no-such-model"}}).code(), Code::kNotFound);
  EXPECT_EQ(run({}, {{"context", "title"}}).code(), Code::kInvalidArgument);
  EXPECT_EQ(run({{"x", {}}}, {{"tokens_max", std::int64_t{100'000}}}).code(), Code::kInvalidArgument);
  EXPECT_EQ(run({{"x", {}}}, {{"url", "http://127.0.0.1:1"}, {"key_env", "MILLPOND_NO_SUCH_KEY"}}).code(),
            Code::kUnauthenticated);
  const auto fingerprint = [](const std::map<std::string, OptionValue>& given) {
    return *millpond_operator_embed.fingerprint_of(*Options::resolve(millpond_operator_embed.options, given));
  };
  EXPECT_EQ(fingerprint({}), *embedder_fingerprint({}));
  EXPECT_NE(fingerprint({}), fingerprint({{"precision", "f32"}}));
}

}  // namespace
}  // namespace millpond::model
