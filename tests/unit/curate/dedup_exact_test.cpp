// What the specification cannot say: folds that absorbed in parts are joined.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millpond/fold.h"

extern "C" const millpond::FoldDef millpond_fold_dedup_exact;

namespace millpond::curate {
namespace {

Batch rows(const std::vector<std::string>& texts, std::int64_t first_place) {
  arrow::StringBuilder text;
  arrow::Int64Builder place;
  for (const std::string& each : texts) EXPECT_TRUE(text.Append(each).ok() && place.Append(first_place++).ok());
  const auto schema =
      arrow::schema({arrow::field("text", arrow::utf8()), arrow::field(std::string(kFoldPosition), arrow::int64())});
  return arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(texts.size()), {*text.Finish(), *place.Finish()});
}

std::vector<std::string> finish(Fold& fold, Context& context) {
  std::vector<std::string> lines;
  const auto batches = *fold.finish(context);
  for (const Batch& batch : batches) {
    const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& places = static_cast<const arrow::Int64Array&>(*batch->column(1));
    const auto& counts = static_cast<const arrow::Int32Array&>(*batch->column(2));
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      lines.push_back(std::to_string(places.Value(i)) + " " + texts.GetString(i) + " " +
                      std::to_string(counts.Value(i)));
    }
  }
  return lines;
}

TEST(DedupExact, MergedPartsGiveWhatOneInstanceGives) {
  const FoldDef& def = millpond_fold_dedup_exact;
  const Options options = *Options::resolve(def.options, {});
  Context context;
  const Batch first = rows({"a", "b", "a"}, 0), second = rows({"c", "a", "c"}, 3), third = rows({"b", "d"}, 6);
  const auto whole = *def.make(options);
  for (const Batch& each : {first, second, third}) ASSERT_TRUE(whole->absorb(each, context).ok());

  const auto early = *def.make(options), late = *def.make(options);
  ASSERT_TRUE(early->absorb(first, context).ok());
  ASSERT_TRUE(late->absorb(second, context).ok() && late->absorb(third, context).ok());
  ASSERT_TRUE(early->merge(std::move(*late), context).ok());

  const auto lines = finish(*whole, context);
  EXPECT_THAT(lines, ::testing::ElementsAre("0 a 2", "1 b 1", "3 c 1", "7 d 0"));
  EXPECT_EQ(finish(*early, context), lines);
}

}  // namespace
}  // namespace millpond::curate
