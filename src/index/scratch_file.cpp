#include "index/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace millpond::index {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

}  // namespace

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), buffer_(std::move(other.buffer_)) {}

ScratchFile::~ScratchFile() {
  if (file_ >= 0) ::close(file_);
}

Status ScratchFile::open(const std::string& folder) {
  std::string path = folder + "/.scratch-XXXXXX";
  file_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (file_ < 0) return os_error(errno, "create", path);
  ::unlink(path.c_str());
  return {};
}

Status ScratchFile::append(std::string_view bytes) {
  buffer_.append(bytes);
  return buffer_.size() >= kBufferBytes ? flush() : Status();
}

Status ScratchFile::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(errno, "write", "a temporary file");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

Status ScratchFile::copy(SegmentFile& to) {
  MP_TRY(flush());
  std::string piece(kBufferBytes, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(file_, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "read", "a temporary file");
    if (got == 0) return {};
    MP_TRY(to.append({piece.data(), static_cast<std::size_t>(got)}));
    at += got;
  }
}

}  // namespace millpond::index
