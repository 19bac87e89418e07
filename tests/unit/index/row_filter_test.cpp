#include "millpond/index/row_filter.h"

#include "../pond/fixture.h"

namespace millpond::index {
namespace {

using pond::must;

struct RowFilterTest : pond::PondTest {
  /// Rows 0..9 and 10..19 in two files; text is null in row 20, which is alone in the third.
  RowFilter filter() {
    pond::Table table = append(must(pond_->create_table("notes", notes())), 0, 10);
    table = append(table, 10, 10);
    arrow::StringBuilder texts;
    arrow::Int64Builder numbers;
    EXPECT_TRUE(texts.AppendNull().ok() && numbers.Append(20).ok());
    const auto batch = arrow::RecordBatch::Make(rows(0, 1)->schema(), 1, {*numbers.Finish(), *texts.Finish()});
    table = must(table.update().append(write(table, batch)).commit(context_));
    return RowFilter(pond_, table, *table.current_id(), must(table.files()));
  }
  /// The rows as their ids: file × 10 + position.
  std::vector<std::int64_t> found(RowFilter& filter, const RowCondition& condition) {
    const auto sets = must(filter.rows(condition, context_));
    EXPECT_EQ(sets->size(), 3U);
    std::vector<std::int64_t> ids;
    for (std::size_t file = 0; file < sets->size(); ++file) {
      for (std::int64_t row = 0; (*sets)[file] && row < 10; ++row) {
        if ((*sets)[file]->contains(row)) ids.push_back(static_cast<std::int64_t>(file) * 10 + row);
      }
    }
    return ids;
  }
  std::vector<std::int64_t> where(RowFilter& filter, const std::string& sql) { return found(filter, {.where = sql}); }
};

using Ids = std::vector<std::int64_t>;

TEST_F(RowFilterTest, TakesTheRowsForWhichAConditionIsTrue) {
  RowFilter f = filter();
  EXPECT_EQ(where(f, "id in (3, 12) or id >= 19"), (Ids{3, 12, 19, 20}));
  EXPECT_EQ(where(f, "text = 'note 7'"), (Ids{7}));
  EXPECT_EQ(where(f, "text like 'note 1%' and id < 12.5"), (Ids{1, 10, 11, 12}));
  EXPECT_EQ(where(f, "not (id between 1 and 20)"), (Ids{0}));
  EXPECT_EQ(where(f, "id = 2.5"), Ids{});
  EXPECT_EQ(where(f, "true").size(), 21U);
  EXPECT_EQ(where(f, "false"), Ids{});
}

TEST_F(RowFilterTest, NullIsNeitherEqualNorUnequal) {
  RowFilter f = filter();
  EXPECT_EQ(where(f, "text is null"), (Ids{20}));
  EXPECT_EQ(where(f, "text <> 'note 0' and id > 17"), (Ids{18, 19}));
  EXPECT_EQ(where(f, "text not in ('note 19') and id > 17"), (Ids{18}));
  EXPECT_EQ(where(f, "not (text like 'n%')"), Ids{});
}

TEST_F(RowFilterTest, FilesOutOfBoundsAreNotRead) {
  RowFilter f = filter();
  const auto sets = must(f.rows({.where = "id < 5"}, context_));
  EXPECT_TRUE((*sets)[0]);
  EXPECT_FALSE((*sets)[1]);
  EXPECT_FALSE((*sets)[2]);
}

TEST_F(RowFilterTest, KeepsBitmapsOfTheLastConditions) {
  RowFilter f = filter();
  const auto first = must(f.rows({.where = "id < 5"}, context_));
  EXPECT_EQ(must(f.rows({.where = "id < 5"}, context_)), first);
  for (int i = 0; i < 100; ++i) (void)must(f.rows({.where = "id < " + std::to_string(100 + i)}, context_));
  EXPECT_NE(must(f.rows({.where = "id < 5"}, context_)), first);
}

TEST_F(RowFilterTest, ATestOfTheCallerNarrowsFurther) {
  RowFilter f = filter();
  TextTest test{.column = "text", .holds = [](std::string_view text) { return text.ends_with("5"); }};
  EXPECT_EQ(found(f, {.test = test}), (Ids{5, 15}));
  EXPECT_EQ(found(f, {.where = "id > 9", .test = test}), (Ids{15}));
  test.column = "id";
  EXPECT_EQ(f.rows({.test = test}, context_).status().code(), Code::kInvalidArgument);
}

TEST_F(RowFilterTest, SaysWhatIsWrong) {
  RowFilter f = filter();
  for (const char* sql : {"nix = 1", "id = 'x'", "id <", "length(text) = 3"})
    EXPECT_EQ(f.rows({.where = sql}, context_).status().code(), Code::kInvalidArgument) << sql;
  EXPECT_EQ(f.rows({.where = std::string(100'000, ' ')}, context_).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::index
