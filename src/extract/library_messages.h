#pragma once
// What libraries write to the standard error while a document is parsed.

#include <string>

namespace millpond::extract {

/// Takes the place of the standard error, so that what libpng, libtiff and others say of a broken file reaches its
/// reject and no terminal. For worker processes: one document at a time. `MILLPOND_WORKER_STDERR` leaves it as it is.
class LibraryMessages {
 public:
  LibraryMessages();
  ~LibraryMessages();
  LibraryMessages(const LibraryMessages&) = delete;
  LibraryMessages& operator=(const LibraryMessages&) = delete;

  /// What was said since the last call: a few lines at most, on one, clean.
  std::string take();

 private:
  int read_end_ = -1;
};

}  // namespace millpond::extract
