#include "pond/local_folder.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

std::string base_folder(LocalKind kind) {
  const char* named = std::getenv(kind == LocalKind::kCache ? "XDG_CACHE_HOME" : "XDG_STATE_HOME");
  if (named != nullptr && *named == '/') return std::string(named) + "/millpond";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') {
    return std::string(home) + (kind == LocalKind::kCache ? "/.cache" : "/.local/state") + "/millpond";
  }
  std::error_code failed;
  return std::filesystem::temp_directory_path(failed).string() + "/millpond-" + std::to_string(::getuid());
}

}  // namespace

Result<std::string> local_folder_of(const std::string& pond_uri, LocalKind kind) {
  // The same bucket name on another server is another pond.
  std::string server;
  for (const char* name : {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"}) {
    if (const char* value = std::getenv(name)) server = value;
  }
  std::string folder = base_folder(kind) + "/ponds/" + sha256_hex(server + " " + pond_uri).substr(0, 32);
  MP_TRY(make_directories(folder));
  return folder;
}

Result<std::string> local_copy(const std::string& folder, const std::string& path) {
  if (!is_object(path)) return path;
  MP_TRY(make_directories(folder + "/files"));
  std::string copy = folder + "/files/" + sha256_hex(path).substr(0, 32) + path.substr(path.rfind('.'));
  if (file_size(copy).ok()) return copy;
  const std::string draft = copy + "." + new_uuid();
  Status copied = copy_file(path, draft);
  if (copied.ok() && std::rename(draft.c_str(), copy.c_str()) != 0) copied = os_error(errno, "rename to", copy);
  if (!copied.ok()) (void)remove_file(draft);
  MP_TRY(std::move(copied));
  return copy;
}

}  // namespace millpond::pond
