#include "millpond/model/embedder.h"

#include <mutex>
#include <utility>
#include <vector>

#include "model/http_embedder.h"
#include "model/local_embedder.h"

namespace millpond::model {
namespace {

/// The embedders that a context has open. Threads that ask for one being opened wait for it.
class EmbedderPool {
 public:
  Result<std::shared_ptr<Embedder>> open(const EmbedderOptions& options, Context& context) {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, embedder] : open_) {
      if (known == options) return embedder;
    }
    MP_ASSIGN(auto embedder,
              options.url.empty() ? open_local_embedder(options, context) : open_http_embedder(options, context));
    open_.emplace_back(options, embedder);
    return embedder;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<EmbedderOptions, std::shared_ptr<Embedder>>> open_;
};

}  // namespace

Status Embedder::embed_in_place(std::span<const std::vector<std::string_view>>, float*, Context&) {
  return unsupported("passages are embedded in their place by models on this machine alone: ", fingerprint());
}

Result<std::shared_ptr<Embedder>> open_embedder(const EmbedderOptions& options, Context& context) {
  return context.service<EmbedderPool>()->open(options, context);
}

Result<std::string> embedder_fingerprint(const EmbedderOptions& options) {
  if (options.url.empty()) return local_fingerprint(options);
  return http_fingerprint(options);
}

}  // namespace millpond::model
