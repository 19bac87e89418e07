#include "millpond/serve/metrics.h"

#include <sstream>

namespace millpond::serve {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void head(std::ostringstream& out, std::string_view name, std::string_view type, std::string_view help) {
  out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n';
}

}  // namespace

void Metrics::Latency::add(double seconds) {
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  ++buckets[bucket];
  ++count;
  sum_seconds += seconds;
}

void Metrics::Latency::show(std::ostream& out, const std::string& name, const std::string& label) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    sum += buckets[i];
    out << name << "_bucket{" << label << ",le=\"";
    if (i < kBounds.size()) {
      out << kBounds[i];
    } else {
      out << "+Inf";
    }
    out << "\"} " << sum << '\n';
  }
  out << name << "_sum{" << label << "} " << sum_seconds << '\n';
  out << name << "_count{" << label << "} " << count << '\n';
}

void Metrics::request(std::string_view route, std::string_view method, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(route), std::string(method), status}];
  latencies_[std::string(route)].add(seconds);
}

void Metrics::wait(std::string_view queue, double seconds) {
  const std::lock_guard lock(mutex_);
  waits_[std::string(queue)].add(seconds);
}

void Metrics::count(std::string_view name, std::string_view label, std::string_view value, std::int64_t by) {
  const std::lock_guard lock(mutex_);
  counts_[{std::string(name), std::string(label), std::string(value)}] += by;
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::ostringstream out;
  head(out, "millpond_http_requests_total", "counter", "Requests answered.");
  for (const auto& [key, count] : requests_) {
    out << "millpond_http_requests_total{route=" << quoted(std::get<0>(key)) << ",method=" << quoted(std::get<1>(key))
        << ",status=\"" << std::get<2>(key) << "\"} " << count << '\n';
  }
  head(out, "millpond_http_request_seconds", "histogram", "From the last byte of a request to its response.");
  for (const auto& [route, latency] : latencies_) {
    latency.show(out, "millpond_http_request_seconds", "route=" + quoted(route));
  }
  head(out, "millpond_http_wait_seconds", "histogram", "In a queue, before a request was worked on.");
  for (const auto& [queue, wait] : waits_) wait.show(out, "millpond_http_wait_seconds", "queue=" + quoted(queue));
  head(out, "millpond_http_connections", "gauge", "Connections open now.");
  out << "millpond_http_connections " << connections.load() << '\n';
  head(out, "millpond_http_connections_total", "counter", "Connections accepted.");
  out << "millpond_http_connections_total " << connections_total.load() << '\n';
  head(out, "millpond_http_requests_in_flight", "gauge", "Requests being worked on.");
  out << "millpond_http_requests_in_flight " << in_flight.load() << '\n';
  std::string_view last;
  for (const auto& [key, count] : counts_) {
    if (std::get<0>(key) != last) out << "# TYPE " << std::get<0>(key) << " counter\n";
    last = std::get<0>(key);
    out << std::get<0>(key) << '{' << std::get<1>(key) << '=' << quoted(std::get<2>(key)) << "} " << count << '\n';
  }
  return out.str();
}

}  // namespace millpond::serve
