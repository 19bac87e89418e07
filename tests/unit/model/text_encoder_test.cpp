// Ids of any tokenizer.json are those of the reference package: small tokenizers of each kind, and their ids, made by
// tests/golden/text_encoder/make.py.

#include "millpond/model/text_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace millpond::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFolder = std::string(MILLPOND_SOURCE_DIR) + "/tests/golden/text_encoder/";

std::string from_hex(const std::string& hex) {
  std::string text;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return text;
}

class TextEncoderTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TextEncoderTest, GivesTheIdsOfTheReference) {
  const auto file = TokenizerFile::load(kFolder + GetParam() + ".json");
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const auto encoder = (*file)->encoder();
  std::ifstream golden(kFolder + GetParam() + ".tsv");
  int lines = 0;
  for (std::string line; std::getline(golden, line); ++lines) {
    const std::size_t tab = line.find('\t');
    const std::string text = from_hex(line.substr(0, tab));
    std::vector<std::int32_t> wanted, ids;
    std::istringstream numbers(line.substr(tab + 1));
    for (std::int32_t id; numbers >> id;) wanted.push_back(id);
    encoder->encode(text, ids);
    ASSERT_EQ(ids, wanted) << line.substr(0, tab) << " is " << text;
    ids.clear();
    encoder->encode(text, ids);  // words are remembered now
    ASSERT_EQ(ids, wanted) << "the second time: " << text;
  }
  EXPECT_EQ(lines, 206);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TextEncoderTest,
                         ::testing::Values("gpt2", "llama3", "regex", "llama2", "t5", "bert_cased", "bert_uncased",
                                           "precompiled"));

TEST(TokenizerFile, KnowsItsTemplateAndTokens) {
  const auto bert = *TokenizerFile::load(kFolder + "bert_cased.json");
  EXPECT_THAT(bert->before(), ElementsAre(bert->id_of("[CLS]")));
  EXPECT_THAT(bert->after(), ElementsAre(bert->id_of("[SEP]")));
  EXPECT_EQ(bert->id_of("no such token"), -1);
  const auto gpt2 = *TokenizerFile::load(kFolder + "gpt2.json");
  EXPECT_TRUE(gpt2->before().empty() && gpt2->after().empty());
  EXPECT_EQ(gpt2->vocabulary_size(), gpt2->id_of("river stone") + 1);
}

TEST(TokenizerFile, MalformedTextCountsAsReplacementCharacters) {
  const auto encoder = (*TokenizerFile::load(kFolder + "gpt2.json"))->encoder();
  std::vector<std::int32_t> broken, replaced;
  encoder->encode("mill \xff\xc3 wheel", broken);
  encoder->encode("mill \uFFFD\uFFFD wheel", replaced);
  EXPECT_EQ(broken, replaced);
}

TEST(TokenizerFile, SaysWhatItDoesNotCover) {
  const auto message = [](const char* json) { return TokenizerFile::parse(json).status().to_string(); };
  EXPECT_THAT(message("[]"), HasSubstr("it has no `model`"));
  EXPECT_THAT(message("{"), HasSubstr("not a tokenizer.json"));
  EXPECT_THAT(message(R"({"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":{"type":"Other"}})"),
              HasSubstr("normaliser of the tokenizer: Other"));
  EXPECT_THAT(message(R"({"model":{"type":"WordLevel","vocab":{"a":0}},
                          "normalizer":{"type":"Precompiled","precompiled_charsmap":"AAEAAA=="}})"),
              HasSubstr("precompiled_charsmap has a wrong size"));
  EXPECT_THAT(message(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.5}})"), HasSubstr("dropout"));
  EXPECT_THAT(message(R"({"model":{"type":"BPE","vocab":{"a":"x"},"merges":[]}})"),
              HasSubstr("not the id of a token: \"x\""));
  EXPECT_EQ(TokenizerFile::load("/nowhere/tokenizer.json").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace millpond::model
