#include "millpond/pond/lookup.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <map>

#include "core/arrow_status.h"
#include "millpond/context.h"
#include "pond/filter_constant.h"
#include "pond/key_index.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using Kind = Type::Kind;

/// A row: the part that it is in, and its position there.
using Place = std::pair<std::size_t, std::int64_t>;

Result<IcebergField> key_column(const Table& table, const std::string& name) {
  for (const IcebergField& field : table.state()->metadata.schema().fields) {
    if (field.name == name) return field;
  }
  if (name == "_row_id" && table.format_version() >= 3) {
    return IcebergField{.id = kRowIdColumn, .name = name, .type = {.kind = Kind::kInt64}};
  }
  return not_found("table ", table.name(), " has no such column: ", name);
}

bool is_text(Kind kind) { return kind == Kind::kUtf8 || kind == Kind::kBinary || kind == Kind::kFixed; }

/// Whether a row has the key that it was found by, and not only its hash.
bool has_key(const arrow::Array& array, std::int64_t row, Kind kind, const ColumnConstant& key) {
  if (array.IsNull(row)) return false;
  switch (kind) {
    case Kind::kInt32: return static_cast<const arrow::Int32Array&>(array).Value(row) == key.whole;
    case Kind::kInt64: return static_cast<const arrow::Int64Array&>(array).Value(row) == key.whole;
    case Kind::kDate: return static_cast<const arrow::Date32Array&>(array).Value(row) == key.whole;
    case Kind::kTimestamp: return static_cast<const arrow::TimestampArray&>(array).Value(row) == key.whole;
    case Kind::kFixed: return static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row) == key.text;
    default: return static_cast<const arrow::BinaryArray&>(array).GetView(row) == key.text;
  }
}

Result<std::vector<FilePart>> parts_at(const Table& table, std::optional<std::int64_t> snapshot) {
  if (!snapshot) snapshot = table.current_id();
  if (!snapshot) return std::vector<FilePart>();
  MP_ASSIGN(const std::vector<LiveFile> files, table.files(*snapshot));
  return parts_of(files);
}

/// Rows of several files in one batch, and where each place is in it.
struct Gathered {
  Batch batch;
  std::map<Place, std::int64_t> rows;
};

Result<Gathered> gather(const Table& table, const std::vector<FilePart>& all, std::map<std::size_t, Positions> wanted,
                        const ReadOptions& options, Context& context) {
  std::vector<FilePart> parts;
  std::vector<std::size_t> index;
  for (auto& [part, positions] : wanted) {
    FilePart few = all[part];
    few.only = std::make_shared<const Positions>(std::move(positions));
    parts.push_back(std::move(few));
    index.push_back(part);
  }
  MP_ASSIGN(const auto stream, table.read(parts, options, context));
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (;;) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    batches.push_back(*batch);
  }
  Gathered out;
  MP_ASSIGN(const auto joined, from_arrow(arrow::Table::FromRecordBatches(stream->schema(), batches)));
  MP_ASSIGN(out.batch, from_arrow(joined->CombineChunksToBatch()));
  const auto& files = static_cast<const arrow::Int32Array&>(*out.batch->GetColumnByName("_file"));
  const auto& places = static_cast<const arrow::Int64Array&>(*out.batch->GetColumnByName("_pos"));
  for (std::int64_t row = 0; row < out.batch->num_rows(); ++row) {
    out.rows[{index[static_cast<std::size_t>(files.Value(row))], places.Value(row)}] = row;
  }
  return out;
}

/// The rows chosen, with the columns that were asked for.
Result<Batch> chosen(const Batch& from, const std::vector<std::int64_t>& rows,
                     const std::vector<std::string>& columns) {
  arrow::Int64Builder builder;
  MP_TRY(from_arrow(builder.AppendValues(rows)));
  MP_ASSIGN(const auto indices, from_arrow(builder.Finish()));
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const std::string& name : columns) {
    const auto& column = from->GetColumnByName(name);
    MP_ASSIGN(auto taken, from_arrow(arrow::compute::Take(*column, *indices)));
    arrays.push_back(std::move(taken));
    fields.push_back(from->schema()->GetFieldByName(name));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<std::int64_t>(rows.size()),
                                  std::move(arrays));
}

