#include "pond/read.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "pond/default_value.h"
#include "pond/group_filter.h"
#include "pond/input_file.h"
#include "pond/live_files.h"
#include "pond/object/object_settings.h"
#include "pond/page_rows.h"
#include "pond/parquet_status.h"
#include "pond/project.h"

namespace millpond::pond {
namespace {

using Positions64 = std::vector<std::int64_t>;

/// Of so many rows one is wanted at most, where they are read page by page and not in one go.
constexpr std::int64_t kSparse = 64;
constexpr std::int64_t kSmallGroupBytes = 32 << 20;

Status bad_file(const std::string& path, std::string_view why) {
  return corrupt("not a readable data file: ", path, ": ", why);
}

/// Which of the rows [first, first + rows) to keep: none means all.
struct Selection {
  bool all = true;
  bool gathered = false;  // the batch at hand has these rows already, and no others
  Positions64 offsets;    // from `first`
};

Selection select(const FilePart& part, std::int64_t first, std::int64_t rows) {
  const PositionsPtr& set = part.only ? part.only : part.deleted;
  if (!set) return {};
  const auto& values = set->values();
  const auto begin = std::lower_bound(values.begin(), values.end(), first);
  const auto end = std::lower_bound(begin, values.end(), first + rows);
  Selection out;
  if (part.only) {
    out.all = end - begin == rows;
    if (!out.all) {
      for (auto it = begin; it != end; ++it) out.offsets.push_back(*it - first);
    }
    return out;
  }
  if (begin == end) return out;
  out.all = false;
  auto dead = begin;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (dead != end && *dead == first + row)
      ++dead;
    else
      out.offsets.push_back(row);
  }
  return out;
}

void leaves(const parquet::arrow::SchemaField& field, std::vector<int>& out) {
  if (field.is_leaf()) out.push_back(field.column_index);
  for (const auto& child : field.children) leaves(child, out);
}

/// A data file opened for some columns.
class FileColumns {
 public:
  static Result<FileColumns> open(const ReadPlan& plan, const std::string& path, std::int64_t size_bytes) {
    MP_ASSIGN(auto footer, plan.pond->footer(path));
    MP_ASSIGN(auto file, plan.block_folder.empty() || size_bytes <= 0
                             ? open_input(path)
                             : open_kept_input(path, size_bytes, plan.block_folder));
    FileColumns out;
    out.file_ = file;
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties checked = parquet::default_reader_properties();
    checked.set_page_checksum_verification(true);
    MP_TRY(from_arrow(builder.Open(std::move(file), checked, footer)));
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(plan.batch_rows_max);
    properties.set_pre_buffer(is_object(path));  // few large requests instead of one a page
    MP_ASSIGN(std::unique_ptr<parquet::arrow::FileReader> reader, from_arrow(builder.properties(properties)->Build()));
    out.reader_ = std::move(reader);
    arrow::FieldVector fields;
    for (const auto& field : out.reader_->manifest().schema_fields) fields.push_back(field.field);
    std::set<std::size_t> wanted_fields;
    for (const IcebergField& wanted : plan.columns) {
      const int found = find_column(fields, wanted);
      if (found >= 0) wanted_fields.insert(static_cast<std::size_t>(found));
    }
    for (std::size_t i = 0; i < fields.size() && plan.with_lineage; ++i) {
      const std::int32_t id = field_id(*fields[i]);
      if (id == kRowIdColumn || id == kLastUpdatedColumn) wanted_fields.insert(i);
    }
    for (const std::size_t i : wanted_fields) {
      Top top{.field = fields[i], .leaves = {}};
      leaves(out.reader_->manifest().schema_fields[i], top.leaves);
      out.leaves_.insert(out.leaves_.end(), top.leaves.begin(), top.leaves.end());
      out.tops_.push_back(std::move(top));
    }
    std::sort(out.leaves_.begin(), out.leaves_.end());
    return out;
  }

  /// Whether single rows can be read without the whole row group, or at least that group is small.
  Result<bool> has_pages(PondState& pond, const std::string& path, int group) const {
    for (const Top& top : tops_) {
      // The leaves of a struct have pages of their own each, which do not begin at the same rows.
      if (top.leaves.size() != 1) {
        if (reader_->parquet_reader()->metadata()->RowGroup(group)->total_byte_size() > kSmallGroupBytes) return false;
        continue;
      }
      MP_ASSIGN(const auto index, page_offsets(pond, opened(path), group, top.leaves[0]));
      if (!index) return false;
    }
    return true;
  }

