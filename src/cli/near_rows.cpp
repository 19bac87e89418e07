#include "cli/near_rows.h"

#include <cstring>
#include <memory>
#include <new>

#include "millpond/index/vector_index.h"

namespace millpond::cli {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kToSpare = 8;  // hits beyond those wanted: the row itself, and what single precision mixes up

struct FreeAligned {
  void operator()(char* bytes) const { ::operator delete[](bytes, std::align_val_t(kLine)); }
};

}  // namespace

Result<curate::Neighbours> indexed_neighbours(std::span<const float> vectors, std::size_t width, std::size_t k,
                                              double recall, Context& context) {
  const std::size_t rows = width > 0 ? vectors.size() / width : 0;
  const std::size_t stride = (width * sizeof(float) + kLine - 1) / kLine * kLine;
  const std::unique_ptr<char[], FreeAligned> memory(
      static_cast<char*>(::operator new[](rows * stride + kLine, std::align_val_t(kLine))));
  for (std::size_t row = 0; row < rows; ++row) {
    char* const to = memory.get() + row * stride;
    std::memcpy(to, &vectors[row * width], width * sizeof(float));
    std::memset(to + width * sizeof(float), 0, stride - width * sizeof(float));
  }
  index::VectorRows given;
  given.data = memory.get();
  given.stride = stride;
  given.rows = static_cast<std::int64_t>(rows);
  given.dimensions = static_cast<int>(width);
  index::VectorIndexOptions options;
  options.metric = curate::by_direction(width) ? index::Metric::kCosine : index::Metric::kL2;
  options.threads = context.threads();
  MP_ASSIGN(const std::string bytes, index::build_vector_index(given, options));
  MP_ASSIGN(const auto index, index::VectorIndex::open(bytes, given));
  index::VectorSearch search;
  search.limit = static_cast<int>(k + 1 + kToSpare);
  search.recall = recall;
  const auto near = [&](std::size_t row, std::vector<std::int32_t>& others) -> Status {
    MP_ASSIGN(const auto hits, index.search(vectors.subspan(row * width, width), search));
    for (const index::VectorHit& hit : hits) others.push_back(static_cast<std::int32_t>(hit.row));
    return {};
  };
  return curate::nearest_of(vectors, width, k, near, context);
}

}  // namespace millpond::cli
