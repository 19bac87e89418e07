#pragma once
// Bytes that are appended, then read at any place: in memory while the budget lends it, else in a file without a name.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond {

/// Memory:  what the budget lends, in blocks of 64 KiB; once it refuses, all goes to a file in `folder`, and one buffer
///          of 16 KiB remains. Without a folder all stays in memory, lent or not.
/// Errors:  kIoError, kResourceExhausted (disk full), with the folder, which is left without a trace in any case.
/// Threads: one.
class ByteSpool {
 public:
  ByteSpool(std::string folder, MemoryBudget& budget) : folder_(std::move(folder)), budget_(&budget) {}
  ~ByteSpool() { clear(); }
  ByteSpool(ByteSpool&& other) noexcept;
  ByteSpool& operator=(ByteSpool&&) = delete;

  Status append(const void* bytes, std::size_t size);
  Status append(std::string_view bytes) { return append(bytes.data(), bytes.size()); }
  std::int64_t size_bytes() const { return size_bytes_; }
  /// Writes exactly `size` bytes from `offset` on to `out`; they must have been appended.
  Status read(std::int64_t offset, void* out, std::size_t size);
  /// Forgets everything; the memory and the file are given back.
  void clear();

 private:
  void free_blocks();
  Status append_held(const char* bytes, std::size_t size);
  Status append_filed(const char* bytes, std::size_t size);
  Status move_to_file();
  Status flush();

  std::string folder_;
  MemoryBudget* budget_;
  std::vector<char*> blocks_;
  std::int64_t lent_bytes_ = 0;
  std::int64_t size_bytes_ = 0;
  int descriptor_ = -1;
  std::int64_t filed_bytes_ = 0;
  std::string buffer_;
};

/// Records of one plain type in a spool.
template <class Record>
class RecordSpool {
 public:
  RecordSpool(const std::string& folder, MemoryBudget& budget) : bytes_(folder, budget) {}
  Status append(const Record& record) { return bytes_.append(&record, sizeof record); }
  std::int64_t size() const { return bytes_.size_bytes() / static_cast<std::int64_t>(sizeof(Record)); }
  std::int64_t size_bytes() const { return bytes_.size_bytes(); }
  void clear() { bytes_.clear(); }
  /// Replaces `records` by the `count` ones from `first` on.
  Status read(std::int64_t first, std::int64_t count, std::vector<Record>& records) {
    records.resize(static_cast<std::size_t>(count));
    return bytes_.read(first * static_cast<std::int64_t>(sizeof(Record)), records.data(),
                       records.size() * sizeof(Record));
  }

 private:
  ByteSpool bytes_;
};

}  // namespace millpond
