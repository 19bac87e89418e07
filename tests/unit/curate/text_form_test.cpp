// Texts made by chance, and what ftfy and unicodedata make of them (tests/golden/normalize/make.py).

#include "curate/unicode/text_form.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "millpond/chain.h"

namespace millpond::curate {
namespace {

TEST(NormalizeText, TextsAreThoseOfTheReference) {
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/normalize/texts.jsonl");
  int texts = 0;
  for (std::string line; std::getline(file, line); ++texts) {
    const auto golden = nlohmann::json::parse(line);
    StepSpec step = {"normalize_text", {}};
    for (const auto& [name, value] : golden["options"].items()) {
      if (value.is_boolean()) {
        step.options[name] = value.get<bool>();
      } else {
        step.options[name] = value.get<std::string>();
      }
    }
    arrow::StringBuilder column;
    ASSERT_TRUE(column.Append(golden["text"].get<std::string>()).ok());
    const auto rows =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}), 1, {*column.Finish()});
    const auto chain = Chain::plan({{"text", utf8()}}, {step});
    ASSERT_TRUE(chain.ok()) << chain.status().to_string();
    Context context;
    const auto outcome = *(*ChainRunner::make(*chain))->run(rows, context);
    const auto& text = static_cast<const arrow::StringArray&>(*outcome.rows->GetColumnByName("text"));
    const auto& changed = static_cast<const arrow::BooleanArray&>(*outcome.rows->GetColumnByName("text_changed"));
    EXPECT_EQ(nlohmann::json(text.GetString(0)).dump(-1, ' ', true), golden["expected"].dump(-1, ' ', true)) << line;
    EXPECT_EQ(changed.Value(0), golden["text"] != golden["expected"]) << line;
  }
  EXPECT_EQ(texts, 400);
}

TEST(NormalizeText, WhatIsInItsFormIsNotCopied) {
  const auto form = *TextForm::make({});
  const std::string text = std::string(1000, 'x') + "\n\té 漢字";
  EXPECT_EQ((*form->apply(text)).data(), text.data());
  for (std::size_t at = 0; at < 40; ++at) {  // wherever the character stands among those looked at together
    const std::string broken = std::string(at, 'x') + '\a' + std::string(40, 'y');
    EXPECT_EQ(*form->apply(broken), std::string(at, 'x') + std::string(40, 'y'));
  }
}

}  // namespace
}  // namespace millpond::curate
