#pragma once
// Where an object store is, and who asks.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "pond/object/aws_identity.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_path.h"

namespace millpond::pond {

/// Looks up an environment variable; empty if it is not set.
using Environment = std::function<std::string(const char*)>;
/// Of this process.
std::string process_environment(const char* name);

/// How long a store is waited for: MILLPOND_OBJECT_TIMEOUT_MS, MILLPOND_OBJECT_GIVE_UP_MS.
struct ObjectPatience {
  int timeout_ms = 30'000;  ///< of silence in an exchange
  int give_up_ms = 60'000;  ///< of trying again
};
ObjectPatience object_patience(const Environment& environment);

/// Of Amazon S3 or a server that speaks its protocol.
struct ObjectSettings {
  std::string endpoint;  ///< "https://host[:port]" without a path; empty: Amazon's for the region
  std::string region = "us-east-1";
  AwsCredentials credentials;  ///< without an access key `role` is asked for some
  AwsRole role;
  ObjectPatience patience;
};

/// From the environment and the profile files, in the order that Amazon's own tools follow:
/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; else the profile AWS_PROFILE (or `default`) in
/// AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and AWS_CONFIG_FILE (~/.aws/config).
/// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and AWS_REGION, AWS_DEFAULT_REGION override the profile.
/// Without keys: `aws_role`.
/// Errors: kInvalidArgument for an endpoint that is no http(s) URL; kUnauthenticated for one half of a key pair.
Result<ObjectSettings> object_settings(const Environment& environment);

/// The first text that is not empty.
std::string first_of(std::initializer_list<std::string> values);
/// Takes slashes from the end of `endpoint`. Errors: kInvalidArgument if it is no URL of a server; it names `variable`,
/// not the value, which may hold a password.
Status check_endpoint(std::string& endpoint, std::string_view variable, bool path_allowed);
/// `[section]` and `key = value` lines of a profile file.
std::map<std::string, std::map<std::string, std::string>> parse_profiles(std::string_view text);

}  // namespace millpond::pond
