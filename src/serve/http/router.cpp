#include "millpond/serve/router.h"

#include <algorithm>

namespace millpond::serve {
namespace {

constexpr std::size_t kQueryParametersMax = 200;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "/a/b" -> {"a", "b"}; a slash at the end makes no segment.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 || end < path.size()) out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return invalid("a NUL in a text");
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return invalid("not a percent-encoded text: ", text);
      const char c = static_cast<char>(high * 16 + low);
      if (c == '\0') return invalid("an encoded NUL: ", text);
      out += c;
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view text) {
  std::map<std::string, std::string, std::less<>> out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    MP_ASSIGN(std::string name, percent_decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) { MP_ASSIGN(value, percent_decode(pair.substr(equals + 1), true)); }
    out[std::move(name)] = std::move(value);
    if (out.size() > kQueryParametersMax) return exhausted("more than ", kQueryParametersMax, " query parameters");
  }
  return out;
}

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
  std::unique_ptr<Node> any;                              // {name}
  std::map<std::string, Route, std::less<>> routes;       // by method, ending here
  std::map<std::string, Route, std::less<>> rest_routes;  // by method, with {name...} as the next segment

  using Match = std::pair<const Node*, std::size_t>;  // and how many segments it took

  /// Fixed texts are tried before names, and the rest of a path last, at each depth.
  Match match(const std::vector<std::string_view>& segments, std::size_t depth) const {
    if (depth == segments.size() && !routes.empty()) return {this, depth};
    if (depth < segments.size()) {
      const auto found = fixed.find(segments[depth]);
      if (found != fixed.end()) {
        const Match deeper = found->second->match(segments, depth + 1);
        if (deeper.first != nullptr) return deeper;
      }
      if (any != nullptr && !segments[depth].empty()) {
        const Match deeper = any->match(segments, depth + 1);
        if (deeper.first != nullptr) return deeper;
      }
    }
    return rest_routes.empty() ? Match{nullptr, 0} : Match{this, depth};
  }
  const std::map<std::string, Route, std::less<>>& of(std::size_t depth, std::size_t count) const {
    return depth == count && !routes.empty() ? routes : rest_routes;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
  Node* node = root_.get();
  for (const std::string_view segment : segments_of(route.pattern)) {
    if (segment.starts_with('{') && segment.ends_with("...}")) {
      node->rest_routes[route.method] = std::move(route);
      return;
    }
    std::unique_ptr<Node>& next = segment.starts_with('{') ? node->any : node->fixed[std::string(segment)];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  node->routes[route.method] = std::move(route);
}

Result<const Route*> Router::find(Request& request) const {
  const std::vector<std::string_view> segments = segments_of(request.path);
  const auto [node, depth] = root_->match(segments, 0);
  if (node == nullptr) return not_found("nothing is served at ", request.path);
  const auto& routes = node->of(depth, segments.size());
  auto found = routes.find(request.method);
  if (found == routes.end() && request.method == "HEAD") found = routes.find("GET");
  if (found == routes.end()) return unsupported("method ", request.method, " is not served at ", request.path);
  const Route& route = found->second;
  std::size_t index = 0;
  for (const std::string_view part : segments_of(route.pattern)) {
    if (part.starts_with('{') && part.ends_with("...}")) {
      std::string rest;
      for (std::size_t i = index; i < segments.size(); ++i) (rest += i > index ? "/" : "") += segments[i];
      MP_ASSIGN(request.parameters[std::string(part.substr(1, part.size() - 5))],
                percent_decode(rest, route.plus_is_space));
      break;
    }
    if (part.starts_with('{')) {
      MP_ASSIGN(request.parameters[std::string(part.substr(1, part.size() - 2))],
                percent_decode(segments[index], route.plus_is_space));
    }
    ++index;
  }
  return &route;
}

const Route* Router::peek(std::string_view method, std::string_view path) const {
  const std::vector<std::string_view> segments = segments_of(path);
  const auto [node, depth] = root_->match(segments, 0);
  if (node == nullptr) return nullptr;
  const auto& routes = node->of(depth, segments.size());
  const auto found = routes.find(method);
  return found == routes.end() ? nullptr : &found->second;
}

std::vector<std::string> Router::allowed(std::string_view path) const {
  const std::vector<std::string_view> segments = segments_of(path);
  const auto [node, depth] = root_->match(segments, 0);
  std::vector<std::string> out;
  if (node == nullptr) return out;
  for (const auto& [method, route] : node->of(depth, segments.size())) out.push_back(method);
  if (std::find(out.begin(), out.end(), "GET") != out.end() && std::find(out.begin(), out.end(), "HEAD") == out.end()) {
    out.emplace_back("HEAD");
  }
  out.emplace_back("OPTIONS");
  return out;
}

}  // namespace millpond::serve