std::vector<std::string> wanted_columns(const Table& table, const LookupOptions& options) {
  if (!options.columns.empty()) return options.columns;
  std::vector<std::string> names;
  for (const Field& field : table.schema()) names.push_back(field.name);
  return names;
}

/// The positions in a part of rows that may have a key from `first` to `last`.
Result<std::vector<std::int64_t>> positions_of(const Table& table, const FilePart& part, const IcebergField& column,
                                               std::uint64_t first, std::uint64_t last, Context& context) {
  MP_ASSIGN(const auto index, KeyIndex::get(table, part.file, column, context));
  std::vector<std::int64_t> found;
  index->find(first, last, found);
  std::erase_if(found, [&](std::int64_t position) {
    return position >= part.file.rows || (part.deleted && part.deleted->contains(position));
  });
  std::sort(found.begin(), found.end());
  return found;
}

/// Lists know the first 16 digits of a key; the rest is looked up in the rows.
Status keep_with_prefix(const Table& table, const IcebergField& column, std::string_view hex, FilePart& part,
                        Context& context) {
  ReadOptions options;
  options.columns = {column.name};
  options.with_positions = true;
  MP_ASSIGN(const auto stream, table.read(std::span(&part, 1), options, context));
  std::vector<std::int64_t> kept;
  for (;;) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    const auto& keys = static_cast<const arrow::FixedSizeBinaryArray&>(*(*batch)->GetColumnByName(column.name));
    const auto& places = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("_pos"));
    for (std::int64_t row = 0; row < keys.length(); ++row) {
      constexpr char kDigits[] = "0123456789abcdef";
      std::string text;
      for (const char c : keys.GetView(row)) {
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 15];
      }
      if (text.starts_with(hex)) kept.push_back(places.Value(row));
    }
  }
  part.only = std::make_shared<const Positions>(std::move(kept));
  return {};
}

}  // namespace

Result<Batch> lookup(const Table& table, const std::vector<FilterValue>& keys, const LookupOptions& options,
                     Context& context) {
  MP_ASSIGN(const IcebergField column, key_column(table, options.column));
  const Kind kind = column.type.kind;
  MP_ASSIGN(const std::vector<FilePart> parts, parts_at(table, options.snapshot));
  std::vector<ColumnConstant> constants;
  std::vector<std::pair<std::size_t, Place>> candidates;  // by number of the key
  std::map<std::size_t, std::vector<std::int64_t>> wanted;
  for (const FilterValue& key : keys) {
    MP_ASSIGN(ColumnConstant constant, constant_of(key, column));
    const std::uint64_t hash = kind == Kind::kFixed ? key_of_fixed(constant.text)
                               : is_text(kind)      ? key_of_text(constant.text)
                                                    : key_of_whole(constant.whole);
    for (std::size_t part = 0; part < parts.size() && !constant.whole_part_only; ++part) {
      MP_ASSIGN(const auto found, positions_of(table, parts[part], column, hash, hash, context));
      for (const std::int64_t position : found) {
        candidates.push_back({constants.size(), {part, position}});
        wanted[part].push_back(position);
      }
    }
    constants.push_back(std::move(constant));
  }
  const std::vector<std::string> columns = wanted_columns(table, options);
  ReadOptions read;
  read.columns = columns;
  read.with_positions = true;
  read.with_lineage = column.id == kRowIdColumn;
  const bool key_read = read.with_lineage || std::find(columns.begin(), columns.end(), column.name) != columns.end();
  if (!key_read) read.columns.push_back(column.name);
  std::map<std::size_t, Positions> positions;
  for (auto& [part, rows] : wanted) positions[part] = Positions(std::move(rows));
  MP_ASSIGN(const Gathered gathered, gather(table, parts, std::move(positions), read, context));
  const auto array = gathered.batch->GetColumnByName(column.name);
  std::vector<std::int64_t> rows;
  for (const auto& [key, place] : candidates) {
    const auto row = gathered.rows.find(place);
    if (row != gathered.rows.end() && has_key(*array, row->second, kind, constants[key])) rows.push_back(row->second);
  }
  return chosen(gathered.batch, rows, columns);
}

