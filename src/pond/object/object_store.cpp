#include "pond/object/object_store.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <mutex>

#include "pond/object/azure_store.h"
#include "pond/object/gcs_store.h"
#include "pond/object/patience.h"
#include "pond/object/s3_store.h"

namespace millpond::pond {
namespace {

constexpr int kListingPagesMax = 100'000;

std::int64_t number_after(const std::string& text, char mark) {
  const std::size_t at = text.rfind(mark);
  std::int64_t value = -1;
  if (at != std::string::npos) std::from_chars(text.data() + at + 1, text.data() + text.size(), value);
  return value;
}

}  // namespace

bool ObjectStore::worth_a_retry(const ObjectResponse& answer) const {
  switch (answer.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: return true;
    default: return false;
  }
}

std::string ObjectStore::reason(const ObjectResponse& answer) const {
  std::string why = answer.element("Code");
  if (const std::string message = answer.element("Message"); !message.empty()) why += " (" + message + ")";
  return why;
}

Status ObjectStore::refusal(const ObjectResponse& answer, const ObjectRequest& request) const {
  const std::string path = object_uri(request.path);
  std::string why = reason(answer);
  if (why.empty()) why = "HTTP status " + std::to_string(answer.status);
  switch (answer.status) {
    case 404:
      if (no_bucket(answer)) {
        return not_found("no such bucket: ", request.path.bucket).hint("Make it first. " + address_hint());
      }
      return not_found("no such object: ", path);
    case 401: return error(Code::kUnauthenticated, "object store: ", why, ": ", path).hint(credentials_hint());
    case 403:
      return error(Code::kPermissionDenied, "object store: ", why, ": ", path)
          .hint("Are the credentials right, and may they do this here? " + credentials_hint());
    case 301:
    case 307: return invalid("the bucket is in another region: ", path).hint("Set AWS_REGION.");
    default:
      if (worth_a_retry(answer)) return unavailable("object store: ", why, ": ", path);
      return error(Code::kIoError, "object store: ", why, ": ", path);
  }
}

void ObjectStore::go_by_the_clock_of(const ObjectResponse& answer) {
  const std::time_t theirs = curl_getdate(answer.header("date").c_str(), nullptr);
  if (theirs > 0) clock_ahead_ = theirs - std::time(nullptr);
}

Result<ObjectResponse> ObjectStore::call_once(const ObjectRequest& request) {
  MP_ASSIGN(HttpRequest attempt, signed_request(request));
  Result<ObjectResponse> answer = http_.send(attempt);
  if (answer.ok() && answer->status == 401 && renew_credentials()) {
    MP_ASSIGN(attempt, signed_request(request));
    answer = http_.send(attempt);
  }
  return answer;
}

Result<ObjectResponse> ObjectStore::call(const ObjectRequest& request, bool* unclear) {
  Patience patience(patience_.give_up_ms);
  for (;;) {
    Result<ObjectResponse> answer = call_once(request);
    if (answer.ok() && !worth_a_retry(*answer)) return answer;
    if (!answer.ok() && answer.status().code() != Code::kUnavailable) return answer;
    if (answer.ok() && answer->status == 403) go_by_the_clock_of(*answer);  // it was about the time
    if (unclear != nullptr) *unclear = true;                                // even of a 503 nobody can say who made it
    if (patience.wait()) continue;
    return answer.ok() ? refusal(*answer, request) : std::move(answer).status().hint(address_hint());
  }
}

ObjectRequest ObjectStore::read_request(ObjectPath path) const {
  ObjectRequest request;
  request.path = std::move(path);
  return request;
}
ObjectRequest ObjectStore::write_request(ObjectPath path, std::string_view bytes) const {
  ObjectRequest request;
  request.method = "PUT";
  request.path = std::move(path);
  request.body = bytes;
  return request;
}
ObjectRequest ObjectStore::remove_request(ObjectPath path) const {
  ObjectRequest request;
  request.method = "DELETE";
  request.path = std::move(path);
  return request;
}
void ObjectStore::read_unless(ObjectRequest& request, const std::string& tag) const {
  request.headers["if-none-match"] = tag;
}
void ObjectStore::write_only_if(ObjectRequest& request, const std::string& tag) const {
  if (tag.empty())
    request.headers["if-none-match"] = "*";
  else
    request.headers["if-match"] = tag;
}
bool ObjectStore::condition_failed(const ObjectResponse& answer, const std::string& tag) const {
  // Amazon answers 404 if an object that should match is not there.
  return answer.status == 412 || (answer.status == 404 && !tag.empty() && !no_bucket(answer));
}

Result<std::string> ObjectStore::read(const std::string& path, std::int64_t limit_bytes) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = read_request(std::move(at));
  request.response_bytes_max = limit_bytes;
  MP_ASSIGN(ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return std::move(answer.body);
}

Result<std::string> ObjectStore::read_range(const std::string& path, std::int64_t offset, std::int64_t size_bytes) {
  if (size_bytes == 0) return std::string();
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = read_request(std::move(at));
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
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = read_request(std::move(at));
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
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = read_request(std::move(at));
  request.method = "HEAD";
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return std::strtoll(answer.header("content-length").c_str(), nullptr, 10);
}

Result<std::vector<ObjectInfo>> ObjectStore::list(const std::string& folder) {
  MP_ASSIGN(ObjectPath at, parse_object_path(folder));
  if (!at.key.empty() && !at.key.ends_with('/')) at.key += '/';
  std::vector<ObjectInfo> all;
  ObjectPath one = at;
  std::string token;
  for (int page_number = 0; page_number < kListingPagesMax; ++page_number) {
    MP_ASSIGN(ListingPage page, list_page(at, token));
    for (ObjectInfo& object : page.objects) {
      one.key = std::move(object.path);
      object.path = object_uri(one);
      all.push_back(std::move(object));
    }
    if (page.next.empty()) return all;
    token = std::move(page.next);
  }
  return exhausted("too many objects to list: ", folder);
}

Status ObjectStore::write(const std::string& path, std::string_view bytes) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  const ObjectRequest request = write_request(std::move(at), bytes);
  MP_ASSIGN(const ObjectResponse answer, call(request));
  return answer.status / 100 == 2 ? Status() : refusal(answer, request);
}

