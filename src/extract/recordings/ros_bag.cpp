// Recordings of ROS 1: bags of version 2.0.

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "extract/recordings/recording.h"

namespace millpond::extract {
namespace {

constexpr std::string_view kMagic = "#ROSBAG V2.0\n";
constexpr std::size_t kConnectionsMax = 100'000;

enum Operation : unsigned {
  kMessageData = 2,
  kBagHeader = 3,
  kIndexData = 4,
  kChunk = 5,
  kChunkInfo = 6,
  kConnection = 7
};

struct Connection {
  std::string topic, type;
};

using Fields = std::map<std::string, std::string_view, std::less<>>;

/// "name=value", each behind its length.
Result<Fields> read_fields(std::string_view bytes) {
  Fields fields;
  RecordFieldReader reader(bytes);
  while (!reader.rest().empty()) {
    const std::string_view field = reader.text();
    const std::size_t sign = field.find('=');
    if (!reader.ok() || sign == std::string_view::npos) return corrupt("ROS bag: a broken record header");
    fields.emplace(std::string(field.substr(0, sign)), field.substr(sign + 1));
  }
  return fields;
}

std::string_view field(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : found->second;
}

std::uint64_t number(const Fields& fields, std::string_view name) {
  const std::string_view value = field(fields, name);
  return RecordFieldReader(value).number(std::min<std::size_t>(value.size(), 8));
}

class RosBag final : public Recording {
 public:
  RosBag(std::unique_ptr<ByteReader> reader, std::int64_t bytes_max)
      : window_(std::move(reader)), bytes_max_(static_cast<std::uint64_t>(bytes_max)) {}

  Status begin() {
    MP_TRY(fill(window_, kMagic.size()));
    if (!window_.view().starts_with(kMagic)) return invalid("no ROS bag of version 2.0");
    window_.take(kMagic.size());
    return {};
  }

  Result<bool> next(RecordedMessage& message) override {
    while (true) {
      while (!inside_.empty()) {
        RecordFieldReader reader(inside_);
        const std::string_view header = reader.text(), data = reader.text();
        inside_ = reader.rest();
        if (!reader.ok()) return corrupt("ROS bag: a chunk ends in a record");
        MP_ASSIGN(const bool found, take(header, data, message));
        if (found) return true;
      }
      window_.take(std::exchange(pending_, 0));
      MP_TRY(fill(window_, 4));
      if (window_.view().empty()) return false;
      MP_ASSIGN(const bool found, read_outside(message));
      if (found) return true;
    }
  }

 private:
  Result<bool> read_outside(RecordedMessage& message) {
    const auto part = [&](std::size_t at) -> Result<std::uint64_t> {
      MP_TRY(fill(window_, at + 4));
      RecordFieldReader reader(window_.view().substr(std::min(at, window_.view().size())));
      const std::uint64_t size = reader.number(4);
      if (!reader.ok()) return corrupt("ROS bag: cut off in a record");
      if (size > bytes_max_) return exhausted("ROS bag: a record beyond the limit: ", size);
      MP_TRY(fill(window_, at + 4 + size));
      if (window_.view().size() < at + 4 + size) return corrupt("ROS bag: cut off in a record");
      return size;
    };
    MP_ASSIGN(const std::uint64_t header_size, part(0));
    MP_ASSIGN(const std::uint64_t data_size, part(4 + header_size));
    pending_ = 8 + header_size + data_size;
    return take(window_.view().substr(4, header_size), window_.view().substr(8 + header_size, data_size), message);
  }

  Result<bool> take(std::string_view header, std::string_view data, RecordedMessage& message) {
    MP_ASSIGN(const Fields fields, read_fields(header));
    switch (number(fields, "op")) {
      case kChunk: {
        if (!inside_.empty()) return corrupt("ROS bag: a chunk in a chunk");
        const std::uint64_t size = number(fields, "size");
        MP_ASSIGN(chunk_,
                  expand_chunk(data, field(fields, "compression"), size, static_cast<std::int64_t>(bytes_max_)));
        inside_ = chunk_;
        return false;
      }
      case kConnection: {
        MP_ASSIGN(const Fields said, read_fields(data));
        if (connections_.size() >= kConnectionsMax) return exhausted("ROS bag: connections beyond ", kConnectionsMax);
        connections_[number(fields, "conn")] =
            Connection{std::string(field(fields, "topic")), std::string(field(said, "type"))};
        return false;
      }
      case kMessageData: {
        const auto connection = connections_.find(number(fields, "conn"));
        if (connection == connections_.end()) {
          return corrupt("ROS bag: a message of an unknown connection: ", number(fields, "conn"));
        }
        const std::uint64_t time = number(fields, "time");  // seconds, then nanoseconds
        message = {.topic = connection->second.topic, .schema = connection->second.type, .encoding = "ros1"};
        message.time_ns = static_cast<std::int64_t>((time & 0xFFFFFFFF) * 1'000'000'000 + (time >> 32));
        message.published_ns = message.time_ns;
        message.bytes = data;
        return true;
      }
      default: return false;
    }
  }

  ByteWindow window_;
  const std::uint64_t bytes_max_;
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::string chunk_;
  std::string_view inside_;
  std::size_t pending_ = 0;
};

}  // namespace

Result<std::unique_ptr<Recording>> open_ros_bag(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max) {
  auto recording = std::make_unique<RosBag>(std::move(reader), chunk_bytes_max);
  MP_TRY(recording->begin());
  return std::unique_ptr<Recording>(std::move(recording));
}

}  // namespace millpond::extract
