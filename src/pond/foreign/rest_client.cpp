#include "pond/foreign/rest_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"

namespace millpond::pond {
namespace {

constexpr long kConnectTimeoutMs = 10'000, kTimeoutMs = 60'000;
constexpr std::int64_t kGiveUpMs = 60'000, kTokenMarginMs = 30'000, kTokenLifeMs = 3'600'000;
constexpr std::size_t kAnswerBytesMax = std::size_t{512} << 20;
constexpr std::size_t kMessageChars = 400;

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size > kAnswerBytesMax) return CURL_WRITEFUNC_ERROR;
  body.append(data, size);
  return size;
}

struct HeaderList {
  curl_slist* list = nullptr;
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

Result<std::string> secret_of(const std::string& variable) {
  if (variable.empty()) return std::string();
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') {
    return error(Code::kUnauthenticated, "the environment variable for the catalog is not set: ", variable);
  }
  if (std::string_view(value).find_first_of("\r\n") != std::string_view::npos) {
    return error(Code::kUnauthenticated, "the environment variable is no single line: ", variable);
  }
  return std::string(value);
}

bool worth_a_retry(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

}  // namespace

struct RestClient::Request {
  std::string method, url, body, content_type, bearer;
};

/// Open connections between requests.
struct RestClient::Connection {
  std::mutex mutex;
  std::vector<CURL*> idle;
  ~Connection() {
    for (CURL* handle : idle) curl_easy_cleanup(handle);
  }
  CURL* take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return curl_easy_init();
    CURL* handle = idle.back();
    idle.pop_back();
    return handle;
  }
  void give(CURL* handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

std::string RestAnswer::message() const {
  std::string text = "HTTP status " + std::to_string(status);
  if (!body.is_object()) return text;
  const auto error = body.find("error");
  if (error == body.end()) return text;
  if (error->is_string()) {  // as OAuth2 says it
    std::string said = error->get<std::string>();
    const auto more = body.find("error_description");
    if (more != body.end() && more->is_string()) said += ": " + more->get<std::string>();
    return said.substr(0, kMessageChars);
  }
  if (!error->is_object() || !error->contains("message") || !(*error)["message"].is_string()) return text;
  return (*error)["message"].get<std::string>().substr(0, kMessageChars);
}

RestClient::RestClient() : connection_(std::make_unique<Connection>()) {}
RestClient::~RestClient() = default;

Result<std::unique_ptr<RestClient>> RestClient::open(const CatalogOptions& options) {
  std::unique_ptr<RestClient> client(new RestClient());
  client->options_ = options;
  std::string& uri = client->options_.uri;
  while (uri.ends_with('/')) uri.pop_back();
  if (uri.ends_with("/v1")) uri.resize(uri.size() - 3);
  if (!uri.starts_with("http://") && !uri.starts_with("https://")) {
    return invalid("the URI of a catalog begins with http:// or https://");
  }
  if (uri.find('@') != std::string::npos) {
    return invalid("the URI of a catalog holds no password").hint("token_env names a variable that does.");
  }
  MP_ASSIGN(client->fixed_token_, secret_of(options.token_env));
  MP_ASSIGN(client->client_id_, secret_of(options.client_id_env));
  MP_ASSIGN(client->client_secret_, secret_of(options.client_secret_env));
  MP_TRY(client->configure());
  return client;
}

Result<RestAnswer> RestClient::send(const Request& request, bool retry_unclear) {
  std::minstd_rand random{std::random_device{}()};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kGiveUpMs);
  bool unclear = false;
  for (int wait_ms = 50;; wait_ms = std::min(wait_ms * 2, 5'000)) {
    CURL* easy = connection_->take();
    if (easy == nullptr) return exhausted("curl cannot be initialised");
    HeaderList headers;
    headers.add("Accept: application/json");
    headers.add("Expect:");
    headers.add("X-Iceberg-Access-Delegation: ");
    if (!request.content_type.empty()) headers.add("Content-Type: " + request.content_type);
    if (!request.bearer.empty()) headers.add("Authorization: Bearer " + request.bearer);
    std::string text;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
    if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    } else if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "millpond");
    const CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    connection_->give(easy);
    // 500 may be said of a commit that was made as well as of one that was not.
    const bool failed = code != CURLE_OK || worth_a_retry(static_cast<int>(status)) || (status == 500 && retry_unclear);
    if (!failed) {
      RestAnswer answer;
      answer.status = static_cast<int>(status);
      answer.unclear = unclear;
      if (auto body = parse_document(text); body.ok()) answer.body = *std::move(body);
      return answer;
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
      return error(Code::kUnauthenticated, "catalog: ", curl_easy_strerror(code), ": ", options_.uri);
    }
    unclear = true;
    const auto next = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(std::uniform_int_distribution<int>(wait_ms / 2, wait_ms)(random));
    if (next >= end) {
      const std::string why = code != CURLE_OK ? curl_easy_strerror(code) : "HTTP status " + std::to_string(status);
      return unavailable("catalog: ", why, ": ", options_.uri).hint("Is the server running, and the address right?");
    }
    std::this_thread::sleep_until(next);
  }
}

