#include "pond/local_folder.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_store.h"

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
  std::string folder =
      base_folder(kind) + "/ponds/" + sha256_hex(object_server(pond_uri) + " " + pond_uri).substr(0, 32);
  MP_TRY(make_directories(folder));
  return folder;
}

}  // namespace millpond::pond
