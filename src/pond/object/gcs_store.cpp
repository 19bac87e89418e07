#include "pond/object/gcs_store.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "pond/object/patience.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kReasonChars = 300;

nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text, nullptr, false); }

std::string text_in(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Numbers of 64 bits are texts in the API's JSON. -1 if it is none.
std::int64_t number_of(std::string_view text) {
  std::int64_t value = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? value : -1;
}

/// A value out of the query of a URL.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// "bytes=0-41" → 42: how much of an upload has come.
std::int64_t bytes_there(const ObjectResponse& answer) {
  const std::string range = answer.header("range");
  const std::size_t dash = range.rfind('-');
  return dash == std::string::npos ? 0 : number_of(std::string_view(range).substr(dash + 1)) + 1;
}

}  // namespace

Result<HttpRequest> GcsStore::signed_request(const ObjectRequest& request) {
  HttpRequest out{.method = request.method,
                  .url = settings_.endpoint,
                  .headers = request.headers,
                  .body = request.body,
                  .response_bytes_max = request.response_bytes_max,
                  .what = object_uri(request.path)};
  const bool upload = request.query.contains("uploadType");
  out.url += (upload ? "/upload/storage/v1/b/" : "/storage/v1/b/") + percent_encoded(request.path.bucket, false) + "/o";
  if (!upload && !request.path.key.empty()) out.url += "/" + percent_encoded(request.path.key, false);
  if (!request.query.empty()) out.url += "?" + query_text(request.query);
  MP_ASSIGN(const std::string token, token_.get());
  if (!token.empty()) out.headers["authorization"] = "Bearer " + token;
  return out;
}

ObjectRequest GcsStore::read_request(ObjectPath path) const {
  ObjectRequest request = ObjectStore::read_request(std::move(path));
  request.query["alt"] = "media";
  return request;
}

ObjectRequest GcsStore::write_request(ObjectPath path, std::string_view bytes) const {
  ObjectRequest request = ObjectStore::write_request(std::move(path), bytes);
  request.method = "POST";
  request.query = {{"uploadType", "media"}, {"name", request.path.key}};
  request.headers["content-type"] = "application/octet-stream";
  return request;
}

void GcsStore::read_unless(ObjectRequest& request, const std::string& tag) const {
  request.query["ifGenerationNotMatch"] = tag;
}
void GcsStore::write_only_if(ObjectRequest& request, const std::string& tag) const {
  request.query["ifGenerationMatch"] = tag.empty() ? "0" : tag;
}
std::string GcsStore::tag_of_write(const ObjectResponse& answer) const {
  return text_in(parsed(answer.body), "generation");
}
bool GcsStore::condition_failed(const ObjectResponse& answer, const std::string&) const { return answer.status == 412; }

bool GcsStore::no_bucket(const ObjectResponse& answer) const {
  return answer.status == 404 && reason(answer).find("bucket") != std::string::npos;
}

std::string GcsStore::reason(const ObjectResponse& answer) const {
  const auto json = parsed(answer.body);
  if (!json.is_object()) return answer.body.find('<') == std::string::npos ? answer.body.substr(0, kReasonChars) : "";
  const auto found = json.find("error");
  return found == json.end() ? "" : text_in(*found, "message").substr(0, kReasonChars);
}

std::string GcsStore::credentials_hint() const {
  return "GOOGLE_APPLICATION_CREDENTIALS names the key file of a service account.";
}
std::string GcsStore::address_hint() const {
  return "Is the address in STORAGE_EMULATOR_HOST, if it is set, right, and the server running?";
}

Result<std::int64_t> GcsStore::size(const std::string& path) {
  ObjectRequest request;
  MP_ASSIGN(request.path, parse_object_path(path));
  request.query["fields"] = "size";
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  const std::int64_t size_bytes = number_of(text_in(parsed(answer.body), "size"));
  if (size_bytes < 0) return corrupt("the object store hides the size of: ", path);
  return size_bytes;
}

Result<ListingPage> GcsStore::list_page(const ObjectPath& prefix, const std::string& token) {
  ObjectRequest request;
  request.path.service = prefix.service;
  request.path.bucket = prefix.bucket;
  request.query = {{"prefix", prefix.key}, {"fields", "nextPageToken,items(name,size,updated)"}};
  if (!token.empty()) request.query["pageToken"] = token;
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return parse_gcs_listing(answer.body);
}

