#pragma once
// Access tokens of a pond: made once, shown once, kept as hashes.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/serve/principal.h"
#include "millpond/status.h"

namespace millpond::serve {

struct TokenInfo {
  std::string id, name;
  std::vector<Grant> grants;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms;
  bool expired(std::int64_t now_ms) const { return expires_ms && *expires_ms <= now_ms; }
};

/// "read:main.*" "write:lab.**" "admin" -> grants. Errors: kInvalidArgument.
Result<Grant> parse_grant(std::string_view text);

/// The tokens in `tokens.json` of a pond's folder. A token reads `mp_<id>_<secret>`; of the secret, 256 random bits,
/// only the SHA-256 is kept.
///
/// Errors:  kUnauthenticated without saying what was wrong.
/// Threads: any. Processes: `verify` sees what another process created or revoked at the next call.
class TokenStore {
 public:
  explicit TokenStore(std::string path) : path_(std::move(path)) {}
  /// The token itself: it cannot be shown again.
  Result<std::string> create(std::string_view name, std::vector<Grant> grants, std::optional<std::int64_t> expires_ms);
  Result<std::vector<TokenInfo>> list();
  /// Errors: kNotFound.
  Status revoke(std::string_view id);
  Result<Principal> verify(std::string_view token);

 private:
  struct Stored {
    TokenInfo info;
    std::string secret_sha256;
  };
  Result<std::vector<Stored>> read() const;
  Status write(const std::vector<Stored>& tokens) const;
  Status refresh();

  const std::string path_;
  std::mutex mutex_;
  std::int64_t seen_ns_ = -1, seen_bytes_ = -1, seen_inode_ = -1;
  std::vector<Stored> tokens_;
};

}  // namespace millpond::serve
