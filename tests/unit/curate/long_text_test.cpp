// A text beyond what the filters look at is rejected by itself, with the reason.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "curate/quality/text_limit.h"
#include "millpond/chain.h"

namespace millpond::curate {
namespace {

TEST(LongTexts, AreRejectedWithTheirSizeAndTheRestGoesOn) {
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.ReserveData(static_cast<std::int64_t>(kWordTextBytesMax) + (2 << 20)).ok());
  ASSERT_TRUE(texts.Append("A short text.").ok());
  ASSERT_TRUE(texts.Append(std::string(kWordTextBytesMax + (1 << 20), 'x')).ok());
  ASSERT_TRUE(texts.Append("Another one.").ok());
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8())});
  const Batch rows = arrow::RecordBatch::Make(schema, 3, {*texts.Finish()});
  for (const char* name : {"gopher_signals", "fineweb_signals"}) {
    const auto chain = Chain::plan({{"text", utf8()}}, {{name, {}}});
    ASSERT_TRUE(chain.ok()) << chain.status().to_string();
    auto runner = ChainRunner::make(*chain);
    Context context;
    const auto outcome = (*runner)->run(rows, context);
    ASSERT_TRUE(outcome.ok()) << outcome.status().to_string();
    EXPECT_EQ(outcome->rows->num_rows(), 2);
    ASSERT_EQ(outcome->rejects.size(), 1u);
    EXPECT_EQ(outcome->rejects[0].code, Code::kResourceExhausted);
    EXPECT_THAT(outcome->rejects[0].why, testing::HasSubstr("this one has MiB: 257 (Cut it into several records"));
  }
}

}  // namespace
}  // namespace millpond::curate
