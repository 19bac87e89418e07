#pragma once
// Every byte that a pond reads or writes goes through here, so that errors name the action and the path,
// and so that faults can be injected in one place. A path is one of the file system, or `s3://bucket/key`: objects
// are durable once written, and have no folders, so that what makes folders or syncs does nothing for them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::pond {

class ObjectWriter;

/// Creates a file and appends to it. Until `finish`, the file is temporary: the destructor removes it.
/// Data is not durable before `sync_files`; writeback starts early, so that the later sync waits less.
class FileWriter {
 public:
  FileWriter();
  ~FileWriter();
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&& other) noexcept;

  /// Errors: kAlreadyExists; never overwrites. Names of objects must be new by themselves, such as by a UUID.
  static Result<FileWriter> create(const std::string& path);
  Status append(std::string_view bytes);
  Status finish();
  void abandon();  ///< closes and removes
  bool is_open() const { return descriptor_ >= 0 || object_ != nullptr; }
  std::int64_t size_bytes() const { return size_bytes_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_bytes_ = 0;
  std::int64_t started_bytes_ = 0;  // writeback was started up to here
  std::unique_ptr<ObjectWriter> object_;
};

/// Errors: kNotFound, kResourceExhausted above `limit_bytes`.
Result<std::string> read_file(const std::string& path, std::int64_t limit_bytes = std::int64_t{1} << 30);
/// Errors: kDataCorrupt if the file ends before.
Result<std::string> read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes);
Status write_file(const std::string& path, std::string_view bytes);  ///< create + append + finish
/// In pieces, from or to objects as well. Errors: kNotFound, kAlreadyExists.
Status copy_file(const std::string& from, const std::string& to);
Result<std::int64_t> file_size(const std::string& path);
Status make_directories(const std::string& path);
/// Success if it is gone, whoever removed it.
Status remove_file(const std::string& path);
/// With all that is in it. Success if it is gone.
Status remove_folder(const std::string& path);

/// Makes the contents of the files and the entries of the folders that hold them durable.
/// All are synced at the same time: the file system then groups them into few journal commits (measured: 1.7 times
/// as many commits a second as one after the other). What must be durable in an order needs two calls.
Status sync_files(const std::vector<std::string>& paths);
Status sync_directory(const std::string& path);

struct FileEntry {
  std::string path;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ms = 0;
};
/// Regular files below a folder; none if there is no such folder.
Result<std::vector<FileEntry>> list_files(const std::string& folder);

std::string new_uuid();          ///< random, version 4
std::int64_t new_snapshot_id();  ///< random, positive
std::int64_t now_ms();

}  // namespace millpond::pond
