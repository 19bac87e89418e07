#include "index/segment_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "pond/object_map.h"

namespace millpond::index {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

}  // namespace

SegmentFile::SegmentFile(std::string path)
    : path_(std::move(path)), hash_(XXH3_createState()), block_hash_(XXH3_createState()) {
  XXH3_64bits_reset(block_hash_);
  temporary_ = path_ + "." + std::to_string(::getpid()) + ".tmp";
}

SegmentFile::~SegmentFile() {
  if (file_ >= 0) {
    ::close(file_);
    ::unlink(temporary_.c_str());
  }
  XXH3_freeState(hash_);
  XXH3_freeState(block_hash_);
}

Status SegmentFile::open() {
  file_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) return os_error(errno, "create", temporary_);
  FileHead head{};
  std::memcpy(head.magic, kMagic, sizeof kMagic);
  head.version = kFormatVersion;
  return write(bytes_of(head));
}

Status SegmentFile::write(std::string_view bytes) {
  offset_ += bytes.size();
  hash_blocks(bytes);
  buffer_.append(bytes);
  return buffer_.size() >= kBufferBytes ? flush() : Status();
}

void SegmentFile::hash_blocks(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), pond::ObjectMap::kBlockBytes - block_filled_);
    XXH3_64bits_update(block_hash_, bytes.data(), size);
    block_filled_ += size;
    bytes.remove_prefix(size);
    if (block_filled_ < pond::ObjectMap::kBlockBytes) return;
    block_hashes_.push_back(XXH3_64bits_digest(block_hash_));
    XXH3_64bits_reset(block_hash_);
    block_filled_ = 0;
  }
}

Status SegmentFile::write_block_hashes() {
  MP_TRY(begin(Section::kBlockHashes));  // all before it is hashed
  if (block_filled_ > 0) block_hashes_.push_back(XXH3_64bits_digest(block_hash_));
  const std::vector<std::uint64_t> hashes = block_hashes_;  // writing them goes on with it
  return append({reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(std::uint64_t)});
}

Status SegmentFile::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(errno, "write", temporary_);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

void SegmentFile::end_section() {
  if (entries_.empty()) return;
  SectionEntry& last = entries_.back();
  last.size = offset_ - last.offset;
  last.hash = XXH3_64bits_digest(hash_);
}

Status SegmentFile::begin(Section section, std::uint32_t column) {
  end_section();
  MP_TRY(write(std::string((kAlignBytes - offset_ % kAlignBytes) % kAlignBytes, '\0')));
  entries_.push_back({static_cast<std::uint32_t>(section), column, offset_, 0, 0});
  XXH3_64bits_reset(hash_);
  return {};
}

Status SegmentFile::append(std::string_view bytes) {
  XXH3_64bits_update(hash_, bytes.data(), bytes.size());
  return write(bytes);
}

Result<std::shared_ptr<const char>> SegmentFile::map() {
  end_section();
  MP_TRY(flush());
  const std::size_t size = offset_;
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file_, 0);
  if (mapped == MAP_FAILED) return os_error(errno, "map", temporary_);
  return std::shared_ptr<const char>(static_cast<const char*>(mapped),
                                     [size](const char* at) { ::munmap(const_cast<char*>(at), size); });
}

std::string_view SegmentFile::section_bytes(Section section, std::uint32_t column, const char* mapped) const {
  for (const SectionEntry& entry : entries_) {
    if (entry.section == static_cast<std::uint32_t>(section) && entry.column == column)
      return {mapped + entry.offset, entry.size};
  }
  return {};
}

Result<std::int64_t> SegmentFile::finish() {
  MP_TRY(write_block_hashes());
  end_section();
  MP_TRY(write(std::string((kAlignBytes - offset_ % kAlignBytes) % kAlignBytes, '\0')));
  FileTail tail{};
  tail.directory_offset = offset_;
  tail.sections = static_cast<std::uint32_t>(entries_.size());
  tail.version = kFormatVersion;
  tail.directory_hash = XXH3_64bits(entries_.data(), entries_.size() * sizeof(SectionEntry));
  tail.file_size = offset_ + entries_.size() * sizeof(SectionEntry) + sizeof(FileTail);
  std::memcpy(tail.magic, kMagic, sizeof kMagic);
  MP_TRY(write({reinterpret_cast<const char*>(entries_.data()), entries_.size() * sizeof(SectionEntry)}));
  MP_TRY(write(bytes_of(tail)));
  MP_TRY(flush());
  if (::fsync(file_) != 0) return os_error(errno, "fsync", temporary_);
  const int closed = ::close(file_);
  file_ = -1;
  if (closed != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary_.c_str());
    return os_error(why, "rename to", path_);
  }
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const int folder_file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_file < 0) return os_error(errno, "open", folder);
  const int synced = ::fsync(folder_file);
  const int why = errno;
  ::close(folder_file);
  if (synced != 0) return os_error(why, "fsync", folder);
  return static_cast<std::int64_t>(offset_);
}

}  // namespace millpond::index
