// Single rows of Parquet files as all kinds of writers leave them, against the whole column.

#include "pond/page_rows.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <random>

#include "fixture.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kRows = 20'000;

template <class Builder, class Value>
std::shared_ptr<arrow::Array> column(Builder&& builder, int null_every, Value&& value) {
  for (std::int64_t i = 0; i < kRows; ++i) {
    // In the middle there are no nulls at all, at the end there are only some: runs of both kinds.
    const bool null = null_every > 0 && (i < 6000 || i > 15'000) && i % null_every == 0;
    EXPECT_TRUE((null ? builder.AppendNull() : builder.Append(value(i))).ok());
  }
  return *builder.Finish();
}

std::shared_ptr<arrow::Table> material(int null_every) {
  const auto seconds = arrow::timestamp(arrow::TimeUnit::MICRO);
  std::mt19937_64 random(7);
  const std::vector<std::shared_ptr<arrow::Array>> arrays{
      column(arrow::Int64Builder(), null_every, [](auto i) { return i * 3; }),
      column(arrow::Int32Builder(), null_every, [](auto i) { return static_cast<std::int32_t>(i % 300); }),
      column(arrow::DoubleBuilder(), null_every, [&](auto) { return static_cast<double>(random()); }),
      column(arrow::FloatBuilder(), null_every, [](auto i) { return static_cast<float>(i % 5); }),
      column(arrow::StringBuilder(), null_every, [](auto i) { return "word " + std::to_string(i % 700); }),
      column(arrow::BinaryBuilder(), null_every,
             [](auto i) { return std::string(static_cast<std::size_t>(i % 40), 'x') + std::to_string(i); }),
      column(arrow::FixedSizeBinaryBuilder(arrow::fixed_size_binary(3)), null_every,
             [](auto i) { return std::to_string(100 + i % 900); }),
      column(arrow::TimestampBuilder(seconds, arrow::default_memory_pool()), null_every,
             [](auto i) { return i * 1'000'003; }),
      column(arrow::Date32Builder(), null_every, [](auto i) { return static_cast<std::int32_t>(i / 100); }),
      column(arrow::BooleanBuilder(), null_every, [](auto i) { return i % 3 == 0; }),  // Arrow reads these
  };
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrays[i]->type(), null_every > 0));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

struct Writer {
  const char* name;
  parquet::Compression::type codec;
  parquet::ParquetDataPageVersion version;
  bool dictionary;
  std::int64_t dictionary_bytes;
  int null_every;
  bool checksums = true;
};

class PageRowsTest : public PondTest, public ::testing::WithParamInterface<Writer> {
 protected:
  static std::string written(const Writer& how, const arrow::Table& table) {
    parquet::WriterProperties::Builder builder;
    builder.compression(how.codec)->data_page_version(how.version)->data_pagesize(4096)->write_batch_size(64);
    builder.enable_write_page_index()->dictionary_pagesize_limit(how.dictionary_bytes);
    if (how.checksums) builder.enable_page_checksum();
    if (!how.dictionary) builder.disable_dictionary();
    auto sink = *arrow::io::BufferOutputStream::Create();
    EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, 9000, builder.build()).ok());
    return (*sink->Finish())->ToString();
  }
  OpenParquet opened(const std::string& bytes) {
    name_ = "bytes " + std::to_string(++files_);  // what is kept in memory goes by the name
    auto file = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(bytes));
    auto footer = parquet::ParquetFileReader::Open(file)->metadata();
    return {name_, file, footer};
  }
  PondState& state() { return *must(pond_->table("t")).pond(); }
  void SetUp() override {
    PondTest::SetUp();
    must(pond_->create_table("t", notes()));
  }

  std::string name_;
  int files_ = 0;
};

