#include "millpond/operator.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/buffer.h>
#include <arrow/buffer_builder.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <limits>

#include "core/arrow_status.h"
#include "core/operator_output.h"

namespace millpond {

bool Utf8Column::null(std::int64_t row) const { return array_->IsNull(row); }
template <class T>
bool NumberColumn<T>::null(std::int64_t row) const {
  return array_->IsNull(row);
}
template class NumberColumn<std::int32_t>;
template class NumberColumn<std::int64_t>;
template class NumberColumn<float>;
template class NumberColumn<double>;

namespace {

/// The driver checked the schema before the run; only a bug in an operator (a name that it did not declare) gets here.
[[noreturn]] void undeclared(std::string_view name, std::string_view wanted) {
  throw std::logic_error("operator reads a column that it did not declare, or as another type: " + std::string(name) +
                         " as " + std::string(wanted));
}

template <class ArrayType, class Value>
NumberColumn<Value> number_column(const Input& in, std::string_view name, std::string_view wanted) {
  const auto column = in.column(name);
  const auto* typed = dynamic_cast<const ArrayType*>(column.get());
  if (!typed) undeclared(name, wanted);
  return NumberColumn<Value>(typed->raw_values(), column.get());
}

}  // namespace

std::int64_t Input::rows() const { return batch_->num_rows(); }
bool Input::has(std::string_view name) const { return batch_->schema()->GetFieldIndex(std::string(name)) >= 0; }

std::shared_ptr<arrow::Array> Input::column(std::string_view name) const {
  const int index = batch_->schema()->GetFieldIndex(std::string(name));
  if (index < 0) undeclared(name, "any type");
  return batch_->column(index);
}

Utf8Column Input::utf8(std::string_view name) const {
  const auto array = column(name);
  const auto* typed = dynamic_cast<const arrow::BinaryArray*>(array.get());  // also the base of StringArray
  if (!typed) undeclared(name, "utf8");
  const std::uint8_t* data = typed->raw_data();
  static constexpr char kNone = 0;
  return Utf8Column(typed->raw_value_offsets(), data ? reinterpret_cast<const char*>(data) : &kNone, array.get());
}

NumberColumn<std::int32_t> Input::int32(std::string_view name) const {
  return number_column<arrow::Int32Array, std::int32_t>(*this, name, "int32");
}
NumberColumn<std::int64_t> Input::int64(std::string_view name) const {
  return number_column<arrow::Int64Array, std::int64_t>(*this, name, "int64");
}
NumberColumn<float> Input::float32(std::string_view name) const {
  return number_column<arrow::FloatArray, float>(*this, name, "float32");
}
NumberColumn<double> Input::float64(std::string_view name) const {
  return number_column<arrow::DoubleArray, double>(*this, name, "float64");
}

Output::Output(const Schema& adds, std::int64_t input_rows) : impl_(std::make_unique<Impl>()) {
  impl_->adds = &adds;
  impl_->input_rows = input_rows;
  impl_->fates.assign(static_cast<std::size_t>(input_rows), Impl::kOpen);
  for (const Field& field : adds) {
    auto builder = arrow::MakeBuilder(to_arrow(field.type));
    impl_->columns.push_back({&field, builder.ok() ? std::move(builder).MoveValueUnsafe() : nullptr});
    if (!impl_->columns.back().builder) impl_->failure = internal("no builder for column: ", field.name);
  }
}
Output::~Output() = default;

Output::Impl::Column* Output::Impl::find(std::string_view name) {
  for (Column& column : columns) {
    if (column.field->name == name) return &column;
  }
  if (failure.ok()) failure = internal("operator sets a column that it did not declare: ", name);
  return nullptr;
}

void Output::Impl::pad_to(std::int64_t rows) {
  for (Column& column : columns) {
    while (column.builder->length() < rows) {
      if (!column.builder->AppendNull().ok()) return;
    }
  }
}

void Output::Impl::mark(std::int64_t row, Fate fate) {
  if (row < 0 || row >= input_rows) {
    if (failure.ok()) failure = internal("operator names a row outside its input: ", row);
    return;
  }
  unsigned char& now = fates[static_cast<std::size_t>(row)];
  const bool repeats = now != kOpen && !(now == kEmitted && fate == kEmitted);
  if (repeats && failure.ok()) failure = internal("operator decides twice about row: ", row);
  now |= fate;
}

template <class Builder, class Append>
void Output::Impl::append(std::string_view name, std::int64_t row, Append&& append) {
  Column* column = find(name);
  if (!column) return;
  auto* typed = dynamic_cast<Builder*>(column->builder.get());
  if (!typed || typed->length() != row) {
    if (failure.ok()) {
      failure = internal(
          typed ? "operator sets a column twice for a row: " : "operator sets a column with another type: ", name);
    }
    return;
  }
  const arrow::Status status = append(*typed);
  if (!status.ok() && failure.ok()) failure = exhausted("column ", name, ": ", status.message());
}

void Output::Impl::adopt(std::string_view name, std::string value) {
  const auto row = static_cast<std::int64_t>(parents.size()) - 1;
  if (row > 0) return append<arrow::BinaryBuilder>(name, row, [&](auto& b) { return b.Append(value); });
  append<arrow::BinaryBuilder>(name, row, [](auto& b) { return b.Append(""); });
  if (Column* column = find(name)) column->first = std::move(value);
}

Result<std::shared_ptr<arrow::Array>> Output::Impl::array_of(Column& column) {
  std::shared_ptr<arrow::Array> array;
  MP_TRY(from_arrow(column.builder->Finish(&array)));
  if (!column.first) return array;
  arrow::BufferBuilder offsets;
  const std::int32_t ends[2] = {0, static_cast<std::int32_t>(column.first->size())};
  MP_TRY(from_arrow(offsets.Append(ends, sizeof ends)));
  MP_ASSIGN(auto offset_buffer, from_arrow(offsets.Finish()));
  auto bytes = arrow::Buffer::FromString(*std::exchange(column.first, std::nullopt));
  const auto first =
      arrow::MakeArray(arrow::ArrayData::Make(array->type(), 1, {nullptr, std::move(offset_buffer), std::move(bytes)}));
  if (array->length() == 1) return first;
  return from_arrow(arrow::Concatenate({first, array->Slice(1)}));
}

Status Output::Impl::finish() {
  pad_to(static_cast<std::int64_t>(parents.size()));
  MP_TRY(std::move(failure));
  for (const Column& column : columns) {
    if (column.builder->length() != static_cast<std::int64_t>(parents.size())) {
      return internal("column ", column.field->name, " has ", column.builder->length(), " values for ", parents.size(),
                      " rows");
    }
  }
  for (std::size_t row = 0; row < fates.size(); ++row) {
    if (fates[row] == kOpen) return internal("operator lost a row: neither emitted, dropped nor rejected: row ", row);
  }
  return {};
}

Row Output::emit(std::int64_t parent) {
  impl_->mark(parent, Impl::kEmitted);
  const auto index = static_cast<std::int64_t>(impl_->parents.size());
  impl_->pad_to(index);
  impl_->parents.push_back(parent);
  return Row(this, index);
}
void Output::emit_none(std::int64_t parent) { impl_->mark(parent, Impl::kEmitted); }
void Output::drop(std::int64_t row, std::string_view reason) {
  impl_->mark(row, Impl::kDropped);
  if (impl_->dropped) impl_->dropped->emplace_back(row, reason);
  const auto known = impl_->drops.find(reason);
  if (known != impl_->drops.end()) {
    ++known->second;
  } else {
    impl_->drops.emplace(reason, 1);
  }
}
void Output::reject(std::int64_t row, Code code, std::string why) {
  impl_->mark(row, Impl::kRejected);
  impl_->rejects.push_back({row, code, std::move(why)});
}
arrow::ArrayBuilder* Output::builder(std::string_view name) {
  Impl::Column* column = impl_->find(name);
  return column ? column->builder.get() : nullptr;
}

Row& Row::set(std::string_view name, std::string_view value) {
  Output::Impl& impl = output_->impl();
  const Output::Impl::Column* column = impl.find(name);
  if (column && column->field->type.kind == Type::Kind::kFixed) {
    impl.append<arrow::FixedSizeBinaryBuilder>(name, index_, [&](auto& b) {
      return static_cast<int>(value.size()) == b.byte_width() ? b.Append(value.data())
                                                              : arrow::Status::Invalid("a value of another width");
    });
  } else {
    impl.append<arrow::BinaryBuilder>(name, index_, [&](auto& b) {
      if (value.size() > std::numeric_limits<std::int32_t>::max()) {
        return arrow::Status::CapacityError("a value above 2 GiB has no place in a column: ", value.size());
      }
      return b.Append(value.data(), static_cast<std::int32_t>(value.size()));
    });
  }
  return *this;
}
Row& Row::set(std::string_view name, bool value) {
  output_->impl().append<arrow::BooleanBuilder>(name, index_, [&](auto& b) { return b.Append(value); });
  return *this;
}
Row& Row::set(std::string_view name, std::int32_t value) {
  output_->impl().append<arrow::Int32Builder>(name, index_, [&](auto& b) { return b.Append(value); });
  return *this;
}
Row& Row::set(std::string_view name, std::int64_t value) {
  Output::Impl& impl = output_->impl();
  const Output::Impl::Column* column = impl.find(name);
  if (column && column->field->type.kind == Type::Kind::kTimestamp) {
    impl.append<arrow::TimestampBuilder>(name, index_, [&](auto& b) { return b.Append(value); });
  } else {
    impl.append<arrow::Int64Builder>(name, index_, [&](auto& b) { return b.Append(value); });
  }
  return *this;
}
Row& Row::set(std::string_view name, float value) {
  output_->impl().append<arrow::FloatBuilder>(name, index_, [&](auto& b) { return b.Append(value); });
  return *this;
}
Row& Row::set(std::string_view name, double value) {
  output_->impl().append<arrow::DoubleBuilder>(name, index_, [&](auto& b) { return b.Append(value); });
  return *this;
}

namespace {

template <class ValueBuilder, class Values>
arrow::Status append_list(arrow::ListBuilder& list, const Values& values) {
  auto* inner = dynamic_cast<ValueBuilder*>(list.value_builder());
  if (!inner) return arrow::Status::Invalid("a list of another type");
  ARROW_RETURN_NOT_OK(list.Append());
  if (values.empty()) return arrow::Status::OK();  // an empty span may point nowhere, which Arrow may not be given
  return inner->AppendValues(values.data(), static_cast<std::int64_t>(values.size()));
}

}  // namespace

Row& Row::set(std::string_view name, std::span<const float> values) {
  output_->impl().append<arrow::ListBuilder>(name, index_,
                                             [&](auto& b) { return append_list<arrow::FloatBuilder>(b, values); });
  return *this;
}
Row& Row::set(std::string_view name, std::span<const std::int32_t> values) {
  output_->impl().append<arrow::ListBuilder>(name, index_,
                                             [&](auto& b) { return append_list<arrow::Int32Builder>(b, values); });
  return *this;
}
Row& Row::set(std::string_view name, std::span<const std::string> values) {
  output_->impl().append<arrow::ListBuilder>(name, index_, [&](auto& b) {
    auto* inner = dynamic_cast<arrow::StringBuilder*>(b.value_builder());
    if (!inner) return arrow::Status::Invalid("a list of another type");
    ARROW_RETURN_NOT_OK(b.Append());
    for (const std::string& value : values) ARROW_RETURN_NOT_OK(inner->Append(value));
    return arrow::Status::OK();
  });
  return *this;
}

}  // namespace millpond
