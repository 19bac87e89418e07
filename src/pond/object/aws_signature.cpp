#include "pond/object/aws_signature.h"

#include <openssl/evp.h>

#include "pond/object/digest.h"

namespace millpond::pond {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDayChars = 8;  // of a time such as 20260131T120000Z

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// Without spaces at the ends, and with single ones inside.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text, bool keep_slash) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
      continue;
    }
    out += '%';
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string query_text(const std::map<std::string, std::string>& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name, false) + '=' + percent_encoded(value, false);
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &size, EVP_sha256(), nullptr);
  return hex({reinterpret_cast<const char*>(out), size});
}

std::string authorization(const RequestToSign& request, const AwsCredentials& credentials, std::string_view region,
                          std::string_view service) {
  std::string header_lines, names;
  for (const auto& [name, value] : request.headers) {
    header_lines += name + ':' + trimmed(value) + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + '\n' + request.path + '\n' + query_text(request.query) + '\n' +
                                header_lines + '\n' + names + '\n' + request.payload_hash;
  const std::string& time = request.headers.at("x-amz-date");
  const std::string day = time.substr(0, kDayChars);
  const std::string scope = day + '/' + std::string(region) + '/' + std::string(service) + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + '\n' + time + '\n' + scope + '\n' + sha256_hex(canonical);
  const std::string key = hmac_sha256(
      hmac_sha256(hmac_sha256(hmac_sha256("AWS4" + credentials.secret_key, day), region), service), "aws4_request");
  return std::string(kAlgorithm) + " Credential=" + credentials.access_key + '/' + scope + ", SignedHeaders=" + names +
         ", Signature=" + hex(hmac_sha256(key, to_sign));
}

}  // namespace millpond::pond
