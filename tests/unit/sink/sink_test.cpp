// Files that sinks write: their content, and that they appear whole or not at all.

#include "millpond/sink.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include <cmath>
#include <filesystem>
#include <fstream>

extern "C" const millpond::SinkDef millpond_sink_jsonl, millpond_sink_parquet;

namespace millpond::sink {
namespace {

namespace fs = std::filesystem;

template <class Builder, class Value>
std::shared_ptr<arrow::Array> column(std::shared_ptr<arrow::DataType> type, const std::vector<Value>& values) {
  Builder builder(std::move(type), arrow::default_memory_pool());
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return *builder.Finish();
}

/// Two rows: values that are awkward, then nulls where there can be some.
Batch awkward() {
  const auto texts = column<arrow::StringBuilder, std::string>(arrow::utf8(), {"a\"b\\\n\x01\xC3\xBC\xFF", ""});
  const auto numbers = column<arrow::DoubleBuilder, double>(arrow::float64(), {0.1, std::nan("")});
  const auto times =
      column<arrow::TimestampBuilder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), {-1, 1'000'000});
  const auto days = column<arrow::Date32Builder, std::int32_t>(arrow::date32(), {0, 365});
  const auto ids = column<arrow::FixedSizeBinaryBuilder, std::string>(arrow::fixed_size_binary(2),
                                                                      {std::string("\x00\xff", 2), "ab"});
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int64Builder>());
  auto& items = static_cast<arrow::Int64Builder&>(*lists.value_builder());
  EXPECT_TRUE(lists.Append().ok() && items.AppendValues({1, 2}).ok() && lists.AppendNull().ok());
  const auto list = *lists.Finish();
  const auto pair = *arrow::StructArray::Make({texts, list}, std::vector<std::string>{"t", "l"});
  const arrow::ArrayVector columns = {texts, numbers, times, days, ids, list, pair};
  const std::vector<std::string> names = {"text", "number", "time", "day", "id", "list", "pair"};
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields.push_back(arrow::field(names[i], columns[i]->type()));
  return arrow::RecordBatch::Make(arrow::schema(fields), 2, columns);
}

class SinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millpond-sink-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = (folder_ / "out").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<std::unique_ptr<Sink>> open(const SinkDef& def, bool replace = false) {
    MP_ASSIGN(const Options options, Options::resolve(def.options, {{"path", path_}, {"replace", replace}}));
    return def.make(options, awkward()->schema());
  }
  std::string content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
  std::string path_;
  Context context_;
};

TEST_F(SinkTest, JsonLinesAreValidWhateverTheValues) {
  const auto sink = *open(millpond_sink_jsonl);
  ASSERT_TRUE(sink->write(awkward(), context_).ok());
  ASSERT_TRUE(sink->write(awkward()->Slice(1), context_).ok());
  ASSERT_TRUE(sink->commit(context_).ok());
  const std::string second =
      R"({"text":"","number":null,"time":"1970-01-01T00:00:01Z","day":"1971-01-01","id":"6162","list":null,"pair":{"t":"","l":null}})"
      "\n";
  EXPECT_EQ(
      content(),
      "{\"text\":\"a\\\"b\\\\\\n\\u0001\xC3\xBC\xEF\xBF\xBD\",\"number\":0.1,\"time\":\"1969-12-31T23:59:59.999999Z\","
      "\"day\":\"1970-01-01\",\"id\":\"00ff\",\"list\":[1,2],"
      "\"pair\":{\"t\":\"a\\\"b\\\\\\n\\u0001\xC3\xBC\xEF\xBF\xBD\",\"l\":[1,2]}}\n" +
          second + second);
}

TEST_F(SinkTest, ParquetReadsBack) {
  const auto sink = *open(millpond_sink_parquet);
  ASSERT_TRUE(sink->write(awkward(), context_).ok());
  ASSERT_TRUE(sink->write(awkward(), context_).ok());
  ASSERT_TRUE(sink->commit(context_).ok());
  const auto reader = *parquet::arrow::OpenFile(*arrow::io::ReadableFile::Open(path_), arrow::default_memory_pool());
  const auto table = *reader->ReadTable();
  EXPECT_EQ(table->num_rows(), 4);
  const auto expected = awkward();
  for (const int i : {0, 2, 3, 4, 5}) {  // not the number that is none: it is unequal to itself
    EXPECT_TRUE(table->column(i)->chunk(0)->Slice(0, 2)->Equals(*expected->column(i))) << table->field(i)->ToString();
  }
}

TEST_F(SinkTest, NothingIsLeftWithoutACommit) {
  for (const SinkDef* def : {&millpond_sink_jsonl, &millpond_sink_parquet}) {
    {
      const auto sink = *open(*def);
      ASSERT_TRUE(sink->write(awkward(), context_).ok());
      EXPECT_FALSE(fs::exists(path_)) << "nothing is visible before the commit";
    }
    EXPECT_EQ(files(), 0u) << def->name;
  }
}

TEST_F(SinkTest, AFileThatIsThereStays) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(open(millpond_sink_jsonl).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(content(), "precious");
  const auto sink = *open(millpond_sink_jsonl, true);
  ASSERT_TRUE(sink->commit(context_).ok());
  EXPECT_EQ(content(), "");
}

TEST_F(SinkTest, AFileThatAppearsMeanwhileStays) {
  const auto sink = *open(millpond_sink_jsonl);
  std::ofstream(path_) << "precious";
  EXPECT_FALSE(sink->commit(context_).ok());
  EXPECT_EQ(content(), "precious");
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace millpond::sink
