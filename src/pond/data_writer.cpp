#include "millpond/pond/data_writer.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>

#include <algorithm>
#include <map>

#include "core/arrow_status.h"
#include "pond/column_metrics.h"
#include "pond/default_value.h"
#include "pond/parquet_sink.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kOpenFilesMax = 128;  // of as many partitions; each holds a row group in memory
constexpr std::int64_t kPageBytes = 64 << 10, kPageRows = 8192;
constexpr std::int64_t kDictionaryBytes = 128 << 10;  // larger ones belong to values that hardly repeat
constexpr std::int64_t kStatisticsBytesMax = 64;      // longer minima and maxima bloat the footer, and prune little

std::shared_ptr<parquet::WriterProperties> properties_for(const DataWriterOptions& options,
                                                          const std::vector<IcebergField>& fields) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)->compression_level(options.zstd_level);
  builder.max_statistics_size(kStatisticsBytesMax);
  // A read of one row decodes a page of each column; smaller pages would make files grow noticeably.
  builder.write_batch_size(256)->data_pagesize(kPageBytes)->max_rows_per_page(kPageRows);
  builder.dictionary_pagesize_limit(kDictionaryBytes);
  builder.max_row_group_length(std::numeric_limits<std::int32_t>::max());
  // Java readers ignore the statistics of a writer whose version they cannot parse.
  builder.created_by("millpond version 0.1.0");
  builder.enable_store_decimal_as_integer();  // as Iceberg's spec asks, appendix A "Parquet"
  builder.enable_page_checksum();             // a flipped bit that still decompresses would else go unnoticed
  if (options.bounds)
    builder.enable_write_page_index();
  else
    builder.disable_statistics();
  for (const IcebergField& field : fields) {
    // Ids of rows are hashes: compressing them only costs time, and so does a dictionary.
    if (field.name == "_row" && field.type.kind == Type::Kind::kFixed) {
      builder.compression(field.name, parquet::Compression::UNCOMPRESSED)->disable_dictionary(field.name);
      builder.compression_level(field.name, arrow::util::kUseDefaultCompressionLevel);
    }
    if (options.long_values && (field.type.kind == Type::Kind::kUtf8 || field.type.kind == Type::Kind::kBinary)) {
      builder.disable_dictionary(field.name)->disable_statistics(field.name);
    }
    // Vectors do not repeat: a dictionary of floats only costs time, and so do their statistics.
    if (field.type.kind != Type::Kind::kList) continue;
    const IcebergField& element = field.type.children[0];
    if (element.type.kind != Type::Kind::kFloat32 && element.type.kind != Type::Kind::kFloat64) continue;
    const std::string path = field.name + ".list.element";
    builder.disable_dictionary(path)->disable_statistics(path);
  }
  return builder.build();
}

Status check_required(const arrow::Array& array, const IcebergField& field, const std::string& name) {
  if (field.required && array.null_count() > 0) return invalid("a required column has nulls: ", name);
  return {};
}

}  // namespace

namespace {

/// A file being written.
struct OpenFile {
  FileWriter file;
  std::shared_ptr<ParquetSink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> parquet;
  std::unique_ptr<MetricsCollector> metrics;
  std::int64_t rows = 0, group_bytes = 0;
  std::shared_ptr<const Partition> partition;
  std::int64_t last_used = 0;
};

std::string key_of(const Partition& partition) {
  std::string key;
  for (const auto& [id, value] : partition) {
    key += value ? '1' + std::to_string(value->size()) + ':' + *value : std::string("0");
  }
  return key;
}

}  // namespace

struct DataWriter::Impl {
  std::shared_ptr<PondState> pond;
  TableStatePtr table;
  DataWriterOptions options;
  std::vector<IcebergField> fields;  ///< of the files: the table's, and the row lineage if it is to be kept
  ArrowSchema file_schema;
  std::shared_ptr<parquet::WriterProperties> properties;
  std::optional<Partitioner> partitioner;
  Status refused;  ///< why the table cannot be written
  std::vector<DataFile> done;
  std::int64_t rows = 0;
  std::map<std::string, OpenFile> open_files;  // by partition; one where there are none
  OpenFile* current = nullptr;                 // the one that an error is about

  ~Impl() { discard(); }

  void discard() {
    for (auto& [key, open] : open_files) {
      open.parquet.reset();
      open.file.abandon();
    }
    open_files.clear();
    current = nullptr;
    for (const DataFile& written : done) (void)remove_file(pond->to_path(written.path));
    done.clear();
  }

