#include "pond/object/gcs_token.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "pond/object/aws_signature.h"
#include "pond/object/digest.h"
#include "pond/object/identity_request.h"

namespace millpond::pond {
namespace {

constexpr const char* kScope = "https://www.googleapis.com/auth/devstorage.read_write";
constexpr std::time_t kLifeSeconds = 3600, kMarginSeconds = 120, kNewSeconds = 10;
constexpr std::int64_t kAnswerBytesMax = 1 << 20;

/// RSA with SHA-256; empty if the key is none.
std::string signed_by(const std::string& pem, std::string_view text) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (!key || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return {};
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size()) != 1)
    return {};
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> signed_statement(const GcsSettings& settings, std::time_t now) {
  nlohmann::json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  if (!settings.key_id.empty()) header["kid"] = settings.key_id;
  const nlohmann::json claims = {{"iss", settings.client_email},
                                 {"scope", kScope},
                                 {"aud", settings.token_uri},
                                 {"iat", now},
                                 {"exp", now + kLifeSeconds}};
  const std::string text = base64_url_encoded(header.dump()) + "." + base64_url_encoded(claims.dump());
  const std::string signature = signed_by(settings.private_key, text);
  if (signature.empty()) {
    return error(Code::kUnauthenticated, "the private key of the service account is none: ", settings.client_email);
  }
  return text + "." + base64_url_encoded(signature);
}

Result<ObjectResponse> GcsToken::ask() {
  HttpRequest request{.method = "POST",
                      .url = settings_.token_uri,
                      .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                      .body = {},
                      .response_bytes_max = kAnswerBytesMax,
                      .what = settings_.token_uri};
  std::map<std::string, std::string> form;
  switch (settings_.identity) {
    case GcsIdentity::kNone: break;
    case GcsIdentity::kServiceAccount: {
      MP_ASSIGN(std::string statement, signed_statement(settings_, std::time(nullptr)));
      form = {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", std::move(statement)}};
      break;
    }
    case GcsIdentity::kUser:
      form = {{"grant_type", "refresh_token"},
              {"client_id", settings_.client_id},
              {"client_secret", settings_.client_secret},
              {"refresh_token", settings_.user_secret}};
      break;
    case GcsIdentity::kMachine:
      request.method = "GET";
      request.headers = {{"metadata-flavor", "Google"}};
      break;
  }
  const std::string body = query_text(form);
  request.body = body;
  // A machine that is not at Google has no metadata server: its name is not found, and will not be.
  return send_patiently(http_, request, settings_.patience.give_up_ms, settings_.identity == GcsIdentity::kMachine);
}

Result<std::string> GcsToken::get() {
  if (settings_.identity == GcsIdentity::kNone) return std::string();
  const std::lock_guard lock(mutex_);
  if (!token_.empty() && std::time(nullptr) + kMarginSeconds < expires_) return token_;
  const auto answer = ask();
  if (!answer.ok() && settings_.identity == GcsIdentity::kMachine) {
    return error(Code::kUnauthenticated,
                 "no credentials for Google Cloud Storage, and no metadata server of Google's: ", settings_.token_uri)
        .hint("Set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account.");
  }
  if (!answer.ok()) return answer.status();
  Result<BearerToken> token = token_in(*answer, "Google Cloud Storage from " + settings_.token_uri);
  if (!token.ok()) {
    return std::move(token).status().hint(
        "Is the file in GOOGLE_APPLICATION_CREDENTIALS still good, and the clock of this machine right?");
  }
  token_ = std::move(token->text);
  made_ = std::time(nullptr);
  expires_ = made_ + token->life_seconds;
  return token_;
}

bool GcsToken::forget() {
  const std::lock_guard lock(mutex_);
  if (token_.empty() || std::time(nullptr) < made_ + kNewSeconds) return false;
  token_.clear();
  return true;
}

}  // namespace millpond::pond
