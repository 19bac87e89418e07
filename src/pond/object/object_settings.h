#pragma once
// Where an object store is, and who asks.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "pond/object/aws_signature.h"

namespace millpond::pond {

/// A bucket and what follows it, from `s3://bucket/key`.
struct ObjectPath {
  std::string bucket, key;
};

/// True for `s3://...` and its alias `s3a://...`.
bool is_object(std::string_view path);
/// Errors: kInvalidArgument without a bucket; kUnsupported for the schemes of stores that cannot commit (gs, abfs ...).
Result<ObjectPath> parse_object_path(std::string_view path);
/// Refuses schemes that look like an object store of another kind. OK for everything else.
Status check_scheme(std::string_view path);

struct ObjectSettings {
  std::string endpoint;  ///< "https://host[:port]" without a path; empty: Amazon's for the region
  std::string region = "us-east-1";
  AwsCredentials credentials;  ///< without an access key requests are not signed
  int timeout_ms = 30'000;     ///< of silence in an exchange
  int give_up_ms = 60'000;     ///< of trying again
};

/// Looks up an environment variable; empty if it is not set.
using Environment = std::function<std::string(const char*)>;

/// From the environment and the profile files, in the order that Amazon's own tools follow:
/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; else the profile AWS_PROFILE (or `default`) in
/// AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and AWS_CONFIG_FILE (~/.aws/config).
/// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and AWS_REGION, AWS_DEFAULT_REGION override the profile.
/// Errors: kInvalidArgument for an endpoint that is no http(s) URL; kUnauthenticated for one half of a key pair.
Result<ObjectSettings> object_settings(const Environment& environment);

/// `[section]` and `key = value` lines of a profile file.
std::map<std::string, std::map<std::string, std::string>> parse_profiles(std::string_view text);

}  // namespace millpond::pond
