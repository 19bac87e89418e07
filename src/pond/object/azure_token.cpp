#include "pond/object/azure_token.h"

#include <map>

#include "pond/file_io.h"
#include "pond/object/aws_signature.h"
#include "pond/object/identity_request.h"

namespace millpond::pond {
namespace {

using Kind = AzureIdentity::Kind;

constexpr const char* kResource = "https://storage.azure.com/";
constexpr int kMachineTimeoutMs = 1'000;  // elsewhere than at Azure nobody answers
constexpr int kTimeoutMs = 10'000;
constexpr std::time_t kMarginSeconds = 300, kNewSeconds = 10;
constexpr std::int64_t kAnswerBytesMax = 1 << 20;

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool is_safe(const std::string& url) {
  if (url.find('@') != std::string::npos) return false;  // what stands before it is no host
  return url.starts_with("https://") || url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
}

}  // namespace

Result<AzureIdentity> azure_identity(const std::function<std::string(const char*)>& environment) {
  AzureIdentity out{.client_id = environment("AZURE_CLIENT_ID")};
  const std::string tenant = environment("AZURE_TENANT_ID");
  out.secret = environment("AZURE_CLIENT_SECRET");
  out.token_file = environment("AZURE_FEDERATED_TOKEN_FILE");
  if (!tenant.empty() && !out.client_id.empty() && (!out.secret.empty() || !out.token_file.empty())) {
    out.kind = out.secret.empty() ? Kind::kWorkload : Kind::kSecret;
    const std::string authority = environment("AZURE_AUTHORITY_HOST");
    out.url = without_slash(authority.empty() ? "https://login.microsoftonline.com" : authority);
    if (!is_safe(out.url)) return invalid("AZURE_AUTHORITY_HOST is neither https nor an address of this machine");
    out.url += "/" + percent_encoded(tenant, false) + "/oauth2/v2.0/token";
    return out;
  }
  out.secret = environment("IDENTITY_HEADER");
  out.url = environment("IDENTITY_ENDPOINT");
  if (!out.secret.empty() && !out.url.empty()) {
    out.kind = Kind::kService;
    return out;
  }
  out.kind = Kind::kMachine;
  const std::string machine = environment("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  out.url = without_slash(machine.empty() ? "http://169.254.169.254" : machine) + "/metadata/identity/oauth2/token";
  return out;
}

AzureToken::AzureToken(AzureIdentity identity, int give_up_ms)
    : identity_(std::move(identity)),
      give_up_ms_(give_up_ms),
      http_(identity_.kind == Kind::kMachine ? kMachineTimeoutMs : kTimeoutMs) {}

Result<ObjectResponse> AzureToken::ask() {
  HttpRequest request{.method = "GET",
                      .url = identity_.url,
                      .headers = {},
                      .body = {},
                      .response_bytes_max = kAnswerBytesMax,
                      .what = identity_.url};
  std::map<std::string, std::string> fields;
  std::string body;
  if (identity_.kind == Kind::kSecret || identity_.kind == Kind::kWorkload) {
    fields = {{"grant_type", "client_credentials"},
              {"client_id", identity_.client_id},
              {"scope", std::string(kResource) + ".default"}};
    if (identity_.kind == Kind::kSecret) {
      fields["client_secret"] = identity_.secret;
    } else {
      MP_ASSIGN(std::string token, read_file(identity_.token_file, kAnswerBytesMax));
      while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.pop_back();
      fields["client_assertion"] = std::move(token);
      fields["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    }
    request.method = "POST";
    request.headers["content-type"] = "application/x-www-form-urlencoded";
    body = query_text(fields);
    request.body = body;
  } else {
    const bool machine = identity_.kind == Kind::kMachine;
    fields = {{"api-version", machine ? "2018-02-01" : "2019-08-01"}, {"resource", kResource}};
    if (!identity_.client_id.empty()) fields["client_id"] = identity_.client_id;
    if (machine) {
      request.headers["metadata"] = "true";
    } else {
      request.headers["x-identity-header"] = identity_.secret;
    }
    request.url += "?" + query_text(fields);
  }
  return send_patiently(http_, request, give_up_ms_, identity_.kind == Kind::kMachine);
}

Result<std::string> AzureToken::get() {
  const std::lock_guard lock(mutex_);
  const std::time_t now = std::time(nullptr);
  if (!token_.empty() && now + kMarginSeconds < expires_) return token_;
  const auto answer = ask();
  if (!answer.ok() && identity_.kind == Kind::kMachine) {
    return error(Code::kUnauthenticated, "no key for the storage account, and no managed identity of this machine")
        .hint(
            "Set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN; or AZURE_TENANT_ID, "
            "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.");
  }
  if (!answer.ok()) {
    if (!token_.empty() && now < expires_) return token_;  // good for a while yet
    return answer.status();
  }
  Result<BearerToken> token = token_in(*answer, "Azure Storage");
  if (!token.ok()) {
    return std::move(token).status().hint("Does the identity exist, and does AZURE_CLIENT_ID name it?");
  }
  token_ = std::move(token->text);
  made_ = now;
  expires_ = now + token->life_seconds;
  return token_;
}

bool AzureToken::forget() {
  const std::lock_guard lock(mutex_);
  if (token_.empty() || std::time(nullptr) < made_ + kNewSeconds) return false;
  token_.clear();
  return true;
}

}  // namespace millpond::pond
