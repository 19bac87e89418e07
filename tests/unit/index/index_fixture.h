#pragma once
// Small tables and segments for the tests of the index.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "millpond/index/search.h"

namespace millpond::index {

struct TestRow {
  std::string text;
  std::vector<float> vector;  // empty: null
};

inline Batch batch_of(const std::vector<TestRow>& rows) {
  arrow::StringBuilder texts;
  arrow::Int64Builder numbers;
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder vectors(arrow::default_memory_pool(), values);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(texts.Append(rows[i].text).ok());
    EXPECT_TRUE(numbers.Append(static_cast<std::int64_t>(i)).ok());
    if (rows[i].vector.empty()) {
      EXPECT_TRUE(vectors.AppendNull().ok());
    } else {
      EXPECT_TRUE(vectors.Append().ok());
      EXPECT_TRUE(values->AppendValues(rows[i].vector).ok());
    }
  }
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("number", arrow::int64()),
                                     arrow::field("embedding", arrow::list(arrow::float32()))});
  return arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(rows.size()),
                                  {*texts.Finish(), *numbers.Finish(), *vectors.Finish()});
}

/// A folder of its own for each test.
class IndexTest : public ::testing::Test {
 protected:
  IndexTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("index_" + std::string(test->name()) + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~IndexTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  std::string write(const std::string& name, const std::vector<TestRow>& rows, SegmentOptions options = {}) {
    if (options.text.empty()) options.text = {{"text", 1}};
    if (options.vectors.empty()) options.vectors = {{"embedding"}};
    if (options.stored.empty()) options.stored = {"text", "number"};
    auto builder = SegmentBuilder::create(path(name), options);
    EXPECT_TRUE(builder.ok()) << builder.status().to_string();
    const Status added = (*builder)->add(*batch_of(rows));
    EXPECT_TRUE(added.ok()) << added.to_string();
    const auto info = (*builder)->finish();
    EXPECT_TRUE(info.ok()) << info.status().to_string();
    return path(name);
  }

  std::unique_ptr<Searcher> searcher(std::vector<SegmentRef> refs, int threads = 1) {
    auto made = Searcher::open(std::move(refs), cache_, threads);
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return *std::move(made);
  }

  std::filesystem::path folder_;
  SegmentCache cache_;
};

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Rows of words drawn so that some are in most rows and many in few, as in real text.
inline std::vector<TestRow> random_rows(std::size_t count, std::size_t dimensions, unsigned seed = 7) {
  std::mt19937 random(seed);
  std::vector<TestRow> rows(count);
  std::normal_distribution<float> normal;
  for (TestRow& row : rows) {
    const unsigned words = 5 + random() % 40;
    for (unsigned i = 0; i < words; ++i) {
      const double u = std::generate_canonical<double, 32>(random);
      row.text += "w" + std::to_string(static_cast<int>(2000 * u * u * u * u)) + " ";
    }
    for (std::size_t i = 0; i < dimensions; ++i) row.vector.push_back(normal(random));
  }
  return rows;
}

}  // namespace millpond::index
