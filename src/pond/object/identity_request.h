#pragma once
// What requests to services of identities have in common.

#include <cstdint>
#include <string>

#include "millpond/status.h"
#include "pond/object/object_http.h"

namespace millpond::pond {

/// Sends it until there is an answer that stands. With `here_or_nowhere`, a service that does not answer is not there
/// and will not be: that of a machine at a provider. Errors: as ObjectHttp.
Result<ObjectResponse> send_patiently(ObjectHttp& http, const HttpRequest& request, int give_up_ms,
                                      bool here_or_nowhere);

struct BearerToken {
  std::string text;
  std::int64_t life_seconds = 3600;
};
/// Out of an answer as OAuth2 has it; `expires_in` may be in quotes. Errors: kUnauthenticated, with the answer's
/// reason. Source: RFC 6749, sections 5.1 and 5.2.
Result<BearerToken> token_in(const ObjectResponse& answer, const std::string& store);

}  // namespace millpond::pond
