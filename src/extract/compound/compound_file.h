#pragma once
// Files in a file, as old Office programs and Outlook keep them (OLE compound files).

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// A storage (folder) or stream (file) of a compound file.
struct CompoundEntry {
  std::string name;  ///< UTF-8
  bool storage = false;
  std::uint64_t size_bytes = 0;  ///< of a stream
  std::uint32_t start = 0;       ///< its first sector
  std::array<char, 16> class_id{};
  std::vector<std::uint32_t> children;  ///< of a storage, by name; each entry is in one storage
};

/// Reads compound files: sectors, allocation tables, the tree of entries.
///
/// Source:  [MS-CFB] 2.1 to 2.6, versions 3 and 4
/// Threads: immutable after `open`.
class CompoundFile {
 public:
  /// `bytes` must outlive it. Errors: kInvalidArgument (no compound file), kDataCorrupt (sectors outside the file,
  /// chains and trees that run in circles), kResourceExhausted (more than 100,000 entries).
  static Result<CompoundFile> open(std::string_view bytes);

  static constexpr std::uint32_t kRoot = 0, kNone = 0xFFFFFFFF;
  const CompoundEntry& entry(std::uint32_t id) const { return entries_[id]; }
  /// The child of that name, without regard to the case of ASCII letters; kNone if there is none.
  std::uint32_t find(std::uint32_t storage, std::string_view name) const;
  /// The bytes of a stream. Errors: kDataCorrupt (its chain is broken or shorter than the stream).
  Result<std::string> read(std::uint32_t stream) const;

 private:
  Status read_header();
  Status read_tables();
  Status read_entries();
  Status adopt(std::uint32_t storage, std::uint32_t child, const std::vector<std::array<std::uint32_t, 3>>& links,
               std::vector<bool>& taken);
  Result<std::string_view> sector(std::uint32_t id) const;
  Result<std::string> chain(std::uint32_t start, std::uint64_t size_bytes) const;
  Result<std::string> short_chain(std::uint32_t start, std::uint64_t size_bytes) const;

  std::string_view bytes_;
  std::uint32_t sector_bytes_ = 512, short_sector_bytes_ = 64, short_below_bytes_ = 4096;
  std::vector<std::uint32_t> next_, short_next_;  // the sector behind each
  std::string short_stream_;                      // the root's: what the short sectors lie in
  std::vector<CompoundEntry> entries_;
};

/// UTF-16, little endian, as UTF-8; broken pairs become U+FFFD. A last odd byte is left out.
std::string utf8_of_utf16(std::string_view bytes);

/// Little-endian numbers at `at`; 0 where the bytes end before.
std::uint16_t little16(std::string_view bytes, std::size_t at);
std::uint32_t little32(std::string_view bytes, std::size_t at);
std::uint64_t little64(std::string_view bytes, std::size_t at);

}  // namespace millpond::extract
