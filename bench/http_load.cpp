// Asks a server over so many connections that are kept open, each waiting for its answer before it asks again.
// usage: bench_http_load PORT PATH QUERIES CONNECTIONS SECONDS
//        PATH: "/api/search?limit=10&query=", to which a query is added; or "POST /api/nearest", with queries as bodies

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int socket = -1;
  std::string answer;
  Clock::time_point asked;
};

[[noreturn]] void die(const char* why) {
  std::perror(why);
  std::exit(1);
}

std::string encoded(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", c);
    out += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : escaped;
  }
  return out;
}

int open_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// Whether the answer is whole; a status other than 200 ends the program.
bool whole(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  if (answer.compare(0, 12, "HTTP/1.1 200") != 0) {
    std::fprintf(stderr, "%s\n", answer.substr(0, 400).c_str());
    std::exit(1);
  }
  const std::size_t length = answer.find("content-length: ");
  return length < end && answer.size() >= end + 4 + std::strtoull(answer.c_str() + length + 16, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  std::vector<std::string> requests;
  std::ifstream file(argv[3]);
  const std::string path = argv[2];
  const bool bodies = path.starts_with("POST ");
  for (std::string line; std::getline(file, line);) {
    if (bodies) {
      requests.push_back(path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                         std::to_string(line.size()) + "\r\n\r\n" + line);
      continue;
    }
    requests.push_back("GET " + path + encoded(line) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }
  std::vector<Connection> all(static_cast<std::size_t>(std::atoi(argv[4])));
  std::vector<pollfd> polls;
  std::size_t next = 0;
  const auto ask = [&](Connection& each) {
    const std::string& request = requests[next++ % requests.size()];
    each.answer.clear();
    each.asked = Clock::now();
    if (::send(each.socket, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      die("send");
    }
  };
  for (Connection& each : all) {
    each.socket = open_to(std::atoi(argv[1]));
    polls.push_back({each.socket, POLLIN, 0});
    ask(each);
  }
  std::vector<double> ms;
  const auto began = Clock::now();
  const std::clock_t cpu = std::clock();
  const auto end = began + std::chrono::duration<double>(std::atof(argv[5]));
  std::string space(1 << 16, '\0');
  while (Clock::now() < end) {
    if (::poll(polls.data(), polls.size(), 1000) < 0) die("poll");
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (polls[i].revents == 0) continue;
      const ssize_t got = ::recv(all[i].socket, space.data(), space.size(), MSG_DONTWAIT);
      if (got <= 0) die("the server closed a connection");
      all[i].answer.append(space.data(), static_cast<std::size_t>(got));
      if (!whole(all[i].answer)) continue;
      ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - all[i].asked).count());
      ask(all[i]);
    }
  }
  const double wall = std::chrono::duration<double>(Clock::now() - began).count();
  std::sort(ms.begin(), ms.end());
  if (ms.empty()) return 1;
  std::printf(
      "{\"answers\": %zu, \"qps\": %.1f, \"mean_ms\": %.2f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, "
      "\"own_cpu_s\": %.2f, \"wall_s\": %.2f}\n",
      ms.size(), static_cast<double>(ms.size()) / wall,
      std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size()), ms[ms.size() / 2],
      ms[ms.size() * 99 / 100], ms.back(), static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC, wall);
}
