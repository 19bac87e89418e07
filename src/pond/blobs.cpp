#include "millpond/pond/blobs.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <mutex>

#include "pond/blob_uses.h"
#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{4} << 20;

std::string path_below(const std::string& root, std::string_view sha256) {
  return root + "/blobs/" + std::string(sha256.substr(0, 2)) + "/" + std::string(sha256);
}

Status check_sha256(std::string_view sha256) {
  return is_sha256(sha256) ? Status() : invalid("not a SHA-256 of 64 hexadecimal digits: ", sha256.substr(0, 80));
}

std::string hex_of(const unsigned char* bytes, unsigned size) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += kHex[bytes[i] >> 4], text += kHex[bytes[i] & 15];
  return text;
}

/// Whether the file is there in full; it is then as young as a new one.
bool renew(const std::string& path, std::int64_t size_bytes) {
  const Result<std::int64_t> there = file_size(path);
  return there.ok() && *there == size_bytes && ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0;
}

Status make_folders(const std::string& root, const std::string& path) {
  MP_TRY(make_directories(path.substr(0, path.rfind('/'))));
  return sync_directory(root + "/blobs");
}

/// Appears under its name only when it is whole.
Status move_into_place(const std::string& draft, const std::string& path) {
  if (std::rename(draft.c_str(), path.c_str()) == 0) return {};
  const int failed = errno;
  (void)remove_file(draft);
  return os_error(failed, "rename to", path);
}

}  // namespace

Result<std::string> sha256_of_file(const std::string& path, Context& context) {
  MP_ASSIGN(const std::int64_t size_bytes, file_size(path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1)
    return internal("SHA-256 is not available");
  for (std::int64_t at = 0; at < size_bytes; at += kPieceBytes) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::string piece, read_range(path, at, std::min(kPieceBytes, size_bytes - at)));
    if (EVP_DigestUpdate(digest.get(), piece.data(), piece.size()) != 1) return internal("SHA-256 failed");
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(digest.get(), bytes, &size) != 1) return internal("SHA-256 failed");
  return hex_of(bytes, size);
}

namespace {

class PondBlobs final : public Blobs {
 public:
  explicit PondBlobs(std::string root) : root_(std::move(root)) {}

  Result<BlobRef> put(std::string_view bytes, std::string_view media_type) override {
    BlobRef ref{sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), std::string(media_type)};
    const std::string path = path_below(root_, ref.sha256);
    {
      const std::lock_guard lock(mutex_);
      if (put_.contains(ref.sha256)) return ref;
    }
    MP_TRY(write(path, bytes));
    const std::lock_guard lock(mutex_);
    put_.insert(ref.sha256);
    unsynced_.push_back(path);
    return ref;
  }

  Result<BlobRef> put_file(const std::string& path, std::string_view media_type, Context& context) override {
    BlobRef ref;
    ref.media_type = media_type;
    MP_ASSIGN(ref.size_bytes, file_size(path));
    MP_ASSIGN(ref.sha256, sha256_of_file(path, context));
    const std::string to = path_below(root_, ref.sha256);
    if (is_object(to)) {
      MP_TRY(copy_file(path, to));
      return ref;
    }
    if (!renew(to, ref.size_bytes)) {
      MP_TRY(make_folders(root_, to));
      const std::string draft = root_ + "/blobs/draft-" + new_uuid();
      MP_TRY(copy_file(path, draft));
      const auto copied = sha256_of_file(draft, context);
      if (!copied.ok() || *copied != ref.sha256) {
        (void)remove_file(draft);
        MP_TRY(Status(copied.status()));
        return conflict("the file changed while it was read: ", path);
      }
      MP_TRY(move_into_place(draft, to));
    }
    const std::lock_guard lock(mutex_);
    unsynced_.push_back(to);
    return ref;
  }

  Result<std::string> get(const BlobRef& ref, std::int64_t size_bytes_max) override {
    if (!is_sha256(ref.sha256)) return invalid("not a blob's SHA-256: ", ref.sha256);
    const std::string path = path_below(root_, ref.sha256);
    MP_ASSIGN(const std::int64_t size_bytes, file_size(path));
    if (size_bytes > size_bytes_max)
      return exhausted("the blob has more bytes than ", size_bytes_max, ": ", size_bytes);
    return read_range(path, 0, size_bytes);
  }

  Status sync() override {
    std::vector<std::string> paths;
    {
      const std::lock_guard lock(mutex_);
      paths.swap(unsynced_);
    }
    if (paths.empty() || is_object(root_)) return {};
    Status synced = sync_files(paths);
    if (synced.ok()) return synced;
    const std::lock_guard lock(mutex_);
    unsynced_.insert(unsynced_.end(), paths.begin(), paths.end());
    return synced;
  }

 private:
  Status write(const std::string& path, std::string_view bytes) const {
    // An object has no time of its own to renew, so it is written again: the same bytes under the same name.
    if (is_object(path)) return write_file(path, bytes);
    if (renew(path, static_cast<std::int64_t>(bytes.size()))) return {};
    MP_TRY(make_folders(root_, path));
    const std::string draft = root_ + "/blobs/draft-" + new_uuid();
    MP_TRY(write_file(draft, bytes));
    return move_into_place(draft, path);
  }

  const std::string root_;
  std::mutex mutex_;
  std::set<std::string> put_;
  std::vector<std::string> unsynced_;
};

}  // namespace

std::string blob_path(const Pond& pond, std::string_view sha256) { return path_below(pond.root(), sha256); }

std::shared_ptr<Blobs> blobs_of(const Pond& pond) { return std::make_shared<PondBlobs>(pond.root()); }

Result<std::int64_t> blob_size(const Pond& pond, std::string_view sha256) {
  MP_TRY(check_sha256(sha256));
  Result<std::int64_t> size = file_size(blob_path(pond, sha256));
  if (!size.ok() && size.status().code() == Code::kNotFound) return not_found("no blob has this SHA-256: ", sha256);
  return size;
}

Result<std::string> read_blob(const Pond& pond, std::string_view sha256, std::int64_t offset, std::int64_t size_bytes) {
  if (offset < 0 || size_bytes < 0) return invalid("a range of a blob cannot be negative: ", offset, ", ", size_bytes);
  MP_ASSIGN(const std::int64_t whole, blob_size(pond, sha256));
  const std::int64_t from = std::min(offset, whole), count = std::min(size_bytes, whole - from);
  if (count == 0) return std::string();
  return read_range(blob_path(pond, sha256), from, count);
}

}  // namespace millpond::pond
