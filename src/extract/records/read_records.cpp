// The step that turns files of many records (JSONL, CSV, Parquet, WARC) into documents.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "core/operator_output.h"
#include "extract/records/cutter.h"
#include "extract/records/record_fields.h"
#include "extract/records/value_text.h"
#include "extract/records/web_page.h"
#include "extract/text/encoding.h"
#include "millpond/expander.h"

namespace millpond::extract {
namespace {

bool ends_with(std::string_view name, std::string_view end) { return name.ends_with(end); }

/// By the name: compression aside, what stands before it counts.
std::string format_of(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst", ".zstd"}) {
    if (ends_with(path, packed)) path.remove_suffix(packed.size());
  }
  if (ends_with(path, ".jsonl") || ends_with(path, ".ndjson") || ends_with(path, ".json")) return "jsonl";
  if (ends_with(path, ".csv")) return "csv";
  if (ends_with(path, ".tsv")) return "tsv";
  if (ends_with(path, ".parquet")) return "parquet";
  if (ends_with(path, ".warc") || ends_with(path, ".wet") || ends_with(path, ".wat")) return "warc";
  return {};
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

struct Settings {
  std::string format, text, id;
  std::int64_t record_bytes_max = 0;
};

class ReadRecords final : public Expander {
 public:
  explicit ReadRecords(Settings settings) : settings_(std::move(settings)) {
    limits_.input_bytes = settings_.record_bytes_max;
  }

  Result<std::unique_ptr<Stream>> open(const Input& in, std::int64_t row, Context&) override {
    const std::string path(in.utf8("path")[row]);
    const std::string format = settings_.format == "auto" ? format_of(path) : settings_.format;
    if (format.empty()) {
      return unsupported("not a name of JSONL, CSV, TSV, Parquet or WARC: ", file_name(path))
          .hint("Say which by the option `format`, or leave the file out by the source's `exclude`.");
    }
    const NumberColumn<std::int64_t> sizes = in.int64("size");
    const std::int64_t size_bytes = sizes.null(row) ? -1 : sizes[row];
    MP_ASSIGN(auto reader, ByteReader::open(path, size_bytes));
    if (format == "parquet") return open_parquet_records(path, settings_.text);
    ByteWindow window(std::move(reader));
    if (format == "warc") return stream_of_cuts(cut_warc(std::move(window), settings_.record_bytes_max), format);
    if (format == "jsonl") return stream_of_cuts(cut_lines(std::move(window), settings_.record_bytes_max), format);
    auto cutter = cut_csv(std::move(window), settings_.record_bytes_max);
    MP_ASSIGN(const std::optional<Cut> header, cutter->next());
    if (!header) return stream_of_cuts(std::move(cutter), format);
    MP_TRY(Status(header->error));
    std::string names(header->record);
    read_csv_row(names, format == "csv" ? ',' : '\t', cells_);
    if (std::find(cells_.begin(), cells_.end(), settings_.text) == cells_.end()) {
      return invalid("has no column: ", settings_.text)
          .hint("Name its text by the option `text`. Its first line is: " + repair_utf8(names.substr(0, 200)));
    }
    return stream_of_cuts(std::move(cutter), format, names);
  }

  Status process(const Input& in, Output& out, Context& context) override {
    if (!in.has(kExpandedNumber)) return invalid("has to be the first step of its table");
    const auto& metadata = in.batch()->schema()->metadata();
    format_ = metadata ? metadata->Get("format").ValueOr("") : "";
    if (format_ == "csv" || format_ == "tsv") {
      read_csv_row(metadata->Get("header").ValueOr(""), format_ == "csv" ? ',' : '\t', names_);
    }
    const Utf8Column errors = in.utf8(kExpandedError), path = in.utf8("path");
    const NumberColumn<std::int64_t> numbers = in.int64(kExpandedNumber);
    const auto rows = std::dynamic_pointer_cast<arrow::StructArray>(in.column(kExpandedRecord));
    std::optional<Utf8Column> records;
    if (!rows) records.emplace(in.binary(kExpandedRecord));
    rejects_ = 0;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (!errors.null(row)) {
        reject(row, expanded_status(errors[row]), out);
        continue;
      }
      fields_.clear();
      std::string_view drop;
      const Status status = rows ? read_struct(*rows, row) : read(records->operator[](row), drop, context);
      MP_TRY(context.check());
      if (!drop.empty()) {
        out.drop(row, drop);
      } else if (status.ok()) {
        MP_TRY(emit(row, numbers[row], path[row], out));
      } else {
        reject(row, Status(status).at((format_ == "jsonl" ? "line " : "record ") + std::to_string(numbers[row])), out);
      }
    }
    return {};
  }

 private:
  Status read(std::string_view record, std::string_view& drop, Context& context) {
    if (format_ == "warc") return read_warc(record, drop, context);
    if (const std::size_t good = valid_utf8_prefix(record); good < record.size()) {
      return invalid("not UTF-8 at byte ", good);
    }
    if (format_ == "jsonl") return read_json_record(record, fields_);
    read_csv_row(record, format_ == "csv" ? ',' : '\t', cells_);
    if (cells_.size() != names_.size()) {
      return invalid("has another number of fields than the header (", names_.size(), "): ", cells_.size());
    }
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      RecordField& field = fields_.add();
      field.name = names_[i];
      field.value = cells_[i];
      field.text = true;
    }
    return {};
  }

