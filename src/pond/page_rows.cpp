#include "pond/page_rows.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "pond/input_file.h"
#include "pond/kept_page.h"
#include "pond/object/object_settings.h"
#include "pond/page_values.h"
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

std::string chunk_key(const std::string& path, int row_group, int column) {
  return path + '#' + std::to_string(row_group) + '.' + std::to_string(column);
}

/// A page that holds wanted rows.
struct ChosenPage {
  Extent extent;
  std::int64_t rows = 0;             // of the page
  std::vector<std::int64_t> wanted;  // from the page's first
};

Result<std::vector<ChosenPage>> choose(const parquet::OffsetIndex& index, std::int64_t group_rows,
                                       std::span<const std::int64_t> offsets) {
  const std::vector<parquet::PageLocation>& pages = index.page_locations();
  std::vector<ChosenPage> out;
  std::size_t page = 0, taken = pages.size();
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
      out.push_back({.extent = {pages[page].offset, pages[page].compressed_page_size},
                     .rows = end - pages[page].first_row_index,
                     .wanted = {}});
      taken = page;
    }
    out.back().wanted.push_back(offset - pages[page].first_row_index);
  }
  return out;
}

Result<Extent> dictionary_extent(const parquet::ColumnChunkMetaData& chunk, const parquet::OffsetIndex& index) {
  const std::int64_t begin = chunk.dictionary_page_offset();
  const auto& pages = index.page_locations();
  if (pages.empty() || pages[0].offset <= begin) return corrupt("the page index does not fit its column");
  return Extent{begin, pages[0].offset - begin};
}

}  // namespace

