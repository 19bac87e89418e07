#pragma once
// The waist: one row-local step, record batches in, record batches out.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/options.h"
#include "millpond/schema.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

/// A text or binary column without copies. Null rows read as empty; ask `null(row)`.
class Utf8Column {
 public:
  Utf8Column(const std::int32_t* offsets, const char* data, const arrow::Array* array)
      : offsets_(offsets), data_(data), array_(array) {}
  std::string_view operator[](std::int64_t row) const {
    return {data_ + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }
  bool null(std::int64_t row) const;

 private:
  const std::int32_t* offsets_;
  const char* data_;
  const arrow::Array* array_;
};

/// A column of fixed-width numbers without copies.
template <class T>
class NumberColumn {
 public:
  NumberColumn(const T* values, const arrow::Array* array) : values_(values), array_(array) {}
  T operator[](std::int64_t row) const { return values_[row]; }
  bool null(std::int64_t row) const;

 private:
  const T* values_;
  const arrow::Array* array_;
};

/// The columns that an operator declared as `reads`, for one batch.
/// The driver has checked names and types before the run: a mismatch here is a bug and aborts the batch.
class Input {
 public:
  explicit Input(Batch batch) : batch_(std::move(batch)) {}
  std::int64_t rows() const;
  Utf8Column utf8(std::string_view name) const;
  Utf8Column binary(std::string_view name) const { return utf8(name); }
  NumberColumn<std::int32_t> int32(std::string_view name) const;
  NumberColumn<std::int64_t> int64(std::string_view name) const;
  NumberColumn<float> float32(std::string_view name) const;
  NumberColumn<double> float64(std::string_view name) const;
  /// Any column, for nested types.
  std::shared_ptr<arrow::Array> column(std::string_view name) const;
  bool has(std::string_view name) const;
  const Batch& batch() const { return batch_; }

 private:
  Batch batch_;
};

class Output;

/// A row being emitted: set each added column once; a column not set is null.
class Row {
 public:
  Row& set(std::string_view name, std::string_view value);
  Row& set(std::string_view name, const char* value) { return set(name, std::string_view(value)); }
  Row& set(std::string_view name, bool value);
  Row& set(std::string_view name, std::int32_t value);
  Row& set(std::string_view name, std::int64_t value);
  Row& set(std::string_view name, float value);
  Row& set(std::string_view name, double value);
  Row& set(std::string_view name, std::span<const float> values);         ///< list<float32>
  Row& set(std::string_view name, std::span<const std::int32_t> values);  ///< list<int32>
  Row& set(std::string_view name, std::span<const std::string> values);   ///< list<utf8>

 private:
  friend class Output;
  Row(Output* output, std::int64_t index) : output_(output), index_(index) {}
  Output* output_;
  std::int64_t index_;
};

/// Takes what became of every input row. Each input row must be emitted (0..n rows), dropped or rejected;
/// a row that should vanish without a reason is a bug that the driver reports (`kInternal`).
/// An operator may emit out of input order; the driver restores the order of the parents.
class Output {
 public:
  Output(const Schema& adds, std::int64_t input_rows);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Row emit(std::int64_t parent);
  /// The row is processed and yields nothing, for no fault of it (an empty document).
  void emit_none(std::int64_t parent);
  void drop(std::int64_t row, std::string_view reason);
  void reject(std::int64_t row, Code code, std::string why);

  /// The builder of an added column, for nested values: append exactly one value for the row just emitted.
  /// Do not mix with `Row::set` for the same column.
  arrow::ArrayBuilder* builder(std::string_view name);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  friend class Row;
  std::unique_ptr<Impl> impl_;
};

/// One step. One instance for each worker thread, so no locks.
class Operator {
 public:
  virtual ~Operator() = default;
  /// Errors stop the build; what is wrong with one row goes to `Output::reject`.
  virtual Status process(const Input& in, Output& out, Context& context) = 0;
};

/// Written once for each operator; the flow checker, CLI, HTTP API, Python and docs are read from it.
struct OperatorDef {
  std::string_view name, summary;
  int version = 1;  ///< raise it when the same input gives other results
  Schema reads, adds;
  /// Columns among `reads` that it sets again, in their place (a text without some of its lines).
  Schema rewrites = {};
  /// Columns read only to find the content that `reads` already identifies (the path of a file whose hash is read):
  /// given to `process` like `reads`, but no part of the key, so that a rename computes nothing again.
  Schema locates = {};
  std::vector<Option> options;
  std::function<Result<std::unique_ptr<Operator>>(const Options&)> make;
  /// Worth remembering: when its inputs are known from an earlier build, rows are reused, not computed again.
  bool costly = false;
  /// What else decides the result, such as the hash of a model file; empty if nothing.
  std::function<Result<std::string>(const Options&)> fingerprint_of = {};
};

}  // namespace millpond

/// Defines an operator; CMake finds this line and lists it in the generated registry.
#define MILLPOND_OPERATOR(name)                                      \
  extern "C" const ::millpond::OperatorDef millpond_operator_##name; \
  const ::millpond::OperatorDef millpond_operator_##name
