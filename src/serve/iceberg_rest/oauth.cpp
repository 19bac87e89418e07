// Tokens for clients that insist on OAuth2: the client id is the token's id, the client secret its secret.
//
// Source: RFC 6749, section 4.4; RFC 8693 for the exchange by which clients renew.

#include "serve/iceberg_rest/api.h"

namespace millpond::serve::iceberg {
namespace {

constexpr int kSeconds = 3600;

Response oauth_error(const char* code, int status) {
  Response out = Response::json(pond::to_text({{"error", code}}), status);
  out.headers.emplace_back("cache-control", "no-store");
  return out;
}

Result<Response> token(Api& api, const Request& request) {
  auto form = parse_query(request.body);
  if (!form.ok()) return oauth_error("invalid_request", 400);
  const auto value = [&](const char* name) {
    const auto found = form->find(name);
    return found == form->end() ? std::string() : found->second;
  };
  std::string given;
  if (value("grant_type") == "client_credentials") {
    const std::string id = value("client_id"), secret = value("client_secret");
    given = secret.starts_with("mp_") ? secret : "mp_" + id + "_" + secret;
  } else if (value("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange") {
    given = value("subject_token");
  } else {
    return oauth_error("unsupported_grant_type", 400);
  }
  if (!api.tokens->verify(given).ok()) return oauth_error("invalid_client", 401);
  Response out =
      Response::json(pond::to_text({{"access_token", given},
                                    {"token_type", "bearer"},
                                    {"expires_in", kSeconds},
                                    {"issued_token_type", "urn:ietf:params:oauth:token-type:access_token"}}));
  out.headers.emplace_back("cache-control", "no-store");
  return out;
}

}  // namespace

void add_oauth_routes(Routes& routes) { routes.add("POST", "/oauth/tokens", token, true); }

}  // namespace millpond::serve::iceberg
