#include "index/segment_copies.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "index/segment_format.h"
#include "index/segment_reference.h"
#include "pond/block_cache.h"
#include "pond/file_io.h"
#include "pond/object_map.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRangesBytesMin = 4 << 20;  // a smaller segment is fetched whole

bool elsewhere(const pond::Pond& pond) { return pond.local_folder() != pond.root(); }

std::string kept_folder(const pond::Pond& pond, const std::string& table) { return pond.root() + "/indexes/" + table; }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string draft_name(const std::string& folder) {
  static std::atomic<unsigned> counter{0};
  return folder + "/building-" + std::to_string(::getpid()) + "-fetched-" + std::to_string(counter++);
}

}  // namespace

std::string segment_folder(const pond::Pond& pond, const std::string& table) {
  return pond.local_folder() + "/indexes/" + table;
}

Result<std::set<std::string>> kept_segments(const pond::Pond& pond, const std::string& table) {
  std::set<std::string> names;
  if (!elsewhere(pond)) return names;
  MP_ASSIGN(const auto files, pond::list_files(kept_folder(pond, table)));
  for (const pond::FileEntry& file : files) names.insert(name_of(file.path));
  return names;
}

Status keep_segment(const pond::Pond& pond, const std::string& table, const std::string& name) {
  if (!elsewhere(pond)) return {};
  return pond::copy_file(segment_folder(pond, table) + '/' + name, kept_folder(pond, table) + '/' + name);
}

Result<bool> bring_segment(const pond::Pond& pond, const std::string& table, const std::string& name) {
  if (!elsewhere(pond)) return false;
  const std::string object = kept_folder(pond, table) + '/' + name;
  const Result<std::int64_t> size = pond::file_size(object);
  if (size.status().code() == Code::kNotFound) return false;
  MP_TRY(size.status());
  if (*size < kRangesBytesMin || pond::object_cache_bytes() == 0) return fetch_segment(pond, table, name);
  const std::string blocks = pond.local_folder() + "/blocks";
  pond::BlockCache::trim(blocks, pond::object_cache_bytes());
  const std::string folder = segment_folder(pond, table);
  MP_TRY(pond::make_directories(folder));
  const std::string draft = draft_name(folder);
  MP_TRY(pond::write_file(draft, encode_reference({object, blocks})));
  const std::string path = folder + '/' + name;
  if (std::rename(draft.c_str(), path.c_str()) != 0) return os_error(errno, "cannot name the segment", path);
  return true;
}

Status complete_segment(const pond::Pond& pond, const std::string& table, const std::string& name,
                        const Segment& segment) {
  const auto& object = segment.view().object;
  if (object == nullptr || object->kept_bytes() * 2 < segment.info().size_bytes) return {};
  return fetch_segment(pond, table, name).status();
}

Result<bool> fetch_segment(const pond::Pond& pond, const std::string& table, const std::string& name) {
  if (!elsewhere(pond)) return false;
  const std::string folder = segment_folder(pond, table);
  MP_TRY(pond::make_directories(folder));
  const std::string draft = draft_name(folder);
  Status copied = pond::copy_file(kept_folder(pond, table) + '/' + name, draft);
  if (copied.code() == Code::kNotFound) return false;
  MP_TRY(std::move(copied));
  const std::string path = folder + '/' + name;
  if (std::rename(draft.c_str(), path.c_str()) != 0) return os_error(errno, "cannot name the segment", path);
  return true;
}

Result<std::int64_t> remove_kept_segments(const pond::Pond& pond, const std::string& table,
                                          const std::set<std::string>& data_file_stems, std::chrono::seconds grace) {
  std::int64_t removed = 0;
  if (!elsewhere(pond)) return removed;
  MP_ASSIGN(const auto files, pond::list_files(kept_folder(pond, table)));
  const std::int64_t newest_to_go = pond::now_ms() - std::chrono::milliseconds(grace).count();
  for (const pond::FileEntry& file : files) {
    const std::string name = name_of(file.path);
    const std::size_t dash = name.rfind('-');
    const bool named = name.ends_with(".segment") && dash != std::string::npos;
    if ((named && data_file_stems.contains(name.substr(0, dash))) || file.modified_ms > newest_to_go) continue;
    MP_TRY(pond::remove_file(file.path));
    ++removed;
  }
  return removed;
}

}  // namespace millpond::index
