#include "millpond/serve/tokens.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "pond/file_io.h"

namespace millpond::serve {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kPrefix = "mp_";
constexpr std::int64_t kFileBytesMax = 4 << 20;

std::string hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += kHex[bytes[i] >> 4];
    out += kHex[bytes[i] & 15];
  }
  return out;
}

Result<std::string> random_hex(int size) {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, size) != 1) return io_error("the system gives no random bytes");
  return hex(bytes, static_cast<std::size_t>(size));
}

std::string sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return hex(digest, size);
}

/// Held while the file is read, changed and replaced, so that two processes lose nothing.
class FileLock {
 public:
  explicit FileLock(const std::string& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ >= 0) (void)::flock(descriptor_, LOCK_EX);
  }
  ~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

}  // namespace

Result<Grant> parse_grant(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view right = text.substr(0, colon);
  Grant grant;
  if (colon != std::string_view::npos) grant.pattern = text.substr(colon + 1);
  for (const Right each : {Right::kRead, Right::kWrite, Right::kAdmin}) {
    if (right_name(each) != right) continue;
    grant.right = each;
    const std::size_t star = grant.pattern.find('*');
    const bool at_end = star == std::string::npos || star + 1 == grant.pattern.size() || grant.pattern.ends_with("**");
    if (grant.pattern.empty() || !at_end) return invalid("a pattern has its * at the end: ", grant.pattern);
    return grant;
  }
  return invalid("a right is read, write or admin, with a pattern after a colon if not for everything: ", text)
      .hint("For example read:main.* or write:lab.notes.");
}

Result<std::vector<TokenStore::Stored>> TokenStore::read() const {
  auto text = pond::read_file(path_, kFileBytesMax);
  std::vector<Stored> out;
  if (!text.ok()) {
    if (text.status().code() == Code::kNotFound) return out;
    return std::move(text).status();
  }
  try {
    const Json document = Json::parse(*text);
    for (const Json& each : document.at("tokens")) {
      Stored token;
      token.info.id = each.at("id").get<std::string>();
      token.info.name = each.at("name").get<std::string>();
      token.info.created_ms = each.at("created_ms").get<std::int64_t>();
      if (each.contains("expires_ms")) token.info.expires_ms = each["expires_ms"].get<std::int64_t>();
      token.secret_sha256 = each.at("secret_sha256").get<std::string>();
      for (const Json& text_of_grant : each.at("grants")) {
        MP_ASSIGN(Grant grant, parse_grant(text_of_grant.get<std::string>()));
        token.info.grants.push_back(std::move(grant));
      }
      out.push_back(std::move(token));
    }
  } catch (const Json::exception&) { return corrupt("not a file of tokens: ", path_); }
  return out;
}

Status TokenStore::write(const std::vector<Stored>& tokens) const {
  Json list = Json::array();
  for (const Stored& token : tokens) {
    Json grants = Json::array();
    for (const Grant& grant : token.info.grants) {
      grants.push_back(std::string(right_name(grant.right)) + ":" + grant.pattern);
    }
    list.push_back({{"id", token.info.id},
                    {"name", token.info.name},
                    {"created_ms", token.info.created_ms},
                    {"secret_sha256", token.secret_sha256},
                    {"grants", grants}});
    if (token.info.expires_ms) list.back()["expires_ms"] = *token.info.expires_ms;
  }
  const std::string text = Json{{"tokens", list}}.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string fresh = path_ + "." + pond::new_uuid();
  MP_TRY(pond::write_file(fresh, text));
  if (::chmod(fresh.c_str(), 0600) != 0) return os_error(errno, "protect", fresh);
  MP_TRY(pond::sync_files({fresh}));
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return os_error(errno, "replace", path_);
  return pond::sync_directory(path_.substr(0, path_.rfind('/')));
}

Status TokenStore::refresh() {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) info = {};
  const std::int64_t changed_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  const auto inode = static_cast<std::int64_t>(info.st_ino);
  if (changed_ns == seen_ns_ && info.st_size == seen_bytes_ && inode == seen_inode_) return {};
  MP_ASSIGN(tokens_, read());
  seen_ns_ = changed_ns;
  seen_bytes_ = info.st_size;
  seen_inode_ = inode;
  return {};
}

Result<std::string> TokenStore::create(std::string_view name, std::vector<Grant> grants,
                                       std::optional<std::int64_t> expires_ms) {
  if (name.empty() || name.size() > 200) return invalid("a token needs a name of 1 to 200 characters");
  if (grants.empty()) return invalid("a token needs at least one right");
  const std::lock_guard lock(mutex_);
  const FileLock file_lock(path_ + ".lock");
  if (!file_lock.held()) return os_error(errno, "lock", path_ + ".lock");
  MP_ASSIGN(std::vector<Stored> tokens, read());
  MP_ASSIGN(std::string id, random_hex(6));
  MP_ASSIGN(const std::string secret, random_hex(32));
  Stored token;
  token.info = {id, std::string(name), std::move(grants), pond::now_ms(), expires_ms};
  token.secret_sha256 = sha256(secret);
  tokens.push_back(std::move(token));
  MP_TRY(write(tokens));
  return std::string(kPrefix) + id + "_" + secret;
}

Result<std::vector<TokenInfo>> TokenStore::list() {
  MP_ASSIGN(const std::vector<Stored> tokens, read());
  std::vector<TokenInfo> out;
  for (const Stored& token : tokens) out.push_back(token.info);
  return out;
}

Status TokenStore::revoke(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const FileLock file_lock(path_ + ".lock");
  if (!file_lock.held()) return os_error(errno, "lock", path_ + ".lock");
  MP_ASSIGN(std::vector<Stored> tokens, read());
  const std::size_t removed = std::erase_if(tokens, [&](const Stored& token) { return token.info.id == id; });
  if (removed == 0) return not_found("no such token: ", id).hint("`millpond token list` shows the ids.");
  return write(tokens);
}

Result<Principal> TokenStore::verify(std::string_view token) {
  const Status refused =
      error(Code::kUnauthenticated, "the token is not valid").hint("`millpond token create` makes one.");
  if (!token.starts_with(kPrefix)) return refused;
  token.remove_prefix(kPrefix.size());
  const std::size_t bar = token.find('_');
  if (bar == std::string_view::npos) return refused;
  const std::string_view id = token.substr(0, bar);
  const std::string given = sha256(token.substr(bar + 1));
  const std::lock_guard lock(mutex_);
  MP_TRY(refresh());
  for (const Stored& stored : tokens_) {
    if (stored.info.id != id || stored.secret_sha256.size() != given.size()) continue;
    if (CRYPTO_memcmp(stored.secret_sha256.data(), given.data(), given.size()) != 0) return refused;
    if (stored.info.expired(pond::now_ms())) return refused;
    return Principal{stored.info.name, stored.info.grants};
  }
  return refused;
}

}  // namespace millpond::serve
