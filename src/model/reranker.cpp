#include "millpond/model/reranker.h"

#include <mutex>
#include <utility>
#include <vector>

#include "model/cross_encoder.h"
#include "model/http_reranker.h"

namespace millpond::model {
namespace {

/// The rerankers that a context has open. Threads that ask for one being opened wait for it.
class RerankerPool {
 public:
  Result<std::shared_ptr<Reranker>> open(const RerankerOptions& options, Context& context) {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, reranker] : open_) {
      if (known == options) return reranker;
    }
    MP_ASSIGN(auto reranker,
              options.url.empty() ? open_cross_encoder(options, context) : open_http_reranker(options, context));
    open_.emplace_back(options, reranker);
    return reranker;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<RerankerOptions, std::shared_ptr<Reranker>>> open_;
};

}  // namespace

Result<std::shared_ptr<Reranker>> open_reranker(const RerankerOptions& options, Context& context) {
  return context.service<RerankerPool>()->open(options, context);
}

}  // namespace millpond::model
