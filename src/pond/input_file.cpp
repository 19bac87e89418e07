#include "pond/input_file.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "core/arrow_status.h"
#include "pond/block_cache.h"
#include "pond/object/object_store.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kTailBytes = 64 << 10;  // holds the footer of most files

arrow::Status to_arrow(const Status& status) { return arrow::Status::IOError(status.message()); }

class ObjectInput final : public arrow::io::RandomAccessFile {
 public:
  ObjectInput(std::shared_ptr<ObjectStore> store, std::string path)
      : store_(std::move(store)), path_(std::move(path)) {}
  ObjectInput(std::shared_ptr<ObjectStore> store, std::string path, std::int64_t size_bytes,
              std::unique_ptr<BlockCache> kept)
      : store_(std::move(store)), path_(std::move(path)), kept_(std::move(kept)), size_bytes_(size_bytes) {}

  arrow::Status Close() override { return closed_ = true, arrow::Status::OK(); }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override { return position_ = position, arrow::Status::OK(); }

  arrow::Result<std::int64_t> GetSize() override {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(load_tail());
    return size_bytes_;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size_bytes) override {
    const std::string* kept = nullptr;
    std::int64_t kept_from = 0;
    {
      const std::lock_guard lock(mutex_);
      ARROW_RETURN_NOT_OK(load_tail());
      kept = &tail_;
      kept_from = size_bytes_ - static_cast<std::int64_t>(tail_.size());
    }
    size_bytes = std::min(size_bytes, std::max<std::int64_t>(0, size_bytes_ - position));
    if (position >= kept_from) {
      return arrow::Buffer::FromString(
          kept->substr(static_cast<std::size_t>(position - kept_from), static_cast<std::size_t>(size_bytes)));
    }
    const auto fetch = [&](std::int64_t from, std::int64_t size) { return store_->read_range(path_, from, size); };
    Result<std::string> bytes = kept_ ? kept_->read(position, size_bytes, fetch) : fetch(position, size_bytes);
    if (!bytes.ok()) return to_arrow(bytes.status());
    return arrow::Buffer::FromString(*std::move(bytes));
  }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size_bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto buffer, ReadAt(position, size_bytes));
    std::memcpy(out, buffer->data(), static_cast<std::size_t>(buffer->size()));
    return buffer->size();
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size_bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size_bytes));
    position_ += buffer->size();
    return buffer;
  }
  arrow::Result<std::int64_t> Read(std::int64_t size_bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t read, ReadAt(position_, size_bytes, out));
    position_ += read;
    return read;
  }

 private:
  /// Its end, with the footer, tells the size as well.
  arrow::Status load_tail() {
    if (size_bytes_ >= 0) return arrow::Status::OK();
    std::int64_t whole_bytes = 0;
    Result<std::string> tail = store_->read_tail(path_, kTailBytes, whole_bytes);
    if (!tail.ok()) return to_arrow(tail.status());
    tail_ = *std::move(tail);
    size_bytes_ = whole_bytes;
    return arrow::Status::OK();
  }

  const std::shared_ptr<ObjectStore> store_;
  const std::string path_;
  const std::unique_ptr<BlockCache> kept_;  // none: all is asked for
  std::mutex mutex_;
  std::string tail_;
  std::int64_t size_bytes_ = -1, position_ = 0;
  bool closed_ = false;
};

}  // namespace

Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_input(const std::string& path) {
  if (is_object(path)) {
    MP_ASSIGN(auto store, object_store(path));
    return std::shared_ptr<arrow::io::RandomAccessFile>(std::make_shared<ObjectInput>(std::move(store), path));
  }
  MP_ASSIGN(auto file, from_arrow(arrow::io::ReadableFile::Open(path)));
  return std::shared_ptr<arrow::io::RandomAccessFile>(std::move(file));
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_kept_input(const std::string& path, std::int64_t size_bytes,
                                                                     const std::string& folder) {
  if (!is_object(path)) return open_input(path);
  MP_ASSIGN(auto store, object_store(path));
  return std::shared_ptr<arrow::io::RandomAccessFile>(
      std::make_shared<ObjectInput>(std::move(store), path, size_bytes, BlockCache::open(folder, path, size_bytes)));
}

}  // namespace millpond::pond
