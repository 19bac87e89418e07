#pragma once
// Lets Parquet write through our file layer.

#include <arrow/io/interfaces.h>

#include <string_view>

#include "pond/file_io.h"

namespace millpond::pond {

/// Keeps the first error of the file layer, whose code says more than Arrow's. Closing is the owner's business.
class ParquetSink final : public arrow::io::OutputStream {
 public:
  explicit ParquetSink(FileWriter& file) : file_(file) {}
  arrow::Status Close() override { return closed_ = true, arrow::Status::OK(); }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return file_.size_bytes(); }
  arrow::Status Write(const void* data, std::int64_t size_bytes) override {
    Status status = file_.append({static_cast<const char*>(data), static_cast<std::size_t>(size_bytes)});
    if (status.ok()) return arrow::Status::OK();
    if (first_error_.ok()) first_error_ = status;
    return arrow::Status::IOError(status.message());
  }
  using arrow::io::OutputStream::Write;
  const Status& first_error() const { return first_error_; }

 private:
  FileWriter& file_;
  Status first_error_;
  bool closed_ = false;
};

}  // namespace millpond::pond
