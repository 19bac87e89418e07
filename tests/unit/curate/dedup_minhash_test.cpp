// What the specification cannot say: clusters are the same when memory is short, and nothing is left on disk.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "millpond/fold.h"
#include "millpond/registry.h"

namespace millpond::curate {
namespace {

constexpr int kRows = 30000;

/// Rows with a long text, each of four values; every third row shares a band with the one three before it.
std::vector<Batch> rows() {
  std::vector<Batch> batches;
  for (int first = 0; first < kRows; first += 500) {
    arrow::Int64Builder ids;
    arrow::StringBuilder texts;
    arrow::BinaryBuilder signatures;
    for (int i = first; i < first + 500; ++i) {
      std::uint32_t values[4] = {static_cast<std::uint32_t>(i), 1, static_cast<std::uint32_t>(i / 6), 2};
      if (i % 3 != 0) values[2] = static_cast<std::uint32_t>(1000000 + i);
      std::string signature = {'M', 'f', 5, 2, 2, 1, 0, 0};
      signature.append(reinterpret_cast<const char*>(values), sizeof values);
      EXPECT_TRUE(ids.Append(i).ok() && texts.Append(std::string(300, 'x')).ok() && signatures.Append(signature).ok());
    }
    const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8()),
                                       arrow::field("minhash", arrow::binary())});
    batches.push_back(arrow::RecordBatch::Make(schema, 500, {*ids.Finish(), *texts.Finish(), *signatures.Finish()}));
  }
  return batches;
}

std::vector<std::int64_t> kept(std::int64_t memory_bytes, const std::string& folder) {
  const std::vector<Batch> input = rows();
  Context context;
  context.set_memory_limit(memory_bytes);
  const FoldDef* def = find_fold("dedup_minhash");
  const auto options = Options::resolve(def->options, {});
  std::vector<std::int64_t> ids;
  {
    auto results = run_fold(stream_of(input.front()->schema(), input), *def, *options, folder, context);
    EXPECT_TRUE(results.ok()) << results.status().to_string();
    while (true) {
      const auto batch = (*results)->next(context);
      EXPECT_TRUE(batch.ok()) << batch.status().to_string();
      if (!batch.ok() || !*batch) break;
      const auto column = (**batch)->GetColumnByName("id");
      const auto& values = static_cast<const arrow::Int64Array&>(*column);
      ids.insert(ids.end(), values.raw_values(), values.raw_values() + values.length());
    }
  }
  EXPECT_EQ(context.memory().used_bytes(), 0);
  return ids;
}

TEST(DedupMinhash, IsTheSameWithLittleMemory) {
  const auto folder = std::filesystem::temp_directory_path() / "millpond-dedup-minhash-test";
  std::filesystem::create_directories(folder);
  const auto plenty = kept(std::int64_t{1} << 30, folder.string());
  const auto little = kept(512 << 10, folder.string());  // of 9 MB of text and 0.7 MB of keys
  EXPECT_EQ(plenty.size(), kRows - kRows / 6);
  EXPECT_EQ(plenty, little);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millpond::curate
