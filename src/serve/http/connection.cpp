#include "serve/http/connection.h"

#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <optional>

#include "serve/http/dispatch.h"
#include "serve/http/parser.h"

namespace millpond::serve {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
template <class T>
using Task = asio::awaitable<T, asio::io_context::executor_type>;
using TaskToken = asio::use_awaitable_t<asio::io_context::executor_type>;
constexpr TaskToken kAwait{};

/// What is closed from outside of the coroutine: by a time limit, or when the server stops.
class Connection {
 public:
  Connection(IoThread& io, std::shared_ptr<Shared> shared) : io_(io), shared_(std::move(shared)), timer_(io.context) {
    io_.connections.insert(this);
    ++shared_->metrics->connections;
    ++shared_->metrics->connections_total;
  }
  virtual ~Connection() {
    io_.connections.erase(this);
    --shared_->metrics->connections;
  }
  virtual tcp::socket& socket() = 0;
  bool idle() const { return idle_; }
  void close() {
    asio::error_code ignored;
    socket().close(ignored);
  }

 protected:
  IoThread& io_;
  std::shared_ptr<Shared> shared_;
  asio::steady_timer timer_;
  bool idle_ = false;
};

namespace {

std::string head_of(const Response& response, bool keep_alive, bool with_length) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason_phrase(response.status);
  head += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head += name;
    head += ": ";
    for (const char c : value) head += c == '\r' || c == '\n' ? ' ' : c;  // a value must not begin a header of its own
    head += "\r\n";
  }
  if (response.stream) {
    head += "transfer-encoding: chunked\r\n";
  } else if (with_length) {
    head += "content-length: " + std::to_string(response.body.size()) + "\r\n";
  }
  head += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
  return head;
}

std::string chunk_of(std::string_view bytes) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  std::string out(size);
  out += bytes;
  out += "\r\n";
  return out;
}

/// Runs `work` on a worker thread, or in the lane of busy routes, and comes back to the connection's own.
template <class T, class Work>
Task<T> on_worker(Shared& shared, bool busy, Work work) {
  TaskToken token;
  co_return co_await asio::async_initiate<TaskToken, void(T)>(
      [&shared, busy](auto handler, Work body) {
        auto executor = asio::get_associated_executor(handler);
        auto job = [handler = std::move(handler), body = std::move(body), guard = asio::make_work_guard(executor),
                    executor]() mutable {
          T value = body();
          asio::post(executor,
                     [handler = std::move(handler), value = std::move(value)]() mutable { handler(std::move(value)); });
        };
        if (busy) {
          shared.lane->post(std::move(job));
        } else {
          asio::post(*shared.workers, std::move(job));
        }
      },
      token, std::move(work));
}

template <class Stream>
class ConnectionOn final : public Connection, public std::enable_shared_from_this<ConnectionOn<Stream>> {
 public:
  template <class... Args>
  ConnectionOn(IoThread& io, std::shared_ptr<Shared> shared, Args&&... args)
      : Connection(io, std::move(shared)),
        stream_(std::forward<Args>(args)...),
        parser_({shared_->options.header_bytes_max, shared_->options.body_bytes_max, 100}) {}

