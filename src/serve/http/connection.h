#pragma once
// One connection: reads requests, has them answered by workers, writes the responses.

#include <atomic>
#include <memory>
#include <set>

#include "millpond/serve/server.h"
#include "serve/http/asio.h"
#include "serve/http/lane.h"

namespace millpond::serve {

/// What all connections share. Threads: `router`, `authenticator` and `options` do not change while the server runs.
struct Shared {
  ServerOptions options;
  Router router;
  Authenticator authenticator;
  std::shared_ptr<Metrics> metrics;
  std::unique_ptr<asio::ssl::context> tls;
  std::unique_ptr<asio::thread_pool> workers;
  std::unique_ptr<Lane> lane;  ///< of routes that are `busy`
  std::atomic<bool> stopping{false};
};

class Connection;

/// One thread with its own connections, so that these need no locks.
struct IoThread {
  asio::io_context context{1};
  std::set<Connection*> connections;
};

/// Takes the socket over; it must belong to `io`. Runs on the thread of `io`.
void start_connection(asio::ip::tcp::socket socket, IoThread& io, std::shared_ptr<Shared> shared);
/// Closes connections that wait for a request; the others close after their response. On the thread of `io`.
void close_idle(IoThread& io);

}  // namespace millpond::serve
