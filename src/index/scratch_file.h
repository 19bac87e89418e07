#pragma once
// Bytes of a section that cannot be written yet, in a file without a name.

#include <string>
#include <string_view>

#include "index/segment_file.h"

namespace millpond::index {

/// Threads: one thread an instance. The bytes are gone with it.
class ScratchFile {
 public:
  ScratchFile() = default;
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();
  Status open(const std::string& folder);
  Status append(std::string_view bytes);
  /// Appends all bytes to the open section of `to`.
  Status copy(SegmentFile& to);

 private:
  Status flush();
  int file_ = -1;
  std::string buffer_;
};

}  // namespace millpond::index
