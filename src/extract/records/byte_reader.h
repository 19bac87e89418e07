#pragma once
// Bytes of a file in order, decompressed as they are read.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::extract {

/// Reads plain, gzip (any number of members) and Zstandard (any number of frames) bytes; which one, the first bytes
/// say.
///
/// Errors:  kDataCorrupt for bytes that do not decompress, and for a member or frame that ends in the middle; what came
///          before it has been handed out.
/// Threads: one.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Up to `size` bytes; 0 at the end.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;

  /// Errors: kNotFound, kPermissionDenied, kIoError; kConflict if the file has not `size_bytes` (unless negative).
  static Result<std::unique_ptr<ByteReader>> open(const std::string& path, std::int64_t size_bytes);
  /// Bytes that are in memory already; they must outlive the reader.
  static Result<std::unique_ptr<ByteReader>> over(std::string_view bytes);
};

struct FreesBytes {
  void operator()(char* bytes) const { std::free(bytes); }
};
using ByteBlock = std::unique_ptr<char, FreesBytes>;  ///< of malloc: the system moves a large one without a copy

/// What a `ByteReader` gives, looked at from a moving position.
class ByteWindow {
 public:
  explicit ByteWindow(std::unique_ptr<ByteReader> reader) : reader_(std::move(reader)) {}

  /// What is there and was not taken. Valid until the next `more` or `take`.
  std::string_view view() const {
    return end_ == begin_ ? std::string_view() : std::string_view(bytes_.get() + begin_, end_ - begin_);
  }
  /// Reads on, after what is there. False at the end of the file.
  Result<bool> more();
  void take(std::size_t size) { begin_ += size; }
  /// Takes `size` bytes and the memory in which they lie; what follows them is copied elsewhere.
  ByteBlock take_out(std::size_t size);

 private:
  std::unique_ptr<ByteReader> reader_;
  bool reserve(std::size_t size);
  ByteBlock bytes_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace millpond::extract
