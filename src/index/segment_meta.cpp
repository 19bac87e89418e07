#include "index/segment_meta.h"

#include <limits>

#include "index/bytes.h"
#include "index/segment_format.h"

namespace millpond::index {

std::string encode_meta(const SegmentInfo& info) {
  std::string out;
  put_varint(out, static_cast<std::uint64_t>(info.rows));
  put_varint(out, static_cast<std::uint64_t>(info.terms));
  put_varint(out, static_cast<std::uint64_t>(info.length));
  put_varint(out, static_cast<std::uint64_t>(info.dimensions));
  put_varint(out, info.half ? 1 : 0);
  put_string(out, info.analyzer);
  put_string(out, info.language);
  put_string(out, info.data_file);
  put_varint(out, info.text.size());
  for (const TextColumn& column : info.text) {
    put_string(out, column.name);
    put_varint(out, static_cast<std::uint64_t>(column.weight));
  }
  put_varint(out, info.stored.size());
  for (const std::string& name : info.stored) put_string(out, name);
  return out;
}

Result<SegmentInfo> decode_meta(std::string_view bytes) {
  ByteReader in(bytes);
  SegmentInfo info;
  const std::uint64_t rows = in.varint(), terms = in.varint(), length = in.varint(), dimensions = in.varint();
  info.half = in.varint() != 0;
  info.analyzer = in.string();
  info.language = in.string();
  info.data_file = in.string();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    TextColumn column{std::string(in.string())};
    column.weight = static_cast<int>(in.varint() & 0xFF);
    info.text.push_back(std::move(column));
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) info.stored.emplace_back(in.string());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
  if (!in.ok() || !in.done() || rows > kMost || terms > kMost || length > kMost * kMost / 2 ||
      dimensions > kDimensionsMax) {
    return corrupt("meta section cannot be read");
  }
  info.rows = static_cast<std::int64_t>(rows);
  info.terms = static_cast<std::int64_t>(terms);
  info.length = static_cast<std::int64_t>(length);
  info.dimensions = static_cast<int>(dimensions);
  return info;
}

}  // namespace millpond::index
