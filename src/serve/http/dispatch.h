#pragma once
// From a request to its response: route, authentication, handler. Runs on a worker thread.

#include "millpond/serve/server.h"

namespace millpond::serve {

struct Answer {
  Response response;
  std::string route;  ///< the pattern, for metrics
};

/// Never fails: what goes wrong becomes a response. `query` is still encoded.
Answer dispatch(Request& request, std::string_view query, const Router& router, const Authenticator& authenticator,
                bool loopback_only, Context& context);

}  // namespace millpond::serve
