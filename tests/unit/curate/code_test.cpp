// Sources made by chance, and what NeMo Curator's own code filters make of them (tests/golden/code/make.py).

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "curate/code/code_meter.h"
#include "millpond/chain.h"

namespace millpond::curate {
namespace {

double value_of(const arrow::RecordBatch& rows, const std::string& name) {
  const auto column = rows.GetColumnByName(name);
  if (!column || column->IsNull(0)) return NAN;
  if (const auto* counts = dynamic_cast<const arrow::Int64Array*>(column.get())) {
    return static_cast<double>(counts->Value(0));
  }
  return static_cast<const arrow::DoubleArray&>(*column).Value(0);
}

TEST(Code, ValuesAreThoseOfTheReference) {
  const auto chain = Chain::plan({{"text", utf8()}, {"uri", utf8()}}, {{"code_signals", {}}});
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  const auto runner = *ChainRunner::make(*chain);
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/code/sources.jsonl");
  int sources = 0;
  Context context;
  for (std::string line; std::getline(file, line); ++sources) {
    const auto golden = nlohmann::json::parse(line);
    arrow::StringBuilder text, uri;
    ASSERT_TRUE(text.Append(golden["text"].get<std::string>()).ok());
    ASSERT_TRUE(uri.Append(golden["uri"].get<std::string>()).ok());
    const auto schema = arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("uri", arrow::utf8())});
    const auto outcome = *runner->run(arrow::RecordBatch::Make(schema, 1, {*text.Finish(), *uri.Finish()}), context);
    for (const auto& [column, expected] : golden["values"].items()) {
      EXPECT_NEAR(value_of(*outcome.rows, column), expected.get<double>(), 1e-9)
          << column << " of " << golden["uri"] << '\n'
          << golden["text"].get<std::string>();
    }
  }
  EXPECT_GT(sources, 200);
}

TEST(Code, PathsSayWhatAFileIs) {
  EXPECT_EQ(code_language_of("a/b/Main.JAVA")->name, "java");
  EXPECT_EQ(code_language_of("lib/CMakeLists.txt")->name, "cmake");
  EXPECT_EQ(code_language_of("notes.txt"), nullptr);
  EXPECT_EQ(code_language_of("a.py/readme"), nullptr);
  EXPECT_TRUE(is_test_path("src/foo_test.go"));
  EXPECT_TRUE(is_test_path("tests/a.py"));
  EXPECT_TRUE(is_test_path("FooTest.java"));
  EXPECT_FALSE(is_test_path("src/latest.py"));
  EXPECT_TRUE(is_vendored_path("web/node_modules/x/i.js"));
  EXPECT_TRUE(is_vendored_path("jquery.min.js"));
  EXPECT_FALSE(is_vendored_path("vendors.py"));
  EXPECT_TRUE(is_config_path("setup.py"));
  EXPECT_FALSE(is_config_path("configure_mill.py"));
}

/// Sources that end in the middle of things.
TEST(Code, BrokenSourcesAreReadToTheirEnd) {
  for (const char* path : {"a.c", "a.py", "a.js", "a.html", "a.lua", "a.hs", "a.php"}) {
    const CodeLanguage* language = code_language_of(path);
    ASSERT_NE(language, nullptr) << path;
    const std::string pieces = "/*'\"`<!--\"\"\"--[[{-#\\\n<script";
    for (std::size_t begin = 0; begin < pieces.size(); ++begin) {
      for (std::size_t size = 0; begin + size <= pieces.size(); ++size) {
        const std::string text = pieces.substr(begin, size);
        EXPECT_LE(comment_chars(text, *language), 2 * static_cast<std::int64_t>(text.size())) << path << ' ' << text;
        EXPECT_LE(html_text_chars(text), static_cast<std::int64_t>(text.size())) << text;
      }
    }
  }
}

}  // namespace
}  // namespace millpond::curate
