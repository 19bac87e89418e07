// All pairs within the distance are found, whatever bits they differ in, and with little memory.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <numeric>
#include <random>

#include "millpond/fold.h"
#include "millpond/registry.h"

namespace millpond::curate {
namespace {

std::vector<std::int64_t> kept(const std::vector<std::uint64_t>& values, int bits_max, std::int64_t memory_bytes,
                               const std::string& folder) {
  arrow::Int64Builder ids, signatures;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(ids.Append(static_cast<std::int64_t>(i)).ok());
    EXPECT_TRUE(signatures.Append(static_cast<std::int64_t>(values[i])).ok());
  }
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("simhash", arrow::int64())});
  const Batch rows =
      arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(values.size()), {*ids.Finish(), *signatures.Finish()});
  Context context;
  context.set_memory_limit(memory_bytes);
  const FoldDef* def = find_fold("dedup_hamming");
  const auto options = Options::resolve(def->options, {{"bits_max", std::int64_t{bits_max}}});
  std::vector<std::int64_t> found;
  auto results = run_fold(stream_of(schema, {rows}), *def, *options, folder, context);
  EXPECT_TRUE(results.ok()) << results.status().to_string();
  while (true) {
    const auto batch = (*results)->next(context);
    if (!batch.ok() || !*batch) break;
    const auto column = (**batch)->GetColumnByName("id");
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    found.insert(found.end(), numbers.raw_values(), numbers.raw_values() + numbers.length());
  }
  return found;
}

TEST(DedupHamming, FindsWhatComparingAllPairsFinds) {
  const auto folder = std::filesystem::temp_directory_path() / "millpond-dedup-hamming-test";
  for (const int bits_max : {0, 1, 3, 5, 8, 12}) {
    std::mt19937_64 random(static_cast<unsigned>(bits_max));
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 1500; ++i) {
      std::uint64_t value = random();
      if (i % 3 != 0) {
        value = values[random() % values.size()];
        for (auto flips = random() % 16; flips > 0; --flips) value ^= 1ULL << random() % 64;
      }
      values.push_back(value);
    }
    std::vector<std::size_t> set(values.size());
    std::iota(set.begin(), set.end(), std::size_t{0});
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (std::popcount(values[i] ^ values[j]) > bits_max || set[i] == set[j]) continue;
        const std::size_t from = std::max(set[i], set[j]), to = std::min(set[i], set[j]);
        std::replace(set.begin(), set.end(), from, to);
      }
    }
    std::vector<std::int64_t> expected;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (set[i] == i) expected.push_back(static_cast<std::int64_t>(i));
    }
    EXPECT_LT(expected.size(), values.size());
    EXPECT_EQ(kept(values, bits_max, 1 << 30, {}), expected) << bits_max;
    EXPECT_EQ(kept(values, bits_max, 100 << 10, folder.string()), expected) << bits_max;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millpond::curate
