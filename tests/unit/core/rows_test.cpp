// Types, identities, rows by position, the exchange, the memory budget.

#include "rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "core/exchange.h"
#include "core/take.h"
#include "millpond/row_hash.h"
#include "millpond/schema.h"

namespace millpond {
namespace {

using namespace tests;
using ::testing::ElementsAre;

TEST(Schema, TypesPrintAndParseBack) {
  const Type type =
      list(structure({{"kind", utf8()}, {"page", int32()}, {"tags", map(utf8(), list(float64()))}, {"id", fixed(16)}}));
  const auto parsed = parse_type(type.to_string());
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
  EXPECT_EQ(*parsed, type);
  for (const Type& each :
       {boolean(), int32(), int64(), float32(), float64(), utf8(), binary(), fixed(3), timestamp(), date()}) {
    EXPECT_EQ(*parse_type(each.to_string()), each);
    EXPECT_EQ(*from_arrow(*to_arrow(each)), each);
  }
  EXPECT_EQ(*from_arrow(*to_arrow(type)), type);
}

TEST(Schema, WhatIsNoTypeIsAnError) {
  for (const char* text :
       {"", "int", "list<", "list<int32", "struct<a>", "map<utf8>", "int32x", "fixed[0]", "fixed[1x]", "fixed[x]"}) {
    EXPECT_EQ(parse_type(text).status().code(), Code::kInvalidArgument) << text;
  }
}

TEST(RowHash, ValuesAreTheSameOnEveryMachine) {
  EXPECT_EQ(hash_bytes("").hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(*row_id_from_hex(hash_bytes("heron").hex()), hash_bytes("heron"));
  EXPECT_FALSE(row_id_from_hex("12").ok());
  EXPECT_FALSE(row_id_from_hex("zz000000000000000000000000000000").ok());
}

TEST(RowHash, TheFormOfRowsIsPartOfTheTableFormat) {  // another value here makes every table anew
  const std::vector<std::string> names = {"t", "n"};
  const auto ids = *hash_rows(batch_of(names, {texts({"heron", ""}), numbers({7, -1})}), names, "salt");
  EXPECT_EQ(ids[0].hex(), "a5dc52f61c5b5c733e58d34b1f4e145f");
  EXPECT_EQ(ids[1].hex(), "022da5e2f8f824716cfd450fd5037d22");
  EXPECT_EQ(derived_row_id(ids[0], "chain", 1).hex(), "491fafe0b666b2dd09108603c1bf2119");
}

TEST(RowHash, NeighbouringValuesDoNotRunTogether) {
  const std::vector<std::string> names = {"a", "b"};
  const auto ids = *hash_rows(batch_of(names, {texts({"ab", "a"}), texts({"c", "bc"})}), names, {});
  EXPECT_NE(ids[0], ids[1]);
  const auto salted = *hash_rows(batch_of(names, {texts({"ab", "a"}), texts({"c", "bc"})}), names, "salt");
  EXPECT_NE(ids[0], salted[0]);
  const std::vector<std::string> none = {"z"};
  EXPECT_EQ(hash_rows(batch_of({"a"}, {texts({"x"})}), none, {}).status().code(), Code::kInvalidArgument);
}

TEST(RowHash, ASliceHashesAsItsRowsDo) {
  const std::vector<std::string> names = {"a", "n"};
  const Batch batch = batch_of(names, {texts({"x", "y", "z"}), numbers({1, 2, 3})});
  EXPECT_EQ((*hash_rows(batch->Slice(1, 2), names, {}))[1], (*hash_rows(batch, names, {}))[2]);
}

TEST(RowHash, SiblingsDiffer) {
  const RowId parent = hash_bytes("p");
  EXPECT_NE(derived_row_id(parent, "chain", 0), derived_row_id(parent, "chain", 1));
  EXPECT_NE(derived_row_id(parent, "chain", 0), derived_row_id(parent, "other", 0));
}

TEST(Take, RowsInAnyOrderWithRepeats) {
  const Batch batch = batch_of({"t", "n"}, {texts({"a", "b", "c", "d"}), numbers({1, 2, 3, 4})});
  const std::vector<std::int64_t> rows = {3, 0, 1, 1};
  const Batch taken = *take(batch, rows);
  EXPECT_THAT(texts_in(taken, "t"), ElementsAre("d", "a", "b", "b"));
  EXPECT_THAT(numbers_in(taken, "n"), ElementsAre(4, 1, 2, 2));
  EXPECT_EQ((*take(batch, std::vector<std::int64_t>()))->num_rows(), 0);
  EXPECT_THAT(texts_in(*take(batch->Slice(2, 2), std::vector<std::int64_t>{1, 0}), "t"), ElementsAre("d", "c"));
}

TEST(Take, Concatenates) {
  const Batch one = batch_of({"t"}, {texts({"a"})}), two = batch_of({"t"}, {texts({"b", "c"})});
  EXPECT_THAT(texts_in(*concatenate({one, two}), "t"), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(concatenate({}).ok());
}

class ExchangeTest : public ::testing::TestWithParam<int> {
 protected:
  /// Squares 0..count through `GetParam()` threads; stops where told to.
  Status run(int count, int fail_pull, int fail_work, int fail_consume) {
    OrderedExchange<int, int> exchange(GetParam(), 3);
    int next = 0;
    return exchange.run(
        [&]() -> Result<std::optional<int>> {
          if (next == fail_pull) return io_error("pull");
          return next < count ? std::optional<int>(next++) : std::optional<int>();
        },
        [&](int worker, int&& item) -> Result<int> {
          EXPECT_LT(worker, std::max(1, GetParam()));
          const int waiting = ++under_way_;
          most_ = std::max(most_.load(), waiting);
          if (item == fail_work) return corrupt("work");
          return item * item;
        },
        [&](int&& made) -> Status {
          --under_way_;
          if (static_cast<int>(made_.size()) == fail_consume) return conflict("consume");
          made_.push_back(made);
          return {};
        });
  }
  std::vector<int> made_;
  std::atomic<int> under_way_{0}, most_{0};
};

TEST_P(ExchangeTest, ResultsComeInTheOrderOfTheItems) {
  ASSERT_TRUE(run(500, -1, -1, -1).ok());
  ASSERT_EQ(made_.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(made_[static_cast<std::size_t>(i)], i * i);
  EXPECT_LE(most_, 3);
}
TEST_P(ExchangeTest, AnErrorAnywhereEndsIt) {
  EXPECT_EQ(run(500, 10, -1, -1).code(), Code::kIoError);
  made_.clear();
  EXPECT_EQ(run(500, -1, 10, -1).code(), Code::kDataCorrupt);
  made_.clear();
  EXPECT_EQ(run(500, -1, -1, 10).code(), Code::kConflict);
}
TEST_P(ExchangeTest, NoMoreIsPulledWhileTheItemsInFlightAreHeavy) {
  OrderedExchange<int, int> exchange(GetParam(), 8, 10, [](const int& item) { return item % 2 == 0 ? 10 : 4; });
  std::atomic<int> next{0}, consumed{0}, too_many{0};
  const Status status = exchange.run(
      [&]() -> Result<std::optional<int>> {
        const int in_flight = next - consumed;
        if (in_flight > 1) ++too_many;  // two next to each other weigh 14
        return next < 200 ? std::optional<int>(next++) : std::optional<int>();
      },
      [](int, int&& item) -> Result<int> { return item; },
      [&](int&& made) -> Status {
        EXPECT_EQ(made, consumed);
        ++consumed;
        return {};
      });
  EXPECT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(consumed, 200);
  EXPECT_EQ(too_many, 0);
}
TEST_P(ExchangeTest, NothingInNothingOut) { EXPECT_TRUE(run(0, -1, -1, -1).ok()); }
INSTANTIATE_TEST_SUITE_P(Threads, ExchangeTest, ::testing::Values(1, 2, 8));

TEST(MemoryBudget, LendsUpToTheLimit) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.try_reserve(60));
  EXPECT_FALSE(budget.try_reserve(41));
  EXPECT_EQ(budget.used_bytes(), 60);
  EXPECT_TRUE(budget.try_reserve(40));
  budget.release(100);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(Context, AMetDeadlineStopsTheWork) {
  Context context;
  EXPECT_TRUE(context.check().ok());
  context.set_deadline(std::chrono::steady_clock::now() - std::chrono::seconds(1));
  EXPECT_EQ(context.check().code(), Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace millpond
