#pragma once
// Azure Blob Storage, and servers that speak its protocol.

#include <map>
#include <string>

#include "pond/object/azure_settings.h"
#include "pond/object/object_store.h"

namespace millpond::pond {

/// Source: "Blob Storage REST API", version 2021-12-02. Conditions of writes are If-Match and If-None-Match.
/// Large objects are blocks that a list makes a blob of; the service forgets blocks without a list after a week.
class AzureStore final : public ObjectStore {
 public:
  explicit AzureStore(AzureSettings settings)
      : ObjectStore(settings.patience),
        settings_(std::move(settings)),
        token_(settings_.identity, settings_.patience.give_up_ms) {}

  /// Asks for the size first: the service knows no ranges from the end.
  Result<std::string> read_tail(const std::string& path, std::int64_t size_bytes, std::int64_t& whole_bytes) override;
  std::string unused_tag() const override { return "\"0x8D0000000000000\""; }

  Result<ObjectUpload> begin_upload(const std::string& path) override;
  Status upload_part(ObjectUpload& upload, std::string_view bytes, bool last) override;
  Status complete_upload(ObjectUpload& upload) override;
  void abort_upload(ObjectUpload&) override {}

 protected:
  Result<HttpRequest> signed_request(const ObjectRequest& request) override;
  ObjectRequest write_request(ObjectPath path, std::string_view bytes) const override;
  Result<ListingPage> list_page(const ObjectPath& prefix, const std::string& token) override;
  bool condition_failed(const ObjectResponse& answer, const std::string& tag) const override;
  bool no_bucket(const ObjectResponse& answer) const override { return code_of(answer) == "ContainerNotFound"; }
  bool worth_a_retry(const ObjectResponse& answer) const override;
  std::string reason(const ObjectResponse& answer) const override;
  bool renew_credentials() override { return token_.forget(); }
  std::string credentials_hint() const override;
  std::string address_hint() const override;

 private:
  static std::string code_of(const ObjectResponse& answer);

  const AzureSettings settings_;
  AzureToken token_;
};

/// What the key of an account signs. `resource_path` begins with a slash, as it is sent.
std::string azure_string_to_sign(const ObjectRequest& request, const std::map<std::string, std::string>& headers,
                                 const std::string& account, const std::string& resource_path);
/// A page as Azure lists; folders of hierarchical accounts are left out. Errors: kDataCorrupt.
Result<ListingPage> parse_azure_listing(std::string_view xml);

}  // namespace millpond::pond
