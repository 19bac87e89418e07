#pragma once
// Where the parts of a vector index lie; docs/formats/segment.md describes them in words.

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "index/vector/kernels.h"
#include "index/vector/read_ahead.h"
#include "index/vector/rotation.h"
#include "millpond/index/vector_index.h"

namespace millpond::index {

inline constexpr char kVectorMagic[8] = {'M', 'P', 'V', 'E', 'C', 'T', 'O', 'R'};
/// Version 1 put a row into one cluster only; versions 1 and 2 kept codes in the order of rows. Both are read.
inline constexpr std::uint32_t kVectorVersion = 3;
inline constexpr std::uint32_t kNoRow = 0xFFFFFFFF;  // fills up the last block of a cluster
inline constexpr std::uint32_t kClustersMax = 32768;
inline constexpr std::uint16_t kNoCluster = 0xFFFF;
/// A search visits the clusters whose remoteness is at most a margin, all for a query of length 1. Which margin holds
/// which part of the k best rows, and the weight of ranks with which the fewest rows are visited for that, were
/// measured on a sample of rows when the index was built.
inline constexpr std::array<double, 8> kCurveRecall{.80, .90, .95, .97, .98, .99, .995, .999};
inline constexpr std::array<double, 3> kCurveRows{10, 100, 1000};
/// `behind`: how much lower the score of a cluster is than the best one; `nearer`: clusters with a better score.
inline float remoteness(float behind, std::size_t nearer, float rank_weight) {
  return behind + rank_weight * std::log1p(static_cast<float>(nearer));
}
struct CurvePoint {
  float margin;
  float scanned;  // the part of all entries of clusters that these clusters hold
};

struct VectorHead {
  char magic[8];
  std::uint32_t version, dimensions, padded, clusters, metric, blocks;
  std::uint64_t rows, indexed, seed;
  CurvePoint curve[kCurveRows.size()][kCurveRecall.size()];
  float depth;  // of a prefix: so many times as many rows as are wanted must be compared in full; 0: no more
  float rank_weight;

  /// In how many clusters a row can be.
  std::size_t homes() const { return version == 1 ? 1 : 2; }
};
static_assert(sizeof(VectorHead) == 256);

/// A cluster: its center is scale × (bytes − 128); `bias` is added to its scores; residuals are taken from its
/// origin, reach × center, which has the squared length `square`.
struct ClusterFacts {
  float scale, reach, bias, square;
  std::uint32_t first_block, blocks, rows, reserved;
};
static_assert(sizeof(ClusterFacts) == 32);

/// The four-bit code of a row estimates query · mean + gain × (query · (code − 7.5)) + shift.
struct CodeFacts {
  float gain, shift;
};

/// Offsets of the parts, each a multiple of 64.
struct VectorLayout {
  std::size_t centers, facts, center_mean, row_mean, codes, code_facts, clusters_of, places, blocks, ids, size;
  explicit VectorLayout(const VectorHead& head);
};

/// An opened index: spans lie inside the bytes.
struct VectorView {
  explicit VectorView(const VectorHead& head) : head(head), rotation(static_cast<int>(head.dimensions), head.seed) {}
  VectorHead head;
  Rotation rotation;
  VectorRows vectors;
  const std::uint8_t* centers = nullptr;
  std::span<const ClusterFacts> clusters;
  const std::uint8_t* blocks = nullptr;
  const std::uint32_t* ids = nullptr;
  const std::uint8_t* codes = nullptr;
  const CodeFacts* code_facts = nullptr;
  const std::uint16_t* clusters_of = nullptr;  // of each row, head.homes() of them; kNoCluster if there is none
  const std::uint32_t* places = nullptr;       // where the code of each row is; none: in the order of rows
  const float* center_mean = nullptr;          // what four-bit codes are relative to
  const float* row_mean = nullptr;             // of all rows
  std::size_t hot_bytes = 0;
  mutable ReadAhead ahead;

  std::size_t padded() const { return head.padded; }
  /// Where the code of a row is, counted in codes; not less than `head.rows` if the index is damaged.
  std::uint32_t place_of(std::uint32_t row) const { return places == nullptr ? row : places[row]; }
  std::span<const std::uint16_t> clusters_of_row(std::size_t row) const {
    return {clusters_of + row * head.homes(), head.homes()};
  }
  Metric metric() const { return static_cast<Metric>(head.metric); }
};

/// Errors: those of `VectorIndex::open`.
Result<std::unique_ptr<VectorView>> open_view(std::string_view bytes, const VectorRows& rows);

/// A vector as floats, made a unit vector if the metric is the cosine, padded with zeros, not rotated.
void load_vector(const VectorRows& rows, std::int64_t row, Metric metric, std::size_t padded, float* out);
inline bool has_vector(const VectorRows& rows, std::int64_t row) {
  return rows.has == nullptr || (rows.has[row / 8] >> (row % 8) & 1) != 0;
}

}  // namespace millpond::index
