#pragma once
// Batches that wait on disk.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millpond/stream.h"

namespace millpond {

/// Batches of one schema as an Arrow IPC stream, written first, then read once. The file loses its name when it is
/// made: the folder stays empty, and the bytes go when this is destroyed or the process ends, however it ends.
///
/// Errors:  kIoError, kResourceExhausted (disk full), with the folder.
/// Threads: one.
class SpillFile {
 public:
  static Result<std::unique_ptr<SpillFile>> create(const std::string& folder, ArrowSchema schema);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  Status append(const Batch& batch);
  std::int64_t rows() const { return rows_; }

  /// The batches, in order. The stream owns the file from now on.
  static Result<std::unique_ptr<Stream>> read(std::unique_ptr<SpillFile> file);

 private:
  struct Writer;
  SpillFile(std::string folder, ArrowSchema schema, int descriptor);
  Status finish();

  const std::string folder_;
  const ArrowSchema schema_;
  const int descriptor_;
  std::int64_t rows_ = 0;
  std::unique_ptr<Writer> writer_;
};

}  // namespace millpond
