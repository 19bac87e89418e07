#include "extract/recordings/recording.h"

#include <arrow/util/compression.h>

#include "core/arrow_status.h"
#include "extract/text/encoding.h"

namespace millpond::extract {

std::uint64_t RecordFieldReader::number(std::size_t width_bytes) {
  const std::string_view bytes = take(width_bytes);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string_view RecordFieldReader::take(std::uint64_t size_bytes) {
  if (size_bytes > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size_bytes);
  rest_.remove_prefix(size_bytes);
  return taken;
}

Status fill(ByteWindow& window, std::size_t size_bytes) {
  while (window.view().size() < size_bytes) {
    MP_ASSIGN(const bool more, window.more());
    if (!more) break;
  }
  return {};
}

namespace {

/// bz2 does not say how long it becomes, so it is expanded piece by piece.
Result<std::string> expand_in_pieces(arrow::util::Codec& codec, std::string_view bytes, std::size_t size) {
  MP_ASSIGN(const auto expander, from_arrow(codec.MakeDecompressor()));
  std::string out(size, '\0');
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  std::size_t read = 0, written = 0;
  while (written < size && !expander->IsFinished()) {
    MP_ASSIGN(const auto step, from_arrow(expander->Decompress(std::int64_t(bytes.size() - read), from + read,
                                                               std::int64_t(size - written), to + written)));
    read += static_cast<std::size_t>(step.bytes_read), written += static_cast<std::size_t>(step.bytes_written);
    if (step.bytes_read == 0 && step.bytes_written == 0) break;
  }
  if (written != size) return corrupt("a chunk expands to fewer bytes than it says: ", written);
  return out;
}

}  // namespace

Result<std::string> expand_chunk(std::string_view bytes, std::string_view compression, std::uint64_t size_bytes,
                                 std::int64_t chunk_bytes_max) {
  if (size_bytes > static_cast<std::uint64_t>(chunk_bytes_max)) {
    return exhausted("a chunk expands beyond the limit: ", size_bytes);
  }
  if (compression.empty() || compression == "none") return std::string(bytes);
  const auto kind = compression == "lz4"    ? arrow::Compression::LZ4_FRAME
                    : compression == "zstd" ? arrow::Compression::ZSTD
                    : compression == "bz2"  ? arrow::Compression::BZ2
                                            : arrow::Compression::UNCOMPRESSED;
  if (kind == arrow::Compression::UNCOMPRESSED) return unsupported("chunks compressed by: ", repair_utf8(compression));
  MP_ASSIGN(const auto codec, from_arrow(arrow::util::Codec::Create(kind)));
  auto expanded = expand_in_pieces(*codec, bytes, size_bytes);
  if (!expanded.ok() && expanded.status().code() != Code::kDataCorrupt) {
    return corrupt("a chunk does not expand: ", expanded.status().message());
  }
  return expanded;
}

Result<std::unique_ptr<Recording>> open_recording(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max) {
  // The first byte is enough to tell them apart, and both look at the rest themselves.
  class Ahead final : public ByteReader {
   public:
    Ahead(char first, std::unique_ptr<ByteReader> rest) : first_(first), rest_(std::move(rest)) {}
    Result<std::size_t> read(char* into, std::size_t size) override {
      if (given_ || size == 0) return rest_->read(into, size);
      *into = first_;
      given_ = true;
      return std::size_t{1};
    }

   private:
    const char first_;
    bool given_ = false;
    std::unique_ptr<ByteReader> rest_;
  };
  char first = 0;
  MP_ASSIGN(const std::size_t size, reader->read(&first, 1));
  if (size == 0) return invalid("an empty file");
  auto all = std::make_unique<Ahead>(first, std::move(reader));
  return first == '#' ? open_ros_bag(std::move(all), chunk_bytes_max) : open_mcap(std::move(all), chunk_bytes_max);
}

}  // namespace millpond::extract