  Result<Batch> conform(const Batch& batch) const {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const IcebergField& field = fields[i];
      const auto& type = file_schema->field(static_cast<int>(i))->type();
      std::shared_ptr<arrow::Array> array = batch->GetColumnByName(field.name);
      if (!array) {
        if (field.required && field.write_default.empty()) return invalid("a required column is missing: ", field.name);
        MP_ASSIGN(array, default_array(field.write_default, field.type, type, batch->num_rows()));
      } else if (!array->type()->Equals(*type)) {
        MP_TRY(check_type(*array->type(), field));
        if (!field.type.alias.empty() && field.type.kind == Type::Kind::kTimestamp) {
          MP_ASSIGN(array, from_arrow(arrow::compute::Cast(*array, arrow::timestamp(unit_of(*type), "UTC"))));
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

  static arrow::TimeUnit::type unit_of(const arrow::DataType& type) {
    return static_cast<const arrow::TimestampType&>(type).unit();
  }

  static Status check_type(const arrow::DataType& given, const IcebergField& field) {
    IcebergSchema one;
    one.fields.push_back(field);
    const Type wanted = without_ids(one)[0].type;
    if (field.type.alias == "time" || decimal_of(field.type.alias)) {
      return invalid("column ", field.name, " should be ", field.type.alias, ", not ", given.ToString());
    }
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

  Status open(OpenFile& out) {
    const std::string folder = pond->to_path(table->metadata.location) + "/data";
    if (done.empty()) MP_TRY(make_directories(folder));  // other clients make it with their first row
    const std::string path = folder + "/" + new_uuid() + ".parquet";
    MP_ASSIGN(out.file, FileWriter::create(path));
    out.sink = std::make_shared<ParquetSink>(out.file);
    MP_ASSIGN(out.parquet, from_arrow(parquet::arrow::FileWriter::Open(*file_schema, arrow::default_memory_pool(),
                                                                       out.sink, properties)));
    out.metrics = std::make_unique<MetricsCollector>(options.bounds ? fields : std::vector<IcebergField>());
    out.rows = out.group_bytes = 0;
    return {};
  }

  Status append(OpenFile& to, const Batch& batch) {
    if (!to.parquet) MP_TRY(open(to));
    if (to.group_bytes == 0) MP_TRY(from_arrow(to.parquet->NewBufferedRowGroup()));
    MP_TRY(from_arrow(to.parquet->WriteRecordBatch(*batch)));
    to.metrics->add(*batch);
    to.rows += batch->num_rows();
    rows += batch->num_rows();
    return {};
  }

  /// Cuts the batch so that no row group grows far over its limit.
  Status write(OpenFile& to, const Batch& batch) {
    current = &to;
    const std::int64_t batch_rows = batch->num_rows();
    if (batch_rows == 0) return {};
    MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(*batch)));
    const std::int64_t row_bytes = std::max<std::int64_t>(1, size_bytes / batch_rows);
    for (std::int64_t start = 0; start < batch_rows;) {
      const std::int64_t room = std::max<std::int64_t>(1, (options.row_group_bytes - to.group_bytes) / row_bytes);
      const std::int64_t count = std::min(room, batch_rows - start);
      MP_TRY(append(to, batch->Slice(start, count)));
      start += count;
      to.group_bytes += count * row_bytes;
      if (to.group_bytes + row_bytes <= options.row_group_bytes) continue;
      // The group is full; what it takes in the file is known once the next one begins, or the file ends.
      to.group_bytes = 0;
      if (to.file.size_bytes() + options.row_group_bytes / 2 >= options.target_file_bytes) MP_TRY(finish(to));
    }
    return {};
  }

  /// Gives each row to the file of its partition.
  Status write(const Batch& batch) {
    if (!partitioner) return write(open_files[""], batch);
    MP_ASSIGN(std::vector<Partition> partitions, partitioner->partitions(*batch));
    std::map<std::string, std::vector<std::int64_t>> by_key;
    for (std::size_t row = 0; row < partitions.size(); ++row) {
      by_key[key_of(partitions[row])].push_back(static_cast<std::int64_t>(row));
    }
    for (const auto& [key, chosen] : by_key) {
      if (!open_files.contains(key) && open_files.size() >= kOpenFilesMax) MP_TRY(close_oldest());
      OpenFile& to = open_files[key];
      to.last_used = rows;
      if (!to.partition) {
        to.partition = std::make_shared<const Partition>(partitions[static_cast<std::size_t>(chosen.front())]);
      }
      arrow::Int64Builder builder;
      MP_TRY(from_arrow(builder.AppendValues(chosen)));
      MP_ASSIGN(const auto indices, from_arrow(builder.Finish()));
      std::vector<std::shared_ptr<arrow::Array>> arrays;
      for (const auto& column : batch->columns()) {
        MP_ASSIGN(auto taken, from_arrow(arrow::compute::Take(*column, *indices)));
        arrays.push_back(std::move(taken));
      }
      const auto count = static_cast<std::int64_t>(chosen.size());
      MP_TRY(write(to, arrow::RecordBatch::Make(batch->schema(), count, std::move(arrays))));
    }
    return {};
  }

  Status close_oldest() {
    const auto oldest = std::min_element(open_files.begin(), open_files.end(), [](const auto& a, const auto& b) {
      return a.second.last_used < b.second.last_used;
    });
    MP_TRY(finish(oldest->second));
    open_files.erase(oldest);
    return {};
  }

  Status finish() {
    for (auto& [key, open] : open_files) MP_TRY(finish(open));
    open_files.clear();
    current = nullptr;
    return {};
  }

  Status finish(OpenFile& from) {
    current = &from;
    if (!from.parquet) return {};
    MP_TRY(from_arrow(from.parquet->Close()));
    const std::shared_ptr<parquet::FileMetaData> footer = from.parquet->metadata();
    from.parquet.reset();
    DataFile out;
    out.path = pond->to_uri(from.file.path());
    out.rows = from.rows;
    out.size_bytes = from.file.size_bytes();
    out.spec_id = table->metadata.default_spec_id;
    out.partition = from.partition;
    for (int group = 0; group < footer->num_row_groups(); ++group) {
      const auto chunk = footer->RowGroup(group)->ColumnChunk(0);
      const std::int64_t dictionary = chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : 0;
      out.split_offsets.push_back(dictionary > 0 ? std::min(dictionary, chunk->data_page_offset())
                                                 : chunk->data_page_offset());
    }
    out.metrics = from.metrics->finish(*footer);
    MP_TRY(from.file.finish());
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
      status = io_error("cannot write data file: ", current ? current->file.path() : "", ": ", problem.what());
    }
    if (status.ok()) return status;
    if (current && current->sink && !current->sink->first_error().ok()) status = current->sink->first_error();
    discard();
    return status;
  }
};

DataWriter::DataWriter(const Table& table, DataWriterOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->pond = table.pond();
  impl_->table = table.state();
  impl_->options = options;
  impl_->fields = table.state()->metadata.schema().fields;
  const PartitionSpec& spec = table.state()->metadata.spec(table.state()->metadata.default_spec_id);
  if (spec.partitioned()) {
    Result<Partitioner> partitioner = Partitioner::make(spec, impl_->fields);
    if (partitioner.ok())
      impl_->partitioner = *std::move(partitioner);
    else
      impl_->refused = std::move(partitioner).status();
  }
  if (options.lineage) {
    impl_->fields.push_back({.id = kRowIdColumn, .name = "_row_id", .type = {.kind = Type::Kind::kInt64}});
    impl_->fields.push_back(
        {.id = kLastUpdatedColumn, .name = "_last_updated_sequence_number", .type = {.kind = Type::Kind::kInt64}});
  }
  impl_->file_schema = arrow_with_ids(impl_->fields);
  impl_->properties = properties_for(options, impl_->fields);
}
DataWriter::~DataWriter() = default;
DataWriter::DataWriter(DataWriter&&) noexcept = default;
DataWriter& DataWriter::operator=(DataWriter&&) noexcept = default;

std::int64_t DataWriter::rows() const { return impl_->rows; }

Status DataWriter::write(const Batch& batch) {
  MP_TRY(Status(impl_->refused));
  Result<Batch> conforming = impl_->conform(batch);
  if (!conforming.ok()) return std::move(conforming).status();  // nothing was written of it; the writer goes on
  return impl_->guarded([&] { return impl_->write(*conforming); });
}

Result<std::vector<DataFile>> DataWriter::close() {
  MP_TRY(impl_->guarded([&] { return impl_->finish(); }));
  return std::exchange(impl_->done, {});
}

}  // namespace millpond::pond
