#include "millpond/pond/filter.h"

#include <functional>

#include "fixture.h"
#include "millpond/pond/plan.h"
#include "pond/filter_bounds.h"
#include "pond/manifest_scan.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

class FilterTest : public PondTest {
 protected:
  /// Twenty files of ten ids each, and a second table to try partitions on.
  Table twenty() {
    Table table = must(pond_->create_table("notes", notes()));
    for (std::int64_t i = 0; i < 20; ++i) table = append(table, i * 10, 10);
    return table;
  }
  /// First ids of the files that a condition leaves; from manifests on disk, as a fresh process sees them.
  std::vector<std::int64_t> left(const std::string& condition, const std::string& name = "notes") {
    const Table table = must(must(Pond::open(path()))->table(name));
    const FilePlan plan = must(plan_files(table, must(parse_filter(condition)), {}, context_));
    const FilePlan one = must(plan_files(table, must(parse_filter(condition)), {.threads = 1}, context_));
    EXPECT_EQ(plan.files.size(), one.files.size());
    std::vector<std::int64_t> out;
    for (const LiveFile& file : plan.files) {
      std::int64_t first = 0;
      for (const auto& [id, bytes] : file.file.metrics->lower) {
        if (id == 1) std::memcpy(&first, bytes.data(), sizeof first);
      }
      out.push_back(first);
    }
    return out;
  }
};

using Ids = std::vector<std::int64_t>;

TEST_F(FilterTest, BoundsLeaveTheFilesThatMayMatch) {
  twenty();
  EXPECT_EQ(left("id = 57"), Ids({50}));
  EXPECT_EQ(left("id in (3, 199, 1000)"), Ids({0, 190}));
  EXPECT_EQ(left("id >= 180 and id < 190"), Ids({180}));
  EXPECT_EQ(left("id between 35 and 41"), Ids({30, 40}));
  EXPECT_EQ(left("id > 188.5"), Ids({180, 190}));
  EXPECT_EQ(left("id = 10.5"), Ids());
  EXPECT_EQ(left("id < 5 or id > 195"), Ids({0, 190}));
  EXPECT_EQ(left("not (id >= 10)"), Ids({0}));
  EXPECT_EQ(left("not (id < 190 or text is null)"), Ids({190}));
  EXPECT_EQ(left("id is null"), Ids());
  EXPECT_EQ(left("text is null"), Ids());
  EXPECT_EQ(left("text like 'note 15%' and id > 20"), Ids({150}));
  EXPECT_EQ(left("\"text\" = 'note 42'"), Ids({0, 40}));  // as texts, 42 stands between 0 and 9
  EXPECT_EQ(left("text <> 'note 42'").size(), 20U);
  EXPECT_EQ(left("true").size(), 20U);
  EXPECT_EQ(left("false"), Ids());
}

