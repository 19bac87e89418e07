#include "extract/records/cutter.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/buffer_builder.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <charconv>

#include "core/arrow_status.h"
#include "extract/records/warc_header.h"
#include "millpond/expander.h"

namespace millpond::extract {
namespace {

Status too_long(std::string_view what, std::int64_t number, std::int64_t limit) {
  return exhausted(what, " ", number, " is longer than record_mb_max allows: ", limit >> 20, " MiB")
      .hint(
          "Cut it into several, or raise record_mb_max, up to 2047: a record takes up to five times its size in "
          "memory.");
}

class LineCutter final : public Cutter {
 public:
  LineCutter(ByteWindow window, std::int64_t bytes_max) : window_(std::move(window)), bytes_max_(bytes_max) {}

  Result<std::optional<Cut>> next() override {
    window_.take(std::exchange(pending_, 0));
    std::size_t searched = 0;
    bool passing = false;  // over a line that is too long
    while (true) {
      const std::string_view view = window_.view();
      const std::size_t at = view.find('\n', searched);
      const char* const end = at == view.npos ? nullptr : view.data() + at;
      if (end || ended_) {
        if (!end && view.empty() && !passing) return std::optional<Cut>();
        std::string_view line = view.substr(0, end ? static_cast<std::size_t>(end - view.data()) : view.size());
        const std::size_t taken = line.size() + (end ? 1 : 0);
        ++number_;
        if (passing || static_cast<std::int64_t>(line.size()) > bytes_max_) {
          window_.take(taken);
          return std::optional<Cut>(Cut{{}, number_, too_long("line", number_, bytes_max_)});
        }
        if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
          window_.take(taken);
          searched = 0;
          continue;
        }
        pending_ = taken;
        return std::optional<Cut>(Cut{line, number_, {}});
      }
      searched = view.size();
      if (static_cast<std::int64_t>(searched) > bytes_max_) {
        passing = true;
        window_.take(searched);
        searched = 0;
      }
      MP_ASSIGN(const bool more, window_.more());
      ended_ = !more;
    }
  }
  ByteBlock take_memory() override { return window_.take_out(std::exchange(pending_, 0)); }

 private:
  ByteWindow window_;
  const std::int64_t bytes_max_;
  std::int64_t number_ = 0;
  std::size_t pending_ = 0;
  bool ended_ = false;
};

class CsvCutter final : public Cutter {
 public:
  CsvCutter(ByteWindow window, std::int64_t bytes_max) : window_(std::move(window)), bytes_max_(bytes_max) {}

  Result<std::optional<Cut>> next() override {
    window_.take(std::exchange(pending_, 0));
    std::size_t at = 0;
    bool quoted = false, passing = false;
    while (true) {
      const std::string_view view = window_.view();
      for (; at < view.size(); ++at) {
        if (view[at] == '"') quoted = !quoted;
        if (view[at] == '\n' && !quoted) break;
      }
      const bool complete = at < view.size();
      if (!complete && !ended_) {
        if (static_cast<std::int64_t>(at) > bytes_max_) {
          passing = true;
          window_.take(at);
          at = 0;
        }
        MP_ASSIGN(const bool more, window_.more());
        ended_ = !more;
        continue;
      }
      if (!complete && view.empty() && !passing) return std::optional<Cut>();
      std::string_view row = view.substr(0, at);
      const std::size_t taken = at + (complete ? 1 : 0);
      if (!complete && quoted) return corrupt("the file ends within quotes");
      if (row.ends_with('\r')) row.remove_suffix(1);
      if (first_ && row.starts_with("\xEF\xBB\xBF")) row.remove_prefix(3);
      if (row.empty() && !passing) {
        window_.take(taken);
        at = 0;
        continue;
      }
      const std::int64_t number = first_ ? 0 : ++number_;
      first_ = false;
      if (passing || static_cast<std::int64_t>(row.size()) > bytes_max_) {
        window_.take(taken);
        return std::optional<Cut>(Cut{{}, number, too_long("record", number, bytes_max_)});
      }
      pending_ = taken;
      return std::optional<Cut>(Cut{row, number, {}});
    }
  }
  ByteBlock take_memory() override { return window_.take_out(std::exchange(pending_, 0)); }

