#pragma once
// Names of Arrow types that the public headers pass around; definitions come from Arrow's own headers,
// included only in sources (arrow/api.h costs 2.5 s a translation unit).

#include <memory>
#include <optional>

namespace arrow {
class Array;
class ArrayBuilder;
class Buffer;
class DataType;
class Field;
class RecordBatch;
class Schema;
class Table;
class MemoryPool;
}  // namespace arrow

namespace millpond {
/// Columns of equal length under one schema; immutable once made, so it may be shared between threads.
using Batch = std::shared_ptr<arrow::RecordBatch>;
using ArrowSchema = std::shared_ptr<arrow::Schema>;
}  // namespace millpond
