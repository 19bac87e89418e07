#include "pond/avro.h"

#include <gtest/gtest.h>

#include "pond/manifest.h"

namespace millpond::pond {
namespace {

constexpr const char* kPoint = R"({"type":"record","name":"point","fields":[
  {"name":"x","type":"long","field-id":1},{"name":"note","type":["null","string"],"field-id":2}]})";

std::string points(int count) {
  std::string records;
  avro::Encoder to(records);
  for (int i = 0; i < count; ++i) {
    to.number(i - 5);
    to.number(1);
    to.bytes("note " + std::to_string(i));
  }
  return avro::write_file(kPoint, {{"made-by", "a test"}}, count, records);
}

TEST(Avro, ReadsWhatItWrites) {
  for (const int count : {0, 1, 100, 5000}) {  // 5000 are deflated
    int next = 0;
    const auto file = avro::read_file(points(count), [&](const avro::File&, avro::Decoder& in) {
      EXPECT_EQ(in.number(), next - 5);
      EXPECT_EQ(in.number(), 1);
      EXPECT_EQ(in.bytes(), "note " + std::to_string(next++));
      return Status();
    });
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    EXPECT_EQ(next, count);
    EXPECT_EQ(file->metadata.at("made-by"), "a test");
    EXPECT_EQ(file->metadata.at("avro.codec"), count == 5000 ? "deflate" : "null");
  }
}

TEST(Avro, NumbersOfEverySize) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{-64}, std::int64_t{1} << 40,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    std::string bytes;
    avro::Encoder(bytes).number(value);
    EXPECT_EQ(avro::Decoder(bytes).number(), value);
  }
}

TEST(Avro, EveryCutOffFileIsCorruptOrWhole) {
  const std::string whole = points(20);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    int records = 0;
    const auto file = avro::read_file(whole.substr(0, size), [&](const avro::File& f, avro::Decoder& in) {
      in.skip(f.schema, 0);
      ++records;
      return Status();
    });
    if (file.ok())
      EXPECT_EQ(records, 0) << "only a file without blocks is whole";
    else
      EXPECT_EQ(file.status().code(), Code::kDataCorrupt);
  }
}

TEST(Avro, ACountThatCannotBeIsCorrupt) {
  std::string bytes = points(0);
  avro::Encoder to(bytes);
  to.number(std::int64_t{1} << 60);
  to.bytes("");
  bytes += bytes.substr(bytes.size() - 16);
  EXPECT_EQ(avro::read_file(bytes, [](const avro::File&, avro::Decoder&) { return Status(); }).status().code(),
            Code::kDataCorrupt);
}

TEST(Avro, ASchemaNestedWithoutEndIsCorrupt) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"type":"array","items":)";
  EXPECT_EQ(avro::parse_schema(deep).status().code(), Code::kDataCorrupt);
  EXPECT_FALSE(avro::parse_schema(R"({"type":"record","name":"r","fields":[{"name":"a","type":"nowhere"}]})").ok());
}

TEST(Manifest, KeepsEntries) {
  ManifestEntry entry;
  entry.file.path = "file:///pond/tables/t/data/a.parquet";
  entry.file.rows = 7;
  entry.file.size_bytes = 1234;
  entry.file.split_offsets = {4, 999};
  auto metrics = std::make_shared<ColumnMetrics>();
  metrics->nulls = {{1, 0}, {2, 3}};
  metrics->lower = {{2, std::string("\x00\x01", 2)}};
  entry.file.metrics = metrics;
  const auto made = new_metadata({{"id", int64(), true}}, "file:///pond/tables/t", {});
  ASSERT_TRUE(made.ok());
  const TableMetadata& table = *made;
  const ManifestEntries entries = {entry};
  const auto read =
      parse_manifest(serialise_manifest(entries, table, 0, false), {.sequence_number = 42, .snapshot_id = 9});
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->size(), 1u);
  const ManifestEntry& back = read->front();
  EXPECT_EQ(back.file.path, entry.file.path);
  EXPECT_EQ(back.file.split_offsets, entry.file.split_offsets);
  EXPECT_EQ(back.file.metrics->nulls, metrics->nulls);
  EXPECT_EQ(back.file.metrics->lower, metrics->lower);
  EXPECT_EQ(back.sequence_number, 42) << "inherited from the manifest list";
  EXPECT_EQ(back.snapshot_id, 9);
}

}  // namespace
}  // namespace millpond::pond
