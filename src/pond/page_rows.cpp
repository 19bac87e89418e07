#include "pond/page_rows.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include <algorithm>
#include <vector>

#include "pond/input_file.h"
#include "pond/parquet_status.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

parquet::ReaderProperties checked_properties() {
  parquet::ReaderProperties properties = parquet::default_reader_properties();
  properties.set_page_checksum_verification(true);
  return properties;
}

/// A run of bytes of a file.
struct Extent {
  std::int64_t offset = 0, size_bytes = 0;
};

/// A row group in which one column has only some of its pages.
class FewPages final : public parquet::RowGroupReader::Contents {
 public:
  FewPages(std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<parquet::FileMetaData> footer,
           int row_group, std::vector<Extent> pages)
      : file_(std::move(file)),
        footer_(std::move(footer)),
        pages_(std::move(pages)),
        properties_(checked_properties()) {
    group_ = footer_->RowGroup(row_group);
  }

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int column) override {
    PARQUET_ASSIGN_OR_THROW(const std::int64_t file_bytes, file_->GetSize());
    std::int64_t size_bytes = 0;
    for (const Extent& page : pages_) {
      if (page.offset < 0 || page.offset > file_bytes || page.size_bytes > file_bytes - page.offset) {
        throw parquet::ParquetException("the file ends before a page");
      }
      size_bytes += page.size_bytes;
    }
    if (size_bytes > file_bytes) throw parquet::ParquetException("pages overlap");
    PARQUET_ASSIGN_OR_THROW(std::unique_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(size_bytes));
    std::int64_t at = 0;
    for (std::size_t i = 0; i < pages_.size();) {  // neighbours are read at once
      Extent run = pages_[i];
      for (++i; i < pages_.size() && pages_[i].offset == run.offset + run.size_bytes; ++i) {
        run.size_bytes += pages_[i].size_bytes;
      }
      PARQUET_ASSIGN_OR_THROW(const std::int64_t read,
                              file_->ReadAt(run.offset, run.size_bytes, buffer->mutable_data() + at));
      if (read != run.size_bytes) throw parquet::ParquetException("the file ends within a page");
      at += run.size_bytes;
    }
    const auto chunk = group_->ColumnChunk(column);
    auto stream = std::make_shared<arrow::io::BufferReader>(std::shared_ptr<arrow::Buffer>(std::move(buffer)));
    return parquet::PageReader::Open(std::move(stream), chunk->num_values(), chunk->compression(), properties_,
                                     *footer_->schema()->Column(column));
  }
  const parquet::RowGroupMetaData* metadata() const override { return group_.get(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<parquet::FileMetaData> footer_;
  std::unique_ptr<parquet::RowGroupMetaData> group_;
  std::vector<Extent> pages_;
  parquet::ReaderProperties properties_;
};

/// A file of which only that row group is asked for.
class FewPagesFile final : public parquet::ParquetFileReader::Contents {
 public:
  FewPagesFile(std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<parquet::FileMetaData> footer,
               std::vector<Extent> pages)
      : file_(std::move(file)), footer_(std::move(footer)), pages_(std::move(pages)) {}

  void Close() override {}
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int index) override {
    return std::make_shared<parquet::RowGroupReader>(std::make_unique<FewPages>(file_, footer_, index, pages_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return footer_; }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override { return nullptr; }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    throw parquet::ParquetException("single pages have no Bloom filter");
  }

 private:
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<parquet::FileMetaData> footer_;
  std::vector<Extent> pages_;
};

/// The pages that hold rows, and where these stand among the rows of those pages.
struct Chosen {
  std::vector<Extent> pages;
  std::vector<std::int64_t> places;
  std::int64_t rows = 0;
};

Result<Chosen> choose(const parquet::ColumnChunkMetaData& chunk, const parquet::OffsetIndex& index,
                      std::int64_t group_rows, std::span<const std::int64_t> offsets, bool dictionary) {
  const std::vector<parquet::PageLocation>& pages = index.page_locations();
  Chosen out;
  if (dictionary) {
    const std::int64_t begin = chunk.dictionary_page_offset();
    if (pages.empty() || pages[0].offset <= begin) return corrupt("the page index does not fit its column");
    out.pages.push_back({begin, pages[0].offset - begin});
  }
  std::size_t page = 0;
  std::size_t taken = pages.size();
  for (const std::int64_t offset : offsets) {
    while (page + 1 < pages.size() && pages[page + 1].first_row_index <= offset) ++page;
    if (page >= pages.size() || pages[page].first_row_index > offset || offset >= group_rows) {
      return corrupt("the page index does not cover all rows");
    }
    if (page != taken) {
      const std::int64_t end = page + 1 < pages.size() ? pages[page + 1].first_row_index : group_rows;
      if (pages[page].compressed_page_size <= 0 || end < pages[page].first_row_index) {
        return corrupt("the page index is malformed");
      }
      out.pages.push_back({pages[page].offset, pages[page].compressed_page_size});
      out.rows += end - pages[page].first_row_index;
      taken = page;
    }
    const std::int64_t end = page + 1 < pages.size() ? pages[page + 1].first_row_index : group_rows;
    out.places.push_back(out.rows - (end - offset));
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const parquet::OffsetIndex>> page_offsets(PondState& pond, const std::string& path,
                                                                 int row_group, int column) {
  const std::string key = path + '#' + std::to_string(row_group) + '.' + std::to_string(column);
  if (auto cached = pond.pages.find(key)) return cached;
  MP_ASSIGN(const auto footer, pond.footer(path));
  if (!footer->RowGroup(row_group)->ColumnChunk(column)->GetOffsetIndexLocation()) {
    return std::shared_ptr<const parquet::OffsetIndex>();
  }
  MP_ASSIGN(auto file, open_input(path));
  const auto reader = parquet::ParquetFileReader::Open(std::move(file), checked_properties(), footer);
  const auto group = reader->GetPageIndexReader()->RowGroup(row_group);
  std::shared_ptr<const parquet::OffsetIndex> wanted;
  // The others of the row group stand beside it and will be asked for next.
  for (int i = 0; group && i < footer->num_columns(); ++i) {
    if (!footer->RowGroup(row_group)->ColumnChunk(i)->GetOffsetIndexLocation()) continue;
    std::shared_ptr<const parquet::OffsetIndex> index = group->GetOffsetIndex(i);
    if (!index) continue;
    if (i == column) wanted = index;
    pond.pages.insert(path + '#' + std::to_string(row_group) + '.' + std::to_string(i), index,
                      static_cast<std::int64_t>(index->page_locations().size()) + 1);
  }
  return wanted;
}

namespace {

/// Whether some pages of a column with a dictionary do without it: its writer gave it up when it grew.
bool some_plain(const parquet::ColumnChunkMetaData& chunk) {
  const auto& stats = chunk.encoding_stats();
  return std::any_of(stats.begin(), stats.end(), [](const parquet::PageEncodingStats& pages) {
    return pages.page_type != parquet::PageType::DICTIONARY_PAGE && pages.encoding == parquet::Encoding::PLAIN;
  });
}

Result<std::shared_ptr<arrow::ChunkedArray>> read_pages(const std::string& path,
                                                        const std::shared_ptr<parquet::FileMetaData>& footer,
                                                        int row_group, int column, const Chosen& chosen) {
  MP_ASSIGN(auto file, open_input(path));
  auto raw = std::make_unique<parquet::ParquetFileReader>();
  raw->Open(std::make_unique<FewPagesFile>(std::move(file), footer, chosen.pages));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  MP_ASSIGN(auto reader,
            from_arrow(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw), properties)));
  MP_ASSIGN(const std::shared_ptr<arrow::Table> table, from_arrow(reader->ReadRowGroup(row_group, {column})));
  const std::shared_ptr<arrow::ChunkedArray> values = table->column(0);
  if (values->length() != chosen.rows) return corrupt("pages have other rows than their index says: ", path);
  arrow::Int64Builder places;
  MP_TRY(from_arrow(places.AppendValues(chosen.places)));
  MP_ASSIGN(const auto taken, from_arrow(places.Finish()));
  MP_ASSIGN(const arrow::Datum rows, from_arrow(arrow::compute::Take(values, taken)));
  return rows.chunked_array();
}

}  // namespace

Result<std::shared_ptr<arrow::ChunkedArray>> rows_of_column(PondState& pond, const std::string& path, int row_group,
                                                            int column, std::span<const std::int64_t> offsets) {
  MP_ASSIGN(const auto index, page_offsets(pond, path, row_group, column));
  if (!index) return std::shared_ptr<arrow::ChunkedArray>();
  MP_ASSIGN(const auto footer, pond.footer(path));
  const auto group = footer->RowGroup(row_group);
  const auto chunk = group->ColumnChunk(column);
  const bool dictionary = chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0;
  if (dictionary && some_plain(*chunk)) {
    // A dictionary that was given up is large. Most pages stand behind it; where one does not, this attempt fails.
    MP_ASSIGN(const Chosen chosen, choose(*chunk, *index, group->num_rows(), offsets, false));
    try {
      auto rows = read_pages(path, footer, row_group, column, chosen);
      if (rows.ok()) return rows;
    } catch (const parquet::ParquetException&) {}
  }
  MP_ASSIGN(const Chosen chosen, choose(*chunk, *index, group->num_rows(), offsets, dictionary));
  return read_pages(path, footer, row_group, column, chosen);
}

}  // namespace millpond::pond
