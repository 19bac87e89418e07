#include "flow/table_writer.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <malloc.h>

#include <algorithm>

#include "millpond/blob.h"

namespace millpond::flow {
namespace {

/// Such a value is alone in its file, so that writing and reading it take no more memory than they must.
bool has_long_value(const arrow::RecordBatch& rows) {
  constexpr std::int64_t kLongBytes = 16 << 20;
  for (const auto& column : rows.columns()) {
    const auto* values = dynamic_cast<const arrow::BinaryArray*>(column.get());
    if (!values || values->total_values_length() < kLongBytes) continue;
    for (std::int64_t row = 0; row < values->length(); ++row) {
      if (values->value_length(row) >= kLongBytes) return true;
    }
  }
  return false;
}

}  // namespace

TableWriter::TableWriter(pond::Pond& pond, pond::Table table, const PlannedTable& planned, bool rebuild,
                         Context& context)
    : pond_(pond),
      table_(std::move(table)),
      planned_(planned),
      rebuild_(rebuild),
      context_(context),
      file_bytes_max_(std::clamp<std::int64_t>(context.memory().limit_bytes() / 8, 16 << 20, 128 << 20)),
      indexing_(context.service<Indexing>()) {}

Status TableWriter::open_file(bool long_values) {
  pond::DataWriterOptions options;
  options.long_values = long_values;
  options.target_file_bytes = std::int64_t{1} << 40;  // this class decides, by bytes in memory
  writer_ = std::make_unique<pond::DataWriter>(table_, options);
  if (planned_.index && indexing_->open) {
    MP_ASSIGN(segment_, indexing_->open(pond_, *planned_.index, planned_.schema));
  }
  return {};
}

Status TableWriter::close_file() {
  if (!writer_) return {};
  MP_ASSIGN(std::vector<pond::DataFile> closed, writer_->close());
  writer_.reset();
  file_bytes_ = 0;
  if (segment_ && closed.size() == 1) { MP_TRY(segment_->finish(closed[0])); }
  segment_.reset();
  for (pond::DataFile& file : closed) files_.push_back(std::move(file));
  // What a file and its segment took in many small pieces is kept by the allocators, beyond any budget, unless told.
  ::malloc_trim(0);
  arrow::default_memory_pool()->ReleaseUnused();
  return {};
}

Result<std::unique_ptr<RowIndexer>> TableWriter::make_indexer() const {
  if (!planned_.index || !indexing_->indexer) return std::unique_ptr<RowIndexer>();
  return indexing_->indexer(*planned_.index, planned_.schema);
}

Status TableWriter::write(const Batch& rows, std::unique_ptr<IndexedRows> indexed) {
  if (rows->num_rows() == 0) return {};
  const bool long_values = has_long_value(*rows);
  if (long_values) { MP_TRY(close_file()); }
  if (!writer_) { MP_TRY(open_file(long_values)); }
  MP_TRY(writer_->write(rows));
  if (segment_ && !indexed) {
    if (!indexer_) { MP_ASSIGN(indexer_, make_indexer()); }
    MP_ASSIGN(indexed, indexer_->index(rows));
  }
  if (segment_) { MP_TRY(segment_->add(*indexed)); }
  rows_ += rows->num_rows();
  file_bytes_ += arrow::util::TotalBufferSize(*rows);
  if (long_values || file_bytes_ >= file_bytes_max_) return close_file();
  return {};
}

void TableWriter::delete_rows(std::string path, std::vector<std::int64_t> positions) {
  deletes_.emplace_back(std::move(path), std::move(positions));
}

bool TableWriter::due() const {
  constexpr auto kBetweenCommits = std::chrono::seconds(30);
  return !rebuild_ && std::chrono::steady_clock::now() - last_commit_ > kBetweenCommits;
}

Result<std::vector<pond::DataFile>> TableWriter::take_files() {
  MP_TRY(close_file());
  return std::exchange(files_, {});
}

void TableWriter::adopt(std::vector<pond::DataFile> files) {
  for (pond::DataFile& file : files) files_.push_back(std::move(file));
}

Status TableWriter::commit(const std::string& upstream) {
  MP_TRY(close_file());
  MP_TRY(context_.service<Blobs>()->sync());
  pond::Update update = table_.update();
  update.require_snapshot(
      table_.current_id());  // another build may have done the same work; then this one starts again
  if (rebuild_) {
    update.evolve(planned_.schema);
    update.replace_all(std::move(files_));
  } else {
    for (auto& [path, positions] : deletes_) update.delete_rows(path, std::move(positions));
    update.append(std::move(files_));
  }
  files_.clear();
  deletes_.clear();
  update.summary(kFingerprintKey, planned_.fingerprint);
  update.summary(kUpstreamKey, upstream);
  update.allow_empty();
  MP_ASSIGN(table_, update.commit(context_));
  last_commit_ = std::chrono::steady_clock::now();
  return {};
}

}  // namespace millpond::flow
