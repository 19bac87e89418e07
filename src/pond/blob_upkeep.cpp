#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "pond/blob_uses.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

std::string folder_of(const Pond& pond) { return pond.root() + "/blobs"; }

/// A writer that puts the same bytes again at this moment finds none, and writes them; one that was just before made
/// the file young, and then it stays.
Result<bool> remove_if_old(const Pond& pond, const FileEntry& file, std::int64_t newest_to_go_ms) {
  if (is_object(file.path)) {
    MP_TRY(remove_file(file.path));
    return true;
  }
  const std::string aside = folder_of(pond) + "/draft-" + new_uuid();
  if (std::rename(file.path.c_str(), aside.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return os_error(errno, "rename", file.path);
  }
  struct stat now{};
  const bool known = ::stat(aside.c_str(), &now) == 0;
  const std::int64_t modified_ms = std::int64_t{now.st_mtim.tv_sec} * 1000 + now.st_mtim.tv_nsec / 1'000'000;
  if (known && modified_ms > newest_to_go_ms && modified_ms > file.modified_ms) {
    if (std::rename(aside.c_str(), file.path.c_str()) != 0) return os_error(errno, "rename", aside);
    return false;
  }
  MP_TRY(remove_file(aside));
  return true;
}

template <class Uses>
std::set<std::string> hashes_of(const Uses& uses) {
  std::set<std::string> hashes;
  for (const auto& [use, table] : uses) hashes.insert(use.first);
  return hashes;
}

}  // namespace

Result<BlobReport> remove_unused_blobs(const Pond& pond, std::chrono::milliseconds grace, Context& context) {
  if (grace.count() < 0) return invalid("the grace period cannot be negative: ", grace.count());
  BlobReport report;
  // Listed before the tables are read: what is put and committed in between is then known as used, or is too young.
  const std::int64_t newest_to_go = now_ms() - grace.count();
  MP_ASSIGN(const std::vector<FileEntry> files, list_files(folder_of(pond)));
  if (files.empty()) return report;
  MP_ASSIGN(const auto uses, all_blob_uses(pond, context));
  for (const FileEntry& file : unused_blobs(files, hashes_of(uses), newest_to_go)) {
    MP_TRY(context.check());
    MP_ASSIGN(const bool removed, remove_if_old(pond, file, newest_to_go));
    if (!removed) continue;
    ++report.files;
    report.size_bytes += file.size_bytes;
  }
  return report;
}

Status check_blobs(const Pond& pond, const CheckOptions& options, CheckReport& report, Context& context) {
  const std::int64_t newest_to_go = now_ms() - options.orphan_grace.count();
  MP_ASSIGN(const std::vector<FileEntry> files, list_files(folder_of(pond)));
  MP_ASSIGN(const auto uses, all_blob_uses(pond, context));
  std::map<std::string, const FileEntry*> by_name;
  for (const FileEntry& file : files) by_name[file.path.substr(file.path.rfind('/') + 1)] = &file;
  for (const auto& [use, table] : uses) {
    MP_TRY(context.check());
    const auto& [sha256, size_bytes] = use;
    const auto found = by_name.find(sha256);
    std::string what;
    if (!is_sha256(sha256)) {
      what = "a row refers to what is no SHA-256: " + sha256.substr(0, 80);
    } else if (found == by_name.end()) {
      what = "a blob that rows refer to is not there";
    } else if (size_bytes >= 0 && found->second->size_bytes != size_bytes) {
      what = "a blob has " + std::to_string(found->second->size_bytes) + " bytes, and rows say " +
             std::to_string(size_bytes);
    } else if (options.content) {
      MP_ASSIGN(const std::string actual, sha256_of_file(found->second->path, context));
      if (actual != sha256) what = "a blob's bytes are not those that its name says";
    }
    ++report.files;
    if (found != by_name.end()) report.size_bytes += found->second->size_bytes;
    if (what.empty()) continue;
    const std::string path = is_sha256(sha256) ? blob_path(pond, sha256) : folder_of(pond);
    report.problems.push_back({.kind = Problem::Kind::kBlob,
                               .table = table,
                               .path = path,
                               .what = std::move(what),
                               .repair = "restore it from a backup, or delete the rows that refer to it"});
  }
  for (const FileEntry& file : unused_blobs(files, hashes_of(uses), newest_to_go)) {
    Problem problem{.kind = Problem::Kind::kOrphan, .path = file.path, .what = "no row refers to the blob"};
    if (options.repair) {
      MP_ASSIGN(problem.repaired, remove_if_old(pond, file, newest_to_go));
      if (problem.repaired) problem.repair = "removed";
    }
    report.problems.push_back(std::move(problem));
  }
  return {};
}

}  // namespace millpond::pond
