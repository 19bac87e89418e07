#include "millpond/serve/apis.h"
#include "serve/mcp/protocol.h"

namespace millpond::serve {
namespace {

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

/// A page of another site must not reach this server through its visitor's browser.
bool is_foreign(const Request& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return true;
  const std::string_view host = without_port(origin.substr(scheme + 3));
  const bool local = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
  return !local && host != without_port(request.header("host"));
}

Response reply_of(mcp::Reply reply) {
  if (reply.text.empty()) return Response::empty(reply.http_status);
  return Response::json(std::move(reply.text), reply.http_status);
}

}  // namespace

void add_mcp(Router& router, std::shared_ptr<Library> library) {
  auto protocol = std::make_shared<mcp::Protocol>(std::move(library));
  router.add("POST", "/mcp", [protocol](const Request& request, Context& context) -> Result<Response> {
    if (is_foreign(request)) {
      return Response::json(mcp::error_text({}, {mcp::kInvalidRequest, "not for pages of another site"}), 403);
    }
    mcp::Envelope envelope;
    envelope.http = true;
    envelope.version = request.header("mcp-protocol-version");
    envelope.method = request.header("mcp-method");
    envelope.name = request.header("mcp-name");
    envelope.has_name = !envelope.name.empty();
    return reply_of(protocol->handle(request.body, envelope, request.principal, context));
  });
}

}  // namespace millpond::serve
