#pragma once
// Reads weights in the safetensors layout, mapped into memory.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::model {

/// One tensor of a file. `data` lives as long as the file object and may be unaligned.
struct Tensor {
  std::string_view type;  ///< "F32", "F16", "I64" …
  std::vector<std::int64_t> shape;
  std::string_view data;
};

/// Source: 8 bytes header length (little-endian), a JSON header {name: {dtype, shape, data_offsets}}, then the data.
/// Threads: immutable after `open`.
class Safetensors {
 public:
  /// Errors: kNotFound, kIoError, kDataCorrupt (any offset, shape or length that does not fit the file).
  static Result<std::shared_ptr<const Safetensors>> open(const std::string& path);
  /// The same over bytes that the caller keeps alive.
  static Result<std::shared_ptr<const Safetensors>> parse(std::string_view bytes);
  ~Safetensors();
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;

  const Tensor* find(std::string_view name) const;  ///< null if there is none
  /// The float32 values of a tensor of exactly that many. Errors: kUnsupported (missing, other type or size).
  Result<const float*> floats(std::string_view name, std::int64_t count) const;
  /// Gives the pages back to the system; they are read again when they are touched.
  void release_pages() const;

 private:
  Safetensors() = default;
  Status read_header(std::string_view bytes);

  std::map<std::string, Tensor, std::less<>> tensors_;
  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
};

}  // namespace millpond::model