Result<std::shared_ptr<const parquet::OffsetIndex>> page_offsets(PondState& pond, const OpenParquet& in, int row_group,
                                                                 int column) {
  if (auto cached = pond.pages.find(chunk_key(in.path, row_group, column))) return cached;
  const auto& footer = in.footer;
  if (!footer->RowGroup(row_group)->ColumnChunk(column)->GetOffsetIndexLocation()) {
    return std::shared_ptr<const parquet::OffsetIndex>();
  }
  const auto reader = parquet::ParquetFileReader::Open(in.file, checked_properties(), footer);
  const auto group = reader->GetPageIndexReader()->RowGroup(row_group);
  std::shared_ptr<const parquet::OffsetIndex> wanted;
  // The others of the row group stand beside it and will be asked for next.
  for (int i = 0; group && i < footer->num_columns(); ++i) {
    if (!footer->RowGroup(row_group)->ColumnChunk(i)->GetOffsetIndexLocation()) continue;
    std::shared_ptr<const parquet::OffsetIndex> index = group->GetOffsetIndex(i);
    if (!index) continue;
    if (i == column) wanted = index;
    pond.pages.insert(chunk_key(in.path, row_group, i), index,
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

Result<std::shared_ptr<arrow::ChunkedArray>> read_pages(const OpenParquet& in, int row_group, int column,
                                                        std::optional<Extent> dictionary,
                                                        const std::vector<ChosenPage>& chosen) {
  std::vector<Extent> extents;
  if (dictionary) extents.push_back(*dictionary);
  std::int64_t rows = 0;
  arrow::Int64Builder places;
  for (const ChosenPage& page : chosen) {
    extents.push_back(page.extent);
    for (const std::int64_t row : page.wanted) MP_TRY(from_arrow(places.Append(rows + row)));
    rows += page.rows;
  }
  auto raw = std::make_unique<parquet::ParquetFileReader>();
  raw->Open(std::make_unique<FewPagesFile>(in.file, in.footer, std::move(extents)));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  MP_ASSIGN(auto reader,
            from_arrow(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw), properties)));
  MP_ASSIGN(const std::shared_ptr<arrow::Table> table, from_arrow(reader->ReadRowGroup(row_group, {column})));
  const std::shared_ptr<arrow::ChunkedArray> values = table->column(0);
  if (values->length() != rows) return corrupt("pages have other rows than their index says: ", in.path);
  MP_ASSIGN(const auto taken, from_arrow(places.Finish()));
  MP_ASSIGN(const arrow::Datum found, from_arrow(arrow::compute::Take(values, taken)));
  return found.chunked_array();
}

/// How single values of a column are read, if they can be.
std::optional<PageColumn> direct_column(const parquet::ColumnDescriptor& column, parquet::Compression::type codec,
                                        const arrow::DataType& type) {
  if (column.max_repetition_level() != 0 || column.max_definition_level() > 1) return std::nullopt;
  if (codec != parquet::Compression::ZSTD && codec != parquet::Compression::UNCOMPRESSED) return std::nullopt;
  PageColumn out{.nullable = column.max_definition_level() == 1, .zstd = codec == parquet::Compression::ZSTD};
  using Id = arrow::Type;
  using Physical = parquet::Type;
  const auto is = [&](Physical::type physical, std::initializer_list<Id::type> ids) {
    return column.physical_type() == physical && std::find(ids.begin(), ids.end(), type.id()) != ids.end();
  };
  if (is(Physical::BYTE_ARRAY, {Id::STRING, Id::BINARY})) return out;
  if (is(Physical::INT32, {Id::INT32, Id::DATE32}) || is(Physical::FLOAT, {Id::FLOAT})) {
    out.width_bytes = 4;
  } else if (is(Physical::INT64, {Id::INT64, Id::TIMESTAMP, Id::TIME64}) || is(Physical::DOUBLE, {Id::DOUBLE})) {
    out.width_bytes = 8;
  } else if (is(Physical::FIXED_LEN_BYTE_ARRAY, {Id::FIXED_SIZE_BINARY}) && column.type_length() > 0) {
    out.width_bytes = column.type_length();
  } else {
    return std::nullopt;
  }
  return out;
}

/// The pages of one column chunk, read one by one.
struct ChunkPages {
  PondState& pond;
  arrow::io::RandomAccessFile& file;
  std::string key;  // of the column chunk
  PageColumn column;
  std::optional<Extent> dictionary;
  bool local = true;  // and not an object, of which a read is a request
};

Result<std::string_view> read_extent(arrow::io::RandomAccessFile& file, const Extent& extent, std::string& space) {
  MP_ASSIGN(const std::int64_t file_bytes, from_arrow(file.GetSize()));
  if (extent.offset < 0 || extent.offset > file_bytes || extent.size_bytes > file_bytes - extent.offset) {
    return corrupt("the file ends before a page");
  }
  if (space.size() < static_cast<std::size_t>(extent.size_bytes)) {
    space.resize(static_cast<std::size_t>(extent.size_bytes));
  }
  MP_ASSIGN(const std::int64_t read, from_arrow(file.ReadAt(extent.offset, extent.size_bytes, space.data())));
  if (read != extent.size_bytes) return corrupt("the file ends within a page");
  return std::string_view(space.data(), static_cast<std::size_t>(read));
}

Result<std::shared_ptr<const PageDictionary>> dictionary_of(const ChunkPages& chunk) {
  if (auto kept = chunk.pond.dictionaries.find(chunk.key)) return kept;
  PageWorkspace workspace;  // the other one holds the page at hand
  MP_ASSIGN(const std::string_view page, read_extent(chunk.file, *chunk.dictionary, workspace.page));
  MP_ASSIGN(PageDictionary parsed, parse_dictionary(chunk.column, page, workspace));
  auto dictionary = std::make_shared<const PageDictionary>(std::move(parsed));
  const std::size_t cost = dictionary->bytes.size() + dictionary->ends.size() * sizeof(std::uint32_t);
  chunk.pond.dictionaries.insert(chunk.key, dictionary, static_cast<std::int64_t>(cost));
  return dictionary;
}

std::shared_ptr<arrow::Array> array_of(PageValues values, const PageColumn& column,
                                       const std::shared_ptr<arrow::DataType>& type) {
  const auto rows = static_cast<std::int64_t>(values.valid.size());
  std::shared_ptr<arrow::Buffer> validity;
  if (values.nulls > 0) {
    std::string bits(static_cast<std::size_t>(rows + 7) / 8, '\0');
    for (std::size_t i = 0; i < values.valid.size(); ++i) bits[i / 8] |= static_cast<char>(values.valid[i] << (i % 8));
    validity = arrow::Buffer::FromString(std::move(bits));
  }
  std::vector<std::shared_ptr<arrow::Buffer>> buffers{std::move(validity)};
  if (column.width_bytes == 0) {
    values.ends.insert(values.ends.begin(), 0);
    buffers.push_back(arrow::Buffer::FromVector(std::move(values.ends)));
  }
  buffers.push_back(arrow::Buffer::FromString(std::move(values.bytes)));
  return arrow::MakeArray(arrow::ArrayData::Make(type, rows, std::move(buffers), values.nulls));
}

/// The page, from memory if it was read before.
Result<std::shared_ptr<const KeptPage>> page_of(const ChunkPages& chunk, const Extent& extent,
                                                const PageValueReader& reader, PageWorkspace& workspace) {
  constexpr std::int64_t kKeptBytesMax = 1 << 20;  // a larger one would push out many
  const std::string key = chunk.key + '@' + std::to_string(extent.offset);
  if (auto kept = chunk.pond.kept_pages.find(key)) return kept;
  MP_ASSIGN(const std::string_view bytes, read_extent(chunk.file, extent, workspace.page));
  MP_ASSIGN(auto page, keep_page(reader, chunk.column, bytes, extent.offset, chunk.local, workspace));
  if (page->cost_bytes() <= kKeptBytesMax) chunk.pond.kept_pages.insert(key, page, page->cost_bytes());
  return page;
}

Status append_values(const ChunkPages& chunk, const std::vector<ChosenPage>& chosen, PageWorkspace& workspace,
                     PageValues& out) {
  PageValueReader reader(chunk.column);
  for (const ChosenPage& page : chosen) {
    MP_ASSIGN(const auto kept, page_of(chunk, page.extent, reader, workspace));
    Status appended = append_rows(reader, chunk.column, *kept, page.wanted, chunk.file, out);
    if (appended.code() == Code::kUnsupported && chunk.dictionary && !reader.has_dictionary()) {
      // Read when a page first asks for it: a dictionary that was given up is large, and most pages do without.
      MP_ASSIGN(auto dictionary, dictionary_of(chunk));
      reader.set_dictionary(std::move(dictionary));
      appended = append_rows(reader, chunk.column, *kept, page.wanted, chunk.file, out);
    }
    MP_TRY(std::move(appended));
  }
  return {};
}

/// Errors: kUnsupported where a page is written in a way that only Arrow reads.
Result<std::shared_ptr<arrow::Array>> read_values(const ChunkPages& chunk, const std::vector<ChosenPage>& chosen,
                                                  const std::shared_ptr<arrow::DataType>& type) {
  std::unique_ptr<PageWorkspace> workspace = chunk.pond.workspaces.take();
  PageValues values;
  const Status read = append_values(chunk, chosen, *workspace, values);
  chunk.pond.workspaces.give_back(std::move(workspace));
  MP_TRY(read);
  return array_of(std::move(values), chunk.column, type);
}

}  // namespace

