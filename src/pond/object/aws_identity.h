#pragma once
// Keys of Amazon's that a role gets for a while.

#include <ctime>
#include <functional>
#include <mutex>
#include <string>

#include "millpond/status.h"
#include "pond/object/aws_signature.h"
#include "pond/object/object_http.h"

namespace millpond::pond {

/// Where a process without keys gets some, in the order that Amazon's own tools follow.
struct AwsRole {
  enum class Kind : unsigned char {
    kNone,
    kWebIdentity,  ///< of a pod: a token of the cluster, exchanged at STS
    kContainer,    ///< of a task or a pod: a local address that hands them out
    kMachine,      ///< of an EC2 instance: its metadata service, version 2
  };
  Kind kind = Kind::kNone;
  std::string url;         ///< of STS, of the container's address, or of the metadata service
  std::string token_file;  ///< read for each request, since others renew it
  std::string token;       ///< of a container, where no file holds it
  std::string role, session_name;
};

/// From AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
/// _FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]; else the machine's, unless AWS_EC2_METADATA_DISABLED is
/// true or the store is not Amazon's (`own_server`) and AWS_EC2_METADATA_SERVICE_ENDPOINT is not set. Errors:
/// kInvalidArgument for an address that would send keys over an open network.
Result<AwsRole> aws_role(const std::function<std::string(const char*)>& environment, const std::string& region,
                         bool own_server);

/// Gets keys when they are needed, and others before they expire.
/// Errors:  kUnauthenticated if the role is refused; kUnavailable.
/// Threads: any; one at a time asks.
/// Source:  AWS, "Use temporary credentials", "IMDSv2", "Container credential provider", STS AssumeRoleWithWebIdentity.
class AwsIdentity {
 public:
  AwsIdentity(AwsCredentials given, AwsRole role, int give_up_ms);

  /// Without an access key on a machine that has no role: requests are then not signed.
  Result<AwsCredentials> get();
  /// The last ones were refused. False if they were given, or are so new that others would be refused as well.
  bool forget();

 private:
  struct Keys {
    AwsCredentials credentials;
    std::time_t expires = 0;
  };
  Result<Keys> ask();
  Result<Keys> ask_machine();
  Result<Keys> ask_container();
  Result<Keys> ask_sts();
  Result<ObjectResponse> send(const HttpRequest& request);

  const AwsRole role_;
  const int give_up_ms_;
  ObjectHttp http_;
  std::mutex mutex_;
  AwsCredentials credentials_;
  std::time_t made_ = 0, expires_ = 0;
  bool no_role_ = false;
};

}  // namespace millpond::pond