TEST_F(FilterTest, WhatDoesNotFitIsRefused) {
  const Table table = twenty();
  for (const std::string condition : {"id =", "id = 'x", "= 3", "id like '%a'", "(id = 1", "id = 1 or", "id is 3"}) {
    EXPECT_EQ(parse_filter(condition).status().code(), Code::kInvalidArgument) << condition;
  }
  EXPECT_FALSE(parse_filter(std::string(10'000, '(')).ok());
  for (const std::string condition : {"nothing = 1", "id = 'x'", "text = 3", "id like 'a%'"}) {
    EXPECT_EQ(plan_files(table, must(parse_filter(condition)), {}, context_).status().code(), Code::kInvalidArgument)
        << condition;
  }
}

TEST_F(FilterTest, TheCatalogsExpressionsAreUnderstood) {
  const Table table = twenty();
  const auto count = [&](const std::string& json) {
    return must(plan_files(table, must(parse_filter_json(json)), {}, context_)).files.size();
  };
  EXPECT_EQ(count(R"({"type":"and","left":{"type":"gt-eq","term":"id","value":40},
                      "right":{"type":"not","child":{"type":"gt","term":"id","value":69}}})"),
            3U);
  EXPECT_EQ(count(R"({"type":"in","term":"id","values":[1, 2, 111]})"), 2U);
  EXPECT_EQ(count(R"({"type":"eq","term":{"type":"transform","transform":"bucket[4]","term":"id"},"value":1})"), 20U);
  EXPECT_EQ(count("true"), 20U);
  EXPECT_FALSE(parse_filter_json(R"({"type":"maybe"})").ok());
}

TEST_F(FilterTest, DeletesOfTheChosenFilesAreKnown) {
  Table table = twenty();
  const std::string path = must(table.files())[5].file.path;
  table = must(table.update().delete_rows(path, {1, 2, 3}).commit(context_));
  const FilePlan plan = must(
      plan_files(must(must(Pond::open(this->path()))->table("notes")), must(parse_filter("id = 55")), {}, context_));
  ASSERT_EQ(plan.files.size(), 1U);
  EXPECT_EQ(plan.files[0].live_rows(), 7);
  EXPECT_EQ(plan.files_in_manifests, 20);
}

TEST_F(FilterTest, ManifestsOfOtherPartitionsAreNotRead) {
  Schema schema = notes();
  schema.push_back({"day", date()});
  Table table = must(pond_->create_table(
      "notes", schema, {{"partition-by", "day, bucket(4, id)"}, {"commit.manifest-merge.enabled", "false"}}));
  for (std::int32_t day = 0; day < 5; ++day) {
    arrow::Date32Builder days;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(days.Append(20'454 + day).ok());  // from 2026-01-01
    const Batch some = rows(day * 3, 3);
    arrow::ArrayVector columns = some->columns();
    columns.push_back(*days.Finish());
    const auto fields =
        arrow::schema({some->schema()->field(0), some->schema()->field(1), arrow::field("day", arrow::date32())});
    table = must(table.update().append(write(table, arrow::RecordBatch::Make(fields, 3, columns))).commit(context_));
  }
  const auto plan = [&](const std::string& condition) {
    return must(
        plan_files(must(must(Pond::open(path()))->table("notes")), must(parse_filter(condition)), {}, context_));
  };
  EXPECT_EQ(plan("true").manifests, 5);
  EXPECT_EQ(plan("day = '2026-01-03'").manifests_read, 1);
  EXPECT_EQ(plan("day >= '2026-01-04' and id >= 0").manifests_read, 2);
  EXPECT_EQ(plan("day is null").manifests_read, 0);
  EXPECT_EQ(plan("day < '2026-01-01'").files.size(), 0U);
  const FilePlan one = plan("id = 7");  // one bucket, and the bounds of its files
  ASSERT_EQ(one.files.size(), 1U);
  EXPECT_EQ(ids(table, parts_of(one.files)).front(), 7);
  EXPECT_EQ(must(must(Pond::open(path()))->table("notes")).state()->metadata.specs[0].fields.size(), 2U);
  EXPECT_EQ(pond_->create_table("other", schema, {{"partition-by", "week(day)"}}).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(pond_->create_table("other", schema, {{"partition-by", "nothing"}}).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(pond_->create_table("other", schema, {{"partition-by", "hour(day)"}}).status().code(), Code::kUnsupported);
}

TEST_F(FilterTest, RowIdsAreThoseOfTheWholeTable) {
  Table table = must(pond_->create_table("notes", notes(), {{"format-version", "3"}}));
  for (std::int64_t i = 0; i < 40; ++i) table = append(table, i * 10, 10);
  const Table fresh = must(must(Pond::open(path()))->table("notes"));
  const FilePlan plan = must(plan_files(fresh, must(parse_filter("id >= 250 and id < 270")), {}, context_));
  std::map<std::string, std::optional<std::int64_t>> all;
  for (const LiveFile& file : must(table.files())) all[file.file.path] = file.file.first_row_id;
  ASSERT_EQ(plan.files.size(), 2U);
  for (const LiveFile& file : plan.files) EXPECT_EQ(file.file.first_row_id, all[file.file.path]);
  EXPECT_TRUE(plan.files[0].file.first_row_id);
}

/// A filter never leaves out a file that has rows for which it is true: all comparisons against all small ranges.
TEST_F(FilterTest, NothingThatMatchesIsLeftOut) {
  const Table table = must(pond_->create_table("notes", notes()));
  for (const std::string op : {"=", "<>", "<", "<=", ">", ">="}) {
    for (int constant = -2; constant <= 8; ++constant) {
      const BoundFilter filter = must(
          BoundFilter::make(must(parse_filter("id " + op + " " + std::to_string(constant))), table.state()->metadata));
      for (std::int64_t low = 0; low <= 6; ++low) {
        for (std::int64_t high = low; high <= 6; ++high) {
          std::vector<ColumnRange> ranges(1);
          filter.narrow(0,
                        {.lower = std::string_view(reinterpret_cast<const char*>(&low), 8),
                         .upper = std::string_view(reinterpret_cast<const char*>(&high), 8)},
                        ranges[0]);
          bool matches = false;
          for (std::int64_t id = low; id <= high; ++id) {
            matches = matches || (op == "="    ? id == constant
                                  : op == "<>" ? id != constant
                                  : op == "<"  ? id < constant
                                  : op == "<=" ? id <= constant
                                  : op == ">"  ? id > constant
                                               : id >= constant);
          }
          const bool left = filter.may_match(ranges);
          EXPECT_TRUE(left || !matches) << op << constant << " in " << low << ".." << high;
          if (op != "<>") { EXPECT_EQ(left, matches) << op << constant << " in " << low << ".." << high; }
        }
      }
    }
  }
}

}  // namespace
}  // namespace millpond::pond
