#include "millpond/pond/data_writer.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "pond/column_metrics.h"
#include "pond/parquet_sink.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kStatisticsBytesMax = 64;  // longer minima and maxima bloat the footer, and prune little

std::shared_ptr<parquet::WriterProperties> properties_for(const DataWriterOptions& options,
                                                          const std::vector<IcebergField>& fields) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)->compression_level(options.zstd_level);
  builder.max_statistics_size(kStatisticsBytesMax);
  builder.write_batch_size(256)->data_pagesize(256 << 10);
  builder.max_row_group_length(std::numeric_limits<std::int32_t>::max());
  builder.created_by("millpond");
  builder.enable_page_checksum();  // a flipped bit that still decompresses would else go unnoticed
  if (options.bounds)
    builder.enable_write_page_index();
  else
    builder.disable_statistics();
  for (const IcebergField& field : fields) {
    // Vectors do not repeat: a dictionary of floats only costs time, and so do their statistics.
    if (field.type.kind != Type::Kind::kList) continue;
    const IcebergField& element = field.type.children[0];
    if (element.type.kind != Type::Kind::kFloat32 && element.type.kind != Type::Kind::kFloat64) continue;
    const std::string path = field.name + ".list.element";
    builder.disable_dictionary(path)->disable_statistics(path)->disable_write_page_index(path);
  }
  return builder.build();
}

Status check_required(const arrow::Array& array, const IcebergField& field, const std::string& name) {
  if (field.required && array.null_count() > 0) return invalid("a required column has nulls: ", name);
  return {};
}

}  // namespace

struct DataWriter::Impl {
  std::shared_ptr<PondState> pond;
  TableStatePtr table;
  DataWriterOptions options;
  ArrowSchema file_schema;
  std::shared_ptr<parquet::WriterProperties> properties;
  std::vector<DataFile> done;
  std::int64_t rows = 0;

  FileWriter file;
  std::shared_ptr<ParquetSink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> parquet;
  std::unique_ptr<MetricsCollector> metrics;
  std::int64_t file_rows = 0, group_bytes = 0;

  ~Impl() { discard(); }

  void discard() {
    parquet.reset();
    file.abandon();
    for (const DataFile& written : done) (void)remove_file(pond->to_path(written.path));
    done.clear();
  }