Status ObjectStore::remove(const std::string& path) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  const ObjectRequest request = remove_request(std::move(at));
  MP_ASSIGN(const ObjectResponse answer, call(request));
  const bool gone = answer.status == 404 && !no_bucket(answer);
  return answer.status / 100 == 2 || gone ? Status() : refusal(answer, request);
}

Result<std::optional<TaggedObject>> ObjectStore::read_tagged(const std::string& path, const std::string& unless_tag,
                                                             bool& unchanged) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = read_request(std::move(at));
  if (!unless_tag.empty()) read_unless(request, unless_tag);
  MP_ASSIGN(ObjectResponse answer, call(request));
  unchanged = answer.status == 304;
  if (unchanged) return std::optional<TaggedObject>();
  if (answer.status == 404 && !no_bucket(answer)) return std::optional<TaggedObject>();
  if (answer.status != 200) return refusal(answer, request);
  std::string tag = tag_of_read(answer);
  if (tag.empty()) return unsupported("the object store does not tell which version it gave: ", path);
  return std::optional<TaggedObject>({std::move(answer.body), std::move(tag)});
}

Result<ConditionalWrite> ObjectStore::write_if(const std::string& path, std::string_view bytes,
                                               const std::string& expected_tag) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  ObjectRequest request = write_request(std::move(at), bytes);
  write_only_if(request, expected_tag);
  ConditionalWrite out;
  MP_ASSIGN(const ObjectResponse answer, call(request, &out.unclear));
  out.done = answer.status / 100 == 2;
  if (out.done) {
    out.tag = tag_of_write(answer);
  } else if (!condition_failed(answer, expected_tag)) {
    return refusal(answer, request);
  }
  return out;
}

std::string object_server(const std::string& path) {
  const auto at = parse_object_path(path);
  if (!at.ok()) return {};
  switch (at->service) {
    case ObjectService::kS3:
      return first_of({process_environment("AWS_ENDPOINT_URL_S3"), process_environment("AWS_ENDPOINT_URL")});
    case ObjectService::kAzure: {
      const auto settings = azure_settings(at->host, process_environment);
      return settings.ok() ? settings->endpoint : "";
    }
    case ObjectService::kGoogle: return gcs_endpoint(process_environment);
  }
  return {};
}

Result<std::shared_ptr<ObjectStore>> object_store(const std::string& path) {
  // Connections are worth keeping over all ponds of a process; what is kept is no state that a caller could see.
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<ObjectStore>> kept;
  MP_ASSIGN(const ObjectPath at, parse_object_path(path));
  const std::string key = std::to_string(static_cast<int>(at.service)) + at.host;
  const std::lock_guard lock(mutex);
  std::shared_ptr<ObjectStore>& store = kept[key];
  if (store) return store;
  switch (at.service) {
    case ObjectService::kS3: {
      MP_ASSIGN(ObjectSettings settings, object_settings(process_environment));
      store = std::make_shared<S3Store>(std::move(settings));
      break;
    }
    case ObjectService::kAzure: {
      MP_ASSIGN(AzureSettings settings, azure_settings(at.host, process_environment));
      store = std::make_shared<AzureStore>(std::move(settings));
      break;
    }
    case ObjectService::kGoogle: {
      MP_ASSIGN(GcsSettings settings, gcs_settings(process_environment));
      store = std::make_shared<GcsStore>(std::move(settings));
      break;
    }
  }
  return store;
}

}  // namespace millpond::pond
