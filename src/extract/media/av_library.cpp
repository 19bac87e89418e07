#include "extract/media/av_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace millpond::extract::av {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHint =
    "./dev install --media fetches FFmpeg's libraries (5.1); or set MILLPOND_MEDIA to a folder that has them.";

std::vector<fs::path> places() {
  if (const char* given = std::getenv("MILLPOND_MEDIA"); given != nullptr && *given != '\0') return {given};
  std::vector<fs::path> found;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) {
    found.push_back(program / "media");
    found.push_back(program.parent_path() / "lib/millpond/media");
  }
#ifdef MILLPOND_MEDIA_PATH
  found.emplace_back(MILLPOND_MEDIA_PATH);
#endif
  return found;
}

/// "libavutil.so.57" as well as "libavutil-1a2b3c4d.so.57.28.100", as wheels name them.
bool is_library(std::string_view file, std::string_view name) {
  if (!file.starts_with(name)) return false;
  file.remove_prefix(name.size());
  return (file.starts_with('-') || file.starts_with('.')) && file.find(".so.") != std::string_view::npos;
}

/// The libraries that are in a folder, of a name and (unless it is 0) a major version; the shortest file name first,
/// since the longer ones are other names of the same.
std::vector<std::string> files_of(const fs::path& folder, std::string_view name, int major) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (!is_library(file, name)) continue;
    const std::string version = file.substr(file.find(".so.") + 4);
    if (major == 0 || version.substr(0, version.find('.')) == std::to_string(major)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return found;
}

void* open_one(const std::string& path, std::string& problem) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays loaded
  if (library == nullptr) {
    const char* why = ::dlerror();
    problem = why != nullptr ? why : path;
  }
  return library;
}

struct Wanted {
  std::string_view name;
  int major;
  void* library = nullptr;
};

Result<Library> load_from(const fs::path& folder) {
  std::string problem;
  // What they need themselves, where it comes with them; else the system's is found.
  for (const std::string_view name : {"libcrypto", "libssl", "libvpx"}) {
    for (const std::string& path : files_of(folder, name, 0)) {
      if (name == "libvpx" || path.find("-") != std::string::npos) open_one(path, problem);
    }
  }
  Wanted wanted[] = {
      {"libavutil", 57}, {"libswresample", 4}, {"libavcodec", 59}, {"libavformat", 59}, {"libswscale", 6}};
  for (Wanted& one : wanted) {
    const std::vector<std::string> files = files_of(folder, one.name, one.major);
    if (files.empty()) {
      const std::vector<std::string> others = files_of(folder, one.name, 0);
      if (others.empty()) return unavailable("FFmpeg's libraries are not there: ", one.name);
      return unsupported("only major version ", one.major, " of ", one.name, " is supported, not: ", others.front());
    }
    one.library = open_one(files.front(), problem);
    if (one.library == nullptr) return unavailable("FFmpeg's library cannot be loaded: ", problem);
  }
  void *const util = wanted[0].library, *const codec = wanted[2].library, *const format = wanted[3].library,
              *const scale = wanted[4].library;
  Library api;
  std::string missing;
#define MP_AV_LOAD(library, result, name, parameters)                         \
  api.name = reinterpret_cast<result(*) parameters>(::dlsym(library, #name)); \
  if (!api.name) missing += " " #name;
  MP_AV_FUNCTIONS(MP_AV_LOAD)
#undef MP_AV_LOAD
  if (!missing.empty()) return unsupported("FFmpeg's libraries lack functions:", missing);
  // The number of channels stands in a structure that came with 57.24.
  constexpr unsigned kUtilMin = 57U << 16 | 24U << 8;
  if (api.avutil_version() >> 16 != 57 || api.avcodec_version() >> 16 != 59 || api.avformat_version() >> 16 != 59 ||
      api.swscale_version() >> 16 != 6 || api.avutil_version() < kUtilMin)
    return unsupported("only FFmpeg 5.1 is supported, not libavutil: ", api.avutil_version() >> 16, ".",
                       api.avutil_version() >> 8 & 255);
  constexpr int kQuiet = -8;
  api.av_log_set_level(kQuiet);
  return api;
}

Result<Library> load() {
  std::string tried;
  for (const fs::path& folder : places()) {
    Result<Library> loaded = load_from(folder);
    std::error_code error;
    if (loaded.ok() || fs::is_directory(folder, error)) {
      return loaded.ok() ? loaded : Result<Library>(std::move(loaded).status().hint(std::string(kHint)));
    }
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  return unavailable("FFmpeg's libraries are not there; tried: ", tried).hint(std::string(kHint));
}

}  // namespace

Result<const Library*> load_library() {
  // It keeps its state in the process.
  static const Result<Library> loaded = load();
  if (!loaded.ok()) return loaded.status();
  return &*loaded;
}

std::string library_file() {
  for (const fs::path& folder : places()) {
    const std::vector<std::string> files = files_of(folder, "libavcodec", 59);
    if (!files.empty()) return fs::path(files.front()).filename().string();
  }
  return {};
}

}  // namespace millpond::extract::av