Result<std::vector<FilePart>> rows_with_prefix(const Table& table, const std::string& column_name, std::string_view hex,
                                               std::optional<std::int64_t> snapshot, Context& context) {
  MP_ASSIGN(const IcebergField column, key_column(table, column_name));
  if (column.type.kind != Kind::kFixed || column.type.width_bytes < 8) {
    return unsupported("rows are found by a prefix of fixed-size bytes only: ", column_name);
  }
  std::string low(hex.substr(0, 16)), high = low;
  if (low.find_first_not_of("0123456789abcdef") != std::string::npos) return invalid("not hexadecimal: ", hex);
  low.resize(16, '0');
  high.resize(16, 'f');
  const std::uint64_t first = std::stoull(low, nullptr, 16), last = std::stoull(high, nullptr, 16);
  MP_ASSIGN(std::vector<FilePart> parts, parts_at(table, snapshot));
  std::vector<FilePart> out;
  for (FilePart& part : parts) {
    MP_ASSIGN(std::vector<std::int64_t> found, positions_of(table, part, column, first, last, context));
    if (found.empty()) continue;
    part.only = std::make_shared<const Positions>(std::move(found));
    if (hex.size() > 16) MP_TRY(keep_with_prefix(table, column, hex, part, context));
    if (!part.only->empty()) out.push_back(std::move(part));
  }
  return out;
}

Result<Batch> take(const Table& table, const std::vector<std::int64_t>& places, const LookupOptions& options,
                   Context& context) {
  MP_ASSIGN(const std::vector<FilePart> parts, parts_at(table, options.snapshot));
  std::vector<std::int64_t> ends;
  std::int64_t rows = 0;
  for (const FilePart& part : parts) ends.push_back(rows += part.rows());
  std::map<std::size_t, std::vector<std::int64_t>> wanted;
  std::vector<Place> at;
  for (const std::int64_t place : places) {
    if (place < 0 || place >= rows) {
      return invalid("the table has ", rows, " rows, counted from 0, and none at place ", place);
    }
    const auto part = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), place) - ends.begin());
    std::int64_t position = place - (part == 0 ? 0 : ends[part - 1]);
    if (const PositionsPtr& dead = parts[part].deleted) {  // the live row of this number: count the dead before it
      const auto& values = dead->values();
      std::size_t low = 0, high = values.size();
      while (low < high) {  // the first dead position with more than `position` live rows before it
        const std::size_t middle = (low + high) / 2;
        if (values[middle] - static_cast<std::int64_t>(middle) > position)
          high = middle;
        else
          low = middle + 1;
      }
      position += static_cast<std::int64_t>(low);
    }
    at.emplace_back(part, position);
    wanted[part].push_back(position);
  }
  ReadOptions read;
  const std::vector<std::string> columns = wanted_columns(table, options);
  read.columns = columns;
  read.with_positions = true;
  std::map<std::size_t, Positions> positions;
  for (auto& [part, list] : wanted) positions[part] = Positions(std::move(list));
  MP_ASSIGN(const Gathered gathered, gather(table, parts, std::move(positions), read, context));
  std::vector<std::int64_t> found;
  for (const Place& place : at) {
    const auto row = gathered.rows.find(place);
    if (row == gathered.rows.end()) return corrupt("a row that its manifest counts cannot be read: ", table.name());
    found.push_back(row->second);
  }
  return chosen(gathered.batch, found, columns);
}

}  // namespace millpond::pond
