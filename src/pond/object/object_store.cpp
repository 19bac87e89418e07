#include "pond/object/object_store.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

namespace millpond::pond {
namespace {

constexpr int kWaitMsMin = 50, kWaitMsMax = 5'000;
constexpr int kListingPagesMax = 100'000;

bool worth_a_retry(const ObjectResponse& response) {
  switch (response.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: return true;
    case 400: return response.body.find("<Code>RequestTimeout</Code>") != std::string::npos;
    case 403: return response.body.find("<Code>RequestTimeTooSkewed</Code>") != std::string::npos;
    case 409: return response.body.find("<Code>ConditionalRequestConflict</Code>") != std::string::npos;
    default: return false;
  }
}

std::string path_text(const ObjectPath& path) { return "s3://" + path.bucket + "/" + path.key; }

Status refusal(const ObjectResponse& response, const ObjectRequest& request) {
  const std::string path = path_text(request.path);
  std::string why = response.element("Code");
  if (const std::string message = response.element("Message"); !message.empty()) why += " (" + message + ")";
  if (why.empty()) why = "HTTP status " + std::to_string(response.status);
  switch (response.status) {
    case 404:
      if (response.element("Code") == "NoSuchBucket") {
        return not_found("no such bucket: ", request.path.bucket).hint("Make it first, or check AWS_ENDPOINT_URL.");
      }
      return not_found("no such object: ", path);
    case 401:
      return error(Code::kUnauthenticated, "object store: ", why, ": ", path)
          .hint("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.");
    case 403:
      return error(Code::kPermissionDenied, "object store: ", why, ": ", path)
          .hint(
              "Are the credentials right (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_PROFILE), and may they do "
              "this here?");
    case 301:
    case 307: return invalid("the bucket is in another region: ", path).hint("Set AWS_REGION.");
    default:
      if (worth_a_retry(response)) return unavailable("object store: ", why, ": ", path);
      return error(Code::kIoError, "object store: ", why, ": ", path);
  }
}

/// Waits longer each time, until the time is up.
class Patience {
 public:
  explicit Patience(int give_up_ms) : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(give_up_ms)) {}
  bool wait() {
    std::uniform_int_distribution<int> jitter(wait_ms_ / 2, wait_ms_);
    const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(jitter(random_));
    if (next >= end_) return false;
    std::this_thread::sleep_until(next);
    wait_ms_ = std::min(wait_ms_ * 2, kWaitMsMax);
    return true;
  }

 private:
  const std::chrono::steady_clock::time_point end_;
  int wait_ms_ = kWaitMsMin;
  std::minstd_rand random_{std::random_device{}()};
};

std::int64_t number_after(const std::string& text, char mark) {
  const std::size_t at = text.rfind(mark);
  std::int64_t value = -1;
  if (at != std::string::npos) std::from_chars(text.data() + at + 1, text.data() + text.size(), value);
  return value;
}

}  // namespace

/// The first answer that is final, whatever its status. `unclear` becomes true when an attempt may have been carried
/// out without our knowing.
Result<ObjectResponse> ObjectStore::call(ObjectRequest request, bool* unclear) {
  Patience patience(http_.settings().give_up_ms);
  for (;;) {
    Result<ObjectResponse> answer = http_.send(request);
    if (answer.ok() && !worth_a_retry(*answer)) return answer;
    if (!answer.ok() && answer.status().code() != Code::kUnavailable) return answer;
    if (unclear != nullptr) *unclear = true;  // even of a 503 nobody can say who made it
    if (patience.wait()) continue;
    return answer.ok() ? Result<ObjectResponse>(refusal(*answer, request)) : std::move(answer);
  }
}

Result<std::string> ObjectStore::read(const std::string& path, std::int64_t limit_bytes) {
  ObjectRequest request;
  MP_ASSIGN(request.path, parse_object_path(path));
  request.response_bytes_max = limit_bytes;
  MP_ASSIGN(ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return std::move(answer.body);
}

Result<std::string> ObjectStore::read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes) {
  if (size_bytes == 0) return std::string();
  ObjectRequest request;
  MP_ASSIGN(request.path, parse_object_path(path));
  request.headers["range"] = "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + size_bytes - 1);
  MP_ASSIGN(ObjectResponse answer, call(request));
  if (answer.status == 200 && offset == 0 && static_cast<std::int64_t>(answer.body.size()) >= size_bytes) {
    answer.body.resize(static_cast<std::size_t>(size_bytes));  // a server that does not know ranges
    return std::move(answer.body);
  }
  if (answer.status == 416) return corrupt("the object ends too early: ", path);
  if (answer.status != 206) return refusal(answer, request);
  if (static_cast<std::int64_t>(answer.body.size()) != size_bytes) return corrupt("the object ends too early: ", path);
  return std::move(answer.body);
}

