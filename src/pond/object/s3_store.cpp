#include "pond/object/s3_store.h"

namespace millpond::pond {
namespace {

std::string time_text(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[20];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace

/// A server of one's own is asked by path; Amazon by a host for each bucket, unless the name is no host's.
std::string S3Store::url_of(const ObjectPath& path, std::string& host, std::string& signed_path) const {
  const std::string amazon = "s3." + settings_.region + ".amazonaws.com";
  std::string base = settings_.endpoint;
  signed_path = "/" + percent_encoded(path.key, true);
  if (base.empty() && path.bucket.find('.') == std::string::npos) {
    base = "https://" + path.bucket + "." + amazon;
  } else {
    if (base.empty()) base = "https://" + amazon;
    signed_path = "/" + path.bucket + (path.key.empty() ? "" : signed_path);
  }
  host = base.substr(base.find("://") + 3);
  return base + signed_path;
}

Result<HttpRequest> S3Store::signed_request(const ObjectRequest& request) {
  RequestToSign to_sign{
      .method = request.method, .path = {}, .query = request.query, .headers = request.headers, .payload_hash = {}};
  std::string host;
  std::string url = url_of(request.path, host, to_sign.path);
  if (!request.query.empty()) url += "?" + query_text(request.query);
  MP_ASSIGN(const AwsCredentials credentials, identity_.get());
  if (!credentials.access_key.empty()) {
    to_sign.payload_hash = sha256_hex(request.body);
    to_sign.headers["host"] = host;
    to_sign.headers["x-amz-date"] = time_text(now());
    to_sign.headers["x-amz-content-sha256"] = to_sign.payload_hash;
    if (!credentials.session_token.empty()) to_sign.headers["x-amz-security-token"] = credentials.session_token;
    to_sign.headers["authorization"] = authorization(to_sign, credentials, settings_.region);
  }
  return HttpRequest{.method = request.method,
                     .url = std::move(url),
                     .headers = std::move(to_sign.headers),
                     .body = request.body,
                     .response_bytes_max = request.response_bytes_max,
                     .what = object_uri(request.path)};
}

bool S3Store::worth_a_retry(const ObjectResponse& answer) const {
  const auto says = [&](const char* code) { return answer.element("Code") == code; };
  switch (answer.status) {
    case 400: return says("RequestTimeout") || (says("ExpiredToken") && identity_.forget());
    case 403: return says("RequestTimeTooSkewed");  // a machine whose clock is wrong goes by the server's from now on
    case 409: return says("ConditionalRequestConflict");
    default: return ObjectStore::worth_a_retry(answer);
  }
}

std::string S3Store::credentials_hint() const {
  return "They are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the profile AWS_PROFILE, or of the role of this "
         "machine, container or pod.";
}
std::string S3Store::address_hint() const {
  return "Is the address in AWS_ENDPOINT_URL right, and the server running?";
}

Result<ListingPage> S3Store::list_page(const ObjectPath& prefix, const std::string& token) {
  ObjectRequest request;
  request.path.bucket = prefix.bucket;
  request.query = {{"list-type", "2"}, {"prefix", prefix.key}};
  if (!token.empty()) request.query["continuation-token"] = token;
  MP_ASSIGN(const ObjectResponse answer, call(request));
  if (answer.status != 200) return refusal(answer, request);
  return parse_listing(answer.body);
}

Result<ObjectRequest> S3Store::upload_request(const ObjectUpload& upload, std::string method) const {
  ObjectRequest request;
  request.method = std::move(method);
  request.query = {{"uploadId", upload.id}};
  MP_ASSIGN(request.path, parse_object_path(upload.path));
  return request;
}

Result<ObjectUpload> S3Store::begin_upload(const std::string& path) {
  ObjectUpload upload;
  upload.path = path;
  MP_ASSIGN(ObjectRequest request, upload_request(upload, "POST"));
  request.query = {{"uploads", ""}};
  // An attempt whose answer is lost leaves an upload that nobody ends; stores remove those by a rule of the bucket.
  MP_ASSIGN(const ObjectResponse answer, call(request));
  upload.id = answer.element("UploadId");
  if (answer.status != 200 || upload.id.empty()) return refusal(answer, request).at("begin an upload");
  return upload;
}

Status S3Store::upload_part(ObjectUpload& upload, std::string_view bytes, bool) {
  MP_ASSIGN(ObjectRequest request, upload_request(upload, "PUT"));
  request.query["partNumber"] = std::to_string(upload.tags.size() + 1);
  request.body = bytes;
  MP_ASSIGN(const ObjectResponse answer, call(request));
  std::string tag = answer.header("etag");
  if (answer.status != 200 || tag.empty()) return refusal(answer, request).at("upload a part");
  upload.tags.push_back(std::move(tag));
  upload.size_bytes += static_cast<std::int64_t>(bytes.size());
  return {};
}

Status S3Store::complete_upload(ObjectUpload& upload) {
  std::string body = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < upload.tags.size(); ++i) {
    body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + escaped(upload.tags[i]) +
            "</ETag></Part>";
  }
  body += "</CompleteMultipartUpload>";
  MP_ASSIGN(ObjectRequest request, upload_request(upload, "POST"));
  request.body = body;
  bool unclear = false;
  MP_ASSIGN(const ObjectResponse answer, call(request, &unclear));
  // The status is sent before the work is done; an error can still follow in the body.
  if (answer.status == 200 && answer.body.find("<Error>") == std::string::npos) return {};
  // An attempt without an answer may have done it: then the upload is gone and the object is there, whole.
  if (const auto there = size(upload.path); unclear && there.ok() && *there == upload.size_bytes) return {};
  return refusal(answer, request).at("complete an upload");
}

void S3Store::abort_upload(ObjectUpload& upload) {
  if (const auto request = upload_request(upload, "DELETE"); request.ok()) (void)call(*request);
}

}  // namespace millpond::pond
