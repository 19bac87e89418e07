#pragma once
// An object as memory: bytes are there once they were asked for.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::pond {

class ObjectStore;

/// An object that never changes, mapped as a file with holes. What is needed is fetched by ranges, several at once, and
/// compared with a checksum that the object itself holds; so a file that a crash or a disk spoiled, or that another
/// version left, is fetched again, and wrong bytes are never handed out.
///
/// Shape:   FOLDER/<hash>.blocks, beside the files of BlockCache and under the same limit.
/// Errors:  those of the store: kNotFound, kUnavailable when it gave up, kDataCorrupt for what is not what its checksum
///          says; kIoError, kResourceExhausted from this machine's disk.
/// Threads: any. Processes: any number.
class ObjectMap {
 public:
  static constexpr std::uint64_t kBlockBytes = 16 << 10;
  struct Range {
    std::uint64_t offset = 0, size = 0;
  };

  /// Fetches the end of the object, up to `tail_bytes`, in one request.
  static Result<std::unique_ptr<ObjectMap>> open(const std::string& path, const std::string& folder,
                                                 std::int64_t tail_bytes);
  ~ObjectMap();

  /// All of the object; zeros where nothing was needed yet.
  std::string_view bytes() const { return {mapped_, size_}; }
  /// The part at the end that is there, unchecked.
  std::uint64_t tail_offset() const { return tail_offset_; }
  /// Fetches a part without a checksum: who calls compares it with one.
  Status fetch_unchecked(Range range);
  /// XXH3 of each block from the beginning; the last one may be short, it ends at `end`. Behind it is the unchecked
  /// part.
  void set_hashes(std::vector<std::uint64_t> hashes, std::uint64_t end);
  /// Makes these bytes be there. Costs next to nothing where they are.
  Status need(std::span<const Range> ranges);

  std::uint64_t hashed_end() const { return hashed_end_; }
  std::int64_t kept_bytes() const;  ///< of the object, on this machine's disk
  std::int64_t fetched_bytes() const { return fetched_bytes_; }
  std::int64_t requests() const { return requests_; }

 private:
  ObjectMap(std::shared_ptr<ObjectStore> store, std::string path) : store_(std::move(store)), path_(std::move(path)) {}
  Status map(const std::string& folder, std::string_view tail);
  Status put(std::string_view bytes, std::uint64_t offset);
  bool there(std::uint64_t block) const {
    return (known_[block / 64].load(std::memory_order_acquire) >> (block % 64) & 1) != 0;
  }
  bool matches(std::uint64_t block, std::string_view bytes) const;
  Status fetch(std::span<const std::uint64_t> blocks);
  Status fetch_run(std::uint64_t first, std::uint64_t last);
  std::uint64_t block_end(std::uint64_t block) const { return std::min((block + 1) * kBlockBytes, hashed_end_); }

  const std::shared_ptr<ObjectStore> store_;
  const std::string path_;
  int file_ = -1;
  const char* mapped_ = nullptr;
  std::uint64_t size_ = 0, tail_offset_ = 0, hashed_end_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::atomic<std::uint64_t>> known_;  // blocks that are there and were compared
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::set<std::uint64_t> coming_;  // blocks that some thread fetches
  std::atomic<std::int64_t> fetched_bytes_{0}, requests_{0};
};

}  // namespace millpond::pond