Result<std::string> ObjectStore::read_tail(const std::string& path, std::int64_t size_bytes,
                                           std::int64_t& whole_bytes) {
  ObjectRequest request;
  MP_ASSIGN(request.path, parse_object_path(path));
  request.headers["range"] = "bytes=-" + std::to_string(size_bytes);
  MP_ASSIGN(ObjectResponse answer, call(request));
  if (answer.status == 416) return corrupt("the object is empty: ", path);
  if (answer.status != 206 && answer.status != 200) return refusal(answer, request);
  whole_bytes = answer.status == 200 ? static_cast<std::int64_t>(answer.body.size())
                                     : number_after(answer.header("content-range"), '/');
  if (whole_bytes < static_cast<std::int64_t>(answer.body.size()))
    return corrupt("the server hides the size of: ", path);
  return std::move(answer.body);
}

Result<std::int64_t> ObjectStore::size(const std::string& path) {
  ObjectRequest request{.method = "HEAD", .path = {}, .query = {}, .headers = {}, .body = {}};
  MP_ASSIGN(request.path, parse_object_path(path));
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return std::strtoll(answer.header("content-length").c_str(), nullptr, 10);
}

Result<std::vector<ObjectInfo>> ObjectStore::list(const std::string& folder) {
  ObjectRequest request;
  MP_ASSIGN(ObjectPath at, parse_object_path(folder));
  if (!at.key.empty() && !at.key.ends_with('/')) at.key += '/';
  request.path.bucket = at.bucket;
  request.query = {{"list-type", "2"}, {"prefix", at.key}};
  std::vector<ObjectInfo> all;
  for (int page_number = 0; page_number < kListingPagesMax; ++page_number) {
    MP_ASSIGN(const ObjectResponse answer, call(request));
    if (answer.status != 200) return refusal(answer, request);
    MP_ASSIGN(ListingPage page, parse_listing(answer.body));
    for (ObjectInfo& object : page.objects) {
      object.path = path_text({at.bucket, object.path});
      all.push_back(std::move(object));
    }
    if (page.next.empty()) return all;
    request.query["continuation-token"] = page.next;
  }
  return exhausted("too many objects to list: ", folder);
}

Status ObjectStore::write(const std::string& path, std::string_view bytes) {
  ObjectRequest request{.method = "PUT", .path = {}, .query = {}, .headers = {}, .body = bytes};
  MP_ASSIGN(request.path, parse_object_path(path));
  MP_ASSIGN(const ObjectResponse answer, call(request));
  return answer.status == 200 ? Status() : refusal(answer, request);
}

Status ObjectStore::remove(const std::string& path) {
  ObjectRequest request{.method = "DELETE", .path = {}, .query = {}, .headers = {}, .body = {}};
  MP_ASSIGN(request.path, parse_object_path(path));
  MP_ASSIGN(const ObjectResponse answer, call(request));
  return answer.status / 100 == 2 || answer.status == 404 ? Status() : refusal(answer, request);
}

Result<std::optional<TaggedObject>> ObjectStore::read_tagged(const std::string& path, const std::string& unless_tag,
                                                             bool& unchanged) {
  ObjectRequest request;
  MP_ASSIGN(request.path, parse_object_path(path));
  if (!unless_tag.empty()) request.headers["if-none-match"] = unless_tag;
  MP_ASSIGN(ObjectResponse answer, call(request));
  unchanged = answer.status == 304;
  if (unchanged) return std::optional<TaggedObject>();
  if (answer.status == 404 && answer.element("Code") != "NoSuchBucket") return std::optional<TaggedObject>();
  if (answer.status != 200) return refusal(answer, request);
  std::string tag = answer.header("etag");
  if (tag.empty()) return unsupported("the object store gives no ETag for: ", path);
  return std::optional<TaggedObject>({std::move(answer.body), std::move(tag)});
}

Result<ConditionalWrite> ObjectStore::write_if(const std::string& path, std::string_view bytes,
                                               const std::string& expected_tag) {
  ObjectRequest request{.method = "PUT", .path = {}, .query = {}, .headers = {}, .body = bytes};
  MP_ASSIGN(request.path, parse_object_path(path));
  if (expected_tag.empty())
    request.headers["if-none-match"] = "*";
  else
    request.headers["if-match"] = expected_tag;
  ConditionalWrite out;
  MP_ASSIGN(const ObjectResponse answer, call(request, &out.unclear));
  out.done = answer.status == 200;
  out.tag = answer.header("etag");
  // Amazon answers 404 if an object that should match is not there.
  const bool lost = answer.status == 412 || (answer.status == 404 && !expected_tag.empty());
  if (!out.done && (!lost || answer.element("Code") == "NoSuchBucket")) return refusal(answer, request);
  return out;
}

Result<std::shared_ptr<ObjectStore>> object_store() {
  // Connections are worth keeping over all ponds of a process; what is kept is no state that a caller could see.
  static std::mutex mutex;
  static std::shared_ptr<ObjectStore> kept;
  const std::lock_guard lock(mutex);
  if (!kept) {
    MP_ASSIGN(ObjectSettings settings, object_settings([](const char* name) {
                const char* value = std::getenv(name);
                return std::string(value == nullptr ? "" : value);
              }));
    kept = std::make_shared<ObjectStore>(std::move(settings));
  }
  return kept;
}

}  // namespace millpond::pond
