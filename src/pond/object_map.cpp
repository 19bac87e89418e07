#include "pond/object_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_store.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kHashChars = 32;
constexpr std::int64_t kDiskBlockBytes = 512;  // of st_blocks
constexpr std::uint64_t kGapBlocks = 4;        // fetched as well, rather than to ask twice
constexpr std::uint64_t kRunBlocks = 128;      // 2 MiB: larger parts are asked for several times at once
constexpr std::size_t kRequestsAtOnce = 8;

}  // namespace

Result<std::unique_ptr<ObjectMap>> ObjectMap::open(const std::string& path, const std::string& folder,
                                                   std::int64_t tail_bytes) {
  MP_ASSIGN(auto store, object_store(path));
  std::unique_ptr<ObjectMap> made(new ObjectMap(std::move(store), path));
  std::int64_t whole_bytes = 0;
  MP_ASSIGN(const std::string tail, made->store_->read_tail(path, tail_bytes, whole_bytes));
  made->size_ = static_cast<std::uint64_t>(whole_bytes);
  made->tail_offset_ = made->size_ - tail.size();
  made->fetched_bytes_ += static_cast<std::int64_t>(tail.size());
  ++made->requests_;
  MP_TRY(made->map(folder, tail));
  return made;
}

// The end of an object has checksums of all the rest: another version of it gets another file.
Status ObjectMap::map(const std::string& folder, std::string_view tail) {
  MP_TRY(make_directories(folder));
  const std::string version = std::to_string(size_) + " " + std::to_string(XXH3_64bits(tail.data(), tail.size()));
  const std::string name = folder + "/" + sha256_hex(path_ + "\n" + version).substr(0, kHashChars) + ".blocks";
  file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return os_error(errno, "open", name);
  (void)::futimens(file_, nullptr);  // used now
  if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) return os_error(errno, "make as large as its object", name);
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_, 0);
  if (mapped == MAP_FAILED) return os_error(errno, "map", name);
  mapped_ = static_cast<const char*>(mapped);
  return put(tail, tail_offset_);
}

ObjectMap::~ObjectMap() {
  if (mapped_ != nullptr) ::munmap(const_cast<char*>(mapped_), size_);
  if (file_ >= 0) ::close(file_);
}

Status ObjectMap::put(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return os_error(errno, "keep a part on this machine", path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Status ObjectMap::fetch_unchecked(Range range) {
  if (range.offset > size_ || range.size > size_ - range.offset) return corrupt("a part out of the object: ", path_);
  if (range.size == 0) return {};
  MP_ASSIGN(const std::string bytes,
            store_->read_range(path_, static_cast<std::int64_t>(range.offset), static_cast<std::int64_t>(range.size)));
  ++requests_;
  fetched_bytes_ += static_cast<std::int64_t>(bytes.size());
  if (bytes.size() != range.size) return corrupt("the object ends too early: ", path_);
  return put(bytes, range.offset);
}

void ObjectMap::set_hashes(std::vector<std::uint64_t> hashes, std::uint64_t end) {
  hashes_ = std::move(hashes);
  hashed_end_ = end;
  known_ = std::vector<std::atomic<std::uint64_t>>(hashes_.size() / 64 + 1);
}

bool ObjectMap::matches(std::uint64_t block, std::string_view bytes) const {
  return XXH3_64bits(bytes.data(), bytes.size()) == hashes_[block];
}

Status ObjectMap::need(std::span<const Range> ranges) {
  std::vector<std::uint64_t> missing;
  for (const Range& range : ranges) {
    if (range.size == 0) continue;
    if (range.offset > hashed_end_ || range.size > hashed_end_ - range.offset)
      return corrupt("a part out of the object: ", path_);
    for (std::uint64_t b = range.offset / kBlockBytes; b <= (range.offset + range.size - 1) / kBlockBytes; ++b) {
      if (!there(b)) missing.push_back(b);
    }
  }
  if (missing.empty()) return {};
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  while (!missing.empty()) {
    std::vector<std::uint64_t> mine;
    std::unique_lock lock(mutex_);
    for (const std::uint64_t block : missing) {
      if (!there(block) && coming_.insert(block).second) mine.push_back(block);
    }
    lock.unlock();
    Status fetched = mine.empty() ? Status() : fetch(mine);
    lock.lock();
    for (const std::uint64_t block : mine) coming_.erase(block);
    arrived_.notify_all();
    MP_TRY(std::move(fetched));
    // What another thread fetches: if it failed, this one tries itself.
    arrived_.wait(lock, [&] {
      return std::none_of(missing.begin(), missing.end(), [&](std::uint64_t block) { return coming_.contains(block); });
    });
    std::erase_if(missing, [&](std::uint64_t block) { return there(block); });
  }
  return {};
}

Status ObjectMap::fetch(std::span<const std::uint64_t> blocks) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;  // first and last block
  for (const std::uint64_t block : blocks) {
    const std::string_view here = bytes().substr(block * kBlockBytes, block_end(block) - block * kBlockBytes);
    if (matches(block, here)) {  // of an earlier process
      known_[block / 64].fetch_or(std::uint64_t{1} << (block % 64), std::memory_order_release);
    } else if (!runs.empty() && block - runs.back().second <= kGapBlocks && block - runs.back().first < kRunBlocks) {
      runs.back().second = block;
    } else {
      runs.emplace_back(block, block);
    }
  }
  std::vector<Status> statuses(runs.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < runs.size(); i = next++) statuses[i] = fetch_run(runs[i].first, runs[i].second);
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(runs.size(), kRequestsAtOnce); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (Status& status : statuses) MP_TRY(std::move(status));
  return {};
}

Status ObjectMap::fetch_run(std::uint64_t first, std::uint64_t last) {
  const std::uint64_t begin = first * kBlockBytes, size = block_end(last) - begin;
  MP_ASSIGN(const std::string run,
            store_->read_range(path_, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(size)));
  ++requests_;
  fetched_bytes_ += static_cast<std::int64_t>(run.size());
  if (run.size() != size) return corrupt("the object ends too early: ", path_);
  for (std::uint64_t block = first; block <= last; ++block) {
    const std::uint64_t from = block * kBlockBytes;
    const std::string_view part = std::string_view(run).substr(from - begin, block_end(block) - from);
    if (!matches(block, part))
      return corrupt("a part of an object is not what its checksum says, at ", from, ": ", path_);
  }
  MP_TRY(put(run, begin));
  for (std::uint64_t block = first; block <= last; ++block)
    known_[block / 64].fetch_or(std::uint64_t{1} << (block % 64), std::memory_order_release);
  return {};
}

std::int64_t ObjectMap::kept_bytes() const {
  struct stat facts{};
  return ::fstat(file_, &facts) == 0 ? facts.st_blocks * kDiskBlockBytes : 0;
}

}  // namespace millpond::pond
