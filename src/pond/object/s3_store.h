#pragma once
// Amazon S3, and servers that speak its protocol.

#include "pond/object/object_store.h"

namespace millpond::pond {

/// Source: "Amazon S3 API Reference". Conditions of writes are If-Match and If-None-Match.
class S3Store final : public ObjectStore {
 public:
  explicit S3Store(ObjectSettings settings)
      : ObjectStore(settings.patience),
        settings_(std::move(settings)),
        identity_(settings_.credentials, settings_.role, settings_.patience.give_up_ms) {}

  Result<ObjectUpload> begin_upload(const std::string& path) override;
  Status upload_part(ObjectUpload& upload, std::string_view bytes, bool last) override;
  Status complete_upload(ObjectUpload& upload) override;
  void abort_upload(ObjectUpload& upload) override;

 protected:
  Result<HttpRequest> signed_request(const ObjectRequest& request) override;
  Result<ListingPage> list_page(const ObjectPath& prefix, const std::string& token) override;
  bool no_bucket(const ObjectResponse& answer) const override { return answer.element("Code") == "NoSuchBucket"; }
  bool worth_a_retry(const ObjectResponse& answer) const override;
  std::string credentials_hint() const override;
  std::string address_hint() const override;

 private:
  Result<ObjectRequest> upload_request(const ObjectUpload& upload, std::string method) const;
  std::string url_of(const ObjectPath& path, std::string& host, std::string& signed_path) const;

  const ObjectSettings settings_;
  mutable AwsIdentity identity_;  // which forgets keys that were refused
};

}  // namespace millpond::pond
