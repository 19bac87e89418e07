#include "pond/object/azure_store.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <pugixml.hpp>

#include "pond/file_io.h"
#include "pond/object/digest.h"

namespace millpond::pond {
namespace {

constexpr const char* kVersion = "2021-12-02";
constexpr std::time_t kClockSeconds = 600;  // the service takes requests that are fifteen minutes off

/// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale is.
std::string time_text(std::time_t when) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday], parts.tm_mday,
                kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

std::string block_id(const std::string& upload, std::size_t number) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06zu", number);
  return base64_encoded(upload + digits);  // all of one blob are of one length
}

}  // namespace

std::string azure_string_to_sign(const ObjectRequest& request, const std::map<std::string, std::string>& headers,
                                 const std::string& account, const std::string& resource_path) {
  const auto header = [&](const char* name) {
    const auto found = headers.find(name);
    return (found == headers.end() ? "" : found->second) + "\n";
  };
  std::string text = request.method + "\n" + header("content-encoding") + header("content-language");
  text += (request.body.empty() ? "" : std::to_string(request.body.size())) + "\n";
  for (const char* name : {"content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match",
                           "if-unmodified-since", "range"}) {
    text += header(name);
  }
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-ms-")) text += name + ":" + value + "\n";
  }
  text += "/" + account + resource_path;
  for (const auto& [name, value] : request.query) text += "\n" + name + ":" + value;
  return text;
}

Result<HttpRequest> AzureStore::signed_request(const ObjectRequest& request) {
  HttpRequest out{.method = request.method,
                  .url = settings_.endpoint + "/" + request.path.bucket,
                  .headers = request.headers,
                  .body = request.body,
                  .response_bytes_max = request.response_bytes_max,
                  .what = object_uri(request.path)};
  if (!request.path.key.empty()) out.url += "/" + percent_encoded(request.path.key, true);
  const std::string resource_path =
      out.url.substr(std::min(out.url.size(), out.url.find('/', out.url.find("://") + 3)));
  std::string query = query_text(request.query);
  out.headers["x-ms-date"] = time_text(now());
  out.headers["x-ms-version"] = kVersion;
  if (!settings_.key.empty()) {
    const std::string text = azure_string_to_sign(request, out.headers, settings_.account, resource_path);
    out.headers["authorization"] =
        "SharedKey " + settings_.account + ":" + base64_encoded(hmac_sha256(settings_.key, text));
  } else if (settings_.sas.empty()) {
    MP_ASSIGN(const std::string token, token_.get());
    out.headers["authorization"] = "Bearer " + token;
  } else {
    query += (query.empty() ? "" : "&") + settings_.sas;
  }
  if (!query.empty()) out.url += "?" + query;
  return out;
}

ObjectRequest AzureStore::write_request(ObjectPath path, std::string_view bytes) const {
  ObjectRequest request = ObjectStore::write_request(std::move(path), bytes);
  request.headers["x-ms-blob-type"] = "BlockBlob";
  return request;
}

std::string AzureStore::code_of(const ObjectResponse& answer) {
  std::string code = answer.header("x-ms-error-code");  // there without a body, too
  return code.empty() ? answer.element("Code") : code;
}

bool AzureStore::condition_failed(const ObjectResponse& answer, const std::string& tag) const {
  if (answer.status == 409 && tag.empty()) return code_of(answer) == "BlobAlreadyExists";
  return ObjectStore::condition_failed(answer, tag);
}

bool AzureStore::worth_a_retry(const ObjectResponse& answer) const {
  if (answer.status == 403 && code_of(answer) == "AuthenticationFailed") {
    // It does not say that it is about the time; a date of its own far from the one that was sent does.
    const std::time_t theirs = curl_getdate(answer.header("date").c_str(), nullptr);
    return theirs > 0 && std::abs(theirs - now()) > kClockSeconds;
  }
  return ObjectStore::worth_a_retry(answer);
}

std::string AzureStore::reason(const ObjectResponse& answer) const {
  // The message of a refused signature repeats what was signed; the code says enough.
  return code_of(answer);
}
std::string AzureStore::credentials_hint() const {
  return "They are in AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN; or they are those "
         "of an "
         "application, a pod or this machine.";
}
std::string AzureStore::address_hint() const {
  return "Is the account, or the address in AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_SERVICE_ENDPOINT, right?";
}

Result<std::string> AzureStore::read_tail(const std::string& path, std::int64_t size_bytes, std::int64_t& whole_bytes) {
  MP_ASSIGN(whole_bytes, size(path));
  if (whole_bytes == 0) return corrupt("the object is empty: ", path);
  const std::int64_t taken = std::min(size_bytes, whole_bytes);
  return read_range(path, whole_bytes - taken, taken);
}

Result<ListingPage> AzureStore::list_page(const ObjectPath& prefix, const std::string& token) {
  ObjectRequest request;
  request.path = prefix;
  request.path.key.clear();
  request.query = {{"restype", "container"}, {"comp", "list"}, {"prefix", prefix.key}};
  if (!token.empty()) request.query["marker"] = token;
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return parse_azure_listing(answer.body);
}

Result<ListingPage> parse_azure_listing(std::string_view xml) {
  pugi::xml_document document;
  const bool read = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node root = document.child("EnumerationResults");
  if (!read || !root) return corrupt("the object store answered with something that is no listing");
  ListingPage page;
  for (const pugi::xml_node blob : root.child("Blobs").children("Blob")) {
    const pugi::xml_node properties = blob.child("Properties");
    if (std::string_view(properties.child_value("ResourceType")) == "directory") continue;
    const std::int64_t size_bytes = properties.child("Content-Length").text().as_llong(-1);
    if (size_bytes < 0) return corrupt("the object store listed an object without its size");
    const std::time_t modified = curl_getdate(properties.child_value("Last-Modified"), nullptr);
    page.objects.push_back({blob.child_value("Name"), size_bytes, modified > 0 ? std::int64_t{modified} * 1000 : 0});
  }
  page.next = root.child_value("NextMarker");
  return page;
}

Result<ObjectUpload> AzureStore::begin_upload(const std::string& path) {
  ObjectUpload upload;
  upload.path = path;
  upload.id = new_uuid();
  return upload;
}

Status AzureStore::upload_part(ObjectUpload& upload, std::string_view bytes, bool) {
  MP_ASSIGN(ObjectPath at, parse_object_path(upload.path));
  ObjectRequest request = ObjectStore::write_request(std::move(at), bytes);
  std::string id = block_id(upload.id, upload.tags.size());
  request.query = {{"comp", "block"}, {"blockid", id}};
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status / 100 != 2) return refusal(answer, request).at("upload a part");
  upload.tags.push_back(std::move(id));
  upload.size_bytes += static_cast<std::int64_t>(bytes.size());
  return {};
}

Status AzureStore::complete_upload(ObjectUpload& upload) {
  std::string body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (const std::string& id : upload.tags) body += "<Latest>" + id + "</Latest>";
  body += "</BlockList>";
  MP_ASSIGN(ObjectPath at, parse_object_path(upload.path));
  ObjectRequest request = ObjectStore::write_request(std::move(at), body);
  request.query = {{"comp", "blocklist"}};
  // Sent again after a lost answer, it names the blocks that are in the blob by now: the same blob.
  MP_ASSIGN(const ObjectResponse answer, call(request));
  return answer.status / 100 == 2 ? Status() : refusal(answer, request).at("complete an upload");
}

}  // namespace millpond::pond
