#include "model/http_embedder.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "millpond/model/http.h"
#include "model/embedding_response.h"
#include "model/file_hash.h"

namespace millpond::model {
namespace {

constexpr std::int64_t kRequestBytesMax = 1 << 20;  // of text; services refuse more than a few MB

class HttpEmbedder final : public Embedder {
 public:
  HttpEmbedder(EmbedderOptions options, std::string url, std::string key)
      : options_(std::move(options)),
        url_(std::move(url)),
        key_(std::move(key)),
        limit_(options_.requests_per_minute),
        dimensions_(options_.dimensions) {}

  int dimensions() const override { return dimensions_; }
  int tokens_max() const override { return options_.tokens_max; }
  std::string fingerprint() const override { return http_fingerprint(options_); }

  Status embed(std::span<const std::string_view> texts, float* out, Context& context) override {
    Lease lease(*this);
    std::size_t begin = 0;
    while (begin < texts.size()) {
      std::size_t end = begin;
      std::int64_t size_bytes = 0;
      while (end < texts.size() && end - begin < static_cast<std::size_t>(options_.batch)) {
        size_bytes += static_cast<std::int64_t>(texts[end].size());
        if (end > begin && size_bytes > kRequestBytesMax) break;
        ++end;
      }
      MP_TRY(request(lease.client, texts.subspan(begin, end - begin),
                     out + begin * static_cast<std::size_t>(dimensions_), dimensions_, context));
      begin = end;
    }
    return {};
  }

  /// Learns the number of dimensions from one answer.
  Status probe(Context& context) {
    Lease lease(*this);
    const std::string_view text = "dimensions";
    MP_ASSIGN(const std::string body, exchange(lease.client, {&text, 1}, context));
    MP_ASSIGN(const EmbeddingResponse response, parse_embedding_response(body, 1));
    dimensions_ = response.dimensions;
    return {};
  }

 private:
  /// Lends a connection to one call; returned ones stay open for the next.
  struct Lease {
    explicit Lease(HttpEmbedder& owner) : owner(owner) {
      const std::lock_guard lock(owner.mutex_);
      if (owner.idle_.empty()) return;
      client = std::move(owner.idle_.back());
      owner.idle_.pop_back();
    }
    ~Lease() {
      const std::lock_guard lock(owner.mutex_);
      owner.idle_.push_back(std::move(client));
    }
    HttpEmbedder& owner;
    HttpClient client;
  };

  Result<std::string> exchange(HttpClient& client, std::span<const std::string_view> texts, Context& context) {
    nlohmann::json body{{"model", options_.model}, {"input", nlohmann::json::array()}};
    for (const std::string_view text : texts) body["input"].push_back(text);
    if (options_.dimensions > 0) body["dimensions"] = options_.dimensions;
    for (;;) {
      const bool base64 = base64_;
      body["encoding_format"] = base64 ? "base64" : "float";
      HttpRequest request{.url = url_, .key = key_, .timeout_ms = options_.timeout_ms};
      // Text that is not UTF-8 is sent with replacement characters rather than refused.
      request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      auto response = post_with_retries(client, request, RetryPolicy{}, limit_, context);
      if (response.ok()) {
        answered_ = true;
        return std::move(response->body);
      }
      // Not every service knows base64. One that has answered before refuses for another reason.
      if (!base64 || answered_ || response.status().code() != Code::kInvalidArgument)
        return std::move(response).status();
      base64_ = false;
    }
  }

  Status request(HttpClient& client, std::span<const std::string_view> texts, float* out, int dimensions,
                 Context& context) {
    MP_ASSIGN(const std::string body, exchange(client, texts, context));
    auto response = parse_embedding_response(body, texts.size());
    if (!response.ok()) return std::move(response).status().at(url_);
    if (response->dimensions != dimensions) {
      return invalid(url_, " gave vectors of another size than the ", dimensions, " expected: ", response->dimensions)
          .hint("Set dimensions to what the model gives.");
    }
    std::memcpy(out, response->values.data(), response->values.size() * sizeof(float));
    return {};
  }

  const EmbedderOptions options_;
  const std::string url_, key_;
  RateLimit limit_;
  int dimensions_;  // fixed once open
  std::atomic<bool> base64_{true}, answered_{false};
  std::mutex mutex_;
  std::vector<HttpClient> idle_;
};

}  // namespace

std::string http_fingerprint(const EmbedderOptions& options) {
  return text_hash("http " + options.url + " " + options.model + " " + std::to_string(options.dimensions));
}

Result<std::shared_ptr<Embedder>> open_http_embedder(const EmbedderOptions& options, Context& context) {
  if (options.batch < 1 || options.batch > 2048) return invalid("batch must be in 1..2048: ", options.batch);
  if (options.timeout_ms < 1) return invalid("timeout_ms must be positive: ", options.timeout_ms);
  if (options.dimensions < 0 || options.dimensions > kDimensionsMax) {
    return invalid("dimensions must be in 0..", kDimensionsMax, ": ", options.dimensions);
  }
  MP_ASSIGN(std::string url, service_url(options.url, "embeddings"));
  MP_ASSIGN(std::string key, key_from_environment(options.key_env));
  auto embedder = std::make_shared<HttpEmbedder>(options, std::move(url), std::move(key));
  if (options.dimensions == 0) MP_TRY(embedder->probe(context));
  return std::shared_ptr<Embedder>(std::move(embedder));
}

}  // namespace millpond::model
