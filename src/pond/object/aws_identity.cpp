#include "pond/object/aws_identity.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "pond/file_io.h"
#include "pond/object/identity_request.h"

namespace millpond::pond {
namespace {

using Environment = std::function<std::string(const char*)>;
using Kind = AwsRole::Kind;

constexpr int kMachineTimeoutMs = 1'000;  // elsewhere than at Amazon nobody answers
constexpr int kTimeoutMs = 10'000;
constexpr std::time_t kMarginSeconds = 300, kNewSeconds = 10, kLifeSeconds = 900;
constexpr std::int64_t kAnswerBytesMax = 1 << 20;
constexpr const char* kContainerHost = "http://169.254.170.2";

std::string otherwise(std::string value, const std::string& second) { return value.empty() ? second : value; }

/// Hosts that are asked without TLS: this machine, and those of the platform that no network leads to.
bool is_local(const std::string& url) {
  if (url.find('@') != std::string::npos) return false;  // what stands before it is no host
  for (const char* start : {"http://127.0.0.1", "http://localhost", kContainerHost, "http://169.254.170.23",
                            "http://[::1]", "http://[fd00:ec2::23]"}) {
    const std::string_view host = start;
    if (!url.starts_with(host)) continue;
    const char next = url.size() > host.size() ? url[host.size()] : '/';
    if (next == '/' || next == ':') return true;
  }
  return false;
}

std::time_t time_of(const std::string& text) {
  std::tm parts{};
  return ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? 0 : ::timegm(&parts);
}

std::string trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  return text;
}

Status refused(std::string_view where, const ObjectResponse& answer, const std::string& why) {
  return error(Code::kUnauthenticated, "no keys for Amazon's role from ", where, ": HTTP status ", answer.status,
               why.empty() ? "" : ": ", why);
}

}  // namespace

Result<AwsRole> aws_role(const Environment& environment, const std::string& region, bool own_server) {
  AwsRole out;
  out.token_file = environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  out.role = environment("AWS_ROLE_ARN");
  if (!out.token_file.empty() && !out.role.empty()) {
    out.kind = Kind::kWebIdentity;
    out.session_name = otherwise(environment("AWS_ROLE_SESSION_NAME"), "millpond");
    out.url = otherwise(environment("AWS_ENDPOINT_URL_STS"), "https://sts." + region + ".amazonaws.com");
    return out;
  }
  out = {};
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  out.url = relative.empty() ? environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") : kContainerHost + relative;
  if (!out.url.empty()) {
    if (!out.url.starts_with("https://") && !is_local(out.url)) {
      return invalid("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine");
    }
    out.kind = Kind::kContainer;
    out.token_file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    out.token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    return out;
  }
  const std::string machine = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const std::string disabled = environment("AWS_EC2_METADATA_DISABLED");
  if (disabled == "true" || disabled == "TRUE" || disabled == "True" || (own_server && machine.empty())) return out;
  out.kind = Kind::kMachine;
  out.url = otherwise(machine, "http://169.254.169.254");
  while (out.url.ends_with('/')) out.url.pop_back();
  return out;
}

AwsIdentity::AwsIdentity(AwsCredentials given, AwsRole role, int give_up_ms)
    : role_(given.access_key.empty() ? std::move(role) : AwsRole()),
      give_up_ms_(give_up_ms),
      http_(role_.kind == Kind::kMachine ? kMachineTimeoutMs : kTimeoutMs),
      credentials_(std::move(given)) {}

Result<AwsCredentials> AwsIdentity::get() {
  if (role_.kind == Kind::kNone) return credentials_;
  const std::lock_guard lock(mutex_);
  const std::time_t now = std::time(nullptr);
  if (no_role_ || (!credentials_.access_key.empty() && now + kMarginSeconds < expires_)) return credentials_;
  Result<Keys> keys = ask();
  if (!keys.ok()) {
    // While the old ones are good, a service that does not answer can be asked again later.
    if (!credentials_.access_key.empty() && now < expires_) return credentials_;
    return std::move(keys).status();
  }
  no_role_ = keys->credentials.access_key.empty();
  credentials_ = std::move(keys->credentials);
  made_ = now;
  expires_ = keys->expires > 0 ? keys->expires : now + kLifeSeconds;
  return credentials_;
}

