// The step that makes a row of each message of a recording.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/arrow_status.h"
#include "extract/recordings/recording.h"
#include "extract/records/cutter.h"
#include "extract/text/encoding.h"
#include "millpond/blob.h"
#include "millpond/expander.h"

namespace millpond::extract {
namespace {

/// Messages as records on their way from the thread that reads the file to those that make rows.
class MessageCutter final : public Cutter {
 public:
  MessageCutter(std::unique_ptr<Recording> recording, std::vector<std::string> topics)
      : recording_(std::move(recording)), topics_(std::move(topics)) {}

  Result<std::optional<Cut>> next() override {
    while (true) {
      RecordedMessage message;
      MP_ASSIGN(const bool found, recording_->next(message));
      if (!found) return std::optional<Cut>();
      ++number_;
      if (!topics_.empty() && std::find(topics_.begin(), topics_.end(), message.topic) == topics_.end()) continue;
      record_.clear();
      for (const std::int64_t value : {message.time_ns, message.published_ns, message.sequence}) {
        record_.append(reinterpret_cast<const char*>(&value), sizeof value);
      }
      for (const std::string_view text : {message.topic, message.schema, message.encoding}) {
        const auto size = static_cast<std::uint32_t>(text.size());
        record_.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
      }
      record_.append(message.bytes);
      return std::optional<Cut>(Cut{record_, number_, {}});
    }
  }

 private:
  std::unique_ptr<Recording> recording_;
  const std::vector<std::string> topics_;
  std::string record_;
  std::int64_t number_ = 0;
};

class ReadMessages final : public Expander {
 public:
  ReadMessages(std::vector<std::string> topics, std::int64_t blob_bytes_min, std::int64_t chunk_bytes_max)
      : topics_(std::move(topics)), blob_bytes_min_(blob_bytes_min), chunk_bytes_max_(chunk_bytes_max) {}

  Result<std::unique_ptr<Stream>> open(const Input& in, std::int64_t row, Context&) override {
    const NumberColumn<std::int64_t> sizes = in.int64("size");
    auto recording = open_file(std::string(in.utf8("path")[row]), sizes.null(row) ? -1 : sizes[row]);
    if (!recording.ok() && recording.status().code() == Code::kInvalidArgument) {
      return std::move(recording).status().hint(
          "Recordings are MCAP files and bags of ROS 1 and 2; leave other files out by "
          "the source's pattern or `exclude`.");
    }
    MP_TRY(Status(recording.status()));
    return stream_of_cuts(std::make_unique<MessageCutter>(*std::move(recording), topics_), "messages");
  }

  Status process(const Input& in, Output& out, Context& context) override {
    if (!in.has(kExpandedNumber)) return invalid("has to be the first step of its table");
    const auto blobs = context.service<Blobs>();
    const Utf8Column errors = in.utf8(kExpandedError), records = in.binary(kExpandedRecord);
    const NumberColumn<std::int64_t> numbers = in.int64(kExpandedNumber);
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 256 == 0) MP_TRY(context.check());
      if (!errors.null(row)) {
        const Status why = expanded_status(errors[row]);
        out.reject(row, why.code(), why.message());
        continue;
      }
      MP_TRY(emit(row, numbers[row], records[row], *blobs, out));
    }
    return {};
  }

 private:
  Result<std::unique_ptr<Recording>> open_file(const std::string& path, std::int64_t size_bytes) const {
    MP_ASSIGN(auto reader, ByteReader::open(path, size_bytes));
    std::array<char, kSqliteMagic.size()> head{};
    std::size_t read = 0;
    while (read < head.size()) {
      MP_ASSIGN(const std::size_t more, reader->read(head.data() + read, head.size() - read));
      if (more == 0) break;
      read += more;
    }
    if (std::string_view(head.data(), read) == kSqliteMagic) {
      MP_ASSIGN(SqliteFile file, SqliteFile::open(path));
      return open_ros2_bag(std::move(file));
    }
    MP_ASSIGN(auto again, ByteReader::open(path, size_bytes));
    return open_recording(std::move(again), chunk_bytes_max_);
  }

  Status emit(std::int64_t row, std::int64_t number, std::string_view record, Blobs& blobs, Output& out) const {
    RecordFieldReader fields(record);
    const auto time_ns = static_cast<std::int64_t>(fields.number(8));
    const auto published_ns = static_cast<std::int64_t>(fields.number(8));
    const auto sequence = static_cast<std::int64_t>(fields.number(8));
    const std::string topic = repair_utf8(fields.text()), schema = repair_utf8(fields.text());
    const std::string encoding = repair_utf8(fields.text());
    const std::string_view bytes = fields.rest();
    Row made = out.emit(row);
    made.set("topic", topic).set("schema", schema).set("encoding", encoding).set("message", number);
    made.set("sequence", sequence).set("time_ns", time_ns).set("published_ns", published_ns);
    auto* time = dynamic_cast<arrow::TimestampBuilder*>(out.builder("time"));
    if (time == nullptr) return internal("the builder of `time` is not one of times");
    arrow::Status status = time->Append(time_ns / 1000);
    if (encoding == "json" && valid_utf8_prefix(bytes) == bytes.size()) made.set("text", bytes);
    auto* data = dynamic_cast<arrow::BinaryBuilder*>(out.builder("data"));
    if (data == nullptr) return internal("the builder of `data` is not one of bytes");
    if (std::int64_t(bytes.size()) < blob_bytes_min_) {
      status &= data->Append(bytes);
      MP_TRY(append(out.builder("blob"), nullptr));
    } else {
      status &= data->AppendNull();
      MP_ASSIGN(const BlobRef kept, blobs.put(bytes, "application/octet-stream"));
      MP_TRY(append(out.builder("blob"), &kept));
    }
    return from_arrow(status);
  }

  const std::vector<std::string> topics_;
  const std::int64_t blob_bytes_min_, chunk_bytes_max_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::int64_t blob_bytes = options.integer("blob_bytes_min"), chunk_mb = options.integer("chunk_mb_max");
  if (blob_bytes < 1) return invalid("blob_bytes_min must be positive: ", blob_bytes);
  if (chunk_mb < 1 || chunk_mb > 2000) return invalid("chunk_mb_max must be between 1 and 2000: ", chunk_mb);
  return std::make_unique<ReadMessages>(options.list("topics"), blob_bytes, chunk_mb << 20);
}

}  // namespace

MILLPOND_OPERATOR(read_messages) = {
    .name = "read_messages",
    .summary = "Reads recordings of robots (MCAP, bags of ROS 1 and 2) into a row for each message, by topic and time.",
    .version = 1,
    .reads = {{"sha256", utf8()}},
    .adds = {{"topic", utf8()},
             {"schema", utf8()},
             {"encoding", utf8()},
             {"message", int64()},
             {"sequence", int64()},
             {"time", timestamp()},
             {"time_ns", int64()},
             {"published_ns", int64()},
             {"text", utf8()},
             {"data", binary()},
             {"blob", blob()}},
    .locates = {{"path", utf8()}, {"size", int64()}},
    .options = {{"topics", std::vector<std::string>{}, "Only these; empty: all."},
                {"blob_bytes_min", 65536, "Messages of so many bytes and more are blobs, smaller ones lie in `data`."},
                {"chunk_mb_max", 256, "Chunks that are larger, or expand to more, end a file."}},
    .make = make,
};

}  // namespace millpond::extract
