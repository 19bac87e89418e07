#include "index/stored.h"

#include <arrow/util/compression.h>

#include "core/arrow_status.h"
#include "index/bytes.h"

namespace millpond::index {
namespace {

enum class Kind : char { kNull, kFalse, kTrue, kInteger, kNumber, kText, kTexts, kIntegers };

StoredValue decode_value(ByteReader& in) {
  switch (static_cast<Kind>(in.number<char>())) {
    case Kind::kNull: return std::monostate();
    case Kind::kFalse: return false;
    case Kind::kTrue: return true;
    case Kind::kInteger: return unzigzag(in.varint());
    case Kind::kNumber: return in.number<double>();
    case Kind::kText: return std::string(in.string());
    case Kind::kTexts: {
      std::vector<std::string> texts;
      for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) texts.emplace_back(in.string());
      return texts;
    }
    case Kind::kIntegers: {
      std::vector<std::int64_t> numbers;
      for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) numbers.push_back(unzigzag(in.varint()));
      return numbers;
    }
  }
  in.bytes(in.left() + 1);  // an unknown kind: fail the reader
  return std::monostate();
}

struct Encoder {
  std::string& out;
  void kind(Kind k) const { out.push_back(static_cast<char>(k)); }
  void operator()(std::monostate) const { kind(Kind::kNull); }
  void operator()(bool value) const { kind(value ? Kind::kTrue : Kind::kFalse); }
  void operator()(std::int64_t value) const {
    kind(Kind::kInteger);
    put_varint(out, zigzag(value));
  }
  void operator()(double value) const {
    kind(Kind::kNumber);
    put(out, value);
  }
  void operator()(const std::string& value) const { encode_text(value, out); }
  void operator()(const std::vector<std::string>& values) const {
    kind(Kind::kTexts);
    put_varint(out, values.size());
    for (const std::string& value : values) put_string(out, value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    kind(Kind::kIntegers);
    put_varint(out, values.size());
    for (const std::int64_t value : values) put_varint(out, zigzag(value));
  }
};

}  // namespace

void encode_text(std::string_view text, std::string& out) {
  out.push_back(static_cast<char>(Kind::kText));
  put_string(out, text);
}

void encode_value(const StoredValue& value, std::string& out) { std::visit(Encoder{out}, value); }

Status pack_stored(std::string_view raw, std::string& packed) {
  MP_ASSIGN(const auto codec, from_arrow(arrow::util::Codec::Create(arrow::Compression::LZ4)));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(raw.data());
  const auto size = static_cast<std::int64_t>(raw.size());
  packed.resize(static_cast<std::size_t>(codec->MaxCompressedLen(size, bytes)));
  MP_ASSIGN(const std::int64_t used, from_arrow(codec->Compress(size, bytes, static_cast<std::int64_t>(packed.size()),
                                                                reinterpret_cast<std::uint8_t*>(packed.data()))));
  packed.resize(static_cast<std::size_t>(used));
  return {};
}

bool unpack_stored(std::string_view packed, std::span<char> raw) {
  const auto codec = arrow::util::Codec::Create(arrow::Compression::LZ4);
  if (!codec.ok()) return false;
  const auto used = (*codec)->Decompress(
      static_cast<std::int64_t>(packed.size()), reinterpret_cast<const std::uint8_t*>(packed.data()),
      static_cast<std::int64_t>(raw.size()), reinterpret_cast<std::uint8_t*>(raw.data()));
  return used.ok() && *used == static_cast<std::int64_t>(raw.size());
}

Result<StoredRow> decode_row(std::string_view bytes, std::size_t columns) {
  ByteReader in(bytes);
  StoredRow row;
  row.reserve(columns);
  for (std::size_t i = 0; i < columns; ++i) row.push_back(decode_value(in));
  if (!in.ok() || !in.done()) return corrupt("stored row of the wrong length, bytes: ", bytes.size());
  return row;
}

}  // namespace millpond::index
