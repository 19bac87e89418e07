#include "sink/sink_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace millpond::sink {

std::vector<Option> sink_file_options() {
  return {{"path", "", "The file to write."}, {"replace", false, "Replace a file that is there."}};
}

Result<SinkFile> SinkFile::create(const Options& options) {
  SinkFile file;
  file.path_ = options.text("path");
  file.replace_ = options.flag("replace");
  if (file.path_.empty()) return invalid("the sink has no `path`");
  std::error_code failure;
  if (std::filesystem::is_directory(file.path_, failure)) return invalid("the path is a folder: ", file.path_);
  if (!file.replace_ && std::filesystem::exists(file.path_, failure)) {
    return Status(Code::kAlreadyExists, "the file is there already: " + file.path_);
  }
  file.temporary_ = file.path_ + "." + pond::new_uuid().substr(0, 8) + ".part";
  MP_ASSIGN(file.writer_, pond::FileWriter::create(file.temporary_));
  return file;
}

Status SinkFile::commit() {
  MP_TRY(writer_.finish());
  Status status = pond::sync_files({temporary_});
  if (status.ok()) {
    const unsigned flags = replace_ ? 0 : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), flags) != 0) {
      status = os_error(errno, "cannot rename to", path_);
    }
  }
  if (!status.ok()) {
    (void)pond::remove_file(temporary_);
    return status;
  }
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  return pond::sync_directory(folder.empty() ? "." : folder);
}

}  // namespace millpond::sink