  tcp::socket& socket() override {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  Task<void> run() {
    asio::error_code failed;
    const auto endpoint = socket().remote_endpoint(failed);
    if (failed) co_return;
    peer_ = endpoint.address().to_string() + " " + std::to_string(endpoint.port());
    socket().set_option(tcp::no_delay(true), failed);
    if constexpr (kTls) {
      limit(shared_->options.header_seconds_max);
      co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(kAwait, failed));
      if (failed) co_return;
    }
    while (!failed && !shared_->stopping) {
      if (!co_await read_request()) break;
      if (!co_await answer()) break;
    }
    stop_timer();
    if constexpr (kTls) {
      limit(1);
      co_await stream_.async_shutdown(asio::redirect_error(kAwait, failed));
      stop_timer();
    }
    socket().shutdown(tcp::socket::shutdown_both, failed);
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, tcp::socket>;

  /// Closes the socket, and with it what waits for it, if this much time passes before the next call.
  void limit(double seconds) {
    deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    // A timer that ends before looks again then: to set it anew for each request would cost system calls.
    if (!timed_ || deadline_ < timer_.expiry()) set_timer();
  }
  void no_limit() { deadline_ = Clock::time_point::max(); }
  void set_timer() {
    timed_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = this->shared_from_this()](asio::error_code stopped) {
      if (stopped) return;  // set anew, or the connection ended
      self->timed_ = false;
      if (self->deadline_ <= Clock::now()) {
        self->close();
      } else if (self->deadline_ != Clock::time_point::max()) {
        self->set_timer();
      }
    });
  }
  void stop_timer() {
    timed_ = false;
    no_limit();
    timer_.cancel();
  }

  Task<bool> read_request() {
    Status fed = parser_.feed("");  // what came with the request before
    if (fed.ok() && !parser_.done()) {
      idle_ = parser_.is_fresh();
      limit(idle_ ? shared_->options.idle_seconds_max : shared_->options.header_seconds_max);
    }
    bool in_head = !idle_, in_body = false;
    std::string bytes;
    while (fed.ok() && !parser_.done()) {
      if (parser_.has_head() && !in_body) {
        in_body = true;
        limit(shared_->options.body_seconds_max);
        if (parser_.expects_continue() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
      }
      bytes.resize(in_body ? 64 << 10 : 4 << 10);
      asio::error_code failed;
      const std::size_t got =
          co_await stream_.async_read_some(asio::buffer(bytes), asio::redirect_error(kAwait, failed));
      idle_ = false;
      if (failed) co_return false;
      if (!in_head) limit(shared_->options.header_seconds_max);
      in_head = true;
      fed = parser_.feed(std::string_view(bytes).substr(0, got));
    }
    idle_ = false;
    if (fed.ok()) co_return true;
    Response response = error_response(fed);
    response.status = parser_.error_status();
    shared_->metrics->request("none", "none", response.status, 0);
    limit(5);
    (void)co_await write(head_of(response, false, true), response.body);
    co_return false;
  }

  Task<bool> answer() {
    const bool keep_alive = parser_.keep_alive() && !shared_->stopping;
    std::string query(parser_.query());
    auto request = std::make_shared<Request>(parser_.take());
    request->peer = peer_;
    const std::string method = request->method;
    const auto began = Clock::now();
    no_limit();  // a handler has limits of its own
    auto context = std::make_shared<Context>();
    ++shared_->metrics->in_flight;
    auto work = [shared = shared_, request, context, query = std::move(query)] {
      return std::make_shared<Answer>(
          dispatch(*request, query, shared->router, shared->authenticator, shared->options.loopback_only, *context));
    };
    const Route* route = shared_->router.peek(method, request->path);
    const bool busy = route != nullptr && route->busy && route->busy();
    auto done = co_await on_worker<std::shared_ptr<Answer>>(*shared_, busy, std::move(work));
    --shared_->metrics->in_flight;
    const std::chrono::duration<double> took = Clock::now() - began;
    Response& response = done->response;
    shared_->metrics->request(done->route, method, response.status, took.count());

    const bool bodiless = response.status == 204 || response.status == 304;
    if (method == "HEAD" || bodiless) response.stream.reset();
    limit(shared_->options.write_seconds_max);
    const std::string head = head_of(response, keep_alive, !bodiless);
    if (response.stream) {
      // Each await stands alone, and what it uses has a name: g++ 12 ends temporaries too early.
      std::string begin = head;
      if (!response.body.empty()) begin += chunk_of(response.body);
      bool sent = co_await write(begin, {});
      std::shared_ptr<BodyStream> stream(std::move(response.stream));
      if (sent) sent = co_await write_stream(stream, context);
      co_return sent&& keep_alive;
    }
    const std::string_view body = method == "HEAD" || bodiless ? std::string_view() : response.body;
    co_return co_await write(head, body) && keep_alive;
  }

  Task<bool> write_stream(std::shared_ptr<BodyStream> stream, std::shared_ptr<Context> context) {
    using Piece = std::shared_ptr<Result<std::optional<std::string>>>;
    for (;;) {
      no_limit();
      auto work = [stream, context]() -> Piece {
        try {
          return std::make_shared<Result<std::optional<std::string>>>(stream->next(*context));
        } catch (const std::exception& problem) {
          return std::make_shared<Result<std::optional<std::string>>>(internal("unexpected: ", problem.what()));
        }
      };
      const Piece piece = co_await on_worker<Piece>(*shared_, false, std::move(work));
      if (!piece->ok()) co_return false;  // cut: the client sees that the end is missing
      limit(shared_->options.write_seconds_max);
      const std::optional<std::string>& text = **piece;
      const bool ended = !text.has_value();
      if (!ended && text->empty()) continue;
      const std::string chunk = ended ? std::string("0\r\n\r\n") : chunk_of(*text);
      const bool sent = co_await write(chunk, {});
      if (!sent) context->cancel().request();
      if (ended || !sent) co_return sent;
    }
  }

  Task<bool> write(std::string_view first, std::string_view second) {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(first), asio::buffer(second)};
    asio::error_code failed;
    co_await asio::async_write(stream_, buffers, asio::redirect_error(kAwait, failed));
    co_return !failed;
  }

  Stream stream_;
  RequestParser parser_;
  std::string peer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_ = false;  // the timer runs
};

template <class Stream>
void spawn(std::shared_ptr<ConnectionOn<Stream>> connection, IoThread& io) {
  asio::co_spawn(
      io.context.get_executor(),
      [connection]() -> Task<void> {
        co_await connection->run();
        connection->close();
      },
      asio::detached);
}

}  // namespace

void start_connection(tcp::socket socket, IoThread& io, std::shared_ptr<Shared> shared) {
  if (shared->tls) {
    using Tls = asio::ssl::stream<tcp::socket>;
    asio::ssl::context& tls = *shared->tls;
    spawn(std::make_shared<ConnectionOn<Tls>>(io, std::move(shared), std::move(socket), tls), io);
  } else {
    spawn(std::make_shared<ConnectionOn<tcp::socket>>(io, std::move(shared), std::move(socket)), io);
  }
}

void close_idle(IoThread& io) {
  for (Connection* connection : io.connections) {
    if (connection->idle()) connection->close();
  }
}

}  // namespace millpond::serve
