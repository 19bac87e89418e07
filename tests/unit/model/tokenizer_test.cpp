#include "millpond/model/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "millpond/model/catalog.h"

namespace millpond::model {
namespace {

using ::testing::ElementsAre;

class TokenizerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Result<std::string> folder = find_model("minilm-l6");
    ASSERT_TRUE(folder.ok()) << folder.status().to_string();
    Result<std::shared_ptr<const Tokenizer>> loaded = Tokenizer::load(*folder);
    ASSERT_TRUE(loaded.ok()) << loaded.status().to_string();
    tokenizer_ = *loaded;
    std::ifstream vocabulary(*folder + "/vocab.txt");
    for (std::string line; std::getline(vocabulary, line);) tokens_.push_back(line);
  }
  static std::vector<std::int32_t> ids(std::string_view text) {
    std::vector<std::int32_t> ids;
    tokenizer_->encode(text, ids);
    return ids;
  }
  static std::vector<std::string> tokens(std::string_view text) {
    std::vector<std::string> tokens;
    for (const std::int32_t id : ids(text)) tokens.push_back(tokens_[id]);
    return tokens;
  }
  static inline std::shared_ptr<const Tokenizer> tokenizer_;
  static inline std::vector<std::string> tokens_;
};

TEST_F(TokenizerTest, splits_words_into_pieces) {
  EXPECT_THAT(tokens("Tokenization, again!"), ElementsAre("token", "##ization", ",", "again", "!"));
  EXPECT_THAT(tokens(" \t\n"), ElementsAre());
  EXPECT_THAT(tokens(""), ElementsAre());
}

TEST_F(TokenizerTest, strips_accents_and_case) {
  EXPECT_THAT(tokens("CAFÉ Cafe\u0301 café"), ElementsAre("cafe", "cafe", "cafe"));
  EXPECT_THAT(tokens("İstanbul"), ElementsAre("istanbul"));
}

TEST_F(TokenizerTest, makes_each_ideograph_a_word) { EXPECT_THAT(tokens("東京a"), ElementsAre("東", "京", "a")); }

TEST_F(TokenizerTest, drops_what_cannot_be_seen) {
  EXPECT_THAT(tokens(std::string("co\0mp\x01ut\xff"
                                 "er\xe2\x82",
                                 12)),
              ElementsAre("computer"));
  EXPECT_THAT(tokens("com\u200dputer"), ElementsAre("computer"));
}

TEST_F(TokenizerTest, takes_the_names_of_special_tokens_literally) {
  EXPECT_THAT(tokens("a[SEP]b [sep]"), ElementsAre("a", "[SEP]", "b", "[", "sep", "]"));
}

TEST_F(TokenizerTest, makes_one_unknown_token_of_a_word_it_lacks) {
  EXPECT_THAT(tokens("a\U0001F600 b"), ElementsAre("[UNK]", "b"));
  EXPECT_EQ(tokens(std::string(100, 'a')).size(), tokenizer_->count(std::string(100, 'a')));
  EXPECT_GT(tokenizer_->count(std::string(100, 'a')), 1);
  EXPECT_THAT(tokens(std::string(101, 'a')), ElementsAre("[UNK]"));
  EXPECT_EQ(tokenizer_->count(std::string(101, 'a')), 1);
}

TEST_F(TokenizerTest, gives_the_bytes_of_each_token) {
  std::vector<std::int32_t> ids;
  std::vector<TokenSpan> spans;
  const std::string text = "Tokenization  É東[SEP]≠";
  tokenizer_->encode_with_offsets(text, ids, spans);
  std::vector<std::string> parts;
  for (const TokenSpan& span : spans) parts.push_back(text.substr(span.begin, span.end - span.begin));
  EXPECT_THAT(parts, ElementsAre("Token", "ization", "É", "東", "[SEP]", "≠"));
  EXPECT_EQ(ids, this->ids(text));
}

TEST_F(TokenizerTest, words_add_up) {
  const std::string text = "Tokenization of  http://example.org/x 東京 ok.";
  std::vector<Word> words;
  tokenizer_->words(text, words);
  std::int64_t sum = 0;
  for (const Word& word : words) sum += word.tokens;
  EXPECT_EQ(sum, tokenizer_->count(text));
  EXPECT_EQ(words[0].tokens, 2);
  EXPECT_FALSE(words[0].spaced);
  EXPECT_TRUE(words[1].spaced);
  EXPECT_TRUE(words[words.size() - 4].ideograph);
}

TEST_F(TokenizerTest, knows_its_special_ids) {
  EXPECT_EQ(tokenizer_->cls(), 101);
  EXPECT_EQ(tokenizer_->sep(), 102);
  EXPECT_EQ(tokenizer_->pad(), 0);
  EXPECT_EQ(tokenizer_->unk(), 100);
  EXPECT_EQ(tokenizer_->max_length(), 256);
  EXPECT_EQ(tokenizer_->vocabulary_size(), 30522);
}

TEST_F(TokenizerTest, gives_the_same_ids_in_every_thread) {
  std::string text;
  for (const std::string& token : tokens_) text += token + "X ";
  const std::vector<std::int32_t> expected = ids(text);
  std::vector<std::vector<std::int32_t>> found(4);
  std::vector<std::thread> threads;
  for (auto& mine : found) threads.emplace_back([&] { tokenizer_->encode(text, mine); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : found) EXPECT_EQ(mine, expected);
}

class TokenizerFolderTest : public ::testing::Test {
 protected:
  TokenizerFolderTest()
      : folder_(std::filesystem::temp_directory_path() / ("millpond_tokenizer_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TokenizerFolderTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& bytes) { std::ofstream(folder_ / name) << bytes; }
  Result<std::shared_ptr<const Tokenizer>> load() { return Tokenizer::load(folder_.string()); }
  std::filesystem::path folder_;
};

TEST_F(TokenizerFolderTest, says_what_is_wrong) {
  EXPECT_EQ(load().status().code(), Code::kNotFound);
  write("vocab.txt", "");
  EXPECT_EQ(load().status().code(), Code::kInvalidArgument);
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\na\n");
  EXPECT_EQ(load().status().code(), Code::kInvalidArgument);
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n");
  ASSERT_TRUE(load().ok()) << load().status().to_string();
  write("tokenizer_config.json", "{");
  EXPECT_EQ(load().status().code(), Code::kInvalidArgument);
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(load().status().code(), Code::kUnsupported);
}

TEST_F(TokenizerFolderTest, changes_its_fingerprint_with_the_vocabulary_and_the_settings) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n");
  const std::string first = (*load())->fingerprint();
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ((*load())->fingerprint(), first);
  write("tokenizer_config.json", R"({"model_max_length": 64})");
  const std::string second = (*load())->fingerprint();
  EXPECT_NE(second, first);
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nab\n##b\n");
  EXPECT_NE((*load())->fingerprint(), second);
  EXPECT_EQ(*Tokenizer::fingerprint_of(folder_.string()), (*load())->fingerprint());
}

}  // namespace
}  // namespace millpond::model
