#pragma once
// Google Cloud Storage.

#include <string>

#include "pond/object/gcs_settings.h"
#include "pond/object/gcs_token.h"
#include "pond/object/object_store.h"

namespace millpond::pond {

/// Source: "Cloud Storage JSON API". Versions are generations; conditions of writes are ifGenerationMatch, where 0
/// means that there is none. Large objects are resumable uploads.
class GcsStore final : public ObjectStore {
 public:
  explicit GcsStore(GcsSettings settings)
      : ObjectStore(settings.patience), settings_(std::move(settings)), token_(settings_) {}

  Result<std::int64_t> size(const std::string& path) override;
  std::string unused_tag() const override { return "1"; }

  Result<ObjectUpload> begin_upload(const std::string& path) override;
  /// After no answer asks how much has come, and sends the rest.
  Status upload_part(ObjectUpload& upload, std::string_view bytes, bool last) override;
  Status complete_upload(ObjectUpload& upload) override;
  void abort_upload(ObjectUpload& upload) override;

 protected:
  Result<HttpRequest> signed_request(const ObjectRequest& request) override;
  ObjectRequest read_request(ObjectPath path) const override;
  ObjectRequest write_request(ObjectPath path, std::string_view bytes) const override;
  void read_unless(ObjectRequest& request, const std::string& tag) const override;
  void write_only_if(ObjectRequest& request, const std::string& tag) const override;
  std::string tag_of_read(const ObjectResponse& answer) const override { return answer.header("x-goog-generation"); }
  std::string tag_of_write(const ObjectResponse& answer) const override;
  Result<ListingPage> list_page(const ObjectPath& prefix, const std::string& token) override;
  bool condition_failed(const ObjectResponse& answer, const std::string& tag) const override;
  bool no_bucket(const ObjectResponse& answer) const override;
  std::string reason(const ObjectResponse& answer) const override;
  bool renew_credentials() override { return token_.forget(); }
  std::string credentials_hint() const override;
  std::string address_hint() const override;

 private:
  Result<ObjectRequest> upload_request(const ObjectUpload& upload, std::string method) const;

  const GcsSettings settings_;
  GcsToken token_;
};

/// A page as Google lists. Errors: kDataCorrupt.
Result<ListingPage> parse_gcs_listing(const std::string& json);

}  // namespace millpond::pond
