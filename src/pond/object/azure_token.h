#pragma once
// Tokens for Azure Storage, for those who have neither a key nor a signature.

#include <ctime>
#include <functional>
#include <mutex>
#include <string>

#include "millpond/status.h"
#include "pond/object/object_http.h"

namespace millpond::pond {

/// Who asks Microsoft Entra, in the order that Azure's own tools follow.
struct AzureIdentity {
  enum class Kind : unsigned char {
    kNone,
    kSecret,    ///< an application with a secret
    kWorkload,  ///< a pod: a token of the cluster, exchanged
    kService,   ///< App Service and others that hand out tokens at a local address
    kMachine,   ///< the managed identity of a machine
  };
  Kind kind = Kind::kNone;
  std::string url;
  std::string client_id;           ///< empty: the machine's only one
  std::string secret, token_file;  ///< of kSecret or kService; of kWorkload
};

/// From AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE,
/// AZURE_AUTHORITY_HOST; IDENTITY_ENDPOINT and IDENTITY_HEADER; else the machine's (AZURE_POD_IDENTITY_AUTHORITY_HOST
/// names another place). Errors: kInvalidArgument for an address that would send secrets over an open network.
Result<AzureIdentity> azure_identity(const std::function<std::string(const char*)>& environment);

/// Gets a token when one is needed, and another one before it expires.
/// Errors:  kUnauthenticated if the identity is refused, or there is none; kUnavailable.
/// Threads: any; one at a time asks.
/// Source:  "OAuth 2.0 client credentials flow", "How to use managed identities on a VM to acquire an access token".
class AzureToken {
 public:
  AzureToken(AzureIdentity identity, int give_up_ms);

  Result<std::string> get();
  /// The last one was refused. False if it is so new that another one would be as well.
  bool forget();

 private:
  Result<ObjectResponse> ask();

  const AzureIdentity identity_;
  const int give_up_ms_;
  ObjectHttp http_;
  std::mutex mutex_;
  std::string token_;
  std::time_t made_ = 0, expires_ = 0;
};

}  // namespace millpond::pond
