#include "pond/object_copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

namespace fs = std::filesystem;

/// Links of processes that are gone: "reading-<process>-<uuid>".
void remove_dead_links(const std::string& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("reading-")) continue;
    const long process = std::strtol(name.c_str() + 8, nullptr, 10);
    if (process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
      fs::remove_all(entry.path(), failed);
  }
}

/// The copies that were used last stay.
void trim(const std::string& folder, std::int64_t limit_bytes) {
  struct Copy {
    std::string path;
    std::int64_t size_bytes;
    fs::file_time_type used;
  };
  std::vector<Copy> copies;
  std::int64_t total = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder + "/files", failed)) {
    std::error_code gone;
    if (!entry.is_regular_file(gone) || gone) continue;
    const auto size = static_cast<std::int64_t>(entry.file_size(gone));
    const auto used = entry.last_write_time(gone);
    if (gone) continue;
    copies.push_back({entry.path().string(), size, used});
    total += size;
  }
  std::sort(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) { return a.used < b.used; });
  for (const Copy& copy : copies) {
    if (total <= limit_bytes) return;
    (void)remove_file(copy.path);
    total -= copy.size_bytes;
  }
}

}  // namespace

std::int64_t object_cache_bytes() {
  constexpr std::int64_t kDefaultMb = 4096;
  const char* named = std::getenv("MILLPOND_OBJECT_CACHE_MB");
  const std::int64_t mb = named != nullptr && *named != '\0' ? std::strtoll(named, nullptr, 10) : kDefaultMb;
  return std::clamp<std::int64_t>(mb, 0, std::int64_t{1} << 30) << 20;
}

Result<std::string> ObjectCopies::link_of(const std::string& copy) {
  if (links_.empty()) {
    remove_dead_links(folder_);
    links_ = folder_ + "/reading-" + std::to_string(::getpid()) + "-" + new_uuid();
    MP_TRY(make_directories(links_));
  }
  const std::string link = links_ + copy.substr(copy.rfind('/'));
  if (::link(copy.c_str(), link.c_str()) != 0) return os_error(errno, "link", copy);
  ::utimensat(AT_FDCWD, copy.c_str(), nullptr, 0);  // used now
  return link;
}

Result<std::string> ObjectCopies::open(const std::string& folder, const std::string& path) {
  if (!is_object(path)) return path;
  if (const auto known = opened_.find(path); known != opened_.end()) return known->second;
  folder_ = folder;
  MP_TRY(make_directories(folder + "/files"));
  const std::string copy = folder + "/files/" + sha256_hex(path).substr(0, 32) + path.substr(path.rfind('.'));
  for (int attempt = 0;; ++attempt) {
    Result<std::string> link = link_of(copy);
    if (link.ok()) return opened_[path] = *std::move(link);
    if (link.status().code() != Code::kNotFound || attempt == 3) return std::move(link).status();
    const std::string draft = folder + "/draft-" + new_uuid();
    Status copied = copy_file(path, draft);
    if (copied.ok()) {
      // Room is made before it counts, so that the new one is not what goes.
      trim(folder, std::max<std::int64_t>(0, object_cache_bytes() - file_size(draft).value_or(0)));
      if (std::rename(draft.c_str(), copy.c_str()) != 0) copied = os_error(errno, "rename to", copy);
    }
    if (!copied.ok()) (void)remove_file(draft);
    MP_TRY(std::move(copied));
  }
}

void ObjectCopies::release() {
  if (links_.empty()) return;
  std::error_code failed;
  fs::remove_all(links_, failed);
  links_.clear();
  opened_.clear();
  trim(folder_, object_cache_bytes());
}

}  // namespace millpond::pond
