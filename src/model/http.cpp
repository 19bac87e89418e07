#include "millpond/model/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <utility>

namespace millpond::model {
namespace {

constexpr int kPollMs = 50;

struct HeaderList {
  curl_slist* list = nullptr;
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

/// What the callbacks of one exchange share.
struct Exchange {
  CURL* easy = nullptr;
  const OnData* on_data = nullptr;
  std::int64_t bytes_max = 0, bytes = 0;
  HttpResponse response;
  Status failure;
  std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.heard = std::chrono::steady_clock::now();
  exchange.bytes += static_cast<std::int64_t>(size);
  if (exchange.bytes > exchange.bytes_max) {
    exchange.failure = exhausted("response is larger than ", exchange.bytes_max, " bytes");
    return CURL_WRITEFUNC_ERROR;
  }
  long status = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  const std::string_view piece(data, size);
  if (exchange.on_data == nullptr || !*exchange.on_data || status / 100 != 2) {
    exchange.response.body += piece;
    return size;
  }
  exchange.failure = (*exchange.on_data)(piece);
  return exchange.failure.ok() ? size : CURL_WRITEFUNC_ERROR;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.heard = std::chrono::steady_clock::now();
  std::string line(data, size);
  constexpr std::string_view kName = "retry-after:";
  if (line.size() <= kName.size()) return size;
  std::string name = line.substr(0, kName.size());
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name != kName) return size;
  const std::string value = line.substr(kName.size());
  char* end = nullptr;
  const double seconds = std::strtod(value.c_str(), &end);
  if (end != value.c_str()) {
    exchange.response.retry_after_ms = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 86'400.0) * 1000);
  } else if (const time_t when = curl_getdate(value.c_str(), nullptr); when >= 0) {
    exchange.response.retry_after_ms = std::max<std::int64_t>(0, (when - std::time(nullptr)) * 1000);
  }
  return size;
}

Status failure_of(CURLcode code, const HttpRequest& request) {
  const char* reason = curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return invalid("not a URL that can be called: ", request.url);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return error(Code::kUnauthenticated, reason, ": ", request.url).hint("The service's certificate is not trusted.");
    case CURLE_OPERATION_TIMEDOUT: return unavailable("no answer within ", request.timeout_ms, " ms: ", request.url);
    default: return unavailable(reason, ": ", request.url).hint("Is the service running, and the address right?");
  }
}

}  // namespace

struct HttpClient::Impl {
  CURL* easy = curl_easy_init();
  CURLM* multi = curl_multi_init();
  ~Impl() {
    curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
  }

  /// Drives the transfer, looking at the context every 50 ms: the plain call would sit in it for a second.
  Result<CURLcode> drive(const HttpRequest& request, Exchange& exchange, Context& context) {
    int running = 1;
    while (running != 0) {
      if (curl_multi_perform(multi, &running) != CURLM_OK) return internal("curl_multi_perform failed");
      if (running == 0) break;
      MP_TRY(context.check());
      const auto silence = std::chrono::steady_clock::now() - exchange.heard;
      if (silence > std::chrono::milliseconds(request.timeout_ms)) return CURLE_OPERATION_TIMEDOUT;
      curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return internal("curl ended a transfer without a result");
  }
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::post(const HttpRequest& request, Context& context, const OnData& on_data) {
  CURL* easy = impl_->easy;
  if (easy == nullptr || impl_->multi == nullptr) return exhausted("curl cannot be initialised");
  HeaderList headers;
  headers.add("Content-Type: application/json");
  headers.add("Accept: " + request.accept);
  headers.add("Expect:");  // no round trip before the body
  if (!request.key.empty()) headers.add("Authorization: Bearer " + request.key);
  Exchange exchange{.easy = easy, .on_data = &on_data, .bytes_max = request.response_bytes_max};

  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, on_data ? 0L : static_cast<long>(request.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "millpond");

  curl_multi_add_handle(impl_->multi, easy);
  auto code = impl_->drive(request, exchange, context);
  curl_multi_remove_handle(impl_->multi, easy);
  if (!code.ok()) return std::move(code).status();
  if (!exchange.failure.ok()) return std::move(exchange.failure);
  if (*code != CURLE_OK) return failure_of(*code, request);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

Status sleep_for(std::chrono::milliseconds wait, Context& context) {
  const auto end = std::chrono::steady_clock::now() + wait;
  for (;;) {
    MP_TRY(context.check());
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::milliseconds(0)) return {};
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(kPollMs)));
  }
}

}  // namespace millpond::model