 private:
  ByteWindow window_;
  const std::int64_t bytes_max_;
  std::int64_t number_ = 0;
  std::size_t pending_ = 0;
  bool ended_ = false, first_ = true;
};

class WarcCutter final : public Cutter {
 public:
  WarcCutter(ByteWindow window, std::int64_t bytes_max) : window_(std::move(window)), bytes_max_(bytes_max) {}

  Result<std::optional<Cut>> next() override {
    window_.take(std::exchange(pending_, 0));
    MP_ASSIGN(const bool there, to_record());
    if (!there) return std::optional<Cut>();
    ++number_;
    constexpr std::size_t kHeaderBytesMax = 1 << 20;
    std::size_t header_size;
    while ((header_size = warc_header_size(window_.view())) == 0) {
      if (window_.view().size() > kHeaderBytesMax) return corrupt("the header of a record does not end");
      MP_ASSIGN(const bool more, window_.more());
      if (!more) return corrupt("the file ends within a record");
    }
    const std::string_view header = window_.view().substr(0, header_size);
    if (!header.starts_with("WARC/")) return corrupt("no WARC record where one should begin");
    const std::string_view length_text = warc_field(header, "content-length");
    std::int64_t length = 0;
    const auto parsed = std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    constexpr std::int64_t kLengthMax = std::int64_t{1} << 50;
    if (length_text.empty() || parsed.ec != std::errc() || parsed.ptr != length_text.data() + length_text.size() ||
        length < 0 || length > kLengthMax) {
      return corrupt("a record has no usable Content-Length: ", length_text.substr(0, 40));
    }
    if (length > bytes_max_) {
      MP_TRY(pass_over(static_cast<std::int64_t>(header_size) + length));
      return std::optional<Cut>(Cut{{}, number_, too_long("record", number_, bytes_max_)});
    }
    const std::size_t size = header_size + static_cast<std::size_t>(length);
    while (window_.view().size() < size) {
      MP_ASSIGN(const bool more, window_.more());
      if (!more) return corrupt("the file ends within a record");
    }
    pending_ = size;
    return std::optional<Cut>(Cut{window_.view().substr(0, size), number_, {}});
  }
  ByteBlock take_memory() override { return window_.take_out(std::exchange(pending_, 0)); }

 private:
  /// Over the blank lines between records.
  Result<bool> to_record() {
    while (true) {
      const std::string_view view = window_.view();
      const std::size_t begin = view.find_first_not_of("\r\n");
      if (begin != std::string_view::npos) {
        window_.take(begin);
        return true;
      }
      window_.take(view.size());
      MP_ASSIGN(const bool more, window_.more());
      if (!more) return false;
    }
  }

  Status pass_over(std::int64_t size_bytes) {
    while (size_bytes > 0) {
      const auto here = std::min<std::int64_t>(size_bytes, static_cast<std::int64_t>(window_.view().size()));
      window_.take(static_cast<std::size_t>(here));
      size_bytes -= here;
      if (size_bytes == 0) break;
      MP_ASSIGN(const bool more, window_.more());
      if (!more) return corrupt("the file ends within a record");
    }
    return {};
  }

