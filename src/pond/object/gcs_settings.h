#pragma once
// Where Google Cloud Storage is, and who asks.

#include <string>

#include "millpond/status.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {

enum class GcsIdentity : unsigned char {
  kNone,            ///< an emulator: nobody asks
  kServiceAccount,  ///< a key file: a signed statement is exchanged for a token
  kUser,            ///< what `gcloud auth application-default login` leaves: a refresh token
  kMachine,         ///< the metadata server of a machine or container at Google
};

struct GcsSettings {
  std::string endpoint;  ///< "https://storage.googleapis.com"
  GcsIdentity identity = GcsIdentity::kMachine;
  std::string token_uri;                              ///< where tokens come from
  std::string client_email, private_key, key_id;      ///< of a service account; the key is PEM
  std::string client_id, client_secret, user_secret;  ///< of a user; the last is the refresh token
  ObjectPatience patience;
};

/// As Google's own tools find them: the file in GOOGLE_APPLICATION_CREDENTIALS; else that of `gcloud auth
/// application-default login`; else the metadata server (GCE_METADATA_HOST). CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE
/// names another server; STORAGE_EMULATOR_HOST one that is asked without a token. Errors: kUnauthenticated for a file
/// that is no credentials; kUnsupported for those of another kind. Messages show no
///         secrets.
Result<GcsSettings> gcs_settings(const Environment& environment);
/// Of a server that is not Google's; empty otherwise.
std::string gcs_endpoint(const Environment& environment);
/// What a credentials file holds. Errors: as above.
Status read_gcs_credentials(const std::string& json, GcsSettings& settings);

}  // namespace millpond::pond
