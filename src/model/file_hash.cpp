#include "model/file_hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

namespace millpond::model {
namespace {

namespace fs = std::filesystem;

std::string hex(const XXH128_hash_t& hash) {
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return digits.data();
}

fs::path cache_folder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder == '/') {
    return fs::path(folder) / "millpond";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache/millpond";
  return {};
}

/// What tells that the file is the one that was hashed.
std::string identity(const std::string& path, const struct stat& info) {
  std::ostringstream text;
  text << path << ' ' << info.st_dev << ' ' << info.st_ino << ' ' << info.st_size << ' ' << info.st_mtim.tv_sec << '.'
       << info.st_mtim.tv_nsec << ' ' << info.st_ctim.tv_sec << '.' << info.st_ctim.tv_nsec;
  return std::move(text).str();
}

/// Losing the note costs one more read, so that failures are nobody's concern.
void remember(const fs::path& file, const std::string& hash, const std::string& who) {
  std::error_code failure;
  fs::create_directories(file.parent_path(), failure);
  const fs::path draft = file.string() + "." + std::to_string(::getpid());
  {
    std::ofstream out(draft);
    out << hash << ' ' << who << '\n';
    if (!out.flush()) return;
  }
  fs::rename(draft, file, failure);
}

}  // namespace

std::string text_hash(std::string_view text) { return hex(XXH3_128bits(text.data(), text.size())); }

Result<std::string> read_and_hash(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open", path);
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<char> block(1 << 20);
  for (;;) {
    const ssize_t size = ::read(descriptor, block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int failure = errno;
      ::close(descriptor);
      return os_error(failure, "read", path);
    }
    if (size == 0) break;
    XXH3_128bits_update(state.get(), block.data(), static_cast<std::size_t>(size));
  }
  ::close(descriptor);
  return hex(XXH3_128bits_digest(state.get()));
}

Result<std::string> file_hash(const std::string& path) {
  struct stat before{};
  if (::stat(path.c_str(), &before) != 0) return os_error(errno, "open", path);
  std::error_code failure;
  const std::string whole = fs::canonical(path, failure).string();
  const std::string who = identity(whole, before);
  const fs::path folder = cache_folder();
  const fs::path note = folder / ("hash-" + text_hash(whole));
  if (!folder.empty()) {
    std::ifstream in(note);
    std::string hash, line;
    if (in >> hash && std::getline(in >> std::ws, line) && line == who && hash.size() == 32) return hash;
  }
  MP_ASSIGN(const std::string hash, read_and_hash(path));
  struct stat after{};
  // A file that changed while it was read must not be remembered under its new times.
  if (!folder.empty() && ::stat(path.c_str(), &after) == 0 && identity(whole, after) == who) remember(note, hash, who);
  return hash;
}

}  // namespace millpond::model
