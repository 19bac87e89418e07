#include "millpond/serve/server.h"

#include <thread>

#include "serve/http/connection.h"

namespace millpond::serve {

using asio::ip::tcp;

namespace {

constexpr auto kLateAfter = std::chrono::milliseconds(20);

}  // namespace

class Server::Core {
 public:
  explicit Core(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  Status start() {
    MP_TRY(load_tls());
    for (int i = 0; i < std::max(1, shared_->options.io_threads); ++i) {
      io_.push_back(std::make_unique<IoThread>());
      guards_.push_back(asio::make_work_guard(io_.back()->context));
    }
    shared_->workers = std::make_unique<asio::thread_pool>(std::max(1, shared_->options.workers));
    shared_->lane = std::make_unique<Lane>(
        static_cast<int>(std::thread::hardware_concurrency()), shared_->options.workers, kLateAfter,
        [metrics = shared_->metrics](double seconds) { metrics->wait("search", seconds); });
    MP_TRY(listen());
    accept();
    for (auto& io : io_) {
      threads_.emplace_back([&context = io->context] { context.run(); });
    }
    return {};
  }

  void stop() {
    if (stopped_) return;
    stopped_ = true;
    shared_->stopping = true;
    const auto limit =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(shared_->options.shutdown_seconds_max);
    if (acceptor_) {
      asio::post(io_[0]->context, [this] {
        asio::error_code ignored;
        acceptor_->close(ignored);
      });
    }
    // A connection that was idle when it was told may have begun a request since; so they are told until all are gone.
    while (shared_->metrics->connections > 0 && std::chrono::steady_clock::now() < limit) {
      for (auto& io : io_) asio::post(io->context, [&io] { close_idle(*io); });
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    guards_.clear();
    for (auto& io : io_) {
      if (shared_->metrics->connections > 0) io->context.stop();
    }
    for (std::thread& thread : threads_) thread.join();
    shared_->lane.reset();
    if (shared_->workers) shared_->workers->join();
    io_.clear();
  }

  std::uint16_t port() const { return port_; }

 private:
  Status load_tls() {
    const ServerOptions& options = shared_->options;
    if (options.tls_certificate.empty() && options.tls_key.empty()) return {};
    if (options.tls_certificate.empty() || options.tls_key.empty()) {
      return invalid("TLS needs a certificate and its key");
    }
    shared_->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    asio::error_code failed;
    shared_->tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                                  asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_sslv3,
                              failed);
    shared_->tls->use_certificate_chain_file(options.tls_certificate, failed);
    if (failed) return invalid("not a certificate in PEM form: ", options.tls_certificate, ": ", failed.message());
    shared_->tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, failed);
    if (failed) return invalid("not the certificate's key in PEM form: ", options.tls_key, ": ", failed.message());
    return {};
  }

  Status listen() {
    const ServerOptions& options = shared_->options;
    asio::error_code failed;
    const auto address = asio::ip::make_address(options.address, failed);
    if (failed) return invalid("not an IP address to listen on: ", options.address);
    const tcp::endpoint endpoint(address, options.port);
    acceptor_ = std::make_unique<tcp::acceptor>(io_[0]->context);
    acceptor_->open(endpoint.protocol(), failed);
    if (!failed) acceptor_->set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_->bind(endpoint, failed);
    if (!failed) acceptor_->listen(asio::socket_base::max_listen_connections, failed);
    if (failed) {
      return unavailable("cannot listen: ", failed.message(), ": ", options.address, ":", options.port)
          .hint("Choose another port with --listen.");
    }
    port_ = acceptor_->local_endpoint().port();
    return {};
  }

  void accept() {
    IoThread& io = *io_[next_++ % io_.size()];
    acceptor_->async_accept(io.context, [this, &io](asio::error_code failed, tcp::socket socket) {
      if (shared_->stopping || failed == asio::error::operation_aborted) return;
      if (failed) {  // out of descriptors, most likely: wait until some are free
        auto timer = std::make_shared<asio::steady_timer>(io_[0]->context, std::chrono::milliseconds(100));
        timer->async_wait([this, timer](asio::error_code) {
          if (!shared_->stopping) accept();
        });
        return;
      }
      if (shared_->metrics->connections < shared_->options.connections_max) {
        auto moved = std::make_shared<tcp::socket>(std::move(socket));
        asio::post(io.context, [moved, &io, shared = shared_] { start_connection(std::move(*moved), io, shared); });
      }
      accept();
    });
  }

  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<IoThread>> io_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router, Authenticator authenticator,
                                              std::shared_ptr<Metrics> metrics) {
  auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  shared->router = std::move(router);
  shared->authenticator = std::move(authenticator);
  shared->metrics = std::move(metrics);
  auto core = std::make_unique<Core>(std::move(shared));
  try {
    Status started = core->start();
    if (!started.ok()) {
      core->stop();
      return started;
    }
  } catch (const std::exception& problem) { return internal("cannot start the server: ", problem.what()); }
  return std::make_unique<Server>(std::move(core));
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() {
  if (core_) core_->stop();
}
std::uint16_t Server::port() const { return core_->port(); }
void Server::stop() { core_->stop(); }

}  // namespace millpond::serve
