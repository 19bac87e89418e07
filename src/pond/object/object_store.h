#pragma once
// Objects in S3, and in servers that speak its protocol: whole, by ranges, by conditions, by prefix.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "pond/object/object_http.h"

namespace millpond::pond {

struct ObjectInfo {
  std::string path;  ///< s3://bucket/key
  std::int64_t size_bytes = 0;
  std::int64_t modified_ms = 0;
};

/// What an object holds, and the tag that says which version of it that is.
struct TaggedObject {
  std::string bytes, tag;
};

/// How a write under a condition ended.
struct ConditionalWrite {
  bool done = false;     ///< false: the condition did not hold
  bool unclear = false;  ///< an attempt before the last one got no answer: if not `done`, it may have been what changed
                         ///< the object
  std::string tag;       ///< of the new version
};

/// Requests that fail are tried again: after no answer, part of an answer, 408, 429, 500, 502, 503, 504; with growing
/// waits, up to `give_up_ms`.
///
/// Errors:  kNotFound; kPermissionDenied, kUnauthenticated (403, 401); kUnavailable when it gave up.
/// Threads: any.
class ObjectStore {
 public:
  explicit ObjectStore(ObjectSettings settings) : http_(std::move(settings)) {}

  Result<std::string> read(const std::string& path, std::int64_t limit_bytes);
  /// Errors: kDataCorrupt if the object ends before.
  Result<std::string> read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes);
  /// The last bytes of an object, fewer if it has no more, and its whole size.
  Result<std::string> read_tail(const std::string& path, std::int64_t size_bytes, std::int64_t& whole_bytes);
  Result<std::int64_t> size(const std::string& path);
  /// Of all objects below `folder`, by name.
  Result<std::vector<ObjectInfo>> list(const std::string& folder);

  /// Overwrites: only for names that nobody else writes, or writes the same to.
  Status write(const std::string& path, std::string_view bytes);
  /// Success if it is gone, whoever removed it.
  Status remove(const std::string& path);

  /// None if the object does not exist, or still is the version `unless_tag`.
  Result<std::optional<TaggedObject>> read_tagged(const std::string& path, const std::string& unless_tag,
                                                  bool& unchanged);
  /// Writes if the object still is the version `expected_tag`; with an empty one, if it does not exist.
  /// An attempt without an answer is repeated as it was until there is one: then no earlier attempt can arrive any
  /// more. Errors: kUnavailable: whether it was written is not known.
  Result<ConditionalWrite> write_if(const std::string& path, std::string_view bytes, const std::string& expected_tag);

  /// A large object in parts. Nothing is there before `complete_upload`.
  Result<std::string> begin_upload(const std::string& path);
  Result<std::string> upload_part(const std::string& path, const std::string& upload, int number,
                                  std::string_view bytes);
  Status complete_upload(const std::string& path, const std::string& upload, const std::vector<std::string>& tags,
                         std::int64_t size_bytes);
  void abort_upload(const std::string& path, const std::string& upload);

 private:
  Result<ObjectResponse> call(ObjectRequest request, bool* unclear = nullptr);

  ObjectHttp http_;
};

/// The store that the environment of this process names. Like the file system it is one for the process: paths say
/// all else. Errors: of `object_settings`, each time.
Result<std::shared_ptr<ObjectStore>> object_store();

/// One page of a listing. Errors: kDataCorrupt.
struct ListingPage {
  std::vector<ObjectInfo> objects;  ///< paths are keys
  std::string next;                 ///< token of the next page; empty: the last
};
Result<ListingPage> parse_listing(std::string_view xml);

}  // namespace millpond::pond
