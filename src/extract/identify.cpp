// What a file is, from its bytes: hash and media type.

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "millpond/extract/detect.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

struct CloseFile {
  int fd;
  ~CloseFile() {
    if (fd >= 0) ::close(fd);
  }
};

struct Identity {
  std::string sha256, media_type;
};

class Identify final : public Operator {
 public:
  Identify()
      : buffer_(kBufferBytes),
        digest_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
        sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column path = in.utf8("path");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      auto identity = identify(std::string(path[row]), context);
      if (!identity.ok()) {
        const Status status = std::move(identity).status();
        if (status.code() == Code::kCancelled) return status;
        out.reject(row, status.code(), status.message());
        continue;
      }
      out.emit(row).set("sha256", identity->sha256).set("media_type", identity->media_type);
    }
    return {};
  }

 private:
  static constexpr std::size_t kBufferBytes = 1 << 20;
  static constexpr std::size_t kHeadBytes = 64 << 10;

  Result<Identity> identify(const std::string& path, Context& context) {
    const CloseFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) return os_error(errno, "cannot open", path);
    if (EVP_DigestInit_ex2(digest_.get(), sha256_.get(), nullptr) != 1) return internal("SHA-256 is not available");
    Identity identity;
    bool first = true;
    while (true) {
      const ssize_t size = ::read(file.fd, buffer_.data(), buffer_.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return os_error(errno, "cannot read", path);
      if (first) {
        const std::size_t head = std::min(static_cast<std::size_t>(size), kHeadBytes);
        identity.media_type = detect_media_type({buffer_.data(), head}, path.substr(path.rfind('/') + 1));
        first = false;
      }
      if (size == 0) break;
      EVP_DigestUpdate(digest_.get(), buffer_.data(), static_cast<std::size_t>(size));
      MP_TRY(context.check());
    }
    unsigned char bytes[32];
    unsigned int length = 0;
    EVP_DigestFinal_ex(digest_.get(), bytes, &length);
    constexpr char kHex[] = "0123456789abcdef";
    for (unsigned int i = 0; i < length; ++i)
      identity.sha256 += kHex[bytes[i] >> 4], identity.sha256 += kHex[bytes[i] & 15];
    return identity;
  }

  std::vector<char> buffer_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256_;
};

}  // namespace
}  // namespace millpond::extract

MILLPOND_OPERATOR(identify) = {
    .name = "identify",
    .summary = "Hashes a file (SHA-256) and tells its media type from its content.",
    .version = 1,
    .reads = {{"path", millpond::utf8()}},
    .adds = {{"sha256", millpond::utf8()}, {"media_type", millpond::utf8()}},
    .options = {},
    .make = [](const millpond::Options&) { return std::make_unique<millpond::extract::Identify>(); },
};
