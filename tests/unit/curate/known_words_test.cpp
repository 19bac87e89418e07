// Steps that find the words of a text known measure what they measure by themselves.

#include "curate/words/known_words.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "millpond/chain.h"

namespace millpond::curate {
namespace {

/// Lines with what the English rules treat in their own way, and ends of lines of several kinds.
std::string made_by_chance(std::uint32_t seed) {
  static const std::vector<std::string> pieces = {
      "word", "Don't",    "U.S.",   ":-)",   "(see",    "e.g.",      "[12]",       "[edit]",
      "end.", "what?!",   "...",    "10km.", "a/b",     "\u2026",    "caf\u00e9.", "\u201cso\u201d",
      "x",    "--",       ")",      ": )",   "1,000.5", "@me.com",   "I'm",        "o.O",
      "C++.", "\"Yes!\"", "\u00a0", "  ",    "lorem",   "javascript"};
  static const std::vector<std::string> ends = {"\n", "\n\n", "\r\n", "\u2028", "\x1c", " \n ", "\u0085", "\n"};
  std::mt19937 random(seed);
  std::string text;
  for (int line = 0; line < 12; ++line) {
    for (std::size_t left = random() % 14; left > 0; --left) text += pieces[random() % pieces.size()] + ' ';
    text += ends[random() % ends.size()];
  }
  return text;
}

Batch rows_of(int first, int count) {
  arrow::StringBuilder column;
  for (int i = 0; i < count; ++i)
    EXPECT_TRUE(column.Append(made_by_chance(static_cast<std::uint32_t>(first + i))).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}), count, {*column.Finish()});
}

Batch run(const std::vector<StepSpec>& steps, const Batch& rows, Context& context) {
  Schema schema;
  for (const auto& field : rows->schema()->fields()) {
    schema.push_back({field->name(), field->type()->id() == arrow::Type::STRING ? utf8() : int64()});
    if (field->type()->id() == arrow::Type::DOUBLE) schema.back().type = float64();
  }
  const auto chain = Chain::plan(schema, steps);
  EXPECT_TRUE(chain.ok()) << chain.status().to_string();
  auto runner = ChainRunner::make(*chain);
  auto outcome = (*runner)->run(rows, context);
  EXPECT_TRUE(outcome.ok()) << outcome.status().to_string();
  return outcome->rows;
}

class KnownWordsOf : public testing::TestWithParam<const char*> {};

TEST_P(KnownWordsOf, ATextAreWhatSplittingItGives) {
  const std::map<std::string, OptionValue> words = {{"word_rules", std::string(GetParam())}};
  const StepSpec gopher{"gopher_signals", words}, fineweb{"fineweb_signals", words};
  const StepSpec c4{"c4_quality",
                    {{"word_rules", std::string(GetParam())}, {"sentences_min", 1}, {"terminal_punct", false}}};
  Context together;
  EXPECT_FALSE(run({gopher, c4, fineweb}, rows_of(0, 20), together)->num_rows() == 0);  // from here on words are kept
  for (int first = 100; first < 500; first += 100) {
    const Batch rows = rows_of(first, 100);
    const Batch at_once = run({gopher, c4, fineweb}, rows, together);
    Context fresh, second, third;
    const Batch apart = run({fineweb}, run({c4}, run({gopher}, rows, fresh), second), third);
    ASSERT_GT(at_once->num_rows(), 10);
    EXPECT_TRUE(at_once->Equals(*apart));
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, KnownWordsOf, testing::Values("english", "simple"));

TEST(KnownWords, AreForgottenWhenThereAreTooManyAndKeptOnlyWhenSomebodyAsks) {
  KnownWords known;
  const std::vector<WordToken> tokens(200'000);
  known.keep("a", WordRules::kEnglish, tokens);
  EXPECT_FALSE(known.find("a", WordRules::kEnglish));
  for (const char* text : {"a", "b", "c", "d", "e", "f"}) known.keep(text, WordRules::kEnglish, tokens);
  EXPECT_FALSE(known.find("a", WordRules::kEnglish));
  ASSERT_TRUE(known.find("f", WordRules::kEnglish));
  EXPECT_EQ(known.find("f", WordRules::kEnglish)->tokens.size(), tokens.size());
  EXPECT_FALSE(known.find("f", WordRules::kSimple));
  known.keep("long", WordRules::kEnglish, std::vector<WordToken>(2'000'000));
  EXPECT_EQ(known.find("long", WordRules::kEnglish)->count, 2'000'000u);
  EXPECT_TRUE(known.find("long", WordRules::kEnglish)->tokens.empty());
}

}  // namespace
}  // namespace millpond::curate
