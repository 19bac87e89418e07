#pragma once
// Tokens for Google Cloud Storage.

#include <cstdint>
#include <ctime>
#include <mutex>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "pond/object/gcs_settings.h"
#include "pond/object/object_http.h"

namespace millpond::pond {

/// Gets a token when one is needed, and another one before it expires.
/// Errors:  kUnauthenticated if the identity is refused; kUnavailable.
/// Threads: any; one at a time asks for a token.
class GcsToken {
 public:
  explicit GcsToken(const GcsSettings& settings) : settings_(settings), http_(settings.patience.timeout_ms) {}

  /// Empty for an emulator.
  Result<std::string> get();
  /// The last one was refused. False if it is so new that another one would be as well.
  bool forget();

 private:
  Result<ObjectResponse> ask();

  const GcsSettings settings_;
  ObjectHttp http_;
  std::mutex mutex_;
  std::string token_;
  std::time_t made_ = 0, expires_ = 0;
};

/// The statement of a service account that is exchanged for a token. Errors: kUnauthenticated for a key that is none.
/// Source: RFC 7519, RFC 7515 (RS256), RFC 7523.
Result<std::string> signed_statement(const GcsSettings& settings, std::time_t now);

}  // namespace millpond::pond
