#pragma once
// The layout of a segment file; docs/formats/segment.md describes it in words.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "millpond/index/segment.h"
#include "millpond/index/vector_index.h"

namespace millpond::pond {
class ObjectMap;
}

namespace millpond::index {

inline constexpr char kMagic[8] = {'M', 'P', 'S', 'E', 'G', 'M', 'N', 'T'};
inline constexpr std::uint32_t kFormatVersion = 4;
inline constexpr std::uint32_t kOneVectorVersion = 3;  // readable: one column of f32 or f16 at most
inline constexpr std::size_t kAlignBytes = 64;
inline constexpr std::uint32_t kRowsInBlock = 128;  // postings
inline constexpr std::uint32_t kTermsInBlock = 16;
inline constexpr std::size_t kStoredBlockBytes = 8 << 10;
inline constexpr std::size_t kStoredBlockBytesMax = std::size_t{1} << 30;
inline constexpr std::size_t kPostingsPaddingBytes = 8;  // so that bit unpacking may load eight bytes anywhere
inline constexpr int kDimensionsMax = 65536;
inline constexpr std::uint32_t kVectorColumnsMax = 16;
inline constexpr std::int64_t kIndexedRowsMin = 4096;  // fewer vectors are compared one by one
inline constexpr int kIndexedDimensionsMax = 8192;

enum class Section : std::uint32_t {
  kMeta = 1,
  kVectors,       // rows × stride
  kHasVector,     // bitmap, only if some row has none
  kLengths,       // u32 a row: its words, weighted
  kPostings,      // of each term its postings, then its positions
  kTerms,         // front-coded, in order of their bytes
  kTermBlocks,    // TermBlock for each 16 terms
  kStored,        // LZ4 blocks
  kStoredBlocks,  // StoredBlock for each of them
  kVectorIndex,   // only of many vectors; readers that do not know it compare them all
  kVectorEnds,    // u32 a row: of several vectors a row, the end of its own
  kBlockHashes,   // XXH3 of each 16 KiB of the file before this section, which is the last
  kCount,
};

struct FileHead {
  char magic[8];
  std::uint32_t version;
  std::uint32_t reserved[13];
};
struct SectionEntry {
  std::uint32_t section, column;  // column: of vectors
  std::uint64_t offset, size, hash;
};
struct FileTail {
  std::uint64_t directory_offset;
  std::uint32_t sections, version;
  std::uint64_t directory_hash, file_size;
  char magic[8];
};
struct TermBlock {
  std::uint64_t terms_offset, postings_offset;
};
struct PostingsBlock {  // one for each 128 rows of a term that has more than 128
  std::uint32_t last_row, end, count_max, length_min;
};
struct StoredBlock {
  std::uint64_t offset;
  std::uint32_t size, raw_size, first_row, reserved;
};
static_assert(sizeof(FileHead) == 64 && sizeof(SectionEntry) == 32 && sizeof(FileTail) == 40 &&
              sizeof(TermBlock) == 16 && sizeof(PostingsBlock) == 16 && sizeof(StoredBlock) == 24);

/// Bytes from one row's vector to the next.
inline std::size_t vector_stride(int dimensions, VectorType type) {
  constexpr std::size_t kByteVectorEnd = 8;
  const auto count = static_cast<std::size_t>(dimensions);
  const std::size_t size = type == VectorType::kF32   ? count * 4
                           : type == VectorType::kF16 ? count * 2
                           : type == VectorType::kI8  ? count + (count > 0 ? kByteVectorEnd : 0)
                                                      : (count + 7) / 8;
  return (size + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
}

/// A column of vectors of a mapped segment.
struct VectorColumnView {
  VectorColumn declared;
  int dimensions = 0;  // 0 if no row has one
  std::size_t stride = 0;
  std::int64_t rows = 0;
  std::string_view vectors, has;
  std::span<const std::uint32_t> ends;  // of several a row
  std::optional<VectorIndex> index;
  std::string_view index_bytes;

  /// The metric of the vectors as they are kept: those for the cosine are unit vectors.
  Metric kept_metric() const { return declared.metric == Metric::kCosine ? Metric::kInnerProduct : declared.metric; }
  std::uint32_t begin(std::int64_t row) const { return row == 0 ? 0 : ends[static_cast<std::size_t>(row) - 1]; }
  std::uint32_t end(std::int64_t row) const { return ends[static_cast<std::size_t>(row)]; }
  std::int64_t count() const {  // of vectors, absent ones included
    return !declared.many ? rows : ends.empty() ? 0 : ends.back();
  }
  /// Of a row, or of the number of a vector where a row has several.
  const char* vector(std::int64_t number) const { return vectors.data() + static_cast<std::size_t>(number) * stride; }
  bool has_vector(std::int64_t row) const {
    if (dimensions == 0) return false;
    if (declared.many) return begin(row) < end(row);
    return has.empty() || (static_cast<unsigned char>(has[static_cast<std::size_t>(row / 8)]) >> (row % 8) & 1) != 0;
  }
  VectorRows vector_rows() const {
    const auto* bitmap = has.empty() ? nullptr : reinterpret_cast<const unsigned char*>(has.data());
    return {vectors.data(), stride, count(), dimensions, declared.type, bitmap, declared.prefix};
  }
};

/// A mapped segment, its structure checked: all spans lie inside the file. Of a segment that is read by ranges
/// (`object`), the bytes of a span are there only after `need`; until then they are zeros.
struct SegmentView {
  SegmentInfo info;
  std::string path;
  std::string_view file;
  std::array<std::string_view, static_cast<std::size_t>(Section::kCount)> sections;
  std::span<const std::uint32_t> lengths;
  std::span<const TermBlock> term_blocks;
  std::span<const StoredBlock> stored_blocks;
  std::vector<VectorColumnView> vectors;
  std::shared_ptr<pond::ObjectMap> object;  // null: the whole file is here

  SegmentView() = default;
  SegmentView(const SegmentView&) = delete;
  SegmentView& operator=(const SegmentView&) = delete;
  ~SegmentView();
  std::string_view section(Section s) const { return sections[static_cast<std::size_t>(s)]; }
  /// Fetches what is not there yet of these parts of the file, together. Errors: those of pond::ObjectMap.
  Status need(std::span<const std::string_view> parts) const { return object ? fetch(parts) : Status(); }
  Status need(std::string_view part) const { return need(std::span(&part, 1)); }
  /// What is read here and there for any word: the dictionary, and the lengths of rows.
  Status need_words() const;
  /// Vectors by their numbers, which are rows where a row has one.
  Status need_vectors(const VectorColumnView& column, std::span<const std::uint32_t> numbers) const;
  Status need_everything() const;
  /// What is shown of these rows.
  Status need_stored(std::span<const std::int64_t> rows) const;
  /// Null if there is no such column; of the first column if `name` is empty.
  const VectorColumnView* find_vectors(std::string_view name) const {
    for (const VectorColumnView& each : vectors) {
      if (name.empty() || each.declared.name == name) return &each;
    }
    return nullptr;
  }

 private:
  Status fetch(std::span<const std::string_view> parts) const;
};

/// A term found in the dictionary; `rows` == 0 if it is not there.
struct TermEntry {
  std::uint32_t rows = 0;
  std::string_view postings;  // followed by kPostingsPaddingBytes readable bytes
  std::string_view positions;
};
class ByteReader;
/// The rest of a dictionary entry behind its spelling; `offset` is where its postings begin, and moves behind them.
/// Without rows if it cannot be read.
TermEntry read_term_entry(ByteReader& in, const SegmentView& segment, std::uint64_t& offset);
/// How many blocks of the dictionary begin with a term ≤ `term`: it can only be in the last of them.
std::size_t term_block_of(const SegmentView& segment, std::string_view term);
/// Errors: kDataCorrupt.
Result<TermEntry> find_term(const SegmentView& segment, std::string_view term);

}  // namespace millpond::index
