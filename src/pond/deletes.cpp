#include "pond/deletes.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <algorithm>

#include "pond/input_file.h"
#include "pond/parquet_sink.h"
#include "pond/parquet_status.h"

namespace millpond::pond {
namespace {

Status collect(const arrow::RecordBatch& batch, std::unordered_map<std::string, std::vector<std::int64_t>>& out) {
  std::shared_ptr<arrow::Array> path_column = batch.GetColumnByName("file_path");
  if (path_column && path_column->type_id() == arrow::Type::LARGE_STRING) {  // as other writers store it
    MP_ASSIGN(path_column, from_arrow(arrow::compute::Cast(*path_column, arrow::utf8())));
  }
  const auto paths = std::dynamic_pointer_cast<arrow::StringArray>(path_column);
  const auto positions = std::dynamic_pointer_cast<arrow::Int64Array>(batch.GetColumnByName("pos"));
  if (!paths || !positions) return corrupt("delete file lacks file_path or pos, or they have a wrong type");
  std::vector<std::int64_t>* target = nullptr;
  std::string_view current;
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    if (paths->IsNull(row) || positions->IsNull(row) || positions->Value(row) < 0)
      return corrupt("delete file has a bad row");
    const std::string_view path = paths->GetView(row);
    if (target == nullptr || path != current) {
      target = &out[std::string(path)];
      current = path;
    }
    target->push_back(positions->Value(row));
  }
  return {};
}

Result<DeletesByFile> read_parquet(const std::string& path) {
  MP_ASSIGN(auto file, open_input(path));
  MP_ASSIGN(auto reader, from_arrow(parquet::arrow::OpenFile(file, arrow::default_memory_pool())));
  std::vector<int> columns;
  const parquet::SchemaDescriptor* schema = reader->parquet_reader()->metadata()->schema();
  for (int i = 0; i < schema->num_columns(); ++i) {
    const std::string name = schema->Column(i)->path()->ToDotString();
    if (name == "file_path" || name == "pos") columns.push_back(i);
  }
  std::vector<int> groups(static_cast<std::size_t>(reader->num_row_groups()));
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
  MP_ASSIGN(auto batches, from_arrow(reader->GetRecordBatchReader(groups, columns)));
  std::unordered_map<std::string, std::vector<std::int64_t>> found;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    MP_TRY(from_parquet(batches->ReadNext(&batch)));
    if (!batch) break;
    MP_TRY(collect(*batch, found));
  }
  DeletesByFile out;
  for (auto& [name, positions] : found) out[name] = std::make_shared<const Positions>(std::move(positions));
  return out;
}

std::shared_ptr<arrow::Schema> delete_schema() {
  return arrow_with_ids(
      {{.id = kDeletePathId, .name = "file_path", .required = true, .type = {.kind = Type::Kind::kUtf8}},
       {.id = kDeletePositionId, .name = "pos", .required = true, .type = {.kind = Type::Kind::kInt64}}});
}

Result<Batch> batch_of(const std::map<std::string, PositionsPtr>& deletes) {
  arrow::StringBuilder paths;
  arrow::Int64Builder positions;
  for (const auto& [path, set] : deletes) {
    for (const std::int64_t position : set->values()) {
      MP_TRY(from_arrow(paths.Append(path)));
      MP_TRY(from_arrow(positions.Append(position)));
    }
  }
  MP_ASSIGN(auto path_array, from_arrow(paths.Finish()));
  MP_ASSIGN(auto position_array, from_arrow(positions.Finish()));
  const std::int64_t rows = position_array->length();
  return arrow::RecordBatch::Make(delete_schema(), rows, {std::move(path_array), std::move(position_array)});
}

std::string little_endian(std::int64_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

}  // namespace

Result<DeletesByFile> read_delete_file(const std::string& path) {
  try {
    Result<DeletesByFile> read = read_parquet(path);
    if (!read.ok()) return std::move(read).status().at(path);
    return read;
  } catch (const std::exception& problem) {
    return corrupt("not a readable delete file: ", path, ": ", problem.what());
  }
}

Result<ManifestEntry> write_delete_file(const std::string& path, const std::string& uri,
                                        const std::map<std::string, PositionsPtr>& deletes) {
  MP_ASSIGN(const Batch batch, batch_of(deletes));
  MP_ASSIGN(FileWriter file, FileWriter::create(path));
  auto sink = std::make_shared<ParquetSink>(file);
  try {
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->enable_page_checksum()->build();
    const auto write = [&]() -> Status {
      MP_ASSIGN(auto writer, from_arrow(parquet::arrow::FileWriter::Open(*batch->schema(), arrow::default_memory_pool(),
                                                                         sink, properties)));
      MP_TRY(from_arrow(writer->WriteRecordBatch(*batch)));
      return from_arrow(writer->Close());
    };
    Status written = write();
    if (!written.ok()) return sink->first_error().ok() ? written : sink->first_error();
  } catch (const std::exception& problem) {
    return sink->first_error().ok() ? io_error("cannot write delete file: ", path, ": ", problem.what())
                                    : sink->first_error();
  }
  const std::int64_t size_bytes = file.size_bytes();
  MP_TRY(file.finish());

  ManifestEntry entry;
  entry.content = FileContent::kPositionDeletes;
  entry.file = {.path = uri, .rows = batch->num_rows(), .size_bytes = size_bytes};
  if (deletes.size() == 1) entry.referenced_data_file = deletes.begin()->first;
  std::int64_t first = deletes.begin()->second->values().front(), last = 0;
  for (const auto& [name, set] : deletes) {
    first = std::min(first, set->values().front());
    last = std::max(last, set->values().back());
  }
  // Bounds of the path are whole, not cut to 16 characters: readers match them with data file paths.
  auto metrics = std::make_shared<ColumnMetrics>();
  metrics->lower = {{kDeletePositionId, little_endian(first)}, {kDeletePathId, deletes.begin()->first}};
  metrics->upper = {{kDeletePositionId, little_endian(last)}, {kDeletePathId, deletes.rbegin()->first}};
  metrics->values = {{kDeletePositionId, batch->num_rows()}, {kDeletePathId, batch->num_rows()}};
  metrics->nulls = {{kDeletePositionId, 0}, {kDeletePathId, 0}};
  entry.file.metrics = std::move(metrics);
  return entry;
}

bool may_delete_from(const ManifestEntry& delete_file, const std::string& path) {
  if (!delete_file.referenced_data_file.empty()) return delete_file.referenced_data_file == path;
  if (!delete_file.file.metrics) return true;
  // Another writer may have cut the bounds: a lower bound is then a prefix, an upper bound still is above.
  for (const auto& [id, bound] : delete_file.file.metrics->lower) {
    if (id == kDeletePathId && path < bound) return false;
  }
  for (const auto& [id, bound] : delete_file.file.metrics->upper) {
    if (id == kDeletePathId && path > bound) return false;
  }
  return true;
}

}  // namespace millpond::pond
