#include "serve/http/dispatch.h"

#include <exception>
#include <new>

namespace millpond::serve {
namespace {

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.") || host.empty();
}

/// A page of another site can make a browser send requests here, and can give its own name our address. Neither may
/// reach a server that asks for no token.
Status check_origin(const Request& request) {
  const std::string_view host = request.header("host");
  if (!is_loopback(host_of(host))) {
    return error(Code::kPermissionDenied, "without authentication only local names are served, not: ", host);
  }
  std::string_view origin = request.header("origin");
  if (origin.empty()) return {};
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || origin.substr(scheme + 3) != host) {
    return error(Code::kPermissionDenied, "without authentication no requests of other sites are served: ", origin);
  }
  return {};
}

Response failure(const Route* route, const Status& status) {
  return route != nullptr && route->on_error ? route->on_error(status) : error_response(status);
}

Result<Response> call(const Route& route, const Request& request, Context& context) {
  try {
    return route.handler(request, context);
  } catch (const std::bad_alloc&) { return exhausted("out of memory"); } catch (const std::exception& problem) {
    return internal("unexpected: ", problem.what());
  }
}

}  // namespace

Answer dispatch(Request& request, std::string_view query, const Router& router, const Authenticator& authenticator,
                bool loopback_only, Context& context) {
  Answer answer{{}, "none"};
  const Route* route = nullptr;
  const auto respond = [&](Status status) {
    answer.response = failure(route, status);
    return std::move(answer);
  };
  if (loopback_only) {
    if (Status origin = check_origin(request); !origin.ok()) return respond(std::move(origin));
  }
  if (request.method == "OPTIONS" || request.path == "*") {
    answer.response = Response::empty();
    std::string all;
    for (const std::string& method : router.allowed(request.path)) (all += all.empty() ? "" : ", ") += method;
    if (!all.empty()) answer.response.headers.emplace_back("allow", all);
    return answer;
  }
  auto found = router.find(request);
  if (!found.ok()) {
    const bool wrong_method = found.status().code() == Code::kUnsupported;
    answer.response = error_response(found.status());
    if (wrong_method) {
      answer.response.status = 405;
      std::string all;
      for (const std::string& method : router.allowed(request.path)) (all += all.empty() ? "" : ", ") += method;
      answer.response.headers.emplace_back("allow", all);
    }
    return answer;
  }
  route = *found;
  answer.route = route->pattern;
  auto parsed = parse_query(query);
  if (!parsed.ok()) return respond(std::move(parsed).status());
  request.query = *std::move(parsed);
  if (!route->open && authenticator) {
    auto principal = authenticator(request);
    if (!principal.ok()) return respond(std::move(principal).status());
    request.principal = *std::move(principal);
  }
  auto response = call(*route, request, context);
  if (!response.ok()) return respond(std::move(response).status());
  answer.response = *std::move(response);
  return answer;
}

}  // namespace millpond::serve