Result<std::shared_ptr<arrow::ChunkedArray>> rows_of_column(PondState& pond, const OpenParquet& in, int row_group,
                                                            int column, std::span<const std::int64_t> offsets,
                                                            const std::shared_ptr<arrow::DataType>& type) {
  MP_ASSIGN(const auto index, page_offsets(pond, in, row_group, column));
  if (!index) return std::shared_ptr<arrow::ChunkedArray>();
  const auto group = in.footer->RowGroup(row_group);
  const auto chunk = group->ColumnChunk(column);
  std::optional<Extent> dictionary;
  if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0) {
    MP_ASSIGN(dictionary, dictionary_extent(*chunk, *index));
  }
  MP_ASSIGN(const std::vector<ChosenPage> chosen, choose(*index, group->num_rows(), offsets));
  if (const auto form = direct_column(*in.footer->schema()->Column(column), chunk->compression(), *type)) {
    const ChunkPages pages{pond,  *in.file,   chunk_key(in.path, row_group, column),
                           *form, dictionary, !is_object(in.path)};
    auto values = read_values(pages, chosen, type);
    if (values.ok()) return std::make_shared<arrow::ChunkedArray>(*std::move(values));
    if (values.status().code() == Code::kDataCorrupt) return corrupt(values.status().message(), ": ", in.path);
    if (values.status().code() != Code::kUnsupported) return std::move(values).status();
  }
  if (dictionary && some_plain(*chunk)) {
    // A dictionary that was given up is large. Most pages stand behind it; where one does not, this attempt fails.
    try {
      auto rows = read_pages(in, row_group, column, std::nullopt, chosen);
      if (rows.ok()) return rows;
    } catch (const parquet::ParquetException&) {}
  }
  return read_pages(in, row_group, column, dictionary, chosen);
}

}  // namespace millpond::pond
