#pragma once
// Rows in and out of Python, by the Arrow PyCapsule protocol: no copy, and no import of pyarrow.

#include <memory>
#include <optional>
#include <string>

#include "millpond/schema.h"
#include "millpond/stream.h"
#include "runtime.h"

namespace millpond::python {

/// A stream of rows for Python. Shape: `owner` keeps alive what the stream reads from.
/// Threads: one consumer at a time.
class RowStream {
 public:
  RowStream(std::unique_ptr<Stream> stream, std::shared_ptr<Context> context, std::shared_ptr<void> owner = {});

  ArrowSchema schema() const { return schema_; }
  /// The next batch without the GIL; none at the end, and ever after.
  Result<std::optional<Batch>> next();

 private:
  std::shared_ptr<void> owner_;
  std::shared_ptr<Context> context_;
  std::unique_ptr<Stream> stream_;
  ArrowSchema schema_;
};

/// One batch for Python.
struct Rows {
  Batch batch;
};

/// Reads anything that has `__arrow_c_stream__` or `__arrow_c_array__`, or that iterates over such things.
/// Columns of types that the engine does not have (large and view texts, dictionaries, small integers, other units of
/// time) are cast to those that it has. Errors (raised): kInvalidArgument, kUnsupported.
std::unique_ptr<Stream> stream_from(nb::handle source);

/// A column's value as Python sees it: bytes for binary, list, dict for structs, datetime.
nb::object to_python(const arrow::Array& array, std::int64_t row);
nb::dict to_python(const Batch& batch, std::int64_t row);

/// (name, type, required) of each column.
nb::list to_python(const Schema& schema);

void bind_arrow(nb::module_& module);

}  // namespace millpond::python
