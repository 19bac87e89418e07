// The fold driver, with folds of the tests' own: order, spilling, parting again, errors.

#include "millpond/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>

#include "rows.h"

namespace millpond {
namespace {

namespace fs = std::filesystem;
using namespace tests;

/// Sums `n` by `name`; a result row stands where the first of its rows stood.
class Sum final : public Fold {
 public:
  Status absorb(const Batch& rows, Context&) override {
    const auto names = texts_in(rows, "name");
    const auto values = numbers_in(rows, "n"), places = numbers_in(rows, std::string(kFoldPosition));
    for (std::size_t row = 0; row < names.size(); ++row) {
      EXPECT_LT(last_place_, places[row]) << "rows are absorbed in input order";
      last_place_ = places[row];
      if (names[row] == "throw") throw std::runtime_error("on purpose");
      if (names[row] == "fail") return corrupt("on purpose");
      const auto [entry, is_new] = sums_.try_emplace(names[row], places[row], 0);
      entry->second.second += values[row];
    }
    return {};
  }
  Status merge(Fold&&, Context&) override { return unsupported("merge"); }
  Result<std::vector<Batch>> finish(Context&) override {
    std::vector<std::string> names;  // in the order of names, not of places: the driver must put that right
    std::vector<std::int64_t> firsts, places, sums;
    for (const auto& [name, sum] : sums_)
      names.push_back(name), firsts.push_back(-1), places.push_back(sum.first), sums.push_back(sum.second);
    return std::vector<Batch>{batch_of({"name", "n", std::string(kFoldPosition), "sum"},
                                       {texts(names), numbers(firsts), numbers(places), numbers(sums)})};
  }

 private:
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> sums_;
  std::int64_t last_place_ = -1;
};

FoldDef sum_def() {
  FoldDef def;
  def.name = "sum";
  def.reads = {{"name", utf8()}, {"n", int64()}};
  def.adds = {{"sum", int64()}};
  def.keys = [](const Options&) { return std::vector<std::string>{"name"}; };
  def.make = [](const Options&) -> Result<std::unique_ptr<Fold>> {
    return std::unique_ptr<Fold>(std::make_unique<Sum>());
  };
  return def;
}

class FoldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millpond-fold-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    EXPECT_TRUE(fs::is_empty(folder_));
    fs::remove_all(folder_);
  }

  static std::unique_ptr<Stream> in_batches(const Batch& rows, std::int64_t size) {
    std::vector<Batch> batches;
    for (std::int64_t row = 0; row < rows->num_rows(); row += size) batches.push_back(rows->Slice(row, size));
    return stream_of(rows->schema(), std::move(batches));
  }

  Result<std::vector<std::string>> fold(const Batch& rows, std::int64_t batch_rows, std::int64_t memory_bytes) {
    Context context;
    context.set_memory_limit(memory_bytes);
    const FoldDef def = sum_def();
    const Options options;
    std::vector<std::string> lines;
    {
      MP_ASSIGN(const auto results, run_fold(in_batches(rows, batch_rows), def, options, folder_, context));
      while (true) {
        MP_ASSIGN(const std::optional<Batch> batch, results->next(context));
        if (!batch) break;
        EXPECT_EQ((*batch)->schema()->field_names(), (std::vector<std::string>{"name", "n", "sum"}));
        const auto names = texts_in(*batch, "name");
        const auto sums = numbers_in(*batch, "sum");
        for (std::size_t i = 0; i < names.size(); ++i) lines.push_back(names[i] + "=" + std::to_string(sums[i]));
      }
    }
    EXPECT_EQ(context.memory().used_bytes(), 0) << "everything lent was given back";
    return lines;
  }

  std::string folder_;
};

Batch random_rows(int count, int names, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string> name;
  std::vector<std::int64_t> n;
  for (int i = 0; i < count; ++i)
    name.push_back("name " + std::to_string(random() % names)), n.push_back(random() % 100);
  return batch_of({"name", "n"}, {texts(name), numbers(n)});
}

TEST_F(FoldTest, ResultsStandWhereTheirFirstRowStood) {
  const Batch rows =
      batch_of({"name", "n"}, {texts({"pear", "fig", "pear", "apple", "fig"}), numbers({1, 2, 3, 4, 5})});
  EXPECT_THAT(*fold(rows, 2, 1 << 20), ::testing::ElementsAre("pear=4", "fig=7", "apple=4"));
}

TEST_F(FoldTest, MemoryAndBatchesDoNotChangeTheResult) {
  const Batch rows = random_rows(20000, 3000, 1);
  const auto in_memory = *fold(rows, 4096, 1 << 30);
  ASSERT_EQ(in_memory.size(), 2998u);
  for (const std::int64_t memory_bytes : {0, 1000, 20'000, 200'000}) {
    for (const std::int64_t batch_rows : {57, 4096}) {
      EXPECT_EQ(*fold(rows, batch_rows, memory_bytes), in_memory)
          << memory_bytes << " bytes, batches of " << batch_rows;
    }
  }
}

TEST_F(FoldTest, RowsOfOneKeyThatDoNotFitAreStreamed) {
  EXPECT_THAT(*fold(random_rows(5000, 1, 2), 100, 2000), ::testing::SizeIs(1));
}

TEST_F(FoldTest, NoRowsGiveNone) {
  EXPECT_THAT(*fold(batch_of({"name", "n"}, {texts({}), numbers({})}), 10, 0), ::testing::IsEmpty());
}

TEST_F(FoldTest, ErrorsNameTheFoldAndLeaveNothingBehind) {
  for (const std::int64_t memory_bytes : {0, 1 << 20}) {
    const Batch fails = batch_of({"name", "n"}, {texts({"a", "fail"}), numbers({1, 2})});
    EXPECT_EQ(fold(fails, 1, memory_bytes).status().to_string(), "data_corrupt: sum: on purpose");
    const Batch throws = batch_of({"name", "n"}, {texts({"a", "throw"}), numbers({1, 2})});
    EXPECT_EQ(fold(throws, 1, memory_bytes).status().code(), Code::kInternal);
  }
}

TEST_F(FoldTest, ColumnsAreCheckedFirst) {
  const Batch rows = batch_of({"name", "other"}, {texts({"a"}), numbers({1})});
  const Status status = fold(rows, 1, 1 << 20).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), ::testing::EndsWith("not there: n"));
  EXPECT_EQ(status.hint(), "There are: name, other.");
}

TEST_F(FoldTest, AFolderThatCannotBeWrittenIsAnError) {
  Context context;
  context.set_memory_limit(0);
  const FoldDef def = sum_def();
  const Options options;
  const auto results = run_fold(in_batches(random_rows(10, 10, 3), 5), def, options, "/proc/none", context);
  ASSERT_FALSE(results.ok());
  EXPECT_THAT(results.status().message(), ::testing::HasSubstr("/proc/none"));
}

TEST_F(FoldTest, StopsWhenCancelled) {
  Context context;
  context.set_memory_limit(0);
  context.cancel().request();
  const FoldDef def = sum_def();
  const Options options;
  EXPECT_EQ(run_fold(in_batches(random_rows(10, 10, 3), 5), def, options, folder_, context).status().code(),
            Code::kCancelled);
}

}  // namespace
}  // namespace millpond
