#include "extract/container/expand.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace millpond::extract {
namespace {

constexpr std::size_t kStep = 256 << 10;

Status too_large(std::int64_t bytes_max) {
  return exhausted("the file expands beyond ", bytes_max, " bytes").hint("It may be a bomb; or raise expansion_ratio.");
}

}  // namespace

Result<std::string> expand_gzip(std::string_view bytes, std::int64_t bytes_max, std::string& name) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return exhausted("the file is too large: ", bytes.size());
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return exhausted("no memory to expand gzip");
  const auto close = [](z_stream* each) { inflateEnd(each); };
  const std::unique_ptr<z_stream, decltype(close)> closer(&stream, close);
  char original[256] = {};
  gz_header header{};
  header.name = reinterpret_cast<Bytef*>(original);
  header.name_max = sizeof original - 1;
  inflateGetHeader(&stream, &header);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  for (std::size_t used = 0;;) {
    out.resize(used + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = kStep;
    const int code = inflate(&stream, Z_NO_FLUSH);
    used += kStep - stream.avail_out;
    if (static_cast<std::int64_t>(used) > bytes_max) return too_large(bytes_max);
    if (code == Z_STREAM_END) {
      out.resize(used);
      // Members may follow each other; anything else behind the end is padding.
      const bool more = stream.avail_in > 2 && stream.next_in[0] == 0x1F && stream.next_in[1] == 0x8B;
      if (!more || inflateReset(&stream) != Z_OK) break;
    } else if (code != Z_OK) {
      return corrupt("the gzip data does not expand, at byte ", bytes.size() - stream.avail_in);
    }
  }
  name = original;
  return out;
}

Result<std::string> expand_zstd(std::string_view bytes, std::int64_t bytes_max) {
  const auto close = [](ZSTD_DStream* each) { ZSTD_freeDStream(each); };
  const std::unique_ptr<ZSTD_DStream, decltype(close)> stream(ZSTD_createDStream(), close);
  if (!stream) return exhausted("no memory to expand Zstandard");
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  std::size_t used = 0, left = 1;
  while (in.pos < in.size) {
    out.resize(used + kStep);
    ZSTD_outBuffer to{out.data() + used, kStep, 0};
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left)) return corrupt("the Zstandard data does not expand: ", ZSTD_getErrorName(left));
    used += to.pos;
    if (static_cast<std::int64_t>(used) > bytes_max) return too_large(bytes_max);
    if (to.pos == 0 && in.pos == in.size) break;
    while (left != 0 && to.pos == to.size) {  // what the decoder still holds
      out.resize(used + kStep);
      to = {out.data() + used, kStep, 0};
      left = ZSTD_decompressStream(stream.get(), &to, &in);
      if (ZSTD_isError(left)) return corrupt("the Zstandard data does not expand: ", ZSTD_getErrorName(left));
      used += to.pos;
      if (static_cast<std::int64_t>(used) > bytes_max) return too_large(bytes_max);
    }
  }
  if (left != 0) return corrupt("the Zstandard data is cut short");
  out.resize(used);
  return out;
}

}  // namespace millpond::extract
