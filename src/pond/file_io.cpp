#include "pond/file_io.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <future>
#include <set>
#include <system_error>
#include <utility>

#include "pond/object/object_writer.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kWritebackBytes = 1 << 20, kCopyBytes = 8 << 20;
constexpr std::size_t kSyncThreadsMax = 8;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_path(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open to sync", path);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  return failed != 0 ? os_error(failed, "sync", path) : Status();
}

}  // namespace

FileWriter::FileWriter() = default;
FileWriter::~FileWriter() { abandon(); }

FileWriter::FileWriter(FileWriter&& other) noexcept { *this = std::move(other); }

FileWriter& FileWriter::operator=(FileWriter&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  path_ = std::move(other.path_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  size_bytes_ = other.size_bytes_;
  started_bytes_ = other.started_bytes_;
  object_ = std::move(other.object_);
  return *this;
}

Result<FileWriter> FileWriter::create(const std::string& path) {
  FileWriter writer;
  if (is_object(path)) {
    MP_ASSIGN(auto store, object_store(path));
    writer.object_ = std::make_unique<ObjectWriter>(std::move(store), path);
    writer.path_ = path;
    return writer;
  }
  writer.descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (writer.descriptor_ < 0) return os_error(errno, "create", path);
  writer.path_ = path;
  return writer;
}

Status FileWriter::append(std::string_view bytes) {
  if (object_) {
    size_bytes_ += static_cast<std::int64_t>(bytes.size());
    return object_->append(bytes);
  }
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return os_error(errno, "write", path_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_bytes_ += written;
  }
  if (size_bytes_ - started_bytes_ >= kWritebackBytes) {
    // Only a hint: what fails here is reported by the sync that the commit waits for.
    ::sync_file_range(descriptor_, started_bytes_, size_bytes_ - started_bytes_, SYNC_FILE_RANGE_WRITE);
    started_bytes_ = size_bytes_;
  }
  return {};
}

Status FileWriter::finish() {
  if (object_) return std::exchange(object_, nullptr)->finish();
  ::sync_file_range(descriptor_, started_bytes_, 0, SYNC_FILE_RANGE_WRITE);
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    const int failed = errno;
    ::unlink(path_.c_str());
    return os_error(failed, "close", path_);
  }
  return {};
}

void FileWriter::abandon() {
  object_.reset();
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  ::unlink(path_.c_str());
}

