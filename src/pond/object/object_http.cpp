#include "pond/object/object_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <mutex>
#include <vector>

namespace millpond::pond {
namespace {

constexpr long kConnectTimeoutMs = 10'000;
constexpr long kSlowBytesPerSecond = 1024;
constexpr std::size_t kErrorTextMax = 300;
constexpr std::int64_t kReserveMax = std::int64_t{64} << 20;

struct Exchange {
  ObjectResponse response;
  std::int64_t bytes_max = 0;
  bool too_large = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string& body = exchange.response.body;
  if (static_cast<std::int64_t>(body.size() + size) > exchange.bytes_max) {
    exchange.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon)), value(line.substr(colon + 1));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  value.erase(0, value.find_first_not_of(" \t"));
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) value.pop_back();
  if (name == "content-length") {
    const std::int64_t length = std::strtoll(value.c_str(), nullptr, 10);
    if (length > 0 && length <= exchange.bytes_max) {
      exchange.response.body.reserve(static_cast<std::size_t>(std::min(length, kReserveMax)));
    }
  }
  exchange.response.headers[std::move(name)] = std::move(value);
  return size;
}

struct HeaderList {
  curl_slist* list = nullptr;
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

}  // namespace

struct ObjectHttp::Pool {
  std::mutex mutex;
  std::vector<CURL*> idle;

  ~Pool() {
    for (CURL* handle : idle) curl_easy_cleanup(handle);
  }
  CURL* take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        CURL* handle = idle.back();
        idle.pop_back();
        return handle;
      }
    }
    return curl_easy_init();
  }
  void give(CURL* handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

std::string ObjectResponse::element(std::string_view name) const {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const std::size_t begin = body.find(open);
  if (begin == std::string::npos) return {};
  const std::size_t end = body.find(close, begin);
  if (end == std::string::npos) return {};
  return body.substr(begin + open.size(), std::min(end - begin - open.size(), kErrorTextMax));
}

ObjectHttp::ObjectHttp(int timeout_ms) : timeout_ms_(timeout_ms), pool_(std::make_unique<Pool>()) {}
ObjectHttp::~ObjectHttp() = default;

Result<ObjectResponse> ObjectHttp::send(const HttpRequest& request) {
  CURL* easy = pool_->take();
  if (easy == nullptr) return exhausted("curl cannot be initialised");
  HeaderList headers;
  for (const auto& [name, value] : request.headers) {
    if (name != "host") headers.add(name + ": " + value);
  }
  headers.add("Expect:");  // no round trip before the body
  if (!request.headers.contains("content-type")) headers.add("Content-Type:");

  Exchange exchange;
  exchange.bytes_max = request.response_bytes_max;
  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    if (request.method != "DELETE") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min<long>(kConnectTimeoutMs, timeout_ms_));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, std::max<long>(1, timeout_ms_ / 1000));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "millpond");

  const CURLcode code = curl_easy_perform(easy);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  pool_->give(easy);
  exchange.response.status = static_cast<int>(status);
  const std::string& what = request.what;
  if (exchange.too_large) return exhausted("object is larger than ", request.response_bytes_max, " bytes: ", what);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return error(Code::kUnauthenticated, curl_easy_strerror(code), ": ", what);
  }
  if (code != CURLE_OK) return unavailable("object store: ", curl_easy_strerror(code), ": ", what);
  return std::move(exchange.response);
}

}  // namespace millpond::pond
