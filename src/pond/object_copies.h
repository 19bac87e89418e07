#pragma once
// Copies of objects on this machine, for libraries that open files only.

#include <cstdint>
#include <map>
#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// MILLPOND_OBJECT_CACHE_MB, in bytes.
std::int64_t object_cache_bytes();

/// The files that one statement reads. Objects that never change are copied once into `folder`/files, where the copies
/// used last stay: `MILLPOND_OBJECT_CACHE_MB` (4096) bounds them, on top of what statements are reading. A statement
/// has hard links of its own to its copies, so that no other process takes them away under it.
/// Threads: one. Processes: any number.
class ObjectCopies {
 public:
  ObjectCopies() = default;
  ~ObjectCopies() { release(); }
  ObjectCopies(const ObjectCopies&) = delete;
  ObjectCopies& operator=(const ObjectCopies&) = delete;

  /// A path that can be opened until `release`: that of a local file itself.
  Result<std::string> open(const std::string& folder, const std::string& path);
  /// The statement is over.
  void release();

 private:
  Result<std::string> link_of(const std::string& copy);
  std::string folder_, links_;  ///< of this object; made with the first copy
  std::map<std::string, std::string> opened_;
};

}  // namespace millpond::pond