Result<std::string> read_file(const std::string& path, std::int64_t limit_bytes) {
  if (is_object(path)) {
    MP_ASSIGN(const auto store, object_store(path));
    return store->read(path, limit_bytes);
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open", path);
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return os_error(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) return invalid("not a regular file: ", path);
  if (info.st_size > limit_bytes) return exhausted("file is larger than ", limit_bytes, " bytes: ", path);
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::string> read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes) {
  if (is_object(path)) {
    MP_ASSIGN(const auto store, object_store(path));
    return store->read_range(path, offset, size_bytes);
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open", path);
  std::string bytes(static_cast<std::size_t>(size_bytes), '\0');
  std::size_t done = 0;
  int failed = 0;
  while (done < bytes.size() && failed == 0) {
    const ssize_t got =
        ::pread(descriptor, bytes.data() + done, bytes.size() - done, offset + static_cast<std::int64_t>(done));
    if (got == 0) break;
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < 0 && errno != EINTR) failed = errno;
  }
  ::close(descriptor);
  if (failed != 0) return os_error(failed, "read", path);
  if (done < bytes.size()) return corrupt("the file ends too early: ", path);
  return bytes;
}

Status write_file(const std::string& path, std::string_view bytes) {
  MP_ASSIGN(FileWriter writer, FileWriter::create(path));
  MP_TRY(writer.append(bytes));
  return writer.finish();
}

Status copy_file(const std::string& from, const std::string& to) {
  MP_ASSIGN(const std::int64_t size_bytes, file_size(from));
  MP_ASSIGN(FileWriter writer, FileWriter::create(to));
  for (std::int64_t done = 0; done < size_bytes; done += kCopyBytes) {
    MP_ASSIGN(const std::string piece, read_range(from, done, std::min(kCopyBytes, size_bytes - done)));
    MP_TRY(writer.append(piece));
  }
  return writer.finish();
}

Result<std::int64_t> file_size(const std::string& path) {
  if (is_object(path)) {
    MP_ASSIGN(const auto store, object_store(path));
    return store->size(path);
  }
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return os_error(errno, "stat", path);
  return static_cast<std::int64_t>(info.st_size);
}

Status make_directories(const std::string& path) {
  if (is_object(path)) return {};
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<fs::path> missing;
  for (fs::path each = fs::absolute(path, failed); !each.empty() && !fs::exists(each, failed);) {
    missing.push_back(each);
    if (each == each.parent_path()) break;
    each = each.parent_path();
  }
  fs::create_directories(path, failed);
  if (failed) return os_error(failed.value(), "create folder", path);
  // A file that is synced is lost all the same if its folder's own entry is.
  for (const fs::path& each : missing) MP_TRY(sync_path(each.parent_path().string(), O_RDONLY | O_DIRECTORY));
  return {};
}

Status remove_file(const std::string& path) {
  if (is_object(path)) {
    MP_ASSIGN(const auto store, object_store(path));
    return store->remove(path);
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error(errno, "remove", path);
  return {};
}

Status remove_folder(const std::string& path) {
  if (is_object(path)) {
    MP_ASSIGN(const std::vector<FileEntry> files, list_files(path));
    for (const FileEntry& file : files) MP_TRY(remove_file(file.path));
    return {};
  }
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  return failed ? os_error(failed.value(), "remove folder", path) : Status();
}

Status sync_directory(const std::string& path) {
  return is_object(path) ? Status() : sync_path(path, O_RDONLY | O_DIRECTORY);
}

Status sync_files(const std::vector<std::string>& paths) {
  std::set<std::string> folders;
  std::vector<std::pair<std::string, int>> all;
  for (const std::string& path : paths) {
    if (is_object(path)) continue;
    if (folders.insert(parent_of(path)).second) all.emplace_back(parent_of(path), O_RDONLY | O_DIRECTORY);
    all.emplace_back(path, O_RDONLY);
  }

  const std::size_t threads = std::min(all.size(), kSyncThreadsMax);
  const auto sync_share = [&](std::size_t first) {
    for (std::size_t i = first; i < all.size(); i += threads) MP_TRY(sync_path(all[i].first, all[i].second));
    return Status();
  };
  std::vector<std::future<Status>> others;
  std::size_t here = 1;  // shares that no thread could be had for are done on this one
  try {
    for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, sync_share, i));
    here = threads;
  } catch (const std::system_error&) { here = others.size() + 1; }
  Status first = threads > 0 ? sync_share(0) : Status();
  for (; here < threads && first.ok(); ++here) first = sync_share(here);
  for (auto& other : others) {
    Status status = other.get();
    if (first.ok()) first = std::move(status);
  }
  return first;
}

Result<std::vector<FileEntry>> list_files(const std::string& folder) {
  std::vector<FileEntry> entries;
  if (is_object(folder)) {
    MP_ASSIGN(const auto store, object_store(folder));
    MP_ASSIGN(const std::vector<ObjectInfo> objects, store->list(folder));
    for (const ObjectInfo& object : objects) entries.push_back({object.path, object.size_bytes, object.modified_ms});
    return entries;
  }
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    struct stat info{};
    const std::string path = it->path().string();
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;  // gone meanwhile, or a folder
    entries.push_back({path, info.st_size, info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000});
  }
  // Some writers make a folder only when they have a file for it.
  if (failed == std::errc::no_such_file_or_directory && entries.empty()) return entries;
  if (failed) return os_error(failed.value(), "list folder", folder);
  return entries;
}

namespace {
void fill_random(void* bytes, std::size_t size) {
  auto* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::getrandom(at, size, 0);
    if (got < 0) continue;  // EINTR is the only error of a small read
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}
}  // namespace

std::string new_uuid() {
  unsigned char b[16];
  fill_random(b, sizeof b);
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  char text[37];
  std::snprintf(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
  return text;
}

std::int64_t new_snapshot_id() {
  std::uint64_t bits = 0;
  fill_random(&bits, sizeof bits);
  const auto id = static_cast<std::int64_t>(bits & 0x7fff'ffff'ffff'ffffULL);
  return id == 0 ? 1 : id;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace millpond::pond
