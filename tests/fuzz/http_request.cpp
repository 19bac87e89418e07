// HTTP requests: however the bytes are cut into reads, the same requests come out, within the limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "millpond/serve/router.h"
#include "serve/http/parser.h"

using namespace millpond;
using namespace millpond::serve;

namespace {

constexpr ParserLimits kLimits{.header_bytes_max = 2048, .body_bytes_max = 4096, .headers_max = 20};

std::string read_all(std::string_view bytes, std::size_t step) {
  RequestParser parser(kLimits);
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    Status fed = parser.feed(bytes.substr(at, step));
    while (fed.ok() && parser.done()) {
      const std::string query(parser.query());
      Request request = parser.take();
      if (static_cast<std::int64_t>(request.body.size()) > kLimits.body_bytes_max) std::abort();
      seen += request.method + " " + request.path + "?" + query + "\n" + request.body + "\n";
      for (const auto& [name, value] : request.headers) seen += name + ":" + value + "\n";
      fed = parser.feed("");
    }
    if (!fed.ok()) return seen + "error";
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string whole = read_all(text, size + 1);
  if (size < 4096 && read_all(text, 1) != whole) std::abort();

  static const Router* const router = [] {
    auto* made = new Router;
    for (const char* pattern : {"/", "/a/{x}", "/a/fixed/{y}", "/a/{x}/b", "/files/{path...}"}) {
      made->add("GET", pattern, [](const Request&, Context&) -> Result<Response> { return Response::empty(); });
    }
    return made;
  }();
  Request request;
  request.method = "GET";
  request.path = "/" + std::string(text.substr(0, text.find('?')));
  (void)router->find(request).ok();
  (void)router->allowed(request.path);
  (void)parse_query(text).ok();
  const auto decoded = percent_decode(text);
  if (decoded.ok()) {
    const auto again = percent_decode(percent_encode(*decoded));
    if (!again.ok() || *again != *decoded) std::abort();
  }
  return 0;
}