  /// Single rows, by their pages where there is an index of them. `offsets` count from the row group's first row.
  Result<std::shared_ptr<arrow::RecordBatch>> rows(PondState& pond, const std::string& path, int group,
                                                   const Positions64& offsets) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const Top& top : tops_) {
      std::shared_ptr<arrow::ChunkedArray> values;
      if (top.leaves.size() == 1) {
        MP_ASSIGN(values, rows_of_column(pond, opened(path), group, top.leaves[0], offsets, top.field->type()));
      }
      if (!values) {
        MP_ASSIGN(const auto table, from_arrow(reader_->ReadRowGroup(group, top.leaves)));
        arrow::Int64Builder builder;
        MP_TRY(from_arrow(builder.AppendValues(offsets)));
        MP_ASSIGN(const auto indices, from_arrow(builder.Finish()));
        MP_ASSIGN(const arrow::Datum taken, from_arrow(arrow::compute::Take(table->column(0), indices)));
        values = taken.chunked_array();
      }
      if (values->num_chunks() == 1) {
        arrays.push_back(values->chunk(0));
      } else {
        MP_ASSIGN(auto joined, from_arrow(arrow::Concatenate(values->chunks())));
        arrays.push_back(std::move(joined));
      }
      fields.push_back(top.field);
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<std::int64_t>(offsets.size()),
                                    std::move(arrays));
  }

  bool empty() const { return leaves_.empty(); }
  Result<std::shared_ptr<arrow::RecordBatchReader>> row_group(int index) {
    MP_ASSIGN(auto batches, from_arrow(reader_->GetRecordBatchReader({index}, leaves_)));
    return std::shared_ptr<arrow::RecordBatchReader>(std::move(batches));
  }

 private:
  struct Top {
    std::shared_ptr<arrow::Field> field;
    std::vector<int> leaves;
  };
  OpenParquet opened(const std::string& path) const { return {path, file_, reader_->parquet_reader()->metadata()}; }

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<parquet::arrow::FileReader> reader_;
  std::vector<Top> tops_;  // the wanted columns
  std::vector<int> leaves_;
};

Result<std::shared_ptr<arrow::Array>> constant(std::int32_t value, std::int64_t rows) {
  arrow::Int32Builder builder;
  MP_TRY(from_arrow(builder.Reserve(rows)));
  for (std::int64_t i = 0; i < rows; ++i) builder.UnsafeAppend(value);
  return from_arrow(builder.Finish());
}

/// A column that a file leaves to its partition, as tables made of bare Parquet folders do.
struct Identity {
  std::optional<std::string> bytes;  // none: null
};

std::optional<Identity> identity_value(const ReadPlan& plan, const ReadUnit& unit, const IcebergField& column) {
  const DataFile& file = plan.parts[unit.part].file;
  if (!plan.table || !file.partition) return std::nullopt;
  for (const PartitionField& field : plan.table->metadata.spec(file.spec_id).fields) {
    if (field.source_id != column.id || field.transform != Transform::kIdentity) continue;
    for (const auto& [id, bytes] : *file.partition) {
      if (id == field.id) return Identity{bytes};
    }
  }
  return std::nullopt;
}

Result<std::shared_ptr<arrow::Array>> identity_array(const Identity& identity, const IcebergField& column,
                                                     const std::shared_ptr<arrow::DataType>& type, std::int64_t rows) {
  if (!identity.bytes) return default_array("", column.type, type, rows);
  const auto array = array_of_bytes(*identity.bytes, column.type, type, rows);
  return array;
}

/// Row ids or last updates: what the file says of a row, else what follows from `base`, else null.
Result<std::shared_ptr<arrow::Array>> lineage(const arrow::RecordBatch* in, std::int32_t column,
                                              std::optional<std::int64_t> base, bool by_position, std::int64_t first,
                                              std::int64_t kept, const Selection& selection) {
  const arrow::Int64Array* stored = nullptr;
  for (int i = 0; in != nullptr && i < in->num_columns(); ++i) {
    if (field_id(*in->schema()->field(i)) == column && in->column(i)->type_id() == arrow::Type::INT64) {
      stored = static_cast<const arrow::Int64Array*>(in->column(i).get());
    }
  }
  arrow::Int64Builder builder;
  MP_TRY(from_arrow(builder.Reserve(kept)));
  for (std::int64_t i = 0; i < kept; ++i) {
    const std::int64_t offset = selection.all ? i : selection.offsets[static_cast<std::size_t>(i)];
    const std::int64_t place = selection.gathered ? i : offset;
    if (stored != nullptr && stored->IsValid(place))
      builder.UnsafeAppend(stored->Value(place));
    else if (base)
      builder.UnsafeAppend(*base + (by_position ? first + offset : 0));
    else
      builder.UnsafeAppendNull();
  }
  return from_arrow(builder.Finish());
}

