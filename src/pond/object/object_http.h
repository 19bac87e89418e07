#pragma once
// One exchange with an object store.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::pond {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                             ///< as it is sent: percent-encoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string_view body;
  std::int64_t response_bytes_max = std::int64_t{1} << 30;
  std::string what;  ///< for messages: the object
};

struct ObjectResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  /// The text of the first element of this name in an answer in XML; empty if there is none.
  std::string element(std::string_view name) const;
};

/// Keeps connections open between exchanges. Certificates are checked, redirects not followed.
/// Threads: any.
class ObjectHttp {
 public:
  /// `timeout_ms`: of silence in an exchange.
  explicit ObjectHttp(int timeout_ms);
  ~ObjectHttp();

  /// One attempt. Any HTTP status is a response.
  /// Errors: kUnavailable: no answer, or not all of it; the request may have been carried out. kUnauthenticated: the
  ///         certificate. kResourceExhausted: a larger answer than allowed. Messages name the object, no credentials.
  Result<ObjectResponse> send(const HttpRequest& request);

 private:
  struct Pool;

  const int timeout_ms_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace millpond::pond
