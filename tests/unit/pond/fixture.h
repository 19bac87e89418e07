#pragma once
// A pond in a folder of its own, and short ways to put rows in and take them out.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "pond/file_io.h"

#define ASSERT_OK(expression)                                        \
  do {                                                               \
    const auto& ok_result = (expression);                            \
    ASSERT_TRUE(ok_result.ok()) << ::millpond::pond::why(ok_result); \
  } while (false)

namespace millpond::pond {

inline std::string why(const Status& status) { return status.to_string(); }
template <class T>
std::string why(const Result<T>& result) {
  return result.status().to_string();
}

/// The value, or a test failure.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().to_string());
  return *std::move(result);
}

class PondTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("millpond-test-" + new_uuid());
    pond_ = must(Pond::init(path()));
  }
  void TearDown() override {
    pond_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return (folder_ / ".pond").string(); }

  static Schema notes() { return {{"id", int64(), true}, {"text", utf8()}}; }

  /// Rows {first, "note <first>"}, … .
  static Batch rows(std::int64_t first, std::int64_t count) {
    arrow::Int64Builder ids;
    arrow::StringBuilder texts;
    for (std::int64_t id = first; id < first + count; ++id) {
      EXPECT_TRUE(ids.Append(id).ok());
      EXPECT_TRUE(texts.Append("note " + std::to_string(id)).ok());
    }
    return arrow::RecordBatch::Make(
        arrow::schema({arrow::field("id", arrow::int64(), false), arrow::field("text", arrow::utf8())}), count,
        {*ids.Finish(), *texts.Finish()});
  }
  static std::vector<DataFile> write(const Table& table, const Batch& batch, DataWriterOptions options = {}) {
    DataWriter writer(table, options);
    const Status status = writer.write(batch);
    if (!status.ok()) throw std::runtime_error(status.to_string());
    return must(writer.close());
  }
  Table append(const Table& table, std::int64_t first, std::int64_t count) {
    return must(table.update().append(write(table, rows(first, count))).commit(context_));
  }
  /// The values of an int64 column, in the order of the scan.
  std::vector<std::int64_t> ids(const Table& table, std::optional<std::int64_t> snapshot = {}) {
    ScanOptions options;
    options.snapshot = snapshot;
    options.columns = {"id"};
    return drain(must(table.scan(options, context_)));
  }
  std::vector<std::int64_t> ids(const Table& table, const std::vector<FilePart>& parts) {
    return drain(must(table.read(parts, {.columns = {"id"}}, context_)));
  }
  std::vector<std::int64_t> drain(std::unique_ptr<Stream> stream) {
    std::vector<std::int64_t> out;
    while (auto batch = must(stream->next(context_))) {
      const auto& column = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
      for (std::int64_t i = 0; i < column.length(); ++i) out.push_back(column.Value(i));
    }
    return out;
  }
  static std::vector<std::int64_t> range(std::int64_t first, std::int64_t end) {
    std::vector<std::int64_t> out;
    for (; first < end; ++first) out.push_back(first);
    return out;
  }

  std::filesystem::path folder_;
  std::shared_ptr<Pond> pond_;
  Context context_;
};

}  // namespace millpond::pond
