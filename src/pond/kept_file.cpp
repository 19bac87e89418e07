#include "pond/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kKeptBytesMax = std::int64_t{256} << 20;
constexpr std::size_t kFileBytesMax = 4 << 20;  // larger ones are worth a request
constexpr std::size_t kHashChars = 64;
constexpr char kPruneDigit = '0';  // of a new copy's random name: one in sixteen looks at the others

void prune(const std::string& folder) {
  auto files = list_files(folder);
  if (!files.ok()) return;
  std::sort(files->begin(), files->end(),
            [](const FileEntry& a, const FileEntry& b) { return a.modified_ms > b.modified_ms; });
  std::int64_t size_bytes = 0;
  for (const FileEntry& file : *files) {
    size_bytes += file.size_bytes;
    if (size_bytes > kKeptBytesMax) (void)remove_file(file.path);
  }
}

/// What cannot be kept is read again next time, so that errors do not matter.
void keep(const std::string& folder, const std::string& copy, const std::string& bytes) {
  const std::string name = new_uuid();
  const std::string draft = folder + "/" + name;
  if (!make_directories(folder).ok() || !write_file(draft, bytes).ok()) return;
  if (std::rename(draft.c_str(), copy.c_str()) != 0) (void)remove_file(draft);
  if (name.front() == kPruneDigit) prune(folder);
}

}  // namespace

Result<std::string> read_kept(const std::string& folder, const std::string& path) {
  if (!is_object(path)) return read_file(path);
  const std::string copies = folder + "/metadata";
  const std::string copy = copies + "/" + sha256_hex(path).substr(0, 32);
  // Copies are not synced: each ends with its hash, so that what a crash left of one is not taken for it.
  Result<std::string> kept = read_file(copy);
  if (kept.ok() && kept->size() > kHashChars) {
    const std::string hash = kept->substr(kept->size() - kHashChars);
    kept->resize(kept->size() - kHashChars);
    if (sha256_hex(*kept) == hash) {
      (void)::utimensat(AT_FDCWD, copy.c_str(), nullptr, 0);
      return kept;
    }
  }
  MP_ASSIGN(std::string bytes, read_file(path));
  if (bytes.size() <= kFileBytesMax) keep(copies, copy, bytes + sha256_hex(bytes));
  return bytes;
}

}  // namespace millpond::pond