/// The batch under the table's schema, of rows that begin at `first` in their file.
Result<Batch> shape(const ReadPlan& plan, const ReadUnit& unit, const arrow::RecordBatch* in, std::int64_t first,
                    std::int64_t rows, const Selection& selection) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  std::shared_ptr<arrow::Array> indices;
  const std::int64_t kept = selection.all ? rows : static_cast<std::int64_t>(selection.offsets.size());
  const bool run =
      selection.all || selection.gathered || selection.offsets.back() - selection.offsets.front() + 1 == kept;
  const std::int64_t start = selection.all || selection.gathered ? 0 : selection.offsets.front();
  if (!run) {
    arrow::Int64Builder builder;
    MP_TRY(from_arrow(builder.AppendValues(selection.offsets)));
    MP_ASSIGN(indices, from_arrow(builder.Finish()));
  }
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const IcebergField& column = plan.columns[i];
    const auto& type = plan.schema->field(static_cast<int>(i))->type();
    const int found = in == nullptr ? -1 : find_column(in->schema()->fields(), column);
    if (found < 0) {
      std::optional<Identity> identity = identity_value(plan, unit, column);
      if (column.required && column.initial_default.empty() && !identity)
        return bad_file(plan.parts[unit.part].file.path, "it lacks the required column " + column.name);
      MP_ASSIGN(auto values, identity ? identity_array(*identity, column, type, kept)
                                      : default_array(column.initial_default, column.type, type, kept));
      arrays.push_back(std::move(values));
      continue;
    }
    MP_ASSIGN(auto data, project(in->column_data(found), *in->schema()->field(found), column, type));
    std::shared_ptr<arrow::Array> array = arrow::MakeArray(std::move(data));
    if (run) {
      if (kept != array->length()) array = array->Slice(start, kept);
    } else {
      MP_ASSIGN(array,
                from_arrow(arrow::compute::Take(*array, *indices, arrow::compute::TakeOptions::NoBoundsCheck())));
    }
    arrays.push_back(std::move(array));
  }
  if (plan.with_positions) {
    MP_ASSIGN(auto files, constant(static_cast<std::int32_t>(unit.part), kept));
    arrays.push_back(std::move(files));
    arrow::Int64Builder positions;
    MP_TRY(from_arrow(positions.Reserve(kept)));
    for (std::int64_t i = 0; i < kept; ++i) {
      positions.UnsafeAppend(first + (selection.all ? i : selection.offsets[static_cast<std::size_t>(i)]));
    }
    MP_ASSIGN(auto position_array, from_arrow(positions.Finish()));
    arrays.push_back(std::move(position_array));
  }
  if (plan.with_lineage) {
    const FilePart& part = plan.parts[unit.part];
    MP_ASSIGN(auto ids, lineage(in, kRowIdColumn, part.file.first_row_id, true, first, kept, selection));
    arrays.push_back(std::move(ids));
    const auto update = part.file.first_row_id ? std::optional(part.sequence_number) : std::nullopt;
    MP_ASSIGN(auto updates, lineage(in, kLastUpdatedColumn, update, false, first, kept, selection));
    arrays.push_back(std::move(updates));
  }
  return arrow::RecordBatch::Make(plan.schema, kept, std::move(arrays));
}

Result<std::vector<Batch>> read_checked(const ReadPlan& plan, const ReadUnit& unit, const std::string& path) {
  const FilePart& part = plan.parts[unit.part];
  std::vector<Batch> out;
  MP_ASSIGN(FileColumns file, FileColumns::open(plan, path, part.file.size_bytes));
  if (part.only) {
    Selection few = select(part, unit.first_row, unit.rows);
    const bool sparse = !few.all && static_cast<std::int64_t>(few.offsets.size()) <= unit.rows / kSparse;
    MP_ASSIGN(const bool by_page, sparse ? file.has_pages(*plan.pond, path, unit.row_group) : Result<bool>(false));
    if (by_page) {
      few.gathered = true;
      MP_ASSIGN(const auto rows, file.rows(*plan.pond, path, unit.row_group, few.offsets));
      MP_ASSIGN(Batch shaped, shape(plan, unit, file.empty() ? nullptr : rows.get(), unit.first_row, unit.rows, few));
      out.push_back(std::move(shaped));
      return out;
    }
  }
  std::shared_ptr<arrow::RecordBatchReader> batches;
  if (!file.empty()) { MP_ASSIGN(batches, file.row_group(unit.row_group)); }
  std::int64_t last_wanted = unit.first_row + unit.rows;
  if (part.only) {
    const auto& values = part.only->values();
    const auto end = std::lower_bound(values.begin(), values.end(), last_wanted);
    last_wanted = end == values.begin() ? unit.first_row : *(end - 1) + 1;
  }
  for (std::int64_t row = 0; row < unit.rows && unit.first_row + row < last_wanted;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::int64_t rows = std::min(plan.batch_rows_max, unit.rows - row);
    if (batches) {
      MP_TRY(from_parquet(batches->ReadNext(&batch)));
      if (!batch) return bad_file(path, "a row group is shorter than it says");
      rows = batch->num_rows();
    }
    const std::int64_t first = unit.first_row + row;
    const Selection selection = select(part, first, rows);
    row += rows;
    if (rows == 0 || (!selection.all && selection.offsets.empty())) continue;
    MP_ASSIGN(Batch shaped, shape(plan, unit, batch.get(), first, rows, selection));
    out.push_back(std::move(shaped));
  }
  return out;
}

}  // namespace

