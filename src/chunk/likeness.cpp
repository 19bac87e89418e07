#include "chunk/likeness.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace millpond::chunk {

Status likeness_of(model::Embedder& embedder, std::span<const std::string> texts, std::vector<float>& to_next,
                   Context& context) {
  constexpr std::size_t kBatch = 256;
  const auto size = static_cast<std::size_t>(embedder.dimensions());
  to_next.clear();
  std::vector<float> vectors, last;
  std::vector<std::string_view> views;
  for (std::size_t begin = 0; begin < texts.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, texts.size());
    views.assign(texts.begin() + static_cast<std::ptrdiff_t>(begin), texts.begin() + static_cast<std::ptrdiff_t>(end));
    vectors.resize(views.size() * size);
    MP_TRY(embedder.embed(views, vectors.data(), context));
    for (std::size_t i = 0; i < views.size(); ++i) {
      const float* const own = &vectors[i * size];
      if (!last.empty()) to_next.push_back(std::inner_product(last.begin(), last.end(), own, 0.0F));
      last.assign(own, own + size);
    }
  }
  return {};
}

}  // namespace millpond::chunk
