#include "extract/records/byte_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

namespace millpond::extract {
namespace {

class FileBytes final : public ByteReader {
 public:
  FileBytes(int file, std::string path) : file_(file), path_(std::move(path)) {}
  ~FileBytes() override { ::close(file_); }
  Result<std::size_t> read(char* into, std::size_t size) override {
    while (true) {
      const ssize_t got = ::read(file_, into, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return os_error(errno, "cannot read", path_);
    }
  }

 private:
  const int file_;
  const std::string path_;
};

class MemoryBytes final : public ByteReader {
 public:
  explicit MemoryBytes(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    const std::size_t taken = std::min(size, bytes_.size());
    if (taken > 0) std::memcpy(into, bytes_.data(), taken);
    bytes_.remove_prefix(taken);
    return taken;
  }

 private:
  std::string_view bytes_;
};

/// What was read to find out the compression, then the rest.
class Rejoined final : public ByteReader {
 public:
  Rejoined(std::string head, std::unique_ptr<ByteReader> rest) : head_(std::move(head)), rest_(std::move(rest)) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    if (at_ == head_.size()) return rest_->read(into, size);
    const std::size_t taken = std::min(size, head_.size() - at_);
    std::memcpy(into, head_.data() + at_, taken);
    at_ += taken;
    return taken;
  }

 private:
  const std::string head_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteReader> rest_;
};

constexpr std::size_t kInputBytes = 256 << 10;

class GzipBytes final : public ByteReader {
 public:
  explicit GzipBytes(std::unique_ptr<ByteReader> packed) : packed_(std::move(packed)), input_(kInputBytes) {
    constexpr int kGzipOnly = 16;
    good_ = ::inflateInit2(&stream_, kGzipOnly + MAX_WBITS) == Z_OK;
  }
  ~GzipBytes() override { ::inflateEnd(&stream_); }

  Result<std::size_t> read(char* into, std::size_t size) override {
    if (!good_) return exhausted("no memory to decompress");
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1 << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted) {
      if (stream_.avail_in == 0) {
        MP_ASSIGN(const std::size_t got, packed_->read(input_.data(), input_.size()));
        if (got == 0) {
          if (within_) return corrupt("the gzip data ends in the middle");
          return std::size_t{0};
        }
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(got);
      }
      if (!within_) {
        if (*stream_.next_in == 0) {  // padding after the last member
          ++stream_.next_in, --stream_.avail_in;
          continue;
        }
        ::inflateReset(&stream_);
        within_ = true;
      }
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        within_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return corrupt("the gzip data does not decompress");
      }
    }
    return wanted - stream_.avail_out;
  }

 private:
  std::unique_ptr<ByteReader> packed_;
  std::vector<char> input_;
  z_stream stream_{};
  bool good_ = false, within_ = false;
};

class ZstdBytes final : public ByteReader {
 public:
  explicit ZstdBytes(std::unique_ptr<ByteReader> packed)
      : packed_(std::move(packed)), input_(kInputBytes), stream_(::ZSTD_createDCtx()) {
    constexpr int kWindowLogMax = 27;  // 128 MiB, what the zstd program reads without being told to
    if (stream_) ::ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kWindowLogMax);
  }
  ~ZstdBytes() override { ::ZSTD_freeDCtx(stream_); }

  Result<std::size_t> read(char* into, std::size_t size) override {
    if (!stream_) return exhausted("no memory to decompress");
    ZSTD_outBuffer out{into, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !flushing_) {
        MP_ASSIGN(const std::size_t got, packed_->read(input_.data(), input_.size()));
        if (got == 0) {
          if (within_) return corrupt("the Zstandard data ends in the middle");
          return std::size_t{0};
        }
        in_ = {input_.data(), got, 0};
      }
      const std::size_t result = ::ZSTD_decompressStream(stream_, &out, &in_);
      if (::ZSTD_isError(result)) {
        return corrupt("the Zstandard data does not decompress: ", ::ZSTD_getErrorName(result));
      }
      within_ = result != 0;
      flushing_ = within_ && out.pos == out.size;
    }
    return out.pos;
  }

 private:
  std::unique_ptr<ByteReader> packed_;
  std::vector<char> input_;
  ZSTD_DCtx* stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool within_ = false, flushing_ = false;
};

Result<std::unique_ptr<ByteReader>> decompressed(std::unique_ptr<ByteReader> raw) {
  constexpr std::size_t kMagicBytes = 4;
  std::string head(kMagicBytes, '\0');
  std::size_t got = 0;
  while (got < kMagicBytes) {
    MP_ASSIGN(const std::size_t more, raw->read(head.data() + got, kMagicBytes - got));
    if (more == 0) break;
    got += more;
  }
  head.resize(got);
  const bool gzip = head.starts_with("\x1f\x8b"), zstd = head == "\x28\xb5\x2f\xfd";
  std::unique_ptr<ByteReader> whole = std::make_unique<Rejoined>(std::move(head), std::move(raw));
  if (gzip) return std::unique_ptr<ByteReader>(new GzipBytes(std::move(whole)));
  if (zstd) return std::unique_ptr<ByteReader>(new ZstdBytes(std::move(whole)));
  return whole;
}

}  // namespace

Result<std::unique_ptr<ByteReader>> ByteReader::open(const std::string& path, std::int64_t size_bytes) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return not_found("gone since it was listed").hint("The next build picks it up.");
    return os_error(errno, "cannot read", path);
  }
  std::unique_ptr<ByteReader> raw = std::make_unique<FileBytes>(file, path);
  struct stat info;
  if (::fstat(file, &info) != 0) return os_error(errno, "cannot read", path);
  if (size_bytes >= 0 && info.st_size != size_bytes) {
    return conflict("changed since it was listed").hint("The next build picks it up.");
  }
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  return decompressed(std::move(raw));
}

Result<std::unique_ptr<ByteReader>> ByteReader::over(std::string_view bytes) {
  return decompressed(std::make_unique<MemoryBytes>(bytes));
}

bool ByteWindow::reserve(std::size_t size) {
  if (size <= capacity_) return true;
  char* larger = static_cast<char*>(std::realloc(bytes_.get(), size));
  if (!larger) return false;
  (void)bytes_.release();
  bytes_.reset(larger);
  capacity_ = size;
  return true;
}

Result<bool> ByteWindow::more() {
  constexpr std::size_t kStepBytes = 1 << 20, kMostBytes = 8 << 20;
  if (begin_ > 0) {  // what was taken makes room
    std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ < end_ + kStepBytes && !reserve(std::max(end_ + kStepBytes, capacity_ * 3 / 2))) {
    return exhausted("no memory for a record longer than MiB: ", end_ >> 20).hint("Lower record_mb_max.");
  }
  MP_ASSIGN(const std::size_t got, reader_->read(bytes_.get() + end_, std::min(capacity_ - end_, kMostBytes)));
  end_ += got;
  return got > 0;
}

ByteBlock ByteWindow::take_out(std::size_t size) {
  ByteBlock taken = std::move(bytes_);
  const char* const rest = taken.get() + begin_ + size;
  const std::size_t rest_size = end_ - begin_ - size;
  begin_ = end_ = capacity_ = 0;
  if (!reserve(std::max<std::size_t>(rest_size, 1))) throw std::bad_alloc();
  std::memcpy(bytes_.get(), rest, rest_size);
  end_ = rest_size;
  return taken;
}

}  // namespace millpond::extract
