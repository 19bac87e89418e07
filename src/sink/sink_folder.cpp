#include "sink/sink_folder.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "pond/file_io.h"

namespace millpond::sink {
namespace {

namespace fs = std::filesystem;

}  // namespace

SinkFolder::~SinkFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}
SinkFolder::SinkFolder(SinkFolder&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}
SinkFolder& SinkFolder::operator=(SinkFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

Result<SinkFolder> SinkFolder::create(const Options& options) {
  SinkFolder folder;
  folder.path_ = options.text("path");
  while (folder.path_.size() > 1 && folder.path_.back() == '/') folder.path_.pop_back();
  if (folder.path_.empty()) return invalid("the sink has no `path`");
  std::error_code failure;
  if (fs::exists(folder.path_, failure) && !fs::is_empty(folder.path_, failure)) {
    return Status(Code::kAlreadyExists, "the folder is there already: " + folder.path_);
  }
  std::string temporary = folder.path_ + "." + pond::new_uuid().substr(0, 8) + ".part";
  MP_TRY(pond::make_directories(temporary));
  folder.temporary_ = std::move(temporary);
  return folder;
}

Status SinkFolder::commit() {
  MP_ASSIGN(const std::vector<pond::FileEntry> files, pond::list_files(temporary_));
  std::vector<std::string> paths;
  for (const pond::FileEntry& file : files) paths.push_back(file.path);
  MP_TRY(pond::sync_files(paths));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return os_error(errno, "cannot rename to", path_);
  temporary_.clear();
  const std::string parent = fs::path(path_).parent_path().string();
  return pond::sync_directory(parent.empty() ? "." : parent);
}

}  // namespace millpond::sink
