// Large objects, in parts.

#include "pond/object/object_store.h"

namespace millpond::pond {
namespace {

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

Status refused(const ObjectResponse& answer, std::string_view action, const std::string& path) {
  std::string why = answer.element("Code");
  if (why.empty()) why = "HTTP status " + std::to_string(answer.status);
  return error(answer.status == 403 ? Code::kPermissionDenied : Code::kIoError, "object store: cannot ", action, ": ",
               why, ": ", path);
}

}  // namespace

Result<std::string> ObjectStore::begin_upload(const std::string& path) {
  ObjectRequest request{.method = "POST", .path = {}, .query = {{"uploads", ""}}, .headers = {}, .body = {}};
  MP_ASSIGN(request.path, parse_object_path(path));
  // An attempt whose answer is lost leaves an upload that nobody ends; stores remove those by a rule of the bucket.
  MP_ASSIGN(const ObjectResponse answer, call(request));
  std::string upload = answer.element("UploadId");
  if (answer.status != 200 || upload.empty()) return refused(answer, "begin an upload", path);
  return upload;
}

Result<std::string> ObjectStore::upload_part(const std::string& path, const std::string& upload, int number,
                                             std::string_view bytes) {
  ObjectRequest request{.method = "PUT",
                        .path = {},
                        .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                        .headers = {},
                        .body = bytes};
  MP_ASSIGN(request.path, parse_object_path(path));
  MP_ASSIGN(const ObjectResponse answer, call(request));
  std::string tag = answer.header("etag");
  if (answer.status != 200 || tag.empty()) return refused(answer, "upload a part", path);
  return tag;
}

Status ObjectStore::complete_upload(const std::string& path, const std::string& upload,
                                    const std::vector<std::string>& tags, std::int64_t size_bytes) {
  std::string body = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < tags.size(); ++i) {
    body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + escaped(tags[i]) + "</ETag></Part>";
  }
  body += "</CompleteMultipartUpload>";
  ObjectRequest request{.method = "POST", .path = {}, .query = {{"uploadId", upload}}, .headers = {}, .body = body};
  MP_ASSIGN(request.path, parse_object_path(path));
  bool unclear = false;
  MP_ASSIGN(const ObjectResponse answer, call(request, &unclear));
  // The status is sent before the work is done; an error can still follow in the body.
  if (answer.status == 200 && answer.body.find("<Error>") == std::string::npos) return {};
  // An attempt without an answer may have done it: then the upload is gone and the object is there, whole.
  if (const auto there = size(path); unclear && there.ok() && *there == size_bytes) return {};
  return refused(answer, "complete an upload", path);
}

void ObjectStore::abort_upload(const std::string& path, const std::string& upload) {
  ObjectRequest request{.method = "DELETE", .path = {}, .query = {{"uploadId", upload}}, .headers = {}, .body = {}};
  auto at = parse_object_path(path);
  if (!at.ok()) return;
  request.path = *std::move(at);
  (void)call(request);
}

}  // namespace millpond::pond
