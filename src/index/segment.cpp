#include "millpond/index/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "index/bytes.h"
#include "index/segment_format.h"
#include "index/segment_meta.h"
#include "index/segment_reference.h"
#include "index/stored.h"
#include "index/vector/vector_layout.h"
#include "pond/object_map.h"

namespace millpond::index {
namespace {

constexpr std::string_view kRebuild = "Build the segment again from its data file.";

using VectorSections = std::array<std::array<std::string_view, 4>, kVectorColumnsMax>;

// The place of a section of vectors among those of its column; 4 for other sections.
std::size_t vector_section(std::uint32_t section) {
  switch (static_cast<Section>(section)) {
    case Section::kVectors: return 0;
    case Section::kHasVector: return 1;
    case Section::kVectorIndex: return 2;
    case Section::kVectorEnds: return 3;
    default: return 4;
  }
}

/// Errors: those of `Segment::open`. Returns the version.
Result<std::uint32_t> read_directory(SegmentView& view, VectorSections& vectors, Segment::Check check) {
  const std::string_view file = view.file;
  if (file.size() < sizeof(FileHead) + sizeof(FileTail)) return corrupt("file too short, bytes: ", file.size());
  const auto head = load<FileHead>(file.data());
  const bool whole = view.object == nullptr;
  const auto tail = load<FileTail>(file.data() + file.size() - sizeof(FileTail));
  if (whole && std::string_view(head.magic, 8) != std::string_view(kMagic, 8)) return corrupt("not a segment");
  const std::uint32_t version = whole ? head.version : tail.version;
  if (version != kFormatVersion && version != kOneVectorVersion)
    return unsupported("segment format version: ", version);
  if (std::string_view(tail.magic, 8) != std::string_view(kMagic, 8) || tail.file_size != file.size()) {
    return corrupt("file is cut short or has grown, bytes: ", file.size());
  }
  const std::uint64_t directory_size = std::uint64_t{tail.sections} * sizeof(SectionEntry);
  const std::uint64_t directory_end = file.size() - sizeof(FileTail);
  if (directory_size > directory_end || tail.directory_offset != directory_end - directory_size) {
    return corrupt("directory out of place");
  }
  const std::string_view directory = file.substr(tail.directory_offset, directory_size);
  if (check == Segment::Check::kEverything && XXH3_64bits(directory.data(), directory.size()) != tail.directory_hash) {
    return corrupt("checksum of the directory");
  }
  for (std::uint32_t i = 0; i < tail.sections; ++i) {
    const auto entry = load<SectionEntry>(directory.data() + i * sizeof(SectionEntry));
    if (entry.section == 0 || entry.section >= static_cast<std::uint32_t>(Section::kCount)) continue;
    if (entry.offset % kAlignBytes != 0 || entry.offset > tail.directory_offset ||
        entry.size > tail.directory_offset - entry.offset) {
      return corrupt("section out of the file: ", entry.section);
    }
    const std::string_view bytes = file.substr(entry.offset, entry.size);
    if (check == Segment::Check::kEverything && XXH3_64bits(bytes.data(), bytes.size()) != entry.hash) {
      return corrupt("checksum of section: ", entry.section);
    }
    const std::size_t place = vector_section(entry.section);
    if (place < 4 && entry.column < kVectorColumnsMax) vectors[entry.column][place] = bytes;
    if (place == 4) view.sections[entry.section] = bytes;
  }
  return version;
}

template <class T>
Result<std::span<const T>> array_of(std::string_view bytes, std::uint64_t count, std::string_view what) {
  if (bytes.size() != count * sizeof(T)) return corrupt(what, " of the wrong size, bytes: ", bytes.size());
  return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), count);
}

/// What is looked at when a column of vectors is opened: all but codes, and vectors.
Status need_structure(const SegmentView& view, const VectorColumnView& column, std::string_view ends) {
  if (view.object == nullptr) return {};
  const std::string_view index = column.index_bytes;
  const std::array<std::string_view, 3> parts = {column.has, ends, index.substr(0, sizeof(VectorHead))};
  MP_TRY(view.need(parts));
  if (index.size() < sizeof(VectorHead)) return {};
  return view.need(index.substr(0, VectorLayout(load<VectorHead>(index.data())).codes));
}