  Status read_warc(std::string_view record, std::string_view& drop, Context& context) {
    MP_TRY(read_web_page(record, limits_, page_, fields_));
    if (page_.kind != PageKind::kPage) {
      drop = page_.kind == PageKind::kNoPage ? "no_page" : "not_ok";
      return {};
    }
    Result<std::string> text = page_text(page_, limits_, context);
    if (text.status().code() == Code::kUnsupported) {  // a picture
      drop = "not_text";
      return {};
    }
    MP_TRY(Status(text.status()));
    RecordField& field = fields_.add();
    field.name = settings_.text;
    field.value = *std::move(text);
    field.text = true;
    return {};
  }

  Status read_struct(const arrow::StructArray& rows, std::int64_t row) {
    for (int i = 0; i < rows.num_fields(); ++i) {
      const auto column = rows.field(i);
      RecordField& field = fields_.add();
      field.name = rows.struct_type()->field(i)->name();
      field.null = column->IsNull(row);
      if (field.null) continue;
      const auto type = column->type_id();
      field.text = type == arrow::Type::STRING || type == arrow::Type::LARGE_STRING;
      MP_TRY(append_value(*column, row, false, field.value));
      if (const std::size_t good = valid_utf8_prefix(field.value); good < field.value.size()) {
        if (field.name == settings_.text) return invalid("not UTF-8 at byte ", good);
        field.value = repair_utf8(field.value);
      }
    }
    return {};
  }

  Status emit(std::int64_t row, std::int64_t number, std::string_view path, Output& out) {
    RecordField* text = fields_.find(settings_.text);
    if (!text || text->null || !text->text) {
      reject(row,
             invalid(format_ == "jsonl" ? "line " : "record ", number,
                     text && !text->null ? ": is not a text: " : ": has no text: ", settings_.text),
             out);
      return {};
    }
    if (text->value.empty()) {
      out.drop(row, "empty");
      return {};
    }
    Row made = out.emit(row);
    const RecordField* id = fields_.find(settings_.id);
    if (id && !id->null && !id->value.empty()) {
      made.set("id", id->value);
    } else {
      made.set("id", std::string(file_name(path)) + "#" + std::to_string(number));
    }
    constexpr std::size_t kLongText = 8 << 20;
    if (text->value.size() > kLongText) {
      out.impl().adopt("text", std::exchange(text->value, std::string()));
    } else {
      made.set("text", text->value);
    }
    made.set("record", number);
    auto* map = dynamic_cast<arrow::MapBuilder*>(out.builder("attributes"));
    if (!map) return internal("the builder of `attributes` is not one of a map");
    auto* keys = static_cast<arrow::StringBuilder*>(map->key_builder());
    auto* items = static_cast<arrow::StringBuilder*>(map->item_builder());
    arrow::Status status = map->Append();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const RecordField& field = fields_[i];
      if (&field == text || &field == id || field.null) continue;
      status &= keys->Append(field.name);
      status &= items->Append(field.value);
    }
    return from_arrow(status);
  }

  /// Of a file that is broken throughout, the first lines say what is wrong; the others are only counted.
  void reject(std::int64_t row, Status why, Output& out) {
    constexpr int kRejectsMax = 100;
    if (++rejects_ > kRejectsMax) return out.drop(row, "unreadable_like_those_before");
    std::string text = why.message();
    if (!why.hint().empty()) text += " (" + why.hint() + ")";
    out.reject(row, why.code(), std::move(text));
  }

  const Settings settings_;
  Limits limits_;
  std::string format_;
  std::vector<std::string> names_, cells_;
  RecordFields fields_;
  WebPage page_;
  int rejects_ = 0;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  Settings settings{.format = options.text("format"), .text = options.text("text"), .id = options.text("id")};
  const std::int64_t mb = options.integer("record_mb_max");
  if (mb < 1 || mb > 2047) return invalid("record_mb_max must be between 1 and 2047: ", mb);
  settings.record_bytes_max = mb << 20;
  bool known = false;
  for (const char* each : {"auto", "jsonl", "csv", "tsv", "parquet", "warc"}) known |= settings.format == each;
  if (!known) return invalid("format must be auto, jsonl, csv, tsv, parquet or warc: ", settings.format);
  if (settings.text.empty()) return invalid("text must name the field with the text");
  return std::make_unique<ReadRecords>(std::move(settings));
}

}  // namespace

MILLPOND_OPERATOR(read_records) = {
    .name = "read_records",
    .summary = "Reads files of many records (JSONL, CSV, Parquet, WARC; also .gz and .zst) into a row for each.",
    .version = 1,
    .reads = {{"sha256", utf8()}},
    .adds = {{"id", utf8()}, {"text", utf8()}, {"record", int64()}, {"attributes", map(utf8(), utf8())}},
    .locates = {{"path", utf8()}, {"size", int64()}},
    .options = {{"text", "text", "The field or column with the text."},
                {"id", "id", "The field or column with the id; where it is missing, the file's name and the place."},
                {"format", "auto", "By the file's name (auto), or jsonl, csv, tsv, parquet, warc."},
                {"record_mb_max", 64, "Reject longer records unread, MiB; up to 2047."}},
    .make = make,
};

}  // namespace millpond::extract
