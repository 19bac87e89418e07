#include "index/vector_values.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "index/segment_format.h"
#include "index/vector_query.h"

namespace millpond::index {
namespace {

struct Slice {
  const arrow::Array* values = nullptr;
  std::int64_t begin = 0, size = 0;
};

Slice slice_of(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    case arrow::Type::LARGE_LIST: {
      const auto& list = static_cast<const arrow::LargeListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& list = static_cast<const arrow::FixedSizeListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    default: return {};
  }
}

Status wrong_type(const arrow::Array& column, const VectorColumn& declared) {
  return unsupported("a column of vectors", declared.many ? ", several a row," : "",
                     " cannot have the type: ", column.type()->ToString())
      .hint(declared.many ? "It takes list<list<float32>>."
                          : "It takes lists of numbers, and binary or fixed columns for vectors of bytes or bits.");
}

std::optional<std::string_view> binary_at(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::BINARY: return static_cast<const arrow::BinaryArray&>(column).GetView(row);
    case arrow::Type::LARGE_BINARY: return static_cast<const arrow::LargeBinaryArray&>(column).GetView(row);
    case arrow::Type::FIXED_SIZE_BINARY: return static_cast<const arrow::FixedSizeBinaryArray&>(column).GetView(row);
    default: return std::nullopt;
  }
}

template <class Array>
void numbers_of(const arrow::Array& values, std::int64_t begin, std::vector<float>& out) {
  const auto* from = static_cast<const Array&>(values).raw_values() + begin;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(from[i]);
}

class Packer {
 public:
  Packer(const VectorColumn& declared, PackedVectors& out) : declared_(declared), out_(out) {}

  /// The vector of `row` in `column`; leaves `numbers_` empty if there is none.
  Status read(const arrow::Array& column, std::int64_t row) {
    numbers_.clear();
    whole_ = false;
    if (column.IsNull(row)) return {};
    if (const auto bytes = binary_at(column, row)) return read_bytes(column, *bytes);
    const Slice slice = slice_of(column, row);
    if (slice.values == nullptr) return wrong_type(column, declared_);
    if (slice.size > kDimensionsMax) return unsupported("dimensions of a vector: ", slice.size);
    for (std::int64_t i = slice.begin; i < slice.begin + slice.size; ++i)
      if (slice.values->IsNull(i)) return invalid("a vector holds null; row: ", row);
    numbers_.resize(static_cast<std::size_t>(slice.size));
    switch (slice.values->type_id()) {
      case arrow::Type::FLOAT: numbers_of<arrow::FloatArray>(*slice.values, slice.begin, numbers_); break;
      case arrow::Type::DOUBLE: numbers_of<arrow::DoubleArray>(*slice.values, slice.begin, numbers_); break;
      case arrow::Type::HALF_FLOAT: {
        const auto* from = static_cast<const arrow::HalfFloatArray&>(*slice.values).raw_values() + slice.begin;
        for (std::size_t i = 0; i < numbers_.size(); ++i) numbers_[i] = float_from_half(from[i]);
        break;
      }
      case arrow::Type::INT8: numbers_of<arrow::Int8Array>(*slice.values, slice.begin, numbers_); break;
      case arrow::Type::INT32: numbers_of<arrow::Int32Array>(*slice.values, slice.begin, numbers_); break;
      case arrow::Type::INT64: numbers_of<arrow::Int64Array>(*slice.values, slice.begin, numbers_); break;
      default: return wrong_type(column, declared_);
    }
    const auto type = slice.values->type_id();
    whole_ = type == arrow::Type::INT8 || type == arrow::Type::INT32 || type == arrow::Type::INT64;
    return {};
  }

  bool none() const { return numbers_.empty(); }

  /// Checks the vector that was read.
  Status check(std::int64_t row) {
    if (out_.dimensions == 0) {
      out_.dimensions = static_cast<int>(numbers_.size());
      stride_ = vector_stride(out_.dimensions, declared_.type);
      if (declared_.prefix > out_.dimensions) {
        return invalid("the first ", declared_.prefix, " numbers of a vector are asked for; it has: ", out_.dimensions);
      }
    }
    if (numbers_.size() != static_cast<std::size_t>(out_.dimensions))
      return invalid("vectors of one column must have one length, ", out_.dimensions, "; row ", row,
                     " has: ", numbers_.size());
    for (const float value : numbers_)
      if (!std::isfinite(value)) return invalid("a vector must be finite; not so in row: ", row);
    if (declared_.metric != Metric::kCosine) return {};
    if (!make_unit(numbers_)) return invalid("a vector of zeros has no direction for the cosine; row: ", row);
    whole_ = false;
    return {};
  }

  std::size_t stride() const { return stride_; }

