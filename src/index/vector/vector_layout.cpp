#include "index/vector/vector_layout.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "index/dot.h"
#include "index/vector_query.h"

namespace millpond::index {

VectorLayout::VectorLayout(const VectorHead& head) {
  const auto aligned = [](std::size_t size) { return (size + 63) / 64 * 64; };
  const std::size_t rows = head.rows, padded = head.padded;
  centers = sizeof(VectorHead);
  facts = aligned(centers + head.clusters * padded);
  center_mean = aligned(facts + head.clusters * sizeof(ClusterFacts));
  row_mean = aligned(center_mean + padded * sizeof(float));
  codes = aligned(row_mean + padded * sizeof(float));
  code_facts = aligned(codes + rows * (padded / 2));
  clusters_of = aligned(code_facts + rows * sizeof(CodeFacts));
  places = aligned(clusters_of + rows * head.homes() * sizeof(std::uint16_t));
  blocks = head.version < 3 ? places : aligned(places + rows * sizeof(std::uint32_t));
  ids = aligned(blocks + head.blocks * block_bytes(padded));
  size = aligned(ids + std::size_t{head.blocks} * kBlockRows * sizeof(std::uint32_t));
}

void load_vector(const VectorRows& rows, std::int64_t row, Metric metric, std::size_t padded, float* out) {
  const char* at = rows.data + static_cast<std::size_t>(row) * rows.stride;
  const auto count = static_cast<std::size_t>(rows.indexed_dimensions());
  if (rows.type == VectorType::kF32) {
    std::memcpy(out, at, count * sizeof(float));
  } else if (rows.type == VectorType::kI8) {
    const float factor = byte_vector_end(at, rows.stride).factor;
    for (std::size_t i = 0; i < count; ++i) out[i] = factor * static_cast<float>(static_cast<signed char>(at[i]));
  } else {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(at);
    for (std::size_t i = 0; i < count; ++i) out[i] = float_from_half(halves[i]);
  }
  std::fill(out + count, out + padded, 0.0F);
  if (metric != Metric::kCosine) return;
  double square = 0;
  for (std::size_t i = 0; i < count; ++i) square += double{out[i]} * out[i];
  if (square <= 0) return;
  const auto unit = static_cast<float>(1 / std::sqrt(square));
  for (std::size_t i = 0; i < count; ++i) out[i] *= unit;
}

Result<std::unique_ptr<VectorView>> open_view(std::string_view bytes, const VectorRows& rows) {
  VectorHead head;
  if (bytes.size() < sizeof head) return corrupt("vector index too short, bytes: ", bytes.size());
  std::memcpy(&head, bytes.data(), sizeof head);
  if (std::memcmp(head.magic, kVectorMagic, sizeof kVectorMagic) != 0) return corrupt("not a vector index");
  if (head.version == 0 || head.version > kVectorVersion) return unsupported("vector index version: ", head.version);
  if (head.dimensions == 0 || head.dimensions > 8192 ||
      head.dimensions != static_cast<std::uint32_t>(rows.indexed_dimensions()) ||
      head.padded != (head.dimensions + kVectorPadding - 1) / kVectorPadding * kVectorPadding || head.clusters == 0 ||
      head.clusters > kClustersMax || head.rows != static_cast<std::uint64_t>(rows.rows) || head.rows >= kNoRow ||
      head.indexed > head.rows || head.blocks > head.homes() * head.rows / kBlockRows + head.clusters ||
      head.metric > static_cast<std::uint32_t>(Metric::kL2) || rows.stride % 64 != 0) {
    return corrupt("vector index of other rows, dimensions: ", head.dimensions);
  }
  const VectorLayout layout(head);
  if (layout.size != bytes.size()) return corrupt("vector index of the wrong size, bytes: ", bytes.size());
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) != 0) {
    return invalid("the bytes of a vector index must be aligned to 8");
  }
  auto view = std::make_unique<VectorView>(head);
  view->vectors = rows;
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  view->centers = at + layout.centers;
  view->clusters = {reinterpret_cast<const ClusterFacts*>(at + layout.facts), head.clusters};
  view->blocks = at + layout.blocks;
  view->ids = reinterpret_cast<const std::uint32_t*>(at + layout.ids);
  view->codes = at + layout.codes;
  view->code_facts = reinterpret_cast<const CodeFacts*>(at + layout.code_facts);
  view->clusters_of = reinterpret_cast<const std::uint16_t*>(at + layout.clusters_of);
  if (head.version >= 3) view->places = reinterpret_cast<const std::uint32_t*>(at + layout.places);
  view->center_mean = reinterpret_cast<const float*>(at + layout.center_mean);
  view->row_mean = reinterpret_cast<const float*>(at + layout.row_mean);
  view->hot_bytes = layout.size;
  std::uint64_t blocks = 0;
  for (const ClusterFacts& cluster : view->clusters) {
    if (cluster.first_block != blocks || cluster.blocks > head.blocks - blocks) return corrupt("cluster out of place");
    blocks += cluster.blocks;
  }
  if (blocks != head.blocks) return corrupt("blocks of a vector index: ", blocks);
  return view;
}

}  // namespace millpond::index
