#pragma once
// An HTTP request and its response, as handlers see them: no sockets, no framework.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/context.h"
#include "millpond/serve/principal.h"
#include "millpond/status.h"

namespace millpond::serve {

using Headers = std::vector<std::pair<std::string, std::string>>;  ///< names in lower case, in the order received

struct Request {
  std::string method;  ///< "GET", "POST" ...
  std::string path;    ///< as received, still percent-encoded, without the query
  std::map<std::string, std::string, std::less<>> parameters;  ///< of the route's pattern, decoded
  std::map<std::string, std::string, std::less<>> query;       ///< decoded; of a repeated name the last
  Headers headers;
  std::string body;
  std::string peer;     ///< address and port of the client: names the connection
  Principal principal;  ///< who asks; set before the handler runs

  /// Empty if there is none. `name` in lower case.
  std::string_view header(std::string_view name) const;
  const std::string& parameter(std::string_view name) const;  ///< empty if the pattern has none of that name
  std::optional<std::string_view> query_value(std::string_view name) const;
};

/// A response that is made while it is sent, such as server-sent events.
/// Threads: one at a time, on the worker pool; `next` may block. Destroyed when the client goes away.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  /// The next piece; none at the end. After an error the connection is cut, so that nobody takes the rest for all.
  virtual Result<std::optional<std::string>> next(Context& context) = 0;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::unique_ptr<BodyStream> stream;  ///< if set, sent in chunks after `body`

  static Response json(std::string text, int status = 200);
  static Response text(std::string text, int status = 200);
  static Response empty(int status = 204);
  Response&& with(std::string name, std::string value) &&;
};

/// What a failed request is answered with outside of APIs that have a form of their own:
/// `{"error": {"code": "not_found", "message": "...", "hint": "..."}}`.
Response error_response(const Status& status);

std::string_view reason_phrase(int status);

}  // namespace millpond::serve