  ByteWindow window_;
  const std::int64_t bytes_max_;
  std::int64_t number_ = 0;
  std::size_t pending_ = 0;
};

class CutStream final : public Stream {
 public:
  CutStream(std::unique_ptr<Cutter> cutter, const std::string& format, const std::string& header)
      : cutter_(std::move(cutter)),
        where_(format == "jsonl" ? "line" : "record"),
        schema_(arrow::schema({arrow::field(std::string(kExpandedRecord), arrow::binary()),
                               arrow::field(std::string(kExpandedNumber), arrow::int64()),
                               arrow::field(std::string(kExpandedError), arrow::utf8())},
                              arrow::key_value_metadata({{"format", format}, {"header", header}}))) {}
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    constexpr std::int64_t kPieceBytes = 1 << 20, kPieceRows = 4096, kAloneBytes = 8 << 20;
    MP_TRY(context.check());
    if (!failure_.ok()) return std::exchange(failure_, Status());
    arrow::BinaryBuilder records;
    arrow::Int64Builder numbers;
    arrow::StringBuilder errors;
    arrow::Status status = held_ ? arrow::Status::OK() : records.ReserveData(kPieceBytes);
    std::int64_t size_bytes = 0;
    while (size_bytes < kPieceBytes && numbers.length() < kPieceRows) {
      if (!held_) take_next();
      if (!held_) break;
      const auto record_bytes = static_cast<std::int64_t>(held_->record.size());
      if (record_bytes > kAloneBytes && numbers.length() > 0) break;
      const Cut record = *std::exchange(held_, std::nullopt);
      if (record_bytes > kAloneBytes) {
        if (ByteBlock memory = cutter_->take_memory()) return alone(record, std::move(memory));
      }
      size_bytes += record_bytes;
      status &= numbers.Append(record.number);
      if (record.error.ok()) {
        status &= records.Append(record.record.data(), static_cast<std::int32_t>(record.record.size()));
        status &= errors.AppendNull();
      } else {
        status &= records.AppendNull();
        status &= errors.Append(expanded_error(record.error));
      }
      if (!status.ok()) return exhausted("records: ", status.message());
    }
    if (numbers.length() == 0) {
      if (!failure_.ok()) return std::exchange(failure_, Status());
      return std::optional<Batch>();
    }
    std::vector<std::shared_ptr<arrow::Array>> columns(3);
    const std::int64_t rows = numbers.length();
    status &= records.Finish(&columns[0]);
    status &= numbers.Finish(&columns[1]);
    status &= errors.Finish(&columns[2]);
    MP_TRY(from_arrow(status));
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, rows, std::move(columns)));
  }

 private:
  class OwnedBytes final : public arrow::Buffer {
   public:
    OwnedBytes(std::string_view bytes, ByteBlock memory)
        : Buffer(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<std::int64_t>(bytes.size())),
          memory_(std::move(memory)) {}

   private:
    const ByteBlock memory_;
  };

  void take_next() {
    if (ended_) return;
    auto cut = cutter_->next();
    if (!cut.ok()) {
      failure_ = std::move(cut).status();
      failure_ = std::move(failure_).at("after " + where_ + " " + std::to_string(last_));
      ended_ = true;
      return;
    }
    held_ = *std::move(cut);
    ended_ = !held_;
    if (held_) last_ = held_->number;
  }

  Result<std::optional<Batch>> alone(const Cut& cut, ByteBlock memory) const {
    arrow::Int64Builder number;
    arrow::StringBuilder error;
    arrow::BufferBuilder offsets;
    const std::int32_t ends[2] = {0, static_cast<std::int32_t>(cut.record.size())};
    std::vector<std::shared_ptr<arrow::Array>> columns(3);
    arrow::Status status = number.Append(cut.number);
    status &= error.AppendNull();
    status &= offsets.Append(ends, sizeof ends);
    status &= number.Finish(&columns[1]);
    status &= error.Finish(&columns[2]);
    MP_ASSIGN(auto offset_buffer, from_arrow(offsets.Finish()));
    MP_TRY(from_arrow(status));
    columns[0] = std::make_shared<arrow::BinaryArray>(1, std::move(offset_buffer),
                                                      std::make_shared<OwnedBytes>(cut.record, std::move(memory)));
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, 1, std::move(columns)));
  }

  std::unique_ptr<Cutter> cutter_;
  const std::string where_;
  const ArrowSchema schema_;
  Status failure_;
  std::optional<Cut> held_;  // cut, but not in a batch yet
  std::int64_t last_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Cutter> cut_lines(ByteWindow window, std::int64_t record_bytes_max) {
  return std::make_unique<LineCutter>(std::move(window), record_bytes_max);
}
std::unique_ptr<Cutter> cut_csv(ByteWindow window, std::int64_t record_bytes_max) {
  return std::make_unique<CsvCutter>(std::move(window), record_bytes_max);
}
std::unique_ptr<Cutter> cut_warc(ByteWindow window, std::int64_t record_bytes_max) {
  return std::make_unique<WarcCutter>(std::move(window), record_bytes_max);
}
std::unique_ptr<Stream> stream_of_cuts(std::unique_ptr<Cutter> cutter, const std::string& format,
                                       const std::string& header) {
  return std::make_unique<CutStream>(std::move(cutter), format, header);
}

}  // namespace millpond::extract
