#pragma once
// Recordings of robots and vehicles: messages by topic and time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "extract/records/byte_reader.h"
#include "extract/sqlite/sqlite_file.h"

namespace millpond::extract {

/// One message. The views are valid until the next one is read.
struct RecordedMessage {
  std::string_view topic;
  std::string_view schema;    ///< name of the message's type: "sensor_msgs/Image"
  std::string_view encoding;  ///< "cdr", "ros1", "json", "protobuf" …
  std::int64_t time_ns = 0;   ///< when it was recorded, since 1970
  std::int64_t published_ns = 0;
  std::int64_t sequence = 0;  ///< 0 where the format counts none
  std::string_view bytes;
};

/// Reads the messages of a recording in the order of the file, chunk by chunk.
///
/// Memory:  a chunk, compressed and expanded; `chunk_bytes_max` bounds both.
/// Threads: one.
class Recording {
 public:
  virtual ~Recording() = default;
  /// False at the end. Errors: kDataCorrupt (cut off, a wrong checksum, a message of an unknown channel),
  /// kResourceExhausted (a record or chunk beyond the limit), kUnsupported (an unknown compression).
  virtual Result<bool> next(RecordedMessage& message) = 0;
};

/// Source: the MCAP format specification, version 0. Errors: kInvalidArgument (not MCAP).
Result<std::unique_ptr<Recording>> open_mcap(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max);
/// Source: the ROS bag format, version 2.0. Errors: kInvalidArgument (not such a bag).
Result<std::unique_ptr<Recording>> open_ros_bag(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max);
/// Source: rosbag2_storage_sqlite3. Errors: kInvalidArgument (another SQLite file).
Result<std::unique_ptr<Recording>> open_ros2_bag(SqliteFile file);
inline constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);  ///< how such a file begins

/// MCAP or a bag of ROS 1, whichever the first bytes name.
Result<std::unique_ptr<Recording>> open_recording(std::unique_ptr<ByteReader> reader, std::int64_t chunk_bytes_max);

/// Expands a chunk; `compression` is "", "none", "lz4", "zstd" or "bz2". Errors: as `Recording::next`.
Result<std::string> expand_chunk(std::string_view bytes, std::string_view compression, std::uint64_t size_bytes,
                                 std::int64_t chunk_bytes_max);

/// Numbers, texts and parts of a record from its beginning on; beyond its end `ok` is false and all are empty.
class RecordFieldReader {
 public:
  explicit RecordFieldReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t width_bytes);
  std::string_view text() { return take(number(4)); }  ///< behind its length in 4 bytes
  std::string_view take(std::uint64_t size_bytes);
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// A window that holds at least `size_bytes`, or all that is left. Errors: of the reader.
Status fill(ByteWindow& window, std::size_t size_bytes);

}  // namespace millpond::extract