  Result<Batch> conform(const Batch& batch) const {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    const std::vector<IcebergField>& fields = table->metadata.schema().fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const IcebergField& field = fields[i];
      const auto& type = file_schema->field(static_cast<int>(i))->type();
      std::shared_ptr<arrow::Array> array = batch->GetColumnByName(field.name);
      if (!array) {
        if (field.required) return invalid("a required column is missing: ", field.name);
        MP_ASSIGN(array, from_arrow(arrow::MakeArrayOfNull(type, batch->num_rows())));
      } else if (!array->type()->Equals(*type)) {
        if (!array->type()->Equals(*table->arrow_schema->field(static_cast<int>(i))->type())) {
          MP_TRY(check_type(*array->type(), field));
        }
        array = arrow::MakeArray(retyped(array->data(), type));  // only names and nullability differ
      }
      MP_TRY(check_required(*array, field, field.name));
      arrays.push_back(std::move(array));
    }
    for (const auto& field : batch->schema()->fields()) {
      if (!file_schema->GetFieldByName(field->name())) return invalid("the table has no such column: ", field->name());
    }
    return arrow::RecordBatch::Make(file_schema, batch->num_rows(), std::move(arrays));
  }

  static Status check_type(const arrow::DataType& given, const IcebergField& field) {
    IcebergSchema one;
    one.fields.push_back(field);
    const Type wanted = without_ids(one)[0].type;
    Result<Type> type = from_arrow(given);
    if (type.ok() && type->to_string() == wanted.to_string()) return {};
    return invalid("column ", field.name, " should be ", wanted.to_string(), ", not ", given.ToString());
  }

  static std::shared_ptr<arrow::ArrayData> retyped(const std::shared_ptr<arrow::ArrayData>& data,
                                                   const std::shared_ptr<arrow::DataType>& type) {
    auto out = data->Copy();
    out->type = type;
    for (std::size_t i = 0; i < out->child_data.size(); ++i) {
      out->child_data[i] = retyped(out->child_data[i], type->field(static_cast<int>(i))->type());
    }
    return out;
  }

  Status open() {
    const std::string path = pond->to_path(table->metadata.location) + "/data/" + new_uuid() + ".parquet";
    MP_ASSIGN(file, FileWriter::create(path));
    sink = std::make_shared<ParquetSink>(file);
    MP_ASSIGN(parquet, from_arrow(parquet::arrow::FileWriter::Open(*file_schema, arrow::default_memory_pool(), sink,
                                                                   properties)));
    metrics = std::make_unique<MetricsCollector>(options.bounds ? table->metadata.schema().fields
                                                                : std::vector<IcebergField>());
    file_rows = group_bytes = 0;
    return {};
  }

  Status append(const Batch& batch) {
    if (!parquet) MP_TRY(open());
    if (group_bytes == 0) MP_TRY(from_arrow(parquet->NewBufferedRowGroup()));
    MP_TRY(from_arrow(parquet->WriteRecordBatch(*batch)));
    metrics->add(*batch);
    file_rows += batch->num_rows();
    rows += batch->num_rows();
    return {};
  }

  /// Cuts the batch so that no row group grows far over its limit.
  Status write(const Batch& batch) {
    const std::int64_t batch_rows = batch->num_rows();
    if (batch_rows == 0) return {};
    MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(*batch)));
    const std::int64_t row_bytes = std::max<std::int64_t>(1, size_bytes / batch_rows);
    for (std::int64_t start = 0; start < batch_rows;) {
      const std::int64_t room = std::max<std::int64_t>(1, (options.row_group_bytes - group_bytes) / row_bytes);
      const std::int64_t count = std::min(room, batch_rows - start);
      MP_TRY(append(batch->Slice(start, count)));
      start += count;
      group_bytes += count * row_bytes;
      if (group_bytes + row_bytes <= options.row_group_bytes) continue;
      // The group is full; what it takes in the file is known once the next one begins, or the file ends.
      group_bytes = 0;
      if (file.size_bytes() + options.row_group_bytes / 2 >= options.target_file_bytes) MP_TRY(finish());
    }
    return {};
  }

  Status finish() {
    if (!parquet) return {};
    MP_TRY(from_arrow(parquet->Close()));
    const std::shared_ptr<parquet::FileMetaData> footer = parquet->metadata();
    parquet.reset();
    DataFile out;
    out.path = pond->to_uri(file.path());
    out.rows = file_rows;
    out.size_bytes = file.size_bytes();
    for (int group = 0; group < footer->num_row_groups(); ++group) {
      const auto chunk = footer->RowGroup(group)->ColumnChunk(0);
      const std::int64_t dictionary = chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : 0;
      out.split_offsets.push_back(dictionary > 0 ? std::min(dictionary, chunk->data_page_offset())
                                                 : chunk->data_page_offset());
    }
    out.metrics = metrics->finish(*footer);
    MP_TRY(file.finish());
    done.push_back(std::move(out));
    return {};
  }

  /// Runs a step; Parquet throws, and errors of the file layer say more than those that come back through Arrow.
  template <class Step>
  Status guarded(Step&& step) {
    Status status;
    try {
      status = step();
    } catch (const std::exception& problem) {
      status = io_error("cannot write data file: ", file.path(), ": ", problem.what());
    }
    if (status.ok()) return status;
    if (sink && !sink->first_error().ok()) status = sink->first_error();
    discard();
    return status;
  }
};

DataWriter::DataWriter(const Table& table, DataWriterOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->pond = table.pond();
  impl_->table = table.state();
  impl_->options = options;
  impl_->file_schema = arrow_with_ids(table.state()->metadata.schema().fields);
  impl_->properties = properties_for(options, table.state()->metadata.schema().fields);
}
DataWriter::~DataWriter() = default;
DataWriter::DataWriter(DataWriter&&) noexcept = default;
DataWriter& DataWriter::operator=(DataWriter&&) noexcept = default;

std::int64_t DataWriter::rows() const { return impl_->rows; }

Status DataWriter::write(const Batch& batch) {
  Result<Batch> conforming = impl_->conform(batch);
  if (!conforming.ok()) return std::move(conforming).status();  // nothing was written of it; the writer goes on
  return impl_->guarded([&] { return impl_->write(*conforming); });
}

Result<std::vector<DataFile>> DataWriter::close() {
  MP_TRY(impl_->guarded([&] { return impl_->finish(); }));
  return std::exchange(impl_->done, {});
}

}  // namespace millpond::pond