bool AwsIdentity::forget() {
  const std::lock_guard lock(mutex_);
  if (role_.kind == Kind::kNone || no_role_ || std::time(nullptr) < made_ + kNewSeconds) return false;
  expires_ = 0;
  return true;
}

Result<AwsIdentity::Keys> AwsIdentity::ask() {
  switch (role_.kind) {
    case Kind::kWebIdentity: return ask_sts();
    case Kind::kContainer: return ask_container();
    default: return ask_machine();
  }
}

Result<ObjectResponse> AwsIdentity::send(const HttpRequest& request) {
  return send_patiently(http_, request, give_up_ms_, role_.kind == Kind::kMachine);
}

namespace {

/// {"AccessKeyId": ..., "SecretAccessKey": ..., "Token": ..., "Expiration": ...}
Result<std::pair<AwsCredentials, std::time_t>> keys_in(const ObjectResponse& answer, std::string_view where) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* key) {
    const bool there = json.is_object() && json.contains(key) && json[key].is_string();
    return there ? json[key].get<std::string>() : std::string();
  };
  AwsCredentials keys{text("AccessKeyId"), text("SecretAccessKey"), text("Token")};
  if (answer.status != 200 || keys.access_key.empty() || keys.secret_key.empty()) {
    std::string why = text("message");
    return refused(where, answer, why.empty() ? text("Code") : why);
  }
  return std::pair(std::move(keys), time_of(text("Expiration")));
}

}  // namespace

Result<AwsIdentity::Keys> AwsIdentity::ask_machine() {
  HttpRequest request{.method = "PUT",
                      .url = role_.url + "/latest/api/token",
                      .headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}},
                      .body = {},
                      .response_bytes_max = kAnswerBytesMax,
                      .what = role_.url};
  const auto session = send(request);
  if (!session.ok() || session->status != 200) return Keys{};  // not at Amazon
  request.method = "GET";
  request.headers = {{"x-aws-ec2-metadata-token", session->body}};
  request.url = role_.url + "/latest/meta-data/iam/security-credentials/";
  MP_ASSIGN(const ObjectResponse roles, send(request));
  const std::string role = trimmed(roles.body.substr(0, roles.body.find('\n')));
  if (roles.status != 200 || role.empty()) return Keys{};  // a machine without a role
  request.url += percent_encoded(role, false);
  MP_ASSIGN(const ObjectResponse answer, send(request));
  MP_ASSIGN(auto keys, keys_in(answer, role_.url));
  return Keys{std::move(keys.first), keys.second};
}

Result<AwsIdentity::Keys> AwsIdentity::ask_container() {
  HttpRequest request{.method = "GET",
                      .url = role_.url,
                      .headers = {},
                      .body = {},
                      .response_bytes_max = kAnswerBytesMax,
                      .what = "the container's address"};
  std::string token = role_.token;
  if (!role_.token_file.empty()) { MP_ASSIGN(token, read_file(role_.token_file, kAnswerBytesMax)); }
  if (token = trimmed(token); !token.empty()) request.headers["authorization"] = token;
  MP_ASSIGN(const ObjectResponse answer, send(request));
  MP_ASSIGN(auto keys, keys_in(answer, "the container's address"));
  return Keys{std::move(keys.first), keys.second};
}

Result<AwsIdentity::Keys> AwsIdentity::ask_sts() {
  MP_ASSIGN(const std::string token, read_file(role_.token_file, kAnswerBytesMax));
  const std::string body = query_text({{"Action", "AssumeRoleWithWebIdentity"},
                                       {"Version", "2011-06-15"},
                                       {"RoleArn", role_.role},
                                       {"RoleSessionName", role_.session_name},
                                       {"WebIdentityToken", trimmed(token)}});
  const HttpRequest request{.method = "POST",
                            .url = role_.url + "/",
                            .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                            .body = body,
                            .response_bytes_max = kAnswerBytesMax,
                            .what = role_.url};
  MP_ASSIGN(const ObjectResponse answer, send(request));
  Keys out{{answer.element("AccessKeyId"), answer.element("SecretAccessKey"), answer.element("SessionToken")},
           time_of(answer.element("Expiration"))};
  if (answer.status == 200 && !out.credentials.access_key.empty() && !out.credentials.secret_key.empty()) return out;
  return refused(role_.url, answer, answer.element("Code"))
      .hint("May " + role_.role + " be assumed with the token in AWS_WEB_IDENTITY_TOKEN_FILE?");
}

}  // namespace millpond::pond
