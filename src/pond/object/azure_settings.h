#pragma once
// Where an Azure storage account is, and who asks.

#include <map>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "pond/object/azure_token.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {

struct AzureSettings {
  std::string account;
  std::string endpoint;    ///< of blobs: "https://account.blob.core.windows.net", or with a path: emulators
  std::string key;         ///< decoded; empty: none
  std::string sas;         ///< a shared access signature, as it stands in a URL; used if there is no key
  AzureIdentity identity;  ///< asked if there is neither
  ObjectPatience patience;
};

/// For the account of `host` ("account.dfs.core.windows.net"), from the variables that Azure's own tools read:
/// AZURE_STORAGE_CONNECTION_STRING; else AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, and
/// AZURE_STORAGE_SERVICE_ENDPOINT for a server elsewhere; else `azure_identity`.
/// Errors: kUnauthenticated for a key or signature that is none; kInvalidArgument if they are those of
///         another account. Messages show no secrets.
Result<AzureSettings> azure_settings(const std::string& host, const Environment& environment);
/// The host of the account that the environment of this process names; empty if it names none.
std::string default_azure_host();

/// `Name=value;` pairs of a connection string.
std::map<std::string, std::string> parse_connection_string(std::string_view text);

}  // namespace millpond::pond
