#include "pond/deletion_vector.h"

#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "pond/file_io.h"
#include "pond/roaring.h"

namespace millpond::pond {
namespace {

constexpr std::string_view kPuffinMagic = "PFA1";
constexpr std::string_view kVectorMagic("\xd1\xd3\x39\x64", 4);
constexpr std::int64_t kVectorBytesMax = std::int64_t{1} << 30;
constexpr std::size_t kFrameBytes = 12;  // length, magic, checksum

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}
std::uint32_t from_big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}
std::string little_endian(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

}  // namespace

std::string serialise_vector(const Positions& positions) {
  std::string body(kVectorMagic);
  body += serialise_roaring(positions.values());
  return big_endian(static_cast<std::uint32_t>(body.size())) + body + big_endian(checksum(body));
}

Result<Positions> parse_vector(std::string_view blob) {
  if (blob.size() < kFrameBytes || from_big_endian(blob) != blob.size() - 8) {
    return corrupt("deletion vector has another length than it says");
  }
  const std::string_view body = blob.substr(4, blob.size() - 8);
  if (!body.starts_with(kVectorMagic)) return corrupt("not a deletion vector");
  if (from_big_endian(blob.substr(blob.size() - 4)) != checksum(body)) {
    return corrupt("deletion vector does not match its checksum");
  }
  MP_ASSIGN(std::vector<std::int64_t> values, parse_roaring(body.substr(kVectorMagic.size())));
  return Positions(std::move(values));
}

Result<ManifestEntries> write_vectors(const std::string& path, const std::string& uri,
                                      const std::map<std::string, PositionsPtr>& deletes) {
  using nlohmann::json;
  std::string bytes(kPuffinMagic);
  json blobs = json::array();
  ManifestEntries entries;
  for (const auto& [data_file, positions] : deletes) {
    const std::string blob = serialise_vector(*positions);
    ManifestEntry entry;
    entry.content = FileContent::kPositionDeletes;
    entry.format = "PUFFIN";
    entry.file.path = uri;
    entry.file.rows = positions->size();
    entry.referenced_data_file = data_file;
    entry.blob_offset = static_cast<std::int64_t>(bytes.size());
    entry.blob_size = static_cast<std::int64_t>(blob.size());
    // The snapshot is not known yet, and vectors do not compress: so says the specification.
    blobs.push_back(
        {{"type", "deletion-vector-v1"},
         {"fields", {2147483645}},
         {"snapshot-id", -1},
         {"sequence-number", -1},
         {"offset", entry.blob_offset},
         {"length", entry.blob_size},
         {"properties", {{"referenced-data-file", data_file}, {"cardinality", std::to_string(positions->size())}}}});
    bytes += blob;
    entries.push_back(std::move(entry));
  }
  const std::string footer = json({{"blobs", blobs}, {"properties", {{"created-by", "millpond"}}}})
                                 .dump(-1, ' ', false, json::error_handler_t::replace);
  bytes += kPuffinMagic;
  bytes += footer + little_endian(static_cast<std::uint32_t>(footer.size())) + little_endian(0);
  bytes += kPuffinMagic;
  MP_TRY(write_file(path, bytes));
  for (ManifestEntry& entry : entries) entry.file.size_bytes = static_cast<std::int64_t>(bytes.size());
  return entries;
}

Result<Positions> read_vector(const std::string& path, const ManifestEntry& entry) {
  if (entry.blob_size > kVectorBytesMax) return corrupt("deletion vector of an absurd size: ", path);
  MP_ASSIGN(const std::string blob, read_range(path, entry.blob_offset, entry.blob_size));
  Result<Positions> positions = parse_vector(blob);
  if (!positions.ok()) return std::move(positions).status().at(path);
  if (positions->size() != entry.file.rows) {
    return corrupt("deletion vector holds ", positions->size(), " rows, not ", entry.file.rows, ": ", path);
  }
  return positions;
}

}  // namespace millpond::pond
