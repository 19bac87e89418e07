#include "index/segment_meta.h"

#include <algorithm>
#include <limits>

#include "index/bytes.h"
#include "index/segment_format.h"

namespace millpond::index {

std::string encode_meta(const SegmentInfo& info) {
  std::string out;
  put_varint(out, static_cast<std::uint64_t>(info.rows));
  put_varint(out, static_cast<std::uint64_t>(info.terms));
  put_varint(out, static_cast<std::uint64_t>(info.length));
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
  put_varint(out, info.vectors.size());
  for (std::size_t i = 0; i < info.vectors.size(); ++i) {
    const VectorColumn& column = info.vectors[i];
    put_string(out, column.name);
    put_varint(out, static_cast<std::uint64_t>(info.dimensions[i]));
    put_varint(out, static_cast<std::uint64_t>(column.metric));
    put_varint(out, static_cast<std::uint64_t>(column.type));
    put_varint(out, static_cast<std::uint64_t>(column.prefix));
    put_varint(out, column.many ? 1 : 0);
  }
  return out;
}

namespace {

// False if the numbers make no sense.
bool decode_vectors(ByteReader& in, SegmentInfo& info) {
  const std::uint64_t count = in.varint();
  if (count > kVectorColumnsMax) return false;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    VectorColumn column{std::string(in.string())};
    const std::uint64_t dimensions = in.varint(), metric = in.varint(), type = in.varint(), prefix = in.varint();
    column.many = in.varint() != 0;
    if (dimensions > kDimensionsMax || metric > static_cast<std::uint64_t>(Metric::kHamming) ||
        type > static_cast<std::uint64_t>(VectorType::kBit) || (dimensions > 0 && prefix > dimensions) ||
        prefix > kDimensionsMax ||
        (metric == static_cast<std::uint64_t>(Metric::kHamming)) !=
            (type == static_cast<std::uint64_t>(VectorType::kBit))) {
      return false;
    }
    column.metric = static_cast<Metric>(metric);
    column.type = static_cast<VectorType>(type);
    column.prefix = static_cast<int>(prefix);
    info.vectors.push_back(std::move(column));
    info.dimensions.push_back(static_cast<int>(dimensions));
  }
  return true;
}

}  // namespace

Result<SegmentInfo> decode_meta(std::string_view bytes, std::uint32_t version) {
  ByteReader in(bytes);
  SegmentInfo info;
  const bool old = version == kOneVectorVersion;
  const std::uint64_t rows = in.varint(), terms = in.varint(), length = in.varint();
  const std::uint64_t dimensions = old ? in.varint() : 0;
  const bool half = old && in.varint() != 0;
  if (dimensions > 0) {
    info.vectors.push_back({.name = {}, .type = half ? VectorType::kF16 : VectorType::kF32});
    info.dimensions.push_back(static_cast<int>(std::min<std::uint64_t>(dimensions, kDimensionsMax)));
  }
  info.analyzer = in.string();
  info.language = in.string();
  info.data_file = in.string();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    TextColumn column{std::string(in.string())};
    column.weight = static_cast<int>(in.varint() & 0xFF);
    info.text.push_back(std::move(column));
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) info.stored.emplace_back(in.string());
  const bool vectors_fit = old || decode_vectors(in, info);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
  if (!in.ok() || !in.done() || rows > kMost || terms > kMost || length > kMost * kMost / 2 ||
      dimensions > kDimensionsMax || !vectors_fit) {
    return corrupt("meta section cannot be read");
  }
  info.rows = static_cast<std::int64_t>(rows);
  info.terms = static_cast<std::int64_t>(terms);
  info.length = static_cast<std::int64_t>(length);
  return info;
}

}  // namespace millpond::index
