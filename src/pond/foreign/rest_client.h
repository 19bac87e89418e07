#pragma once
// Speaks to an Iceberg REST catalog: addresses, tokens, errors.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "millpond/pond/foreign.h"
#include "millpond/status.h"
#include "pond/rest_document.h"

namespace millpond::pond {

struct RestAnswer {
  int status = 0;
  Document body;                ///< null if it was no JSON
  bool unclear = false;         ///< an attempt before may have been carried out, although nobody said so
  std::string message() const;  ///< what the catalog says is wrong
};

/// Threads: any. Requests that get no answer, or 429, 502, 503 or 504, are tried again for a minute.
class RestClient {
 public:
  /// Looks up the secrets that `options` names in the environment, and asks the catalog for its configuration.
  /// Errors: kInvalidArgument (URI), kUnauthenticated (a variable that is not set; refused), kUnavailable.
  static Result<std::unique_ptr<RestClient>> open(const CatalogOptions& options);
  ~RestClient();

  /// `path`: below the prefix, such as `namespaces/lab/tables`, percent-encoded. Any status is an answer.
  /// Errors: kUnavailable when it gave up; kUnauthenticated (401), kPermissionDenied (403).
  Result<RestAnswer> call(const char* method, const std::string& path, const Document* body = nullptr,
                          const std::map<std::string, std::string>& query = {});

 private:
  struct Connection;
  struct Request;
  RestClient();
  Status configure();
  Result<RestAnswer> send(const Request& request, bool retry_unclear);
  Result<std::string> token(bool renew);
  Result<std::string> exchange_credentials();

  CatalogOptions options_;
  std::string prefix_, fixed_token_, client_id_, client_secret_;
  std::unique_ptr<Connection> connection_;
  std::mutex mutex_;  // of the token
  std::string token_;
  std::int64_t token_renewed_ms_ = 0;  // from then on a new one is asked for
};

}  // namespace millpond::pond
