#include "sql/delta_log.h"

#include <gmock/gmock.h>

namespace millpond::sql {
namespace {

const char* const kFirst =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"schemaString":"{}","partitionColumns":["day"]}}
{"add":{"path":"day=1/a%20b.parquet","partitionValues":{"day":"1"},"size":3}}
{"add":{"path":"day=__HIVE_DEFAULT_PARTITION__/c.parquet","partitionValues":{"day":null}}}
)";

TEST(DeltaLog, AddsAndRemovesFiles) {
  DeltaLog log;
  ASSERT_TRUE(log.take(kFirst, "0.json").ok());
  ASSERT_EQ(log.files().size(), 2U);
  EXPECT_EQ(log.files().at("day=1/a%20b.parquet").path, "day=1/a b.parquet");
  EXPECT_EQ(log.files().at("day=1/a%20b.parquet").partition.at("day"), "1");
  EXPECT_THAT(log.partition_columns(), testing::ElementsAre("day"));
  ASSERT_TRUE(log.take(R"({"remove":{"path":"day=1/a%20b.parquet"}})", "1.json").ok());
  EXPECT_EQ(log.files().size(), 1U);
}

TEST(DeltaLog, RefusesWhatWouldChangeTheRows) {
  DeltaLog log;
  EXPECT_EQ(log.take(R"({"add":{"path":"a","deletionVector":{"storageType":"u"}}})", "0.json").code(),
            Code::kUnsupported);
  EXPECT_EQ(log.take(R"({"protocol":{"minReaderVersion":2}})", "0.json").code(), Code::kUnsupported);
  EXPECT_EQ(log.take(R"({"protocol":{"minReaderVersion":3,"readerFeatures":["columnMapping"]}})", "0.json").code(),
            Code::kUnsupported);
  EXPECT_TRUE(log.take(R"({"protocol":{"minReaderVersion":3,"readerFeatures":["timestampNtz"]}})", "0.json").ok());
}

TEST(DeltaLog, SaysWhereItIsDamaged) {
  DeltaLog log;
  const Status status = log.take("{\"commitInfo\":{}}\n{\"add\":{\"path\":", "00.json");
  EXPECT_EQ(status.code(), Code::kDataCorrupt);
  EXPECT_THAT(status.message(), testing::HasSubstr("00.json:2"));
  EXPECT_EQ(log.take(R"({"add":{"size":1}})", "1.json").code(), Code::kDataCorrupt);
  EXPECT_EQ(log.take("[1]", "2.json").code(), Code::kDataCorrupt);
}

}  // namespace
}  // namespace millpond::sql
