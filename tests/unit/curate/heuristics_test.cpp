// Texts made by chance, and what NeMo Curator's and Data-Juicer's own filters make of them
// (tests/golden/heuristics/make.py).

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "curate/heuristics/juicer_meter.h"
#include "millpond/chain.h"

namespace millpond::curate {
namespace {

const std::string kGolden = MILLPOND_SOURCE_DIR "/tests/golden/heuristics/";

ChainOutcome run(const std::vector<StepSpec>& steps, const std::string& text) {
  arrow::StringBuilder column;
  EXPECT_TRUE(column.Append(text).ok());
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}), 1, {*column.Finish()});
  const auto chain = Chain::plan({{"text", utf8()}}, steps);
  EXPECT_TRUE(chain.ok()) << chain.status().to_string();
  Context context;
  auto outcome = (*ChainRunner::make(*chain))->run(batch, context);
  EXPECT_TRUE(outcome.ok()) << outcome.status().to_string();
  return *std::move(outcome);
}

/// Not a number: null.
double value_of(const arrow::RecordBatch& rows, const std::string& name) {
  const auto column = rows.GetColumnByName(name);
  if (!column || column->IsNull(0)) return NAN;
  if (const auto* counts = dynamic_cast<const arrow::Int64Array*>(column.get())) {
    return static_cast<double>(counts->Value(0));
  }
  return static_cast<const arrow::DoubleArray&>(*column).Value(0);
}

TEST(Heuristics, ValuesAndDecisionsAreThoseOfTheReferences) {
  const StepSpec nemo = {"nemo_signals", {}};
  const StepSpec juicer = {
      "data_juicer_signals",
      {{"stop_word_file", kGolden + "stopwords.json"}, {"flagged_word_file", kGolden + "flagged_words.json"}}};
  std::ifstream file(kGolden + "texts.jsonl");
  int texts = 0;
  for (std::string line; std::getline(file, line); ++texts) {
    const auto golden = nlohmann::json::parse(line);
    const auto text = golden["text"].get<std::string>();
    const ChainOutcome outcome = run({nemo, juicer}, text);
    ASSERT_EQ(outcome.rows->num_rows(), 1);
    for (const auto& [column, expected] : golden["values"].items()) {
      const double value = value_of(*outcome.rows, column);
      const auto equals = [&](double other) { return std::abs(value - other) <= 1e-9; };
      if (expected.is_null()) {
        // Of a text without words NeMo raises; a count is 0 then.
        EXPECT_TRUE(std::isnan(value) || value == 0) << column << " of " << text;
      } else if (column == "nemo_porn_urls") {
        EXPECT_EQ(value > 0, expected.get<int>() == 1) << text;
      } else if (expected.is_array()) {
        const auto may_be = expected.get<std::vector<double>>();
        EXPECT_TRUE(std::any_of(may_be.begin(), may_be.end(), equals)) << column << ' ' << value << " of " << text;
      } else {
        EXPECT_TRUE(equals(expected.get<double>())) << column << ' ' << value << " is " << expected << " of " << text;
      }
    }
    const auto kept = [&](const StepSpec& signals, const std::string& filter) {
      return run({signals, {filter, {}}}, text).rows->num_rows() == 1;
    };
    if (golden["nemo"].is_boolean()) { EXPECT_EQ(kept(nemo, "nemo_quality"), golden["nemo"].get<bool>()) << text; }
    EXPECT_EQ(kept(juicer, "data_juicer_quality"), golden["juicer"].get<bool>()) << text;
  }
  EXPECT_GT(texts, 300);
}

TEST(Heuristics, RowsOfCharactersOfALongTextAreCountedInTurns) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += std::to_string(i % 3000);
  JuicerLists none;
  const JuicerSignals whole = JuicerMeter(12, 10, none, 1000).measure(text);  // 15 turns
  std::unordered_map<std::string_view, int> counts;
  for (std::size_t i = 0; i + 12 <= text.size(); ++i) ++counts[std::string_view(text).substr(i, 12)];
  std::vector<int> often;
  for (const auto& [row, count] : counts) often.push_back(count);
  std::sort(often.rbegin(), often.rend());
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(often.size())));
  double covered = 0;
  for (std::size_t i = 0; i < root && often[i] > 1; ++i) covered += often[i];
  EXPECT_EQ(JuicerMeter(12, 10, none).measure(text).char_repetition, whole.char_repetition);
  EXPECT_NEAR(whole.char_repetition, covered / static_cast<double>(text.size() - 11), 1e-12);
}

TEST(Heuristics, BytesAreFoundWhereTheyAre) {
  std::string text(100, 'a');
  text += "needle";
  text += std::string(40, 'e') + "needle";
  EXPECT_EQ(find_bytes(text, "needle", 0), 100u);
  EXPECT_EQ(find_bytes(text, "needle", 101), 146u);
  EXPECT_EQ(find_bytes(text, "needles", 0), std::string_view::npos);
  EXPECT_EQ(find_bytes("", "needle", 0), std::string_view::npos);
  EXPECT_EQ(count_bytes(text, "ee"), 1 + 20 + 1);
  EXPECT_EQ(count_bytes("aaaaa", "a"), 5);
}

}  // namespace
}  // namespace millpond::curate
