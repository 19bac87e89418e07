#include "millpond/index/analyzer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millpond::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> terms_of(std::string_view text, std::string_view language = "english") {
  auto analyzer = Analyzer::make(language);
  EXPECT_TRUE(analyzer.ok());
  std::vector<Token> tokens;
  (*analyzer)->analyze(text, tokens);
  std::vector<std::string> terms;
  for (const Token& token : tokens) terms.emplace_back((*analyzer)->term(token.term));
  return terms;
}

TEST(Analyzer, LowersFoldsAndStems) {
  EXPECT_THAT(terms_of("Running RUNS café Résumé"), ElementsAre("run", "run", "cafe", "resum"));
  EXPECT_THAT(terms_of("resume"), ElementsAre("resum"));
}

TEST(Analyzer, KeepsApostrophesAndNumbersWholeAndSplitsAtTheRest) {
  EXPECT_THAT(terms_of("the user's foo_bar 3.14, 10.4.2. a-b/c x@y.de", "none"),
              ElementsAre("the", "user's", "foo", "bar", "3.14", "10.4.2", "a", "b", "c", "x", "y", "de"));
  EXPECT_THAT(terms_of("user’s users"), ElementsAre("user", "user"));
}

TEST(Analyzer, ASCIIWordBesideOtherPunctuationIsTheSameWord) {
  EXPECT_THAT(terms_of("“Word”—Word… word\u00a0"), ElementsAre("word", "word", "word"));
}

TEST(Analyzer, StemsByLanguageBeforeAccentsGo) {
  EXPECT_THAT(terms_of("Häuser Haus", "german"), ElementsAre("haus", "haus"));
  EXPECT_THAT(terms_of("Häuser Haus", "none"), ElementsAre("hauser", "haus"));
}

TEST(Analyzer, UnspacedScriptsArePairsOrDictionaryWords) {
  EXPECT_THAT(terms_of("日本語 x"), ElementsAre("日本", "本語", "x"));
  EXPECT_THAT(terms_of("語"), ElementsAre("語"));
  EXPECT_THAT(terms_of("สวัสดีชาวโลก"), ElementsAre("สวัสดี", "ชาว", "โลก"));
  EXPECT_THAT(terms_of("Python語"), ElementsAre("python", "語"));
}

TEST(Analyzer, OtherScriptsAreWords) {
  EXPECT_THAT(terms_of("Привет мир", "none"), ElementsAre("привет", "мир"));
  EXPECT_THAT(terms_of("हिन्दी भाषा", "none"), ElementsAre("हिन्दी", "भाषा"));
  EXPECT_THAT(terms_of("كِتَاب كتاب", "none"), ElementsAre("كتاب", "كتاب"));
}

TEST(Analyzer, InvalidBytesSeparateWords) {
  EXPECT_THAT(terms_of("foo\xff\xfe"
                       "bar\xc3"),
              ElementsAre("foo", "bar"));
  EXPECT_THAT(terms_of(""), IsEmpty());
}

TEST(Analyzer, LongWordsAreCutAtSixtyFourBytesNotInsideACharacter) {
  EXPECT_THAT(terms_of(std::string(1000, 'x'), "none"), ElementsAre(std::string(64, 'x')));
  std::string wide = "x";
  for (int i = 0; i < 100; ++i) wide += "ж";
  EXPECT_EQ(terms_of(wide, "none")[0].size(), 63U);
}

TEST(Analyzer, TokensPointIntoTheText) {
  auto analyzer = Analyzer::make("english");
  std::vector<Token> tokens;
  const std::string_view text = "Où  est the 日本語?";
  (*analyzer)->analyze(text, tokens);
  std::vector<std::string> words;
  for (const Token& token : tokens) words.emplace_back(text.substr(token.begin, token.end - token.begin));
  EXPECT_THAT(words, ElementsAre("Où", "est", "the", "日本", "本語"));
}

TEST(Analyzer, KnowsWordsThatCarryOnlyGrammar) {
  auto analyzer = Analyzer::make("english");
  std::vector<Token> tokens;
  (*analyzer)->analyze("How does THE doe run", tokens);
  std::vector<bool> grammar;
  for (const Token& token : tokens) grammar.push_back(token.function_word);
  EXPECT_THAT(grammar, ElementsAre(true, true, true, false, false));
}

TEST(Analyzer, AnUnknownLanguageIsAnError) {
  EXPECT_EQ(Analyzer::make("klingon").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::index
