#pragma once
// Requests to model services: bounded, cancellable, retried where that helps.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::model {

struct HttpRequest {
  std::string url;
  std::string body;  ///< JSON, sent by POST
  std::string key;   ///< sent as a bearer token; never part of a message or a log
  std::string accept = "application/json";
  int connect_timeout_ms = 10'000;
  int timeout_ms = 60'000;  ///< of the whole exchange; of a streamed one, of any silence
  std::int64_t response_bytes_max = std::int64_t{256} << 20;
};

struct HttpResponse {
  int status = 0;
  std::string body;                  ///< empty if it went to `on_data`
  std::int64_t retry_after_ms = -1;  ///< what the service asked for; -1 if nothing
};

/// Takes a piece of a successful response as it arrives; an error ends the exchange.
using OnData = std::function<Status(std::string_view)>;

/// A connection that is kept open between requests. TLS certificates are always checked, redirects not followed.
/// Threads: one at a time.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  /// One attempt. Any HTTP status is a response, not an error.
  /// Errors: kUnavailable (no connection, no answer in time), kUnauthenticated (certificate), kInvalidArgument (URL),
  ///         kResourceExhausted (response too large), kCancelled, kDeadlineExceeded, and those of `on_data`.
  Result<HttpResponse> post(const HttpRequest& request, Context& context, const OnData& on_data = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Spaces requests evenly. Threads: any.
class RateLimit {
 public:
  explicit RateLimit(int requests_per_minute) : per_minute_(requests_per_minute) {}
  Status wait(Context& context);

 private:
  const int per_minute_;  ///< 0: no limit
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

/// Waits double from `wait_first_ms` up to `wait_max_ms`, each shortened at random by up to a half; a service's own
/// Retry-After is honoured up to `retry_after_max_ms`, beyond which there is no point in holding the build.
struct RetryPolicy {
  int attempts_max = 6;
  int wait_first_ms = 500;
  int wait_max_ms = 30'000;
  int retry_after_max_ms = 120'000;
};

/// Posts until it succeeds, is refused for good, or the attempts are used up.
///
/// Retried: 408, 425, 429, 5xx, and failures to connect or answer; with `on_data`, only until the first piece.
/// Errors:  as `HttpClient::post`, and of a final HTTP status: kInvalidArgument (400, 413, 422 …), kUnauthenticated
///          (401), kPermissionDenied (403), kNotFound (404), kResourceExhausted (429), kUnavailable (5xx, and others).
///          The message has what the service said, shortened, without the key.
Result<HttpResponse> post_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy,
                                       RateLimit& limit, Context& context, const OnData& on_data = {});

/// The value of the environment variable `name`, or "" for no name.
/// Errors: kUnauthenticated when it is not set, or is no single line.
Result<std::string> key_from_environment(const std::string& name);

/// `base` + "/" + `path`, unless the base ends with it already. Errors: kInvalidArgument if it is not http or https.
Result<std::string> service_url(std::string_view base, std::string_view path);

/// Sleeps, but wakes when the context is cancelled.
Status sleep_for(std::chrono::milliseconds wait, Context& context);

}  // namespace millpond::model
