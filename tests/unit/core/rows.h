#pragma once
// Small batches for the tests of core.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "millpond/type_fwd.h"

namespace millpond::tests {

template <class Builder, class Values>
std::shared_ptr<arrow::Array> array_of(const Values& values) {
  Builder builder;
  for (const auto& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return *builder.Finish();
}

inline std::shared_ptr<arrow::Array> texts(const std::vector<std::string>& values) {
  return array_of<arrow::StringBuilder>(values);
}
inline std::shared_ptr<arrow::Array> numbers(const std::vector<std::int64_t>& values) {
  return array_of<arrow::Int64Builder>(values);
}

inline Batch batch_of(const std::vector<std::string>& names, const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields.push_back(arrow::field(names[i], columns[i]->type()));
  return arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
}

inline std::vector<std::string> texts_in(const Batch& batch, const std::string& column) {
  const auto array = batch->GetColumnByName(column);
  const auto& typed = static_cast<const arrow::StringArray&>(*array);
  std::vector<std::string> values;
  for (std::int64_t row = 0; row < typed.length(); ++row)
    values.push_back(typed.IsNull(row) ? "(null)" : typed.GetString(row));
  return values;
}

inline std::vector<std::int64_t> numbers_in(const Batch& batch, const std::string& column) {
  const auto array = batch->GetColumnByName(column);
  std::vector<std::int64_t> values;
  for (std::int64_t row = 0; row < array->length(); ++row) {
    values.push_back(array->type_id() == arrow::Type::INT32 ? static_cast<const arrow::Int32Array&>(*array).Value(row)
                                                            : static_cast<const arrow::Int64Array&>(*array).Value(row));
  }
  return values;
}

}  // namespace millpond::tests
