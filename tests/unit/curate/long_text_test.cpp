// Long texts are measured in blocks: with the same values as short ones, and a limit that an option raises.

#include "curate/quality/long_text.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "curate/near_duplicates/minhash.h"
#include "curate/quality/long_repetition.h"
#include "curate/words/packed_tokens.h"
#include "millpond/chain.h"

namespace millpond::curate {
namespace {

/// Prose with emoticons, abbreviations, numbers, other scripts and repeats, in lines and paragraphs.
std::string prose(std::uint32_t seed, std::size_t words, std::string_view between) {
  static constexpr const char* kWords[] = {
      "the",          "mill",   "pond",    "don't",
      "cannot",       ":-)",    "U.S.",    "o'clock",
      "1,000",        "e.g.",   "nothin'", "(o",
      ":)",           "water.", "wheel",   "\u043c\u0435\u043b\u044c\u043d\u0438\u0446\u0430",
      "\u6c34\u8eca", "\u2026", "gonna",   "-",
      "and",          "flour",  "10km",    "a.m.",
      "somethin'"};
  std::mt19937 random(seed);
  std::vector<std::string> made;
  while (made.size() < words) {
    if (made.size() > 60 && random() % 30 == 0) {
      const std::size_t from = random() % (made.size() - 50), size = random() % 50;
      for (std::size_t i = 0; i < size; ++i) made.push_back(std::string(made[from + i]));
    } else if (random() % 3 == 0) {
      std::string word;
      for (std::size_t i = 0; i < 1 + random() % 9; ++i) word += static_cast<char>('a' + random() % 5);
      made.push_back(word);
    } else {
      made.push_back(kWords[random() % std::size(kWords)]);
    }
  }
  std::string text;
  for (const std::string& word : made) {
    const auto chance = random() % 40;
    text += word;
    if (between.empty()) {
      text += chance == 0 ? "\n\n" : chance < 3 ? "\n" : chance < 4 ? "\r\n" : chance < 5 ? "  " : " ";
    } else {
      text += between;
    }
  }
  return text;
}

std::vector<std::string> stop_words() { return {"the", "and", "of"}; }

TEST(LongTexts, HaveTheWordsOfTheWholeBlockByBlock) {
  for (const char* between : {"", " ", "\n"}) {
    const std::string text = prose(3, 20000, between);
    for (const WordRules rules : {WordRules::kEnglish, WordRules::kSimple}) {
      WordSplitter splitter(rules);
      std::vector<WordToken> whole, part;
      splitter.split(text, whole);
      PackedTokens packed;
      std::size_t blocks = 0, at = 0;
      TextBlocks cut(text, CutAt::kGaps, 300);
      while (const auto block = cut.next()) {
        ++blocks;
        splitter.split(*block, part);
        for (const WordToken& token : part) {
          ASSERT_LT(at, whole.size());
          ASSERT_EQ(token.flags, whole[at].flags);
          ASSERT_EQ(text.substr(whole[at].begin, whole[at].end - whole[at].begin),
                    block->substr(token.begin, token.end - token.begin));
          ++at;
        }
        packed.add(static_cast<std::size_t>(block->data() - text.data()), part);
      }
      EXPECT_EQ(at, whole.size());
      EXPECT_GT(blocks, text.size() / 1000);
      PackedTokens::Reader reader(packed, text);
      std::string_view word;
      for (const WordToken& token : whole) {
        ASSERT_TRUE(reader.next(word));
        ASSERT_EQ(word.data() - text.data(), token.begin);
        ASSERT_EQ(word.size(), token.end - token.begin);
      }
      EXPECT_FALSE(reader.next(word));
    }
  }
}

TEST(LongTexts, AreMeasuredLikeShortOnes) {
  std::vector<std::string> texts = {prose(1, 30000, ""),
                                    prose(2, 5000, " "),
                                    prose(5, 5000, "\n"),
                                    "",
                                    "one",
                                    std::string(3000, '\n'),
                                    std::string(4000, 'a'),
                                    "a b\n\na b\n\nc\n",
                                    prose(9, 4, ""),
                                    prose(9, 11, "")};
  texts.push_back(texts[0] + texts[0]);
  for (std::size_t i = 0; i < 2000; ++i) texts[3] += std::to_string(i * 7919) + (i % 9 == 0 ? "\n" : " ");
  for (std::size_t i = 0; i < 200; ++i)
    texts[4] += i % 7 < 3 ? " log in setup and a way out" : " login set up and away out";
  for (std::size_t i = 0; i < 2 * texts.size(); ++i) {
    const std::string& text = texts[i / 2];
    WordSplitter splitter(i % 2 == 0 ? WordRules::kEnglish : WordRules::kSimple);
    std::vector<WordToken> tokens;
    std::vector<std::string_view> lines;
    splitter.split(text, tokens);
    const std::vector<std::string> stops = stop_words();
    const GopherQuality quality = gopher_quality_of(text, tokens, stops, lines);
    const Repetition repetition = RepetitionMeter().measure(text, tokens, count_chars(text), rows_by(splitter.rules()));
    const LongGopher found = gopher_of_long(text, splitter, stops, 500);
    EXPECT_EQ(found.chars, count_chars(text));
    EXPECT_EQ(found.quality.words, quality.words);
    EXPECT_EQ(found.quality.content_words, quality.content_words);
    EXPECT_EQ(found.quality.content_word_chars, quality.content_word_chars);
    EXPECT_EQ(found.quality.hash_ratio, quality.hash_ratio);
    EXPECT_EQ(found.quality.ellipsis_ratio, quality.ellipsis_ratio);
    EXPECT_EQ(found.quality.bullet_line_frac, quality.bullet_line_frac);
    EXPECT_EQ(found.quality.ellipsis_line_frac, quality.ellipsis_line_frac);
    EXPECT_EQ(found.quality.letter_word_frac, quality.letter_word_frac);
    EXPECT_EQ(found.quality.stop_words, quality.stop_words);
    EXPECT_EQ(found.repetition.dup_para_frac, repetition.dup_para_frac);
    EXPECT_EQ(found.repetition.dup_para_char_frac, repetition.dup_para_char_frac);
    EXPECT_EQ(found.repetition.dup_line_frac, repetition.dup_line_frac);
    EXPECT_EQ(found.repetition.dup_line_char_frac, repetition.dup_line_char_frac);
    EXPECT_EQ(found.repetition.top_ngram_frac, repetition.top_ngram_frac) << text.substr(0, 40);
    EXPECT_EQ(found.repetition.dup_ngram_frac, repetition.dup_ngram_frac) << text.substr(0, 40);
    RepetitionMeter meter;
    const auto words = static_cast<std::int64_t>(tokens.size());
    const FinewebSignals usual = fineweb_signals_of(text, words, 30, meter, lines);
    const FinewebSignals blocked = fineweb_of_long(text, words, 30, 500);
    EXPECT_EQ(blocked.lines, usual.lines);
    EXPECT_EQ(blocked.line_punct_frac, usual.line_punct_frac);
    EXPECT_EQ(blocked.short_line_frac, usual.short_line_frac);
    EXPECT_EQ(blocked.line_char_dup_frac, usual.line_char_dup_frac);
    EXPECT_EQ(blocked.newline_word_ratio, usual.newline_word_ratio);
    EXPECT_EQ(count_long_words(text, splitter, 500), tokens.size());
  }
}

TEST(LongTexts, AreSignedLikeShortOnes) {
  std::string text;
  for (std::uint32_t seed = 1; text.size() < kBlockedTextBytes + kBlockBytes; ++seed) text += prose(seed, 200000, "");
  const auto hasher = Minhasher::make({.reference = true});
  std::string signature;
  (*hasher)->sign(text, signature);
  std::vector<std::uint64_t> mins((*hasher)->a().size(), ~std::uint64_t{0});
  constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
  for (const std::uint64_t hash : (*hasher)->shingles(text)) {
    for (std::size_t i = 0; i < 8; ++i) {
      mins[i] = std::min(mins[i], (hash * (*hasher)->a()[i] + (*hasher)->b()[i]) % kPrime);
    }
  }
  std::vector<std::uint64_t> found(mins.size());
  ASSERT_EQ(signature.size(), 8 + 8 * found.size());
  std::copy_n(signature.data() + 8, 8 * found.size(), reinterpret_cast<char*>(found.data()));
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(found[i] & 0xFFFFFFFFu, mins[i] & 0xFFFFFFFFu) << i;
}

TEST(LongTexts, AreRejectedBeyondTheLimitWithTheirSizeAndTheRestGoesOn) {
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.Append("A short text.").ok());
  ASSERT_TRUE(texts.Append(std::string((3 << 20) + 5, 'x')).ok());
  ASSERT_TRUE(texts.Append("Another one.").ok());
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8())});
  const Batch rows = arrow::RecordBatch::Make(schema, 3, {*texts.Finish()});
  for (const char* name : {"gopher_signals", "fineweb_signals"}) {
    for (const std::int64_t limit : {2, 4}) {
      const auto chain = Chain::plan({{"text", utf8()}}, {{name, {{"text_mb_max", limit}}}});
      ASSERT_TRUE(chain.ok()) << chain.status().to_string();
      auto runner = ChainRunner::make(*chain);
      Context context;
      const auto outcome = (*runner)->run(rows, context);
      ASSERT_TRUE(outcome.ok()) << outcome.status().to_string();
      EXPECT_EQ(outcome->rows->num_rows(), limit == 2 ? 2 : 3);
      ASSERT_EQ(outcome->rejects.size(), limit == 2 ? 1u : 0u);
      if (limit == 4) continue;
      EXPECT_EQ(outcome->rejects[0].code, Code::kResourceExhausted);
      EXPECT_THAT(outcome->rejects[0].why, testing::HasSubstr("this one has MiB: 3 (Raise text_mb_max, up to 2047"));
    }
  }
}

}  // namespace
}  // namespace millpond::curate
