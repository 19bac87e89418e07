// Recordings in the MCAP format.

#include <zlib.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "extract/recordings/recording.h"

namespace millpond::extract {
namespace {

constexpr std::string_view kMagic("\x89MCAP0\r\n", 8);
constexpr std::size_t kRecordHead = 9;  // a code and the length

enum Code1 : unsigned { kFooter = 2, kSchema = 3, kChannel = 4, kMessage = 5, kChunk = 6, kDataEnd = 15 };

struct Channel {
  std::string topic, encoding;
  std::uint16_t schema = 0;
};

class Mcap final : public Recording {
 public:
  Mcap(std::unique_ptr<ByteReader> reader, std::int64_t bytes_max)
      : window_(std::move(reader)), bytes_max_(static_cast<std::uint64_t>(bytes_max)) {}

  Status begin() {
    MP_TRY(fill(window_, kMagic.size()));
    if (!window_.view().starts_with(kMagic)) return invalid("not MCAP: it does not begin as MCAP files do");
    window_.take(kMagic.size());
    return {};
  }

  Result<bool> next(RecordedMessage& message) override {
    while (true) {
      while (!inside_.empty()) {
        MP_ASSIGN(const bool found, read_inside(message));
        if (found) return true;
      }
      window_.take(std::exchange(pending_, 0));
      if (ended_) return false;
      MP_ASSIGN(const bool found, read_outside(message));
      if (found) return true;
    }
  }

 private:
  /// A record of the file itself.
  Result<bool> read_outside(RecordedMessage& message) {
    MP_TRY(fill(window_, kRecordHead));
    const std::string_view head = window_.view();
    if (head.empty()) return corrupt("MCAP: cut off before its end");
    if (head.size() < kRecordHead) return corrupt("MCAP: cut off in a record");
    RecordFieldReader fields(head);
    const auto code = static_cast<unsigned>(fields.number(1));
    const std::uint64_t size = fields.number(8);
    const bool wanted = code == kSchema || code == kChannel || code == kMessage || code == kChunk;
    if (code == kDataEnd || code == kFooter) {
      ended_ = true;
      return false;
    }
    if (!wanted) return skip(kRecordHead + size);
    if (size > bytes_max_) return exhausted("MCAP: a record beyond the limit: ", size);
    MP_TRY(fill(window_, kRecordHead + size));
    if (window_.view().size() < kRecordHead + size) return corrupt("MCAP: cut off in a record");
    pending_ = kRecordHead + size;
    const std::string_view record = window_.view().substr(kRecordHead, size);
    if (code == kChunk) return open_chunk(record);
    return take(code, record, message);
  }

  /// Attachments may be larger than memory.
  Result<bool> skip(std::uint64_t size) {
    while (size > 0) {
      MP_TRY(fill(window_, 1));
      if (window_.view().empty()) return corrupt("MCAP: cut off in a record");
      const std::size_t part = std::min<std::uint64_t>(size, window_.view().size());
      window_.take(part);
      size -= part;
    }
    return false;
  }

  Result<bool> open_chunk(std::string_view record) {
    RecordFieldReader fields(record);
    fields.take(16);  // first and last time
    const std::uint64_t size = fields.number(8);
    const auto checksum = static_cast<std::uint32_t>(fields.number(4));
    const std::string_view compression = fields.text();
    const std::uint64_t packed = fields.number(8);
    const std::string_view bytes = fields.take(packed);
    if (!fields.ok()) return corrupt("MCAP: a chunk is shorter than it says");
    MP_ASSIGN(chunk_, expand_chunk(bytes, compression, size, static_cast<std::int64_t>(bytes_max_)));
    if (checksum != 0) {
      const auto found = crc32_z(0, reinterpret_cast<const Bytef*>(chunk_.data()), chunk_.size());
      if (found != checksum) return corrupt("MCAP: the checksum of a chunk is wrong: ", checksum);
    }
    inside_ = chunk_;
    return false;
  }

  /// A record of the chunk.
  Result<bool> read_inside(RecordedMessage& message) {
    RecordFieldReader fields(inside_);
    const auto code = static_cast<unsigned>(fields.number(1));
    const std::uint64_t size = fields.number(8);
    const std::string_view record = fields.take(size);
    inside_ = fields.rest();
    if (!fields.ok()) return corrupt("MCAP: a chunk ends in a record");
    return take(code, record, message);
  }

  Result<bool> take(unsigned code, std::string_view record, RecordedMessage& message) {
    RecordFieldReader fields(record);
    if (code == kSchema) {
      const auto id = static_cast<std::uint16_t>(fields.number(2));
      schemas_[id] = std::string(fields.text());
    } else if (code == kChannel) {
      const auto id = static_cast<std::uint16_t>(fields.number(2));
      Channel channel{.schema = static_cast<std::uint16_t>(fields.number(2))};
      channel.topic = fields.text();
      channel.encoding = fields.text();
      channels_[id] = std::move(channel);
    } else if (code == kMessage) {
      const auto id = static_cast<std::uint16_t>(fields.number(2));
      message.sequence = static_cast<std::int64_t>(fields.number(4));
      message.time_ns = static_cast<std::int64_t>(fields.number(8));
      message.published_ns = static_cast<std::int64_t>(fields.number(8));
      message.bytes = fields.rest();
      const auto channel = channels_.find(id);
      if (!fields.ok()) return corrupt("MCAP: a record is shorter than its fields: ", code);
      if (channel == channels_.end()) return corrupt("MCAP: a message of an unknown channel: ", id);
      message.topic = channel->second.topic;
      message.encoding = channel->second.encoding;
      const auto schema = schemas_.find(channel->second.schema);
      message.schema = schema == schemas_.end() ? std::string_view() : std::string_view(schema->second);
      return true;
    }
    if (!fields.ok()) return corrupt("MCAP: a record is shorter than its fields: ", code);
    return false;
  }

  ByteWindow window_;
  const std::uint64_t bytes_max_;
  std::unordered_map<std::uint16_t, std::string> schemas_;
  std::unordered_map<std::uint16_t, Channel> channels_;
  std::string chunk_;
  std::string_view inside_;  // what is left of the chunk
  std::size_t pending_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Recording>> open_mcap(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max) {
  auto recording = std::make_unique<Mcap>(std::move(reader), chunk_bytes_max);
  MP_TRY(recording->begin());
  return std::unique_ptr<Recording>(std::move(recording));
}

}  // namespace millpond::extract
