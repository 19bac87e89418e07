#pragma once
// Signs requests to S3 and to servers that speak its protocol.

#include <map>
#include <string>
#include <string_view>

namespace millpond::pond {

struct AwsCredentials {
  std::string access_key, secret_key;
  std::string session_token;  ///< empty: none
};

/// A request as it will be sent. Names of headers are in lower case; `host` and `x-amz-date` must be among them.
struct RequestToSign {
  std::string method = "GET";
  std::string path = "/";                    ///< percent-encoded, as it is sent
  std::map<std::string, std::string> query;  ///< decoded
  std::map<std::string, std::string> headers;
  std::string payload_hash;  ///< SHA-256 of the body in hexadecimal
};

/// The value of the header `Authorization`. All headers given are signed.
/// Source: AWS, "Signature Version 4 signing process".
std::string authorization(const RequestToSign& request, const AwsCredentials& credentials, std::string_view region,
                          std::string_view service = "s3");

/// Percent-encodes all but unreserved characters; `/` stays if asked.
std::string percent_encoded(std::string_view text, bool keep_slash);
/// `a=1&b=2`, encoded, by name: as it is signed and as it is sent.
std::string query_text(const std::map<std::string, std::string>& query);
std::string sha256_hex(std::string_view bytes);

}  // namespace millpond::pond
