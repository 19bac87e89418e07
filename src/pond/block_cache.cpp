#include "pond/block_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"

namespace millpond::pond {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashChars = 32;
constexpr std::int64_t kDiskBlockBytes = 512;  // of st_blocks

/// Never 0, which says that there is no block.
std::uint64_t sum_of(const char* bytes, std::size_t size) { return XXH3_64bits(bytes, size) | 1; }

bool read_whole(int file, char* out, std::int64_t size, std::int64_t offset) {
  while (size > 0) {
    const ssize_t got = ::pread(file, out, static_cast<std::size_t>(size), offset);
    if (got <= 0) return false;
    out += got, offset += got, size -= got;
  }
  return true;
}

}  // namespace

std::int64_t object_cache_bytes() {
  constexpr std::int64_t kDefaultMb = 4096;
  const char* named = std::getenv("MILLPOND_OBJECT_CACHE_MB");
  const std::int64_t mb = named != nullptr && *named != '\0' ? std::strtoll(named, nullptr, 10) : kDefaultMb;
  return std::clamp<std::int64_t>(mb, 0, std::int64_t{1} << 30) << 20;
}

std::unique_ptr<BlockCache> BlockCache::open(const std::string& folder, const std::string& path,
                                             std::int64_t whole_bytes) {
  const std::string name = folder + "/" + sha256_hex(path).substr(0, kHashChars);
  int data = -1, sums = -1;
  if (make_directories(folder).ok()) {
    data = ::open((name + ".blocks").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    sums = ::open((name + ".sums").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (data >= 0) (void)::futimens(data, nullptr);  // used now
  }
  return std::unique_ptr<BlockCache>(new BlockCache(data, sums, whole_bytes));
}

BlockCache::~BlockCache() {
  if (data_ >= 0) ::close(data_);
  if (sums_ >= 0) ::close(sums_);
}

std::int64_t BlockCache::block_size(std::int64_t block) const {
  return std::min(kBlockBytes, whole_bytes_ - block * kBlockBytes);
}

bool BlockCache::take(std::int64_t block, char* out) const {
  std::uint64_t sum = 0;
  if (data_ < 0 || sums_ < 0) return false;
  if (!read_whole(sums_, reinterpret_cast<char*>(&sum), sizeof sum, block * std::int64_t{sizeof sum}) || sum == 0)
    return false;
  const std::int64_t size = block_size(block);
  return read_whole(data_, out, size, block * kBlockBytes) && sum_of(out, static_cast<std::size_t>(size)) == sum;
}

void BlockCache::keep(std::int64_t block, const char* bytes) const {
  if (data_ < 0 || sums_ < 0) return;
  const auto size = static_cast<std::size_t>(block_size(block));
  const std::uint64_t sum = sum_of(bytes, size);
  if (::pwrite(data_, bytes, size, block * kBlockBytes) != static_cast<ssize_t>(size)) return;
  (void)!::pwrite(sums_, &sum, sizeof sum, block * std::int64_t{sizeof sum});
}

Result<std::string> BlockCache::read(std::int64_t offset, std::int64_t size_bytes, const Fetch& fetch) {
  size_bytes = std::min(size_bytes, whole_bytes_ - offset);
  if (size_bytes <= 0) return std::string();
  const std::int64_t first = offset / kBlockBytes, last = (offset + size_bytes - 1) / kBlockBytes;
  const std::int64_t begin = first * kBlockBytes;
  std::string blocks(static_cast<std::size_t>(std::min(whole_bytes_, (last + 1) * kBlockBytes) - begin), '\0');
  std::vector<std::int64_t> missing;
  for (std::int64_t block = first; block <= last; ++block) {
    if (!take(block, blocks.data() + (block * kBlockBytes - begin))) missing.push_back(block);
  }
  for (std::size_t i = 0; i < missing.size();) {
    std::size_t end = i + 1;
    while (end < missing.size() && missing[end] == missing[end - 1] + 1) ++end;
    const std::int64_t from = missing[i] * kBlockBytes;
    const std::int64_t size = missing[end - 1] * kBlockBytes + block_size(missing[end - 1]) - from;
    MP_ASSIGN(const std::string bytes, fetch(from, size));
    if (static_cast<std::int64_t>(bytes.size()) != size) return corrupt("an object ends too early");
    bytes.copy(blocks.data() + (from - begin), bytes.size());
    for (; i < end; ++i) keep(missing[i], blocks.data() + (missing[i] * kBlockBytes - begin));
  }
  return blocks.substr(static_cast<std::size_t>(offset - begin), static_cast<std::size_t>(size_bytes));
}

void BlockCache::trim(const std::string& folder, std::int64_t limit_bytes) {
  struct Kept {
    std::string name;
    std::int64_t size_bytes = 0;
    std::int64_t used = 0;
  };
  std::vector<Kept> all;
  std::int64_t total = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    struct stat info{};
    if (entry.path().extension() != ".blocks" || ::stat(entry.path().c_str(), &info) != 0) continue;
    const std::int64_t size = info.st_blocks * kDiskBlockBytes;  // holes are no bytes
    all.push_back({(entry.path().parent_path() / entry.path().stem()).string(), size, info.st_mtim.tv_sec});
    total += size;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& kept : all) {
    if (total <= limit_bytes) return;
    (void)remove_file(kept.name + ".sums");
    (void)remove_file(kept.name + ".blocks");
    total -= kept.size_bytes;
  }
}

}  // namespace millpond::pond