  Status write(std::int64_t row, char* to) const {
    switch (declared_.type) {
      case VectorType::kF32: std::memcpy(to, numbers_.data(), numbers_.size() * sizeof(float)); return {};
      case VectorType::kF16: return write_halves(row, to);
      case VectorType::kI8: return write_bytes(row, to);
      case VectorType::kBit:
        for (std::size_t i = 0; i < numbers_.size(); ++i)
          if (numbers_[i] > 0) to[i / 8] |= static_cast<char>(1 << (i % 8));
        return {};
    }
    return {};
  }

 private:
  Status read_bytes(const arrow::Array& column, std::string_view bytes) {
    whole_ = true;
    const std::size_t each = declared_.type == VectorType::kBit ? 8 : 1;
    if (bytes.size() * each > kDimensionsMax) return unsupported("dimensions of a vector: ", bytes.size() * each);
    if (declared_.type == VectorType::kBit) {
      for (const char byte : bytes)
        for (int bit = 0; bit < 8; ++bit) numbers_.push_back((byte >> bit & 1) != 0 ? 1.0F : 0.0F);
    } else if (declared_.type == VectorType::kI8) {
      for (const char byte : bytes) numbers_.push_back(static_cast<float>(static_cast<signed char>(byte)));
    } else {
      return wrong_type(column, declared_);
    }
    return {};
  }

  Status write_halves(std::int64_t row, char* to) const {
    constexpr float kHalfMax = 65504;
    for (const float value : numbers_) {
      if (std::fabs(value) > kHalfMax) return invalid("a number does not fit into 16 bits; row ", row, " has: ", value);
      const std::uint16_t half = half_from_float(value);
      std::memcpy(to, &half, sizeof half);
      to += sizeof half;
    }
    return {};
  }

  Status write_bytes(std::int64_t row, char* to) const {
    float most = 0;
    for (const float value : numbers_) most = std::max(most, std::fabs(value));
    if (whole_ && most > 128) return invalid("a whole number does not fit into 8 bits; row ", row, " has: ", most);
    ByteVectorEnd end{whole_ || most == 0 ? 1.0F : most / 127, 0};
    double square = 0;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const float byte = std::clamp(std::nearbyint(numbers_[i] / end.factor), -128.0F, 127.0F);
      if (whole_ && byte != numbers_[i])
        return invalid("a whole number does not fit into 8 bits; row ", row, " has: ", numbers_[i]);
      to[i] = static_cast<char>(static_cast<signed char>(byte));
      square += double{byte} * byte;
    }
    if (declared_.metric == Metric::kCosine && square > 0) end.factor = static_cast<float>(1 / std::sqrt(square));
    end.square = static_cast<float>(square * end.factor * end.factor);
    std::memcpy(to + stride_ - sizeof end, &end, sizeof end);
    return {};
  }

  const VectorColumn& declared_;
  PackedVectors& out_;
  std::vector<float> numbers_;
  bool whole_ = false;  // numbers_ are bytes as they stand
  std::size_t stride_ = 0;
};

Status pack_many(const arrow::Array& column, const VectorColumn& declared, Packer& packer, PackedVectors& out) {
  for (std::int64_t row = 0; row < column.length(); ++row) {
    std::uint32_t count = 0;
    const Slice slice = column.IsNull(row) ? Slice{&column, 0, 0} : slice_of(column, row);
    if (slice.values == nullptr) return wrong_type(column, declared);
    for (std::int64_t i = slice.begin; i < slice.begin + slice.size; ++i) {
      MP_TRY(packer.read(*slice.values, i));
      if (packer.none()) continue;
      MP_TRY(packer.check(row));
      const std::size_t at = out.bytes.size();
      out.bytes.resize(at + packer.stride(), '\0');
      MP_TRY(packer.write(row, out.bytes.data() + at));
      ++count;
    }
    out.counts.push_back(count);
    out.has[static_cast<std::size_t>(row)] = count > 0;
  }
  return {};
}

}  // namespace

Result<PackedVectors> pack_vectors(const arrow::Array& column, const VectorColumn& declared) {
  PackedVectors out;
  out.has.resize(static_cast<std::size_t>(column.length()));
  Packer packer(declared, out);
  if (declared.many) {
    MP_TRY(pack_many(column, declared, packer, out));
    return out;
  }
  for (std::int64_t row = 0; row < column.length(); ++row) {
    MP_TRY(packer.read(column, row));
    if (packer.none()) continue;
    const bool first = out.dimensions == 0;
    MP_TRY(packer.check(row));
    if (first) out.bytes.assign(packer.stride() * out.has.size(), '\0');
    MP_TRY(packer.write(row, out.bytes.data() + packer.stride() * static_cast<std::size_t>(row)));
    out.has[static_cast<std::size_t>(row)] = true;
  }
  return out;
}

}  // namespace millpond::index
