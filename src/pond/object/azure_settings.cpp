#include "pond/object/azure_settings.h"

#include <algorithm>

#include "pond/object/digest.h"

namespace millpond::pond {
namespace {

constexpr const char* kSuffix = "core.windows.net";
// Those of Azure's storage emulators, which publish them.
constexpr const char* kEmulatorAccount = "devstoreaccount1";
constexpr const char* kEmulatorKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
constexpr const char* kEmulatorEndpoint = "http://127.0.0.1:10000/devstoreaccount1";

/// What the environment says, before anything is checked.
struct Given {
  std::string account, key, sas, endpoint, suffix = kSuffix;
};

Given given_in(const Environment& environment) {
  auto parts = parse_connection_string(environment("AZURE_STORAGE_CONNECTION_STRING"));
  if (parts["UseDevelopmentStorage"] == "true") {
    parts["AccountName"] = kEmulatorAccount;
    parts["AccountKey"] = kEmulatorKey;
    parts["BlobEndpoint"] = first_of({parts["BlobEndpoint"], kEmulatorEndpoint});
  }
  Given given;
  const bool whole = !parts["AccountKey"].empty() || !parts["SharedAccessSignature"].empty();
  given.account =
      first_of({parts["AccountName"], environment("AZURE_STORAGE_ACCOUNT"), environment("AZURE_STORAGE_ACCOUNT_NAME")});
  given.endpoint = first_of(
      {parts["BlobEndpoint"], environment("AZURE_STORAGE_SERVICE_ENDPOINT"), environment("AZURE_STORAGE_ENDPOINT")});
  given.suffix = first_of({parts["EndpointSuffix"], kSuffix});
  given.key = parts["AccountKey"];
  given.sas = parts["SharedAccessSignature"];
  if (!whole) {
    given.key = first_of({environment("AZURE_STORAGE_KEY"), environment("AZURE_STORAGE_ACCOUNT_KEY"),
                          environment("AZURE_STORAGE_ACCESS_KEY")});
    given.sas = environment("AZURE_STORAGE_SAS_TOKEN");
  }
  if (given.sas.starts_with('?')) given.sas.erase(0, 1);
  while (given.endpoint.ends_with('/')) given.endpoint.pop_back();
  if (given.account.empty()) {  // "https://account.blob.core.windows.net"
    const std::size_t host = given.endpoint.find("://");
    const std::size_t blob = given.endpoint.find(".blob.");
    if (host != std::string::npos && blob != std::string::npos) {
      given.account = given.endpoint.substr(host + 3, blob - host - 3);
    }
  }
  return given;
}

bool is_one_line(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::map<std::string, std::string> parse_connection_string(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = pair.find('=');  // values may hold more of them
    if (equals == std::string_view::npos) continue;
    out[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return out;
}

std::string default_azure_host() {
  const Given given = given_in(process_environment);
  return given.account.empty() ? "" : given.account + ".dfs." + given.suffix;
}

Result<AzureSettings> azure_settings(const std::string& host, const Environment& environment) {
  Given given = given_in(environment);
  AzureSettings out;
  out.account = host.substr(0, host.find('.'));
  if (!given.account.empty() && given.account != out.account) {
    return invalid("the environment has the credentials of the storage account ", given.account,
                   ", and the URI names another one: ", out.account)
        .hint("Set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_CONNECTION_STRING, for it.");
  }
  MP_TRY(check_endpoint(given.endpoint,
                        "the endpoint in AZURE_STORAGE_CONNECTION_STRING or "
                        "AZURE_STORAGE_SERVICE_ENDPOINT",
                        true));
  std::string blobs = host;
  if (const std::size_t dfs = blobs.find(".dfs."); dfs != std::string::npos) blobs.replace(dfs, 5, ".blob.");
  out.endpoint = first_of({given.endpoint, "https://" + blobs});
  const auto key = base64_decoded(given.key);
  if (!key) return error(Code::kUnauthenticated, "the key of the storage account is no base64: ", out.account);
  out.key = *key;
  out.sas = given.sas;
  if (!is_one_line(out.sas)) {
    return error(Code::kUnauthenticated, "the shared access signature has characters that a URL cannot hold");
  }
  if (out.key.empty() && out.sas.empty()) { MP_ASSIGN(out.identity, azure_identity(environment)); }
  out.patience = object_patience(environment);
  return out;
}

}  // namespace millpond::pond
