// The driver of operators: what it promises about rows. What operators do wrong is tried on Output, as the driver reads
// it.

#include "millpond/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/operator_output.h"
#include "rows.h"

namespace millpond {
namespace {

using namespace tests;
using ::testing::ElementsAre;

const Schema kAdds = {{"n", int64()}};

TEST(Output, ALostRowIsABug) {
  Output output(kAdds, 2);
  output.emit(0).set("n", std::int64_t{1});
  const Status status = output.impl().finish();
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_THAT(status.message(), ::testing::EndsWith("row 1"));
}

TEST(Output, ARowHasOneFate) {
  Output output(kAdds, 1);
  output.drop(0, "short");
  output.reject(0, Code::kInvalidArgument, "bad");
  EXPECT_EQ(output.impl().finish().code(), Code::kInternal);
}

TEST(Output, RowsAndColumnsThatAreNotThereAreBugs) {
  Output outside(kAdds, 1);
  outside.drop(0, "x");
  outside.drop(7, "x");
  EXPECT_EQ(outside.impl().finish().code(), Code::kInternal);
  Output undeclared(kAdds, 1);
  undeclared.emit(0).set("m", std::int64_t{1});
  EXPECT_EQ(undeclared.impl().finish().code(), Code::kInternal);
  Output retyped(kAdds, 1);
  retyped.emit(0).set("n", "text");
  EXPECT_EQ(retyped.impl().finish().code(), Code::kInternal);
}

TEST(Output, ARowMayGiveManyOrNone) {
  Output output(kAdds, 2);
  output.emit(0).set("n", std::int64_t{1});
  output.emit(0);
  output.emit_none(1);
  EXPECT_TRUE(output.impl().finish().ok());
  EXPECT_THAT(output.impl().parents, ElementsAre(0, 0));
  EXPECT_EQ(output.impl().columns[0].builder->null_count(), 1) << "a column that is not set is null";
}

Chain mean_word_length() { return *Chain::plan({{"text", utf8()}}, {{"mean_word_length", {}}}); }

TEST(Chain, CountsDropsAndRejectsByTheirInputRow) {
  const auto runner = *ChainRunner::make(mean_word_length());
  Context context;
  const auto outcome =
      runner->run(batch_of({"text"}, {texts({"plain words", "", "abcdefghijklmnop", "more words"})}), context);
  ASSERT_TRUE(outcome.ok());
  EXPECT_THAT(outcome->parents, ElementsAre(0, 3));
  EXPECT_THAT(texts_in(outcome->rows, "text"), ElementsAre("plain words", "more words"));
  EXPECT_EQ(outcome->drops.at("mean_word_length: words_too_long"), 1);
  ASSERT_EQ(outcome->rejects.size(), 1u);
  EXPECT_EQ(outcome->rejects[0].input_row, 1);
}

TEST(Chain, PlanErrorsBeginWithTheStep) {
  EXPECT_EQ(Chain::plan({}, {{"mean_word_length", {}}}).status().message(),
            "mean_word_length: reads a column that nothing before it provides: text");
  EXPECT_EQ(Chain::plan({{"text", int64()}}, {{"mean_word_length", {}}}).status().message(),
            "mean_word_length: reads column text as utf8, but it is int64");
  EXPECT_EQ(Chain::plan({}, {{"no_such", {}}}).status().code(), Code::kNotFound);
  EXPECT_FALSE(Chain::plan({{"text", utf8()}}, {{"mean_word_length", {}}, {"mean_word_length", {}}}).ok())
      << "adds a column twice";
}

TEST(Chain, TheFingerprintCoversOptionsAndOrder) {
  const Chain strict = *Chain::plan({{"text", utf8()}}, {{"mean_word_length", {{"chars_max", 8.0}}}});
  EXPECT_NE(strict.fingerprint(), mean_word_length().fingerprint());
  const Chain same = *Chain::plan({{"text", utf8()}}, {{"mean_word_length", {{"chars_max", 10.0}}}});
  EXPECT_EQ(same.fingerprint(), mean_word_length().fingerprint()) << "a default that is written out is no change";
}

TEST(Chain, ACancelledRunStops) {
  const auto runner = *ChainRunner::make(mean_word_length());
  Context context;
  context.cancel().request();
  EXPECT_EQ(runner->run(batch_of({"text"}, {texts({"plain words"})}), context).status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace millpond
