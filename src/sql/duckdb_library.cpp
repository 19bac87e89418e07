// Finds libduckdb.so and takes its functions.

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "sql/duckdb_api.h"

namespace millpond::sql::duck {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> places() {
  if (const char* given = std::getenv("MILLPOND_DUCKDB"); given != nullptr && *given != '\0') return {given};
  std::vector<std::string> paths;
  std::error_code failure;
  if (const fs::path program = fs::read_symlink("/proc/self/exe", failure); !failure) {
    paths.push_back((program.parent_path() / "libduckdb.so").string());
    paths.push_back((program.parent_path().parent_path() / "lib" / "millpond" / "libduckdb.so").string());
  }
#ifdef MILLPOND_DUCKDB_PATH
  paths.emplace_back(MILLPOND_DUCKDB_PATH);
#endif
  return paths;
}

millpond::Result<Api> load_now() {
  Api api;
  void* library = nullptr;
  std::string tried, reason;
  for (const std::string& path : places()) {
    tried += (tried.empty() ? "" : ", ") + path;
    std::error_code failure;
    if (!fs::exists(path, failure)) continue;
    // Local: it carries a Parquet reader and compressors of its own, whose symbols must not meet ours.
    library = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    api.path = path;
    if (library != nullptr) break;
    if (const char* said = ::dlerror(); said != nullptr) reason = said;
  }
  if (library == nullptr && !reason.empty()) return unavailable("DuckDB's library does not load: ", reason);
  if (library == nullptr) {
    return unavailable("SQL needs DuckDB's library, which is not installed; looked for ", tried)
        .hint("Run `./dev install --sql`, or set MILLPOND_DUCKDB to the path of a libduckdb.so of version 1.5.");
  }
  std::string missing;
#define MP_DUCKDB_LOAD(result, name, parameters)                                        \
  api.name = reinterpret_cast<result(*) parameters>(::dlsym(library, "duckdb_" #name)); \
  if (api.name == nullptr) missing += " duckdb_" #name;
  MP_DUCKDB_FUNCTIONS(MP_DUCKDB_LOAD)
#undef MP_DUCKDB_LOAD
  if (!missing.empty()) {
    return unsupported("this build of DuckDB lacks functions:", missing, ": ", api.path)
        .hint("Take version 1.5.5: `./dev install --sql`.");
  }
  return api;
}

}  // namespace

millpond::Result<const Api*> load() {
  static const millpond::Result<Api> loaded = load_now();
  if (!loaded.ok()) return loaded.status();
  return &*loaded;
}

}  // namespace millpond::sql::duck
