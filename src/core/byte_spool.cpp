#include "core/byte_spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace millpond {
namespace {

constexpr std::size_t kBlockBytes = 64 << 10;
constexpr std::size_t kBufferBytes = 16 << 10;

Result<int> unnamed_file(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return os_error(failure.value(), "cannot make the folder", folder);
  std::string path = folder + "/spill-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "cannot make a file to spill to in", folder);
  if (::unlink(path.c_str()) != 0) {
    const int number = errno;
    ::close(descriptor);
    return os_error(number, "cannot remove", path);
  }
  return descriptor;
}

}  // namespace

ByteSpool::ByteSpool(ByteSpool&& other) noexcept
    : folder_(other.folder_),
      budget_(other.budget_),
      blocks_(std::move(other.blocks_)),
      lent_bytes_(std::exchange(other.lent_bytes_, 0)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      filed_bytes_(std::exchange(other.filed_bytes_, 0)),
      buffer_(std::move(other.buffer_)) {}

void ByteSpool::clear() {
  free_blocks();
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  size_bytes_ = filed_bytes_ = 0;
  buffer_ = std::string();
}

void ByteSpool::free_blocks() {
  for (char* block : blocks_) ::munmap(block, kBlockBytes);
  blocks_.clear();
  budget_->release(std::exchange(lent_bytes_, 0));
}

Status ByteSpool::append(const void* bytes, std::size_t size) {
  const char* begin = static_cast<const char*>(bytes);
  return descriptor_ < 0 ? append_held(begin, size) : append_filed(begin, size);
}

Status ByteSpool::append_held(const char* bytes, std::size_t size) {
  while (size > 0) {
    const std::size_t at = static_cast<std::size_t>(size_bytes_) % kBlockBytes;
    if (at == 0) {
      if (budget_->try_reserve(kBlockBytes)) {
        lent_bytes_ += kBlockBytes;
      } else if (!folder_.empty()) {
        MP_TRY(move_to_file());
        return append_filed(bytes, size);
      }
      // From the system and back to it: blocks among other allocations would leave holes that nobody fills.
      void* block = ::mmap(nullptr, kBlockBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (block == MAP_FAILED) return exhausted("out of memory");
      blocks_.push_back(static_cast<char*>(block));
    }
    const std::size_t part = std::min(size, kBlockBytes - at);
    std::memcpy(blocks_.back() + at, bytes, part);
    bytes += part, size -= part, size_bytes_ += static_cast<std::int64_t>(part);
  }
  return {};
}

Status ByteSpool::append_filed(const char* bytes, std::size_t size) {
  size_bytes_ += static_cast<std::int64_t>(size);
  while (size > 0) {
    const std::size_t part = std::min(size, kBufferBytes - buffer_.size());
    buffer_.append(bytes, part);
    bytes += part, size -= part;
    if (buffer_.size() == kBufferBytes) MP_TRY(flush());
  }
  return {};
}

Status ByteSpool::move_to_file() {
  MP_ASSIGN(descriptor_, unnamed_file(folder_));
  const std::int64_t size_bytes = std::exchange(size_bytes_, 0);
  buffer_.reserve(kBufferBytes);
  for (const char* block : blocks_) {
    MP_TRY(append_filed(block, std::min(kBlockBytes, static_cast<std::size_t>(size_bytes - size_bytes_))));
  }
  free_blocks();
  return {};
}

Status ByteSpool::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t wrote = ::pwrite(descriptor_, buffer_.data() + done, buffer_.size() - done, filed_bytes_);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return os_error(wrote < 0 ? errno : ENOSPC, "cannot spill to", folder_);
    done += static_cast<std::size_t>(wrote), filed_bytes_ += wrote;
  }
  buffer_.clear();
  return {};
}

Status ByteSpool::read(std::int64_t offset, void* out, std::size_t size) {
  if (offset < 0 || offset + static_cast<std::int64_t>(size) > size_bytes_) {
    return internal("a spool is read beyond its end, at ", offset);
  }
  char* to = static_cast<char*>(out);
  if (descriptor_ < 0) {
    while (size > 0) {
      const auto at = static_cast<std::size_t>(offset) % kBlockBytes;
      const std::size_t part = std::min(size, kBlockBytes - at);
      std::memcpy(to, blocks_[static_cast<std::size_t>(offset) / kBlockBytes] + at, part);
      to += part, size -= part, offset += static_cast<std::int64_t>(part);
    }
    return {};
  }
  if (offset + static_cast<std::int64_t>(size) > filed_bytes_) MP_TRY(flush());
  while (size > 0) {
    const ssize_t got = ::pread(descriptor_, to, size, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "cannot read what was spilled to", folder_);
    if (got == 0) return io_error("what was spilled is gone from ", folder_);
    to += got, size -= static_cast<std::size_t>(got), offset += got;
  }
  return {};
}

}  // namespace millpond
