#pragma once
// Objects in a store on the network: whole, by ranges, by conditions, by prefix.

#include <atomic>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "pond/object/object_http.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {

struct ObjectInfo {
  std::string path;  ///< as `object_uri` writes it
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

/// One page of a listing.
struct ListingPage {
  std::vector<ObjectInfo> objects;  ///< paths are keys
  std::string next;                 ///< token of the next page; empty: the last
};

/// A large object on its way, in parts.
struct ObjectUpload {
  std::string path, id;
  std::vector<std::string> tags;  ///< of the parts that are there
  std::int64_t size_bytes = 0;    ///< of these
  bool done = false;              ///< the last part said that it is the last
};

/// A request before it is signed.
struct ObjectRequest {
  std::string method = "GET";
  ObjectPath path;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string_view body;
  std::int64_t response_bytes_max = std::int64_t{1} << 30;
};

/// Requests that fail are tried again: after no answer, part of an answer, 408, 429, 500, 502, 503, 504; with growing
/// waits, up to `give_up_ms`. What a store calls things is in the class of its protocol.
///
/// Errors:  kNotFound; kPermissionDenied, kUnauthenticated (403, 401); kUnavailable when it gave up.
/// Threads: any.
class ObjectStore {
 public:
  explicit ObjectStore(ObjectPatience patience) : patience_(patience), http_(patience.timeout_ms) {}
  virtual ~ObjectStore() = default;

  Result<std::string> read(const std::string& path, std::int64_t limit_bytes);
  /// Errors: kDataCorrupt if the object ends before.
  Result<std::string> read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes);
  /// The last bytes of an object, fewer if it has no more, and its whole size.
  virtual Result<std::string> read_tail(const std::string& path, std::int64_t size_bytes, std::int64_t& whole_bytes);
  virtual Result<std::int64_t> size(const std::string& path);
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
  /// A tag in the form of this store that no object has.
  virtual std::string unused_tag() const { return "\"0123456789abcdef0123456789abcdef\""; }

  /// A large object in parts. Nothing is there before `complete_upload`. All parts but the last are as large as one
  /// another, and a multiple of 256 KiB.
  virtual Result<ObjectUpload> begin_upload(const std::string& path) = 0;
  virtual Status upload_part(ObjectUpload& upload, std::string_view bytes, bool last) = 0;
  virtual Status complete_upload(ObjectUpload& upload) = 0;
  virtual void abort_upload(ObjectUpload& upload) = 0;

 protected:
  /// With its address, its time and who asks. Called for each attempt.
  virtual Result<HttpRequest> signed_request(const ObjectRequest& request) = 0;
  /// Requests for the content of an object, for a new one in one piece, and for an end of it.
  virtual ObjectRequest read_request(ObjectPath path) const;
  virtual ObjectRequest write_request(ObjectPath path, std::string_view bytes) const;
  virtual ObjectRequest remove_request(ObjectPath path) const;
  virtual void read_unless(ObjectRequest& request, const std::string& tag) const;
  /// An empty tag: if there is none.
  virtual void write_only_if(ObjectRequest& request, const std::string& tag) const;
  virtual std::string tag_of_read(const ObjectResponse& answer) const { return answer.header("etag"); }
  virtual std::string tag_of_write(const ObjectResponse& answer) const { return answer.header("etag"); }
  virtual Result<ListingPage> list_page(const ObjectPath& prefix, const std::string& token) = 0;

  /// True if the condition of a write did not hold.
  virtual bool condition_failed(const ObjectResponse& answer, const std::string& tag) const;
  virtual bool no_bucket(const ObjectResponse& answer) const = 0;
  virtual bool worth_a_retry(const ObjectResponse& answer) const;
  /// The store's own word for what was wrong; empty if it has none.
  virtual std::string reason(const ObjectResponse& answer) const;
  /// After 401: true if there are others to try.
  virtual bool renew_credentials() { return false; }
  virtual std::string credentials_hint() const = 0;
  virtual std::string address_hint() const = 0;

  /// The first answer that is final, whatever its status. `unclear` becomes true when an attempt may have been carried
  /// out without our knowing.
  Result<ObjectResponse> call(const ObjectRequest& request, bool* unclear = nullptr);
  /// One attempt; two if the first one says that who asks is not known any more.
  Result<ObjectResponse> call_once(const ObjectRequest& request);
  /// What an answer that is no success means.
  Status refusal(const ObjectResponse& answer, const ObjectRequest& request) const;
  /// By the clock of the server once it complained about ours.
  std::time_t now() const { return std::time(nullptr) + clock_ahead_.load(); }

  const ObjectPatience& patience() const { return patience_; }

 private:
  void go_by_the_clock_of(const ObjectResponse& answer);

  const ObjectPatience patience_;
  ObjectHttp http_;
  std::atomic<std::time_t> clock_ahead_{0};  // of the server's clock over ours, once it complained
};

/// The store that `path` is in, as the environment of this process names who asks. Like the file system it is one for
/// the process: paths say all else. Errors: of the settings, each time.
Result<std::shared_ptr<ObjectStore>> object_store(const std::string& path);
/// Which server that is, for what is kept on this machine about it; empty: the service's own.
std::string object_server(const std::string& path);

/// A page as S3 lists. Errors: kDataCorrupt.
Result<ListingPage> parse_listing(std::string_view xml);
/// "2026-01-31T12:00:00.000Z", always UTC; 0 if it is something else.
std::int64_t milliseconds_of(const char* text);

}  // namespace millpond::pond
