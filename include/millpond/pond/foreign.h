#pragma once
// Tables that somebody else's Iceberg REST catalog keeps.

#include <memory>
#include <string>

#include "millpond/pond/pond.h"
#include "millpond/status.h"

namespace millpond::pond {

/// Which catalog, and who asks. Secrets are never here, only the names of environment variables that hold them.
struct CatalogOptions {
  std::string uri;                               ///< what stands before `/v1/config`
  std::string warehouse;                         ///< as the catalog wants it; empty: its default
  std::string name_space;                        ///< levels joined by dots; empty: `main`
  std::string token_env;                         ///< a bearer token; or
  std::string client_id_env, client_secret_env;  ///< OAuth2 client credentials
  std::string oauth_uri;                         ///< empty: the catalog's own /v1/oauth/tokens
  std::string scope;                             ///< empty: `catalog`
};

/// A pond whose tables are in that catalog, and whose locks, indexes and spill are in `folder`. Files are read and
/// written where the catalog puts tables: in the file system, or in S3 with the keys of the environment.
/// Errors:  kInvalidArgument, kUnauthenticated, kPermissionDenied, kUnavailable.
Result<std::shared_ptr<Pond>> open_foreign(const std::string& folder, const CatalogOptions& options);

}  // namespace millpond::pond
