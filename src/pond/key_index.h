#pragma once
// The keys of one data file, sorted, with their rows: a file beside the search indexes, made from the data file and
// made again when it is missing or damaged.
//
// Layout: "MPKEYS1\n", rows and checksum (64 bits each), keys (64 bits each, ascending), positions (32 bits each).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/table.h"
#include "millpond/status.h"
#include "pond/iceberg_schema.h"

namespace millpond::pond {

class KeyIndex {
 public:
  /// In memory, on disk, or made by reading `column` of the file.
  static Result<std::shared_ptr<const KeyIndex>> get(const Table& table, const DataFile& file,
                                                     const IcebergField& column, Context& context);
  ~KeyIndex();
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  /// Adds the positions of rows whose key may be from `first` to `last`.
  void find(std::uint64_t first, std::uint64_t last, std::vector<std::int64_t>& positions) const;
  std::int64_t rows() const { return static_cast<std::int64_t>(keys_.size()); }

 private:
  KeyIndex() = default;
  static std::shared_ptr<KeyIndex> open(const std::string& path, std::int64_t file_rows);
  bool use(std::string_view bytes, std::int64_t file_rows);

  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::string owned_;  ///< where the folder cannot be written
  std::span<const std::uint64_t> keys_;
  std::span<const std::uint32_t> positions_;
};

/// Orders as the values do for whole numbers, and as the first 8 bytes for fixed sizes; a hash of text and bytes.
std::uint64_t key_of_whole(std::int64_t value);
std::uint64_t key_of_fixed(std::string_view bytes);
std::uint64_t key_of_text(std::string_view bytes);

}  // namespace millpond::pond
