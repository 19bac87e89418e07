#pragma once
// The layout of a segment file; docs/formats/segment.md describes it in words.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "millpond/index/segment.h"
#include "millpond/index/vector_index.h"

namespace millpond::index {

inline constexpr char kMagic[8] = {'M', 'P', 'S', 'E', 'G', 'M', 'N', 'T'};
inline constexpr std::uint32_t kFormatVersion = 3;
inline constexpr std::size_t kAlignBytes = 64;
inline constexpr std::uint32_t kRowsInBlock = 128;  // postings
inline constexpr std::uint32_t kTermsInBlock = 16;
inline constexpr std::size_t kStoredBlockBytes = 16 << 10;
inline constexpr std::size_t kStoredBlockBytesMax = std::size_t{1} << 30;
inline constexpr std::size_t kPostingsPaddingBytes = 8;  // so that bit unpacking may load eight bytes anywhere
inline constexpr int kDimensionsMax = 65536;
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
  kCount,
};

struct FileHead {
  char magic[8];
  std::uint32_t version;
  std::uint32_t reserved[13];
};
struct SectionEntry {
  std::uint32_t section, reserved;
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
inline std::size_t vector_stride(int dimensions, bool half) {
  const std::size_t size = static_cast<std::size_t>(dimensions) * (half ? 2 : 4);
  return (size + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
}

/// A mapped segment, its structure checked: all spans lie inside the file.
struct SegmentView {
  SegmentInfo info;
  std::string path;
  std::string_view file;
  std::array<std::string_view, static_cast<std::size_t>(Section::kCount)> sections;
  std::span<const std::uint32_t> lengths;
  std::span<const TermBlock> term_blocks;
  std::span<const StoredBlock> stored_blocks;
  std::size_t stride = 0;  // of a vector
  std::optional<VectorIndex> vector_index;

  SegmentView() = default;
  SegmentView(const SegmentView&) = delete;
  SegmentView& operator=(const SegmentView&) = delete;
  ~SegmentView();
  std::string_view section(Section s) const { return sections[static_cast<std::size_t>(s)]; }
  VectorRows vector_rows() const {
    const std::string_view bitmap = section(Section::kHasVector);
    return {section(Section::kVectors).data(),
            stride,
            info.rows,
            info.dimensions,
            info.half ? VectorType::kF16 : VectorType::kF32,
            bitmap.empty() ? nullptr : reinterpret_cast<const unsigned char*>(bitmap.data())};
  }
  const char* vector(std::int64_t row) const {
    return section(Section::kVectors).data() + static_cast<std::size_t>(row) * stride;
  }
  bool has_vector(std::int64_t row) const {
    const std::string_view bitmap = section(Section::kHasVector);
    return info.dimensions > 0 &&
           (bitmap.empty() || (static_cast<unsigned char>(bitmap[row / 8]) >> (row % 8) & 1) != 0);
  }
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
