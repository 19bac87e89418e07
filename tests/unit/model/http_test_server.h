#pragma once
// A service on a local port that answers as a test tells it to.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace millpond::model {

/// What the service received.
struct Received {
  std::string head;  ///< request line and headers, lower case
  std::string body;
};

/// One response; sent piece by piece with a pause before each but the first.
struct Reply {
  std::vector<std::string> pieces;
  int pause_ms = 0;
};

inline Reply http_reply(int status, const std::string& body, const std::string& headers = "") {
  return {{"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body}};
}

/// Serves connections one after another until destroyed.
class TestServer {
 public:
  using Handler = std::function<Reply(const Received&, int request)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    ::listen(listener_, 16);
    thread_ = std::thread([this] { serve(); });
  }
  ~TestServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (const int open = connection_.load(); open >= 0) ::shutdown(open, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  std::vector<Received> received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  void serve() {
    while (!stopping_) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      connection_ = connection;
      while (!stopping_ && answer(connection)) {}
      connection_ = -1;
      ::close(connection);
    }
  }

  bool answer(int connection) {
    Received request;
    std::string bytes;
    std::size_t head_end = std::string::npos, body_bytes = 0;
    char block[65536];
    for (;;) {
      if (head_end == std::string::npos && (head_end = bytes.find("\r\n\r\n")) != std::string::npos) {
        request.head = bytes.substr(0, head_end);
        std::transform(request.head.begin(), request.head.end(), request.head.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        const std::size_t at = request.head.find("content-length: ");
        if (at != std::string::npos) body_bytes = std::strtoul(request.head.c_str() + at + 16, nullptr, 10);
      }
      if (head_end != std::string::npos && bytes.size() >= head_end + 4 + body_bytes) break;
      const ssize_t size = ::recv(connection, block, sizeof(block), 0);
      if (size <= 0) return false;
      bytes.append(block, static_cast<std::size_t>(size));
    }
    request.body = bytes.substr(head_end + 4, body_bytes);
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      received_.push_back(request);
      number = static_cast<int>(received_.size());
    }
    const Reply reply = handler_(request, number);
    if (reply.pieces.empty()) return false;  // closes without a word
    for (std::size_t i = 0; i < reply.pieces.size(); ++i) {
      for (int waited = 0; i > 0 && waited < reply.pause_ms && !stopping_; waited += 5) ::usleep(5000);
      const std::string& piece = reply.pieces[i];
      if (::send(connection, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return reply.pieces.front().find("Connection: close") == std::string::npos;
  }

  const Handler handler_;
  int listener_ = -1, port_ = 0;
  std::atomic<int> connection_{-1};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<Received> received_;
  std::thread thread_;
};

}  // namespace millpond::model
