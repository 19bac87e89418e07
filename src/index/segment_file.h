#pragma once
// Writes the sections of a segment to a file that gets its name only when it is complete and on disk.

#include <xxhash.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/segment_format.h"

namespace millpond::index {

/// Threads: one thread an instance. The temporary file is removed if `finish` is not called.
class SegmentFile {
 public:
  explicit SegmentFile(std::string path);
  ~SegmentFile();
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  Status open();
  Status begin(Section section, std::uint32_t column = 0);
  Status append(std::string_view bytes);  ///< to the section begun last
  /// What was written so far, mapped into memory, for sections that are made of others.
  Result<std::shared_ptr<const char>> map();
  /// Of a section that is complete.
  std::string_view section_bytes(Section section, std::uint32_t column, const char* mapped) const;
  /// Directory, fsync, rename, fsync of the folder. Returns the size of the file.
  Result<std::int64_t> finish();

 private:
  Status write(std::string_view bytes);
  Status flush();
  void hash_blocks(std::string_view bytes);
  Status write_block_hashes();
  void end_section();

  std::string path_, temporary_, buffer_;
  int file_ = -1;
  std::uint64_t offset_ = 0;
  std::vector<SectionEntry> entries_;
  XXH3_state_t* hash_ = nullptr;        // of the section
  XXH3_state_t* block_hash_ = nullptr;  // of the block begun
  std::size_t block_filled_ = 0;
  std::vector<std::uint64_t> block_hashes_;
};

}  // namespace millpond::index