Result<std::vector<ReadUnit>> units_of(const ReadPlan& plan, std::size_t index) {
  const FilePart& part = plan.parts[index];
  const std::string path = plan.pond->to_path(part.file.path);
  MP_ASSIGN(const auto footer, plan.pond->footer(path));
  if (footer->num_rows() != part.file.rows)
    return bad_file(path, "it has another number of rows than its manifest says");
  std::vector<ReadUnit> out;
  std::int64_t first = 0;
  for (int group = 0; group < footer->num_row_groups(); ++group) {
    const ReadUnit unit{index, group, first, footer->RowGroup(group)->num_rows()};
    first += unit.rows;
    if (unit.rows == 0 || (plan.filter && !may_match_group(*plan.filter, plan.filter_columns, *footer, group)))
      continue;
    if (const PositionsPtr& set = part.only ? part.only : part.deleted) {
      const auto& values = set->values();
      const auto begin = std::lower_bound(values.begin(), values.end(), unit.first_row);
      const std::int64_t hits = std::lower_bound(begin, values.end(), first) - begin;
      if (part.only ? hits == 0 : hits == unit.rows) continue;
    }
    out.push_back(unit);
  }
  return out;
}

Result<std::vector<Batch>> read_unit(const ReadPlan& plan, const ReadUnit& unit) {
  const std::string path = plan.pond->to_path(plan.parts[unit.part].file.path);
  try {
    Result<std::vector<Batch>> read = read_checked(plan, unit, path);
    if (read.ok()) return read;
    Status status = std::move(read).status();
    return status.message().find(path) == std::string::npos ? std::move(status).at(path) : status;
  } catch (const std::exception& problem) { return bad_file(path, problem.what()); }
}

Result<std::shared_ptr<ReadPlan>> read_plan(const Table& table, std::span<const FilePart> parts,
                                            const ReadOptions& options) {
  const TableStatePtr& state = table.state();
  if (options.batch_rows_max <= 0) return invalid("batch_rows_max must be positive: ", options.batch_rows_max);
  auto plan = std::make_shared<ReadPlan>();
  plan->pond = table.pond();
  plan->parts.assign(parts.begin(), parts.end());
  plan->with_positions = options.with_positions;
  plan->with_lineage = options.with_lineage;
  plan->batch_rows_max = options.batch_rows_max;
  const std::vector<IcebergField>& all = state->metadata.schema().fields;
  for (const std::string& name : options.columns) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const IcebergField& field) { return field.name == name; });
    if (found == all.end()) return not_found("table ", table.name(), " has no such column: ", name);
    plan->columns.push_back(*found);
  }
  if (options.columns.empty()) plan->columns = all;
  arrow::FieldVector fields;
  for (const IcebergField& column : plan->columns) fields.push_back(state->arrow_schema->GetFieldByName(column.name));
  if (options.with_positions) {
    fields.push_back(arrow::field("_file", arrow::int32(), false));
    fields.push_back(arrow::field("_pos", arrow::int64(), false));
  }
  if (options.with_lineage) {
    fields.push_back(arrow::field("_row_id", arrow::int64()));
    fields.push_back(arrow::field("_last_updated_sequence_number", arrow::int64()));
  }
  if (const auto mapping = state->metadata.properties.find(kNameMappingKey);
      mapping != state->metadata.properties.end()) {
    MP_TRY(apply_name_mapping(mapping->second, plan->columns));
  }
  plan->table = state;
  plan->schema = arrow::schema(std::move(fields));
  return plan;
}

Result<std::unique_ptr<Stream>> Table::read(std::span<const FilePart> parts, const ReadOptions& options,
                                            Context& context) const {
  MP_ASSIGN(auto plan, read_plan(*this, parts, options));
  const int threads = options.threads > 0 ? options.threads : context.threads();
  return read_stream(std::move(plan), threads);
}

Result<std::unique_ptr<Stream>> Table::scan(const ScanOptions& options, Context& context) const {
  const auto id = options.snapshot ? options.snapshot : current_id();
  std::vector<LiveFile> live;
  if (id) { MP_ASSIGN(live, files(*id)); }
  return read(parts_of(live), options, context);
}

}  // namespace millpond::pond
