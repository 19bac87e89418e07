#include "pond/avro.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "pond/file_io.h"

namespace millpond::pond::avro {
namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr std::size_t kSyncBytes = 16;
constexpr int kSkipDepthMax = 64;
constexpr std::size_t kBlockBytesMax = std::size_t{1} << 30;
constexpr std::size_t kInflateStep = 16 << 10, kInflateFirstMax = 64 << 20;
constexpr std::size_t kDeflateBytesMin = 16 << 10;  // below this, one write of a few pages costs less than deflating

Result<std::string> inflate_block(std::string_view in) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return exhausted("no memory to inflate an Avro block");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  std::size_t used = 0;
  int result = Z_OK;
  while (result == Z_OK && used < kBlockBytesMax) {
    if (out.size() - used < kInflateStep) {
      const std::size_t guess = out.empty() ? std::min(4 * in.size(), kInflateFirstMax) : 2 * out.size();
      out.resize(std::min(std::max(guess, 2 * kInflateStep), kBlockBytesMax + kInflateStep));
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    result = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (result == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;  // truncated
  }
  out.resize(used);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return corrupt("Avro block does not inflate");
  return out;
}

std::string deflate_block(std::string_view in) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, in.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return result == Z_STREAM_END ? out : std::string();
}

}  // namespace

std::int64_t Decoder::long_number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) break;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  fail();
  return 0;
}

std::string_view Decoder::take(std::size_t size) {
  if (size > bytes_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

std::string_view Decoder::bytes() {
  const std::int64_t size = number();
  if (size < 0) {
    fail();
    return {};
  }
  return take(static_cast<std::size_t>(size));
}

int Decoder::branch(const Schema& schema, int node) {
  const Schema::Node& at = schema.nodes[static_cast<std::size_t>(node)];
  if (at.kind != Kind::kUnion) return node;
  const std::int64_t index = number();
  if (index < 0 || index >= static_cast<std::int64_t>(at.children.size())) {
    fail();
    return at.children[0];
  }
  return at.children[static_cast<std::size_t>(index)];
}

std::int64_t Decoder::next_block() {
  std::int64_t count = number();
  if (count < 0) {
    if (count == std::numeric_limits<std::int64_t>::min()) return fail(), 0;
    count = -count;
    number();  // the block's size in bytes
  }
  // Every element that Iceberg has takes a byte at least; a larger count is a lie that would spin.
  if (count > static_cast<std::int64_t>(bytes_.size())) return fail(), 0;
  return failed_ ? 0 : count;
}

void Decoder::skip(const Schema& schema, int node, int depth) {
  if (depth > kSkipDepthMax) return fail();
  const Schema::Node& at = schema.nodes[static_cast<std::size_t>(node)];
  switch (at.kind) {
    case Kind::kNull: return;
    case Kind::kBoolean: take(1); return;
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kEnum: number(); return;
    case Kind::kFloat: take(4); return;
    case Kind::kDouble: take(8); return;
    case Kind::kBytes:
    case Kind::kString: bytes(); return;
    case Kind::kFixed: take(static_cast<std::size_t>(at.size_bytes)); return;
    case Kind::kRecord:
      for (const Schema::Field& field : at.fields) {
        if (failed_) return;
        skip(schema, field.node, depth + 1);
      }
      return;
    case Kind::kArray: items([&] { skip(schema, at.children[0], depth + 1); }); return;
    case Kind::kMap:
      items([&] {
        bytes();
        skip(schema, at.children[0], depth + 1);
      });
      return;
    case Kind::kUnion: skip(schema, branch(schema, node), depth + 1); return;
  }
}

void Encoder::number(std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  while (bits >= 0x80) {
    out_.push_back(static_cast<char>(bits | 0x80));
    bits >>= 7;
  }
  out_.push_back(static_cast<char>(bits));
}

Result<File> read_file(std::string_view bytes, const std::function<Status(const File&, Decoder&)>& record) {
  Decoder in(bytes);
  if (in.take(kMagic.size()) != kMagic) return corrupt("not an Avro file");
  File file;
  in.items([&] {
    const std::string_view key = in.bytes();
    file.metadata[std::string(key)] = std::string(in.bytes());
  });
  const std::string_view sync = in.take(kSyncBytes);
  if (in.failed()) return corrupt("Avro header is cut off");
  MP_ASSIGN(file.schema, parse_schema(file.metadata["avro.schema"]));
  const std::string codec = file.metadata["avro.codec"];
  if (!codec.empty() && codec != "null" && codec != "deflate") return unsupported("Avro codec: ", codec);
  while (in.remaining() > 0) {
    const std::int64_t count = in.number();
    const std::string_view stored = in.bytes();
    if (in.failed() || count < 0) return corrupt("Avro block is cut off");
    std::string inflated;
    if (codec == "deflate") { MP_ASSIGN(inflated, inflate_block(stored)); }
    Decoder block(codec == "deflate" ? std::string_view(inflated) : stored);
    if (count > static_cast<std::int64_t>(block.remaining()))
      return corrupt("Avro block claims too many records: ", count);
    for (std::int64_t i = 0; i < count; ++i) {
      MP_TRY(record(file, block));
      if (block.failed()) return corrupt("Avro record is malformed");
    }
    if (block.remaining() > 0) return corrupt("Avro block has bytes behind its records");
    if (in.take(kSyncBytes) != sync || in.failed()) return corrupt("Avro sync marker is missing");
  }
  return file;
}

std::string write_file(std::string_view schema_json, const std::map<std::string, std::string>& metadata,
                       std::int64_t count, std::string_view records) {
  std::string deflated;
  if (records.size() >= kDeflateBytesMin) deflated = deflate_block(records);
  const std::string_view body = deflated.empty() ? records : std::string_view(deflated);
  std::string out(kMagic);
  Encoder encode(out);
  encode.number(static_cast<std::int64_t>(metadata.size()) + 2);
  encode.bytes("avro.schema");
  encode.bytes(schema_json);
  encode.bytes("avro.codec");
  encode.bytes(deflated.empty() ? "null" : "deflate");
  for (const auto& [key, value] : metadata) {
    encode.bytes(key);
    encode.bytes(value);
  }
  encode.number(0);
  const std::string sync = new_uuid().substr(0, kSyncBytes);
  out += sync;
  if (count > 0) {
    encode.number(count);
    encode.bytes(body);
    out += sync;
  }
  return out;
}

}  // namespace millpond::pond::avro
