#pragma once
// The one HTTP server of the product: an asynchronous front, a pool of workers behind it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "millpond/serve/metrics.h"
#include "millpond/serve/router.h"
#include "millpond/status.h"

namespace millpond::serve {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;             ///< 0: any free one, see `Server::port`
  std::string tls_certificate, tls_key;  ///< PEM files; both or none
  int io_threads = 2, workers = 8;
  std::int64_t header_bytes_max = 32 << 10, body_bytes_max = 64 << 20;
  std::int64_t connections_max = 10'000;
  double header_seconds_max = 15, body_seconds_max = 120, idle_seconds_max = 300, write_seconds_max = 120;
  double shutdown_seconds_max = 10;  ///< what is in progress has so long to end
  /// Without authentication: only requests that a page of another site cannot have caused are served.
  bool loopback_only = false;
};

/// Says who a request comes from, or why it is refused (kUnauthenticated).
using Authenticator = std::function<Result<Principal>(const Request&)>;

/// Serves HTTP/1.1 with keep-alive. Idle connections cost no thread.
///
/// Errors:  of `start`: kUnavailable if the port is taken, kInvalidArgument for an address or a certificate that
///          cannot be used. A handler's exception is a 500, never the end of the server.
/// Threads: `start` and `stop` once each; `stop` waits for requests in progress.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router, Authenticator authenticator,
                                               std::shared_ptr<Metrics> metrics);
  ~Server();
  std::uint16_t port() const;
  /// No new connections; requests in progress end; then everything is closed.
  void stop();

  class Core;
  explicit Server(std::unique_ptr<Core> core);

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace millpond::serve
