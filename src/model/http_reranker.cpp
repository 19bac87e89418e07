#include "model/http_reranker.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "millpond/model/http.h"
#include "model/rerank_response.h"

namespace millpond::model {
namespace {

constexpr std::size_t kBatch = 32;  // what Text Embeddings Inference takes unless told otherwise

class HttpReranker final : public Reranker {
 public:
  HttpReranker(RerankerOptions options, std::string url, std::string key)
      : options_(std::move(options)), url_(std::move(url)), key_(std::move(key)) {}

  Status score(std::string_view question, std::span<const std::string_view> passages, double* scores,
               Context& context) override {
    HttpClient client = take();
    Status status;
    for (std::size_t begin = 0; begin < passages.size() && status.ok(); begin += kBatch) {
      const auto part = passages.subspan(begin, std::min(kBatch, passages.size() - begin));
      status = request(client, question, part, scores + begin, context);
    }
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(client));
    return status;
  }

 private:
  HttpClient take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {};
    HttpClient client = std::move(idle_.back());
    idle_.pop_back();
    return client;
  }

  std::string body_of(std::string_view question, std::span<const std::string_view> passages, bool texts) const {
    nlohmann::json list = nlohmann::json::array();
    for (const std::string_view passage : passages) list.push_back(passage);
    nlohmann::json body = {{"query", question}};
    if (texts) {
      body["texts"] = std::move(list);
      body["truncate"] = true;
    } else {
      body["model"] = options_.model;
      body["documents"] = std::move(list);
      body["top_n"] = passages.size();
    }
    // Text that is not UTF-8 is sent with replacement characters rather than refused.
    return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  Status request(HttpClient& client, std::string_view question, std::span<const std::string_view> passages,
                 double* scores, Context& context) {
    for (;;) {
      const bool texts = texts_;
      HttpRequest request{.url = url_, .key = key_, .timeout_ms = options_.timeout_ms};
      request.body = body_of(question, passages, texts);
      const auto response = post_with_retries(client, request, RetryPolicy{}, limit_, context);
      if (response.ok()) {
        auto read = parse_rerank_response(response->body, passages.size());
        if (!read.ok()) return std::move(read).status().at(url_);
        std::copy(read->begin(), read->end(), scores);
        answered_ = true;
        return {};
      }
      // Two forms of request are in use. A service that has answered before refuses for another reason.
      if (texts || answered_ || response.status().code() != Code::kInvalidArgument) return response.status();
      texts_ = true;
    }
  }

  const RerankerOptions options_;
  const std::string url_, key_;
  RateLimit limit_{0};
  std::atomic<bool> texts_{false}, answered_{false};
  std::mutex mutex_;
  std::vector<HttpClient> idle_;
};

}  // namespace

Result<std::shared_ptr<Reranker>> open_http_reranker(const RerankerOptions& options, Context&) {
  if (options.timeout_ms < 1) return invalid("timeout_ms must be positive: ", options.timeout_ms);
  MP_ASSIGN(std::string url, service_url(options.url, "rerank"));
  MP_ASSIGN(std::string key, key_from_environment(options.key_env));
  return std::shared_ptr<Reranker>(std::make_shared<HttpReranker>(options, std::move(url), std::move(key)));
}

}  // namespace millpond::model