TEST_P(PageRowsTest, AreThoseOfTheColumn) {
  const auto table = material(GetParam().null_every);
  const std::string bytes = written(GetParam(), *table);
  const OpenParquet in = opened(bytes);
  std::mt19937 random(1);
  ASSERT_EQ(in.footer->num_row_groups(), 3);
  for (int c = 0; c < table->num_columns(); ++c) {
    for (int group = 0; group < 3; ++group) {
      const std::int64_t first = group * 9000, size = in.footer->RowGroup(group)->num_rows();
      for (const int share : {1, 7, 500}) {
        std::vector<std::int64_t> offsets;
        for (std::int64_t i = 0; i < size; ++i) {
          if (random() % static_cast<unsigned>(share) == 0) offsets.push_back(i);
        }
        if (offsets.empty()) offsets.push_back(size - 1);
        const auto got = must(rows_of_column(state(), in, group, c, offsets, table->field(c)->type()));
        ASSERT_NE(got, nullptr);
        arrow::Int64Builder indices;
        for (const std::int64_t offset : offsets) ASSERT_TRUE(indices.Append(first + offset).ok());
        const auto wanted = arrow::compute::Take(arrow::Datum(table->column(c)), arrow::Datum(*indices.Finish()));
        ASSERT_TRUE(got->Equals(*wanted->chunked_array())) << table->field(c)->ToString() << " share " << share;
        for (const auto& chunk : got->chunks()) ASSERT_TRUE(chunk->ValidateFull().ok());
      }
    }
  }
}

TEST_P(PageRowsTest, OfDamagedPagesAreAnError) {
  if (!GetParam().checksums || GetParam().codec == parquet::Compression::SNAPPY) return;
  const auto table = material(GetParam().null_every);
  std::string bytes = written(GetParam(), *table);
  int found = 0;
  for (int c = 0; c < 9; ++c) {
    const auto chunk = opened(bytes).footer->RowGroup(1)->ColumnChunk(c);
    const auto begin = chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : chunk->data_page_offset();
    const auto at = static_cast<std::size_t>(begin + chunk->total_compressed_size() / 3);
    std::string damaged = bytes;
    damaged[at] ^= 0x10;
    std::vector<std::int64_t> all(9000);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    const OpenParquet in = opened(damaged);
    Result<std::shared_ptr<arrow::ChunkedArray>> got = corrupt("");
    try {
      got = rows_of_column(state(), in, 1, c, all, table->field(c)->type());
    } catch (const std::exception&) {}  // Arrow's, caught by those who call
    // Checksums leave out the headers of pages: statistics there may change unseen, values may not.
    if (got.ok()) { EXPECT_TRUE((*got)->Equals(*table->column(c)->Slice(9000, 9000))) << table->field(c)->ToString(); }
    found += got.ok() ? 0 : 1;
  }
  EXPECT_GE(found, 8);
}

using parquet::Compression;
using Version = parquet::ParquetDataPageVersion;
INSTANTIATE_TEST_SUITE_P(Of, PageRowsTest,
                         ::testing::Values(Writer{"zstd", Compression::ZSTD, Version::V1, true, 1 << 20, 0},
                                           Writer{"zstd_nulls", Compression::ZSTD, Version::V1, true, 1 << 20, 7},
                                           Writer{"zstd_plain", Compression::ZSTD, Version::V1, false, 1 << 20, 5},
                                           Writer{"given_up", Compression::ZSTD, Version::V1, true, 3000, 11},
                                           Writer{"second", Compression::ZSTD, Version::V2, true, 1 << 20, 3},
                                           Writer{"second_required", Compression::ZSTD, Version::V2, true, 3000, 0},
                                           Writer{"bare", Compression::UNCOMPRESSED, Version::V1, true, 3000, 13},
                                           Writer{"bare_second", Compression::UNCOMPRESSED, Version::V2, false, 1 << 20,
                                                  2, false},
                                           Writer{"snappy", Compression::SNAPPY, Version::V1, true, 1 << 20, 7}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace millpond::pond
