#include "pond/object/gcs_settings.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace millpond::pond {
namespace {

constexpr const char* kEndpoint = "https://storage.googleapis.com";
constexpr const char* kTokenUri = "https://oauth2.googleapis.com/token";
constexpr const char* kMetadataHost = "metadata.google.internal";
constexpr const char* kMetadataPath = "/computeMetadata/v1/instance/service-accounts/default/token";
constexpr std::size_t kFileBytesMax = 1 << 20;

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str().substr(0, kFileBytesMax);
}

std::string text_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string gcs_endpoint(const Environment& environment) {
  std::string emulator = environment("STORAGE_EMULATOR_HOST");
  if (!emulator.empty() && emulator.find("://") == std::string::npos) emulator.insert(0, "http://");
  std::string endpoint = first_of({emulator, environment("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE")});
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

Status read_gcs_credentials(const std::string& json, GcsSettings& settings) {
  const auto file = nlohmann::json::parse(json, nullptr, false);
  if (!file.is_object()) return error(Code::kUnauthenticated, "not a file with Google's credentials");
  const std::string type = text_in(file, "type");
  settings.token_uri = first_of({text_in(file, "token_uri"), kTokenUri});
  MP_TRY(check_endpoint(settings.token_uri, "token_uri", true));
  if (type == "service_account") {
    settings.identity = GcsIdentity::kServiceAccount;
    settings.client_email = text_in(file, "client_email");
    settings.private_key = text_in(file, "private_key");
    settings.key_id = text_in(file, "private_key_id");
    if (!settings.client_email.empty() && !settings.private_key.empty()) return {};
    return error(Code::kUnauthenticated, "the key file of the service account lacks client_email or private_key");
  }
  if (type == "authorized_user") {
    settings.identity = GcsIdentity::kUser;
    settings.client_id = text_in(file, "client_id");
    settings.client_secret = text_in(file, "client_secret");
    settings.user_secret = text_in(file, "refresh_token");
    if (!settings.client_id.empty() && !settings.user_secret.empty()) return {};
    return error(Code::kUnauthenticated, "the credentials of the user lack client_id or refresh_token");
  }
  return unsupported("credentials of this type: ", type)
      .hint("Use the key file of a service account, or `gcloud auth application-default login`.");
}

Result<GcsSettings> gcs_settings(const Environment& environment) {
  GcsSettings out;
  out.patience = object_patience(environment);
  out.endpoint = first_of({gcs_endpoint(environment), kEndpoint});
  MP_TRY(check_endpoint(out.endpoint, "STORAGE_EMULATOR_HOST or CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", false));
  if (!environment("STORAGE_EMULATOR_HOST").empty()) {
    out.identity = GcsIdentity::kNone;
    return out;
  }
  if (const std::string named = environment("GOOGLE_APPLICATION_CREDENTIALS"); !named.empty()) {
    const auto json = content_of(named);
    if (!json) return error(Code::kUnauthenticated, "GOOGLE_APPLICATION_CREDENTIALS names no file: ", named);
    Status read = read_gcs_credentials(*json, out);
    if (!read.ok()) return std::move(read).at(named);
    return out;
  }
  const std::string folder = first_of({environment("CLOUDSDK_CONFIG"), environment("HOME") + "/.config/gcloud"});
  const std::string usual = folder + "/application_default_credentials.json";
  if (const auto json = content_of(usual)) {
    Status read = read_gcs_credentials(*json, out);
    if (!read.ok()) return std::move(read).at(usual);
    return out;
  }
  out.token_uri = "http://" + first_of({environment("GCE_METADATA_HOST"), kMetadataHost}) + kMetadataPath;
  return out;
}

}  // namespace millpond::pond