Status open_vectors(SegmentView& view, const VectorSections& sections) {
  const auto rows = static_cast<std::uint64_t>(view.info.rows);
  for (std::size_t i = 0; i < view.info.vectors.size(); ++i) {
    const auto& [vectors, has, index, ends] = sections[i];
    VectorColumnView& column = view.vectors.emplace_back();
    column.declared = view.info.vectors[i];
    column.dimensions = view.info.dimensions[i];
    column.rows = view.info.rows;
    column.stride = vector_stride(column.dimensions, column.declared.type);
    column.vectors = vectors;
    column.has = has;
    column.index_bytes = index;
    MP_TRY(need_structure(view, column, ends));
    if (column.declared.many && column.dimensions > 0) {
      MP_ASSIGN(column.ends, array_of<std::uint32_t>(ends, rows, "ends of vectors"));
      if (!std::is_sorted(column.ends.begin(), column.ends.end())) return corrupt("ends of vectors out of order");
    }
    const auto count = static_cast<std::uint64_t>(column.count());
    if (vectors.size() != column.stride * count) return corrupt("vectors of the wrong size");
    if (!has.empty() && has.size() != (rows + 7) / 8) return corrupt("bitmap of vectors of the wrong size");
    if (!index.empty()) { MP_ASSIGN(column.index, VectorIndex::open(index, column.vector_rows())); }
  }
  return {};
}

Status check_structure(SegmentView& view) {
  const auto rows = static_cast<std::uint64_t>(view.info.rows);
  const std::array<std::string_view, 2> tables = {view.section(Section::kTermBlocks),
                                                  view.section(Section::kStoredBlocks)};
  MP_TRY(view.need(tables));
  MP_ASSIGN(view.lengths, array_of<std::uint32_t>(view.section(Section::kLengths), rows, "lengths"));
  const std::uint64_t blocks = (static_cast<std::uint64_t>(view.info.terms) + kTermsInBlock - 1) / kTermsInBlock;
  MP_ASSIGN(view.term_blocks, array_of<TermBlock>(view.section(Section::kTermBlocks), blocks, "term blocks"));
  const std::uint64_t terms_size = view.section(Section::kTerms).size();
  const std::uint64_t postings_size = view.section(Section::kPostings).size();
  if (blocks > 0 && postings_size < kPostingsPaddingBytes) return corrupt("postings too short");
  std::uint64_t terms_end = 0, postings_end = 0;
  for (const TermBlock& block : view.term_blocks) {
    if (block.terms_offset < terms_end || block.terms_offset >= terms_size || block.postings_offset < postings_end ||
        block.postings_offset > postings_size - kPostingsPaddingBytes) {
      return corrupt("term block out of order, at: ", block.terms_offset);
    }
    terms_end = block.terms_offset;
    postings_end = block.postings_offset;
  }
  const std::uint64_t stored_blocks = view.section(Section::kStoredBlocks).size() / sizeof(StoredBlock);
  MP_ASSIGN(view.stored_blocks,
            array_of<StoredBlock>(view.section(Section::kStoredBlocks), stored_blocks, "stored blocks"));
  const std::uint64_t stored_size = view.section(Section::kStored).size();
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < view.stored_blocks.size(); ++i) {
    const StoredBlock& block = view.stored_blocks[i];
    if (block.offset > stored_size || block.size > stored_size - block.offset ||
        block.raw_size > kStoredBlockBytesMax || (i == 0 ? block.first_row != 0 : block.first_row <= first) ||
        block.first_row >= rows) {
      return corrupt("stored block out of place: ", i);
    }
    first = block.first_row;
  }
  if (!view.info.stored.empty() && rows > 0 && stored_blocks == 0) return corrupt("stored columns are missing");
  return {};
}

/// The end of an object: the directory, and the checksums that all other parts are compared with.
Status open_object(SegmentView& view, const SegmentReference& reference) {
  constexpr std::int64_t kTailBytes = 64 << 10;
  MP_ASSIGN(auto object, pond::ObjectMap::open(reference.object, reference.folder, kTailBytes));
  view.object = std::move(object);
  view.file = view.object->bytes();
  if (view.file.size() < sizeof(FileHead) + sizeof(FileTail))
    return corrupt("file too short, bytes: ", view.file.size());
  const auto tail = load<FileTail>(view.file.data() + view.file.size() - sizeof(FileTail));
  const std::uint64_t directory_size = std::uint64_t{tail.sections} * sizeof(SectionEntry);
  const std::uint64_t directory_end = view.file.size() - sizeof(FileTail);
  if (std::string_view(tail.magic, 8) != std::string_view(kMagic, 8) || directory_size > directory_end ||
      tail.directory_offset != directory_end - directory_size || tail.directory_offset < view.object->tail_offset()) {
    return corrupt("not a segment, or cut short");
  }
  const std::string_view directory = view.file.substr(tail.directory_offset, directory_size);
  if (XXH3_64bits(directory.data(), directory.size()) != tail.directory_hash) {
    return corrupt("checksum of the directory");
  }
  for (std::uint32_t i = 0; i < tail.sections; ++i) {
    const auto entry = load<SectionEntry>(directory.data() + i * sizeof(SectionEntry));
    if (entry.section != static_cast<std::uint32_t>(Section::kBlockHashes)) continue;
    const std::uint64_t blocks = (entry.offset + pond::ObjectMap::kBlockBytes - 1) / pond::ObjectMap::kBlockBytes;
    if (entry.offset > tail.directory_offset || entry.size > tail.directory_offset - entry.offset ||
        entry.size != blocks * sizeof(std::uint64_t)) {
      return corrupt("checksums of blocks out of place");
    }
    if (entry.offset < view.object->tail_offset()) { MP_TRY(view.object->fetch_unchecked({entry.offset, entry.size})); }
    const std::string_view bytes = view.file.substr(entry.offset, entry.size);
    if (XXH3_64bits(bytes.data(), bytes.size()) != entry.hash) return corrupt("checksum of the checksums of blocks");
    std::vector<std::uint64_t> hashes(blocks);
    std::memcpy(hashes.data(), bytes.data(), bytes.size());
    view.object->set_hashes(std::move(hashes), entry.offset);
    return {};
  }
  return unsupported("a segment without checksums of its blocks cannot be read by ranges");
}

