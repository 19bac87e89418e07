#pragma once
// A column of references to blobs.

#include <cstdint>
#include <memory>
#include <string_view>

#include "millpond/blob.h"
#include "millpond/operator.h"

namespace millpond {

class BlobColumn {
 public:
  /// Errors: kInvalidArgument for a column of another type.
  static Result<BlobColumn> of(const Input& in, std::string_view name);
  bool null(std::int64_t row) const;
  BlobRef operator[](std::int64_t row) const;

 private:
  std::shared_ptr<arrow::Array> column_;
};

}  // namespace millpond