Result<ListingPage> parse_gcs_listing(const std::string& json) {
  const auto root = parsed(json);
  if (!root.is_object()) return corrupt("the object store answered with something that is no listing");
  ListingPage page;
  page.next = text_in(root, "nextPageToken");
  const auto items = root.find("items");
  if (items == root.end() || !items->is_array()) return page;  // none below this prefix
  for (const auto& item : *items) {
    const std::int64_t size_bytes = number_of(text_in(item, "size"));
    if (size_bytes < 0) return corrupt("the object store listed an object without its size");
    page.objects.push_back({text_in(item, "name"), size_bytes, milliseconds_of(text_in(item, "updated").c_str())});
  }
  return page;
}

Result<ObjectRequest> GcsStore::upload_request(const ObjectUpload& upload, std::string method) const {
  ObjectRequest request;
  request.method = std::move(method);
  MP_ASSIGN(request.path, parse_object_path(upload.path));
  request.query = {{"uploadType", "resumable"}, {"name", request.path.key}};
  if (!upload.id.empty()) request.query["upload_id"] = upload.id;
  return request;
}

Result<ObjectUpload> GcsStore::begin_upload(const std::string& path) {
  ObjectUpload upload;
  upload.path = path;
  MP_ASSIGN(ObjectRequest request, upload_request(upload, "POST"));
  request.headers["x-upload-content-type"] = "application/octet-stream";
  MP_ASSIGN(const ObjectResponse answer, call(request));
  // Only the id is taken from the address in the answer: the token goes to the server that the settings name.
  constexpr std::string_view kId = "upload_id=";
  const std::string location = answer.header("location");
  const std::size_t id = location.find(kId);
  if (answer.status / 100 != 2 || id == std::string::npos) return refusal(answer, request).at("begin an upload");
  const std::size_t begin = id + kId.size(), end = std::min(location.find('&', begin), location.size());
  upload.id = percent_decoded(std::string_view(location).substr(begin, end - begin));
  return upload;
}

Status GcsStore::upload_part(ObjectUpload& upload, std::string_view bytes, bool last) {
  const std::int64_t begin = upload.size_bytes, end = begin + static_cast<std::int64_t>(bytes.size());
  const std::string total = last ? std::to_string(end) : "*";
  std::int64_t there = begin;
  Patience patience(ObjectStore::patience().give_up_ms);
  MP_ASSIGN(ObjectRequest request, upload_request(upload, "PUT"));
  bool unclear = false;
  for (bool only_ask = false; !upload.done && (last || there < end);) {
    request.body = only_ask ? std::string_view() : bytes.substr(static_cast<std::size_t>(there - begin));
    const std::string range = only_ask ? "*" : std::to_string(there) + "-" + std::to_string(end - 1);
    request.headers["content-range"] = "bytes " + range + "/" + total;
    const auto answer = call_once(request);
    if (!answer.ok() && answer.status().code() != Code::kUnavailable) return answer.status();
    // curl sends once more what a connection swallowed: then the service has more than we know, and may refuse the
    // rest.
    const bool astray = answer.ok() && answer->status == 400 && !only_ask;
    if (!answer.ok() || worth_a_retry(*answer) || astray) {
      only_ask = unclear = true;
      if (patience.wait()) continue;
      return answer.ok() ? refusal(*answer, request) : answer.status();
    }
    if (answer->status / 100 == 2 && last) {
      upload.done = true;
    } else if (const auto whole =
                   answer->status == 404 && last && unclear ? size(upload.path) : Result<std::int64_t>(not_found(""));
               whole.ok() && *whole == end) {
      upload.done = true;  // the upload was over, and is forgotten
    } else if (answer->status != 308) {
      return refusal(*answer, request).at("upload a part");
    } else {
      const std::int64_t before = there;
      there = bytes_there(*answer);
      if (there < begin || there > end) return io_error("the object store lost a part of an upload: ", upload.path);
      only_ask = there == end;  // all is there, and the service has yet to say that it is an object
      if (there == before && !patience.wait()) return unavailable("the object store takes no more of: ", upload.path);
    }
  }
  upload.tags.emplace_back();
  upload.size_bytes = end;
  return {};
}

Status GcsStore::complete_upload(ObjectUpload& upload) {
  return upload.done ? Status() : internal("an upload ends without its last part: ", upload.path);
}

void GcsStore::abort_upload(ObjectUpload& upload) {
  if (const auto request = upload_request(upload, "DELETE"); request.ok()) (void)call_once(*request);
}

}  // namespace millpond::pond