const StoredBlock& stored_block(const SegmentView& view, std::int64_t row) {
  const auto next = std::upper_bound(view.stored_blocks.begin(), view.stored_blocks.end(), row,
                                     [](std::int64_t r, const StoredBlock& b) { return r < b.first_row; });
  return *(next - 1);
}

}  // namespace

SegmentView::~SegmentView() {
  if (!file.empty() && object == nullptr) ::munmap(const_cast<char*>(file.data()), file.size());
}

Segment::Segment(std::unique_ptr<SegmentView> view) : view_(std::move(view)) {}
Segment::~Segment() = default;
const SegmentInfo& Segment::info() const { return view_->info; }

int Segment::stored_column(std::string_view name) const {
  const auto& names = view_->info.stored;
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

Status SegmentView::fetch(std::span<const std::string_view> parts) const {
  std::vector<pond::ObjectMap::Range> ranges;
  ranges.reserve(parts.size());
  for (const std::string_view part : parts) {
    if (!part.empty()) ranges.push_back({static_cast<std::uint64_t>(part.data() - file.data()), part.size()});
  }
  Status fetched = object->need(ranges);
  if (fetched.ok() || fetched.code() != Code::kDataCorrupt) return fetched;
  return std::move(fetched).at(path).hint("`millpond check --repair` makes the segment again from its data file.");
}

Status SegmentView::need_everything() const { return object ? need(file.substr(0, object->hashed_end())) : Status(); }

Status SegmentView::need_words() const {
  const std::array<std::string_view, 2> parts = {section(Section::kTerms), section(Section::kLengths)};
  return need(parts);
}

Status SegmentView::need_vectors(const VectorColumnView& column, std::span<const std::uint32_t> numbers) const {
  if (object == nullptr) return {};
  std::vector<std::string_view> parts;
  parts.reserve(numbers.size());
  for (const std::uint32_t number : numbers) parts.emplace_back(column.vector(number), column.stride);
  return fetch(parts);
}

Status SegmentView::need_stored(std::span<const std::int64_t> rows) const {
  if (object == nullptr || stored_blocks.empty()) return {};
  std::vector<std::string_view> parts;
  for (const std::int64_t row : rows) {
    const StoredBlock& block = stored_block(*this, row);
    parts.push_back(section(Section::kStored).substr(block.offset, block.size));
  }
  return fetch(parts);
}

Result<std::shared_ptr<const Segment>> Segment::open(const std::string& path, Check check) {
  auto view = std::make_unique<SegmentView>();
  view->path = path;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return os_error(errno, "open", path).hint(std::string(kRebuild));
  struct stat facts{};
  if (::fstat(file, &facts) != 0 || facts.st_size <= 0) {
    const int why = errno;
    ::close(file);
    if (facts.st_size == 0) return corrupt("segment is empty: ", path).hint(std::string(kRebuild));
    return os_error(why, "stat", path);
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  const int why = errno;
  ::close(file);
  if (mapped == MAP_FAILED) return os_error(why, "map", path);
  view->file = {static_cast<const char*>(mapped), size};

  const auto read = [&]() -> Status {
    VectorSections vectors;
    if (const auto reference = read_reference(view->file)) {
      ::munmap(mapped, size);
      view->file = {};
      check = Check::kStructure;  // blocks are compared when they are fetched
      MP_TRY(open_object(*view, *reference));
    }
    MP_ASSIGN(const std::uint32_t version, read_directory(*view, vectors, check));
    MP_TRY(view->need(view->section(Section::kMeta)));
    MP_ASSIGN(view->info, decode_meta(view->section(Section::kMeta), version));
    view->info.size_bytes = static_cast<std::int64_t>(view->file.size());
    MP_TRY(open_vectors(*view, vectors));
    return check_structure(*view);
  };
  Status status = read();
  if (status.ok() && view->object == nullptr) {
    for (const VectorColumnView& column : view->vectors) {
      if (!column.index) continue;
      ReadAhead::scattered(column.vectors.data(), column.vectors.size());
      ReadAhead::scattered(column.index_bytes.data(), column.index_bytes.size());
    }
  }
  if (!status.ok()) return std::move(status).at(path).hint(std::string(kRebuild));
  return std::shared_ptr<const Segment>(new Segment(std::move(view)));
}

Result<StoredRow> Segment::stored(std::int64_t row) const {
  const SegmentView& view = *view_;
  if (row < 0 || row >= view.info.rows) return invalid("no such row in the segment: ", row);
  if (view.info.stored.empty()) return StoredRow{};
  MP_TRY(view.need_stored(std::span(&row, 1)));
  const StoredBlock& block = stored_block(view, row);
  const StoredBlock* next = &block + 1;
  const bool last = &block == &view.stored_blocks.back();
  const std::int64_t end_row = last ? view.info.rows : next->first_row;
  const auto rows = static_cast<std::size_t>(end_row - block.first_row);
  const std::string_view packed = view.section(Section::kStored).substr(block.offset, block.size);
  // LZ4 cannot make more than 255 bytes of one, so that a lying table cannot make us allocate.
  if (block.raw_size < (rows + 1) * 4 || block.raw_size / 255 > packed.size()) {
    return corrupt("stored block of row ", row).at(view.path).hint(std::string(kRebuild));
  }
  const auto raw = std::make_unique_for_overwrite<char[]>(block.raw_size);
  const bool unpacked = unpack_stored(packed, {raw.get(), block.raw_size});
  const auto at = static_cast<std::size_t>(row - block.first_row) * 4;
  const auto begin = unpacked ? load<std::uint32_t>(raw.get() + at) : 1;
  const auto end = unpacked ? load<std::uint32_t>(raw.get() + at + 4) : 0;
  if (begin > end || end > block.raw_size) {
    return corrupt("stored block of row ", row).at(view.path).hint(std::string(kRebuild));
  }
  auto decoded = decode_row({raw.get() + begin, end - begin}, view.info.stored.size());
  if (!decoded.ok()) return std::move(decoded).status().at(view.path).hint(std::string(kRebuild));
  return decoded;
}

std::size_t term_block_of(const SegmentView& segment, std::string_view term) {
  const std::string_view terms = segment.section(Section::kTerms);
  // The first term of a block is written whole: the last block whose first term is ≤ `term` may hold it.
  std::size_t low = 0, high = segment.term_blocks.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    ByteReader in(terms.substr(segment.term_blocks[middle].terms_offset));
    in.varint();
    in.string() <= term ? low = middle + 1 : high = middle;
  }
  return low;
}

TermEntry read_term_entry(ByteReader& in, const SegmentView& segment, std::uint64_t& offset) {
  const std::string_view postings = segment.section(Section::kPostings);
  const std::uint64_t rows = in.varint(), size = in.varint(), positions = in.varint();
  if (!in.ok() || rows > static_cast<std::uint64_t>(segment.info.rows)) return {};
  const std::uint64_t end = postings.size() - kPostingsPaddingBytes;
  if (offset > end || size > end - offset || positions > end - offset - size) return {};
  TermEntry entry{static_cast<std::uint32_t>(rows), postings.substr(offset, size),
                  postings.substr(offset + size, positions)};
  offset += size + positions;
  return entry;
}

Result<TermEntry> find_term(const SegmentView& segment, std::string_view term) {
  MP_TRY(segment.need_words());
  const std::string_view terms = segment.section(Section::kTerms);
  const auto damaged = [&] { return corrupt("term dictionary").at(segment.path).hint(std::string(kRebuild)); };
  const std::size_t low = term_block_of(segment, term);
  if (low == 0) return TermEntry{};
  const TermBlock& block = segment.term_blocks[low - 1];
  const bool last = low == segment.term_blocks.size();
  const std::uint64_t end = last ? terms.size() : segment.term_blocks[low].terms_offset;
  ByteReader in(terms.substr(block.terms_offset, end - block.terms_offset));
  std::uint64_t offset = block.postings_offset;
  std::string spelling;
  while (!in.done()) {
    const std::uint64_t shared = in.varint();
    const std::string_view rest = in.string();
    const TermEntry entry = read_term_entry(in, segment, offset);
    if (!in.ok() || shared > spelling.size() || entry.rows == 0) return damaged();
    spelling.resize(shared);
    spelling.append(rest);
    if (spelling == term) return entry;
    if (spelling > term) return TermEntry{};
  }
  return TermEntry{};
}

}  // namespace millpond::index
