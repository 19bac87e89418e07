#pragma once
// Parts of objects that were read, kept on this machine.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// MILLPOND_OBJECT_CACHE_MB (4096), in bytes: how much of objects is kept on this machine.
std::int64_t object_cache_bytes();

/// What was read of one object that never changes. Each block has a checksum beside it: what a crash or a disk spoiled
/// is fetched again. When the disk refuses to keep something, it is still read.
/// Shape:   FOLDER/<hash of the path>.blocks, as large as the object, with holes; .sums, a number for each block.
/// Threads: any. Processes: any number.
class BlockCache {
 public:
  static constexpr std::int64_t kBlockBytes = 8 << 10;
  using Fetch = std::function<Result<std::string>(std::int64_t offset, std::int64_t size_bytes)>;

  /// `whole_bytes`: the object's size.
  static std::unique_ptr<BlockCache> open(const std::string& folder, const std::string& path, std::int64_t whole_bytes);
  ~BlockCache();

  /// Blocks that are missing are fetched, those that touch one another at once. Errors: those of `fetch`.
  Result<std::string> read(std::int64_t offset, std::int64_t size_bytes, const Fetch& fetch);

  /// Removes what was used longest ago until the rest is no larger than `limit_bytes`.
  static void trim(const std::string& folder, std::int64_t limit_bytes);

 private:
  BlockCache(int data, int sums, std::int64_t whole_bytes) : data_(data), sums_(sums), whole_bytes_(whole_bytes) {}
  std::int64_t block_size(std::int64_t block) const;
  bool take(std::int64_t block, char* out) const;
  void keep(std::int64_t block, const char* bytes) const;

  const int data_, sums_;  // descriptors; -1: nothing is kept
  const std::int64_t whole_bytes_;
};

}  // namespace millpond::pond