/// OAuth2, client credentials.
Result<std::string> RestClient::exchange_credentials() {
  Request request{.method = "POST",
                  .url = options_.oauth_uri.empty() ? options_.uri + "/v1/oauth/tokens" : options_.oauth_uri,
                  .body = "grant_type=client_credentials&client_id=" + percent_encoded(client_id_, false) +
                          "&client_secret=" + percent_encoded(client_secret_, false) +
                          "&scope=" + percent_encoded(options_.scope.empty() ? "catalog" : options_.scope, false),
                  .content_type = "application/x-www-form-urlencoded",
                  .bearer = {}};
  MP_ASSIGN(const RestAnswer answer, send(request, true));
  const bool good = answer.status == 200 && answer.body.is_object() && answer.body.contains("access_token") &&
                    answer.body["access_token"].is_string();
  if (!good) {
    return error(Code::kUnauthenticated, "the catalog gives no token: ", answer.message())
        .hint("Are the client's id and secret right?");
  }
  const auto life = answer.body.find("expires_in");
  const std::int64_t life_ms =
      life != answer.body.end() && life->is_number() ? life->get<std::int64_t>() * 1000 : kTokenLifeMs;
  token_renewed_ms_ = now_ms() + life_ms - std::min(kTokenMarginMs, life_ms / 4);
  return answer.body["access_token"].get<std::string>();
}

Result<std::string> RestClient::token(bool renew) {
  if (!fixed_token_.empty() || client_secret_.empty()) return fixed_token_;
  const std::lock_guard lock(mutex_);
  if (renew || token_.empty() || now_ms() > token_renewed_ms_) { MP_ASSIGN(token_, exchange_credentials()); }
  return token_;
}

Status RestClient::configure() {
  std::map<std::string, std::string> query;
  if (!options_.warehouse.empty()) query["warehouse"] = options_.warehouse;
  MP_ASSIGN(const RestAnswer answer, call("GET", "config", nullptr, query));
  if (answer.status != 200 || !answer.body.is_object()) {
    return invalid("not an Iceberg REST catalog (", answer.message(), "): ", options_.uri)
        .hint("The URI is that before /v1/config.");
  }
  for (const char* part : {"defaults", "overrides"}) {
    const auto found = answer.body.find(part);
    if (found == answer.body.end() || !found->is_object()) continue;
    if (found->contains("prefix") && (*found)["prefix"].is_string())
      prefix_ = (*found)["prefix"].get<std::string>() + "/";
  }
  return {};
}

Result<RestAnswer> RestClient::call(const char* method, const std::string& path, const Document* body,
                                    const std::map<std::string, std::string>& query) {
  const bool config = path == "config";
  Request request{.method = method,
                  .url = options_.uri + "/v1/" + (config ? "" : prefix_) + path,
                  .body = body == nullptr ? "" : to_text(*body),
                  .content_type = body == nullptr ? "" : "application/json",
                  .bearer = {}};
  if (!query.empty()) request.url += "?" + query_text(query);
  for (const bool renewed : {false, true}) {
    MP_ASSIGN(request.bearer, token(renewed));
    MP_ASSIGN(RestAnswer answer, send(request, request.method != "GET"));
    if ((answer.status == 401 || answer.status == 419) && !renewed && !client_secret_.empty()) continue;
    if (answer.status == 401) {
      return error(Code::kUnauthenticated, "the catalog refuses: ", answer.message(), ": ", options_.uri)
          .hint("`pond:` in pond.yaml names the variable with the token: token_env.");
    }
    if (answer.status == 403) {
      return error(Code::kPermissionDenied, "the catalog refuses: ", answer.message(), ": ", options_.uri);
    }
    return answer;
  }
  return internal("unreachable");
}

}  // namespace millpond::pond
