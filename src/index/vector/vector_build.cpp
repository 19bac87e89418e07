#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "index/vector/calibrate.h"
#include "index/vector/clusters.h"
#include "index/vector/encode.h"
#include "index/vector/random.h"
#include "index/vector/vector_layout.h"

namespace millpond::index {
namespace {

constexpr int kDimensionsMost = 8192;
constexpr std::size_t kRowsInTask = 1200;
constexpr std::size_t kSampleOfCluster = 40;

// Everything about an index but its blocks, which need all rows first.
class Build {
 public:
  Build(const VectorRows& rows, const VectorIndexOptions& options)
      : rows_(rows),
        options_(options),
        rotation_(rows.indexed_dimensions(), options.seed),
        padded_(rotation_.padded()) {}

  Status run();
  std::string take() { return std::move(bytes_); }

 private:
  Status choose_rows();
  void find_clusters();
  void encode_rows();
  void encode_task(const CenterTiles& tiles, std::size_t task, std::vector<double>& sums);
  void write_blocks();
  void put_codes_in_order();
  void load(std::int64_t row, float* out) const {
    load_vector(rows_, row, options_.metric, padded_, out);
    rotation_.apply(out);
  }
  std::uint8_t* at(std::size_t offset) { return reinterpret_cast<std::uint8_t*>(bytes_.data()) + offset; }
  bool euclidean() const { return options_.metric == Metric::kL2; }

  const VectorRows& rows_;
  const VectorIndexOptions& options_;
  const Rotation rotation_;
  const std::size_t padded_;
  VectorHead head_{};
  std::string bytes_;
  std::vector<std::uint32_t> with_vector_;
  std::vector<float> centers_;  // as they come back from their bytes
  std::vector<float> origins_;
  std::vector<float> mean_;
  std::vector<ClusterFacts> facts_;
  std::vector<std::uint8_t> signs_;  // rows × 2 clusters × padded / 8
  std::vector<SignFacts> sign_facts_;
  std::vector<std::uint16_t> clusters_of_;  // rows × 2
};

Status Build::choose_rows() {
  if (rows_.indexed_dimensions() < 1 || rows_.indexed_dimensions() > kDimensionsMost ||
      rows_.prefix > rows_.dimensions) {
    return invalid("a vector index takes 1 to ", kDimensionsMost, " dimensions; given: ", rows_.indexed_dimensions());
  }
  if (rows_.type == VectorType::kBit || options_.metric == Metric::kHamming)
    return invalid("vectors of bits have no index");
  if (rows_.rows < 0 || rows_.rows >= std::int64_t{kNoRow} / 2) return invalid("rows of a vector index: ", rows_.rows);
  std::vector<float> vector(padded_);
  for (std::int64_t row = 0; row < rows_.rows; ++row) {
    if (!has_vector(rows_, row)) continue;
    load_vector(rows_, row, Metric::kInnerProduct, padded_, vector.data());
    float sum[8] = {};
    for (std::size_t d = 0; d < padded_; d += 8) {
      for (std::size_t i = 0; i < 8; ++i) sum[i] += vector[d + i] * 0.0F;  // NaN if one is not finite
    }
    for (const float part : sum) {
      if (part != 0) return invalid("a vector holds a number that is not finite; row: ", row);
    }
    with_vector_.push_back(static_cast<std::uint32_t>(row));
  }
  return {};
}

void Build::find_clusters() {
  const std::size_t count = with_vector_.size();
  // So that reading the centers costs as much as scanning a few hundred rows of a hundred thousand.
  const auto wanted = static_cast<std::size_t>(2.3 * std::sqrt(static_cast<double>(count)));
  const std::size_t most = std::min<std::size_t>(kClustersMax, std::max<std::size_t>(1, count / 8));
  const std::size_t clusters = options_.clusters > 0 ? static_cast<std::size_t>(options_.clusters) : wanted / 32 * 32;
  head_.clusters = static_cast<std::uint32_t>(std::clamp<std::size_t>(clusters, 1, most));

  facts_.resize(head_.clusters);

  Random random(options_.seed ^ 0x5A);
  std::vector<std::uint32_t> order = with_vector_;
  const std::size_t sample = std::min(count, kSampleOfCluster * head_.clusters);
  std::vector<float> rows(sample * padded_);
  for (std::size_t i = 0; i < sample; ++i) std::swap(order[i], order[i + random.below(count - i)]);
  for_each_parallel((sample + kRowsInTask - 1) / kRowsInTask, options_.threads, [&](std::size_t task) {
    for (std::size_t i = task * kRowsInTask; i < std::min(sample, (task + 1) * kRowsInTask); ++i) {
      load(order[i], rows.data() + i * padded_);
    }
  });
  mean_.assign(padded_, 0);
  for (std::size_t i = 0; i < sample; ++i) {
    for (std::size_t d = 0; d < padded_; ++d) mean_[d] += rows[i * padded_ + d];
  }
  for (float& value : mean_) value /= static_cast<float>(std::max<std::size_t>(sample, 1));
  if (count > 0) {
    Centers found = find_centers(rows, padded_, head_.clusters, euclidean(), options_.threads, options_.seed);
    centers_ = std::move(found.values);
    for (std::size_t c = 0; c < head_.clusters; ++c) facts_[c].reach = found.reach[c];
  } else {
    centers_.assign(padded_ * head_.clusters, 0);
  }
  origins_.resize(centers_.size());
}

// Codes depend on the centers as the search will see them, so they are rounded first.
void Build::encode_rows() {
  head_.rows = static_cast<std::uint64_t>(rows_.rows);
  head_.blocks = 0;
  bytes_.assign(VectorLayout(head_).blocks, '\0');
  const VectorLayout layout(head_);
  for (std::size_t c = 0; c < head_.clusters; ++c) {
    float* center = centers_.data() + c * padded_;
    float most = 0, square = 0;
    for (std::size_t d = 0; d < padded_; ++d) most = std::max(most, std::fabs(center[d]));
    facts_[c].scale = most / 127;
    for (std::size_t d = 0; d < padded_; ++d) {
      const int value = most > 0 ? static_cast<int>(std::lround(center[d] / facts_[c].scale)) : 0;
      at(layout.centers)[c * padded_ + d] = static_cast<std::uint8_t>(value + 128);
      center[d] = facts_[c].scale * static_cast<float>(value);
      square += center[d] * center[d];
    }
    facts_[c].bias = euclidean() ? -square / 2 : 0;
    facts_[c].square = square * facts_[c].reach * facts_[c].reach;
    for (std::size_t d = 0; d < padded_; ++d) origins_[c * padded_ + d] = center[d] * facts_[c].reach;
  }
  const CenterTiles tiles(centers_, padded_, euclidean());

  const std::size_t count = with_vector_.size(), tasks = (count + kRowsInTask - 1) / kRowsInTask;
  clusters_of_.assign(2 * static_cast<std::size_t>(rows_.rows), kNoCluster);
  signs_.resize(clusters_of_.size() * padded_ / 8);
  sign_facts_.resize(clusters_of_.size());
  std::vector<std::vector<double>> sums(tasks);
  for_each_parallel(tasks, options_.threads, [&](std::size_t task) { encode_task(tiles, task, sums[task]); });
  std::vector<double> mean(padded_);
  for (const auto& part : sums) {
    for (std::size_t d = 0; d < padded_; ++d) mean[d] += part[d];
  }
  for (std::size_t d = 0; d < padded_; ++d) {
    const auto value = static_cast<float>(mean[d] / static_cast<double>(std::max<std::size_t>(count, 1)));
    std::memcpy(at(layout.row_mean) + d * sizeof(float), &value, sizeof value);
  }
  // Without rows there is nothing to copy, and no address to copy it from.
  if (!mean_.empty()) std::memcpy(at(layout.center_mean), mean_.data(), padded_ * sizeof(float));
  if (clusters_of_.empty()) return;
  std::memcpy(at(layout.clusters_of), clusters_of_.data(), clusters_of_.size() * sizeof(std::uint16_t));
}

void Build::encode_task(const CenterTiles& tiles, std::size_t task, std::vector<double>& sums) {
  const VectorLayout layout(head_);
  const std::size_t first = task * kRowsInTask, size = std::min(kRowsInTask, with_vector_.size() - first);
  std::vector<float> vectors(size * padded_), scratch(padded_);
  std::vector<std::uint32_t> best(size), second(size);
  for (std::size_t i = 0; i < size; ++i) load(with_vector_[first + i], vectors.data() + i * padded_);
  tiles.nearest_two(vectors.data(), size, best.data(), second.data());
  sums.assign(padded_, 0);
  for (std::size_t i = 0; i < size; ++i) {
    const float* vector = vectors.data() + i * padded_;
    const std::size_t row = with_vector_[first + i];
    float half = 0;
    for (std::size_t d = 0; d < padded_; ++d) {
      sums[d] += double{vector[d]};
      half += vector[d] * vector[d] / 2;
    }
    if (!euclidean()) half = 0;
    for (const std::uint32_t cluster : {best[i], second[i]}) {
      const std::size_t home = 2 * row + (cluster == best[i] ? 0 : 1);
      clusters_of_[home] = static_cast<std::uint16_t>(cluster);
      sign_facts_[home] = encode_signs(vector, origins_.data() + cluster * padded_, padded_, scratch.data(),
                                       signs_.data() + home * (padded_ / 8));
      sign_facts_[home].shift -= half;
      if (second[i] == best[i]) break;
    }
    CodeFacts facts =
        encode_four_bits(vector, mean_.data(), padded_, scratch.data(), at(layout.codes) + row * padded_ / 2);
    facts.shift = -half;
    std::memcpy(at(layout.code_facts) + row * sizeof facts, &facts, sizeof facts);
  }
}

void Build::write_blocks() {
  for (const std::uint16_t cluster : clusters_of_) {
    if (cluster != kNoCluster) ++facts_[cluster].rows;
  }
  std::vector<std::size_t> next(head_.clusters);
  std::uint32_t blocks = 0;
  std::size_t rows = 0;
  for (std::size_t c = 0; c < head_.clusters; ++c) {
    facts_[c].first_block = blocks;
    facts_[c].blocks = (facts_[c].rows + kBlockRows - 1) / kBlockRows;
    blocks += facts_[c].blocks;
    next[c] = rows;
    rows += facts_[c].rows;
  }
  std::vector<std::size_t> order(rows);
  for (std::size_t home = 0; home < clusters_of_.size(); ++home) {
    if (clusters_of_[home] != kNoCluster) order[next[clusters_of_[home]]++] = home;
  }
  head_.blocks = blocks;
  const VectorLayout layout(head_);
  bytes_.resize(layout.size);
  std::memcpy(at(layout.facts), facts_.data(), facts_.size() * sizeof(ClusterFacts));
  std::size_t begin = 0;
  for (const ClusterFacts& facts : facts_) {
    for (std::uint32_t b = 0; b < facts.blocks; ++b) {
      const std::size_t count = std::min<std::size_t>(kBlockRows, facts.rows - b * kBlockRows);
      const std::uint8_t* signs[kBlockRows];
      SignFacts sign_facts[kBlockRows];
      std::uint32_t ids[kBlockRows];
      std::fill(std::begin(ids), std::end(ids), kNoRow);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t home = order[begin + b * kBlockRows + i];
        ids[i] = static_cast<std::uint32_t>(home / 2);
        signs[i] = signs_.data() + home * (padded_ / 8);
        sign_facts[i] = sign_facts_[home];
      }
      const std::size_t block = facts.first_block + b;
      write_block(signs, sign_facts, count, padded_, at(layout.blocks) + block * block_bytes(padded_));
      std::memcpy(at(layout.ids) + block * sizeof ids, ids, sizeof ids);
    }
    begin += facts.rows;
  }
}

// Codes were made in the order of rows; those of a cluster are to lie together, so that a search reads few pages of
// them. In place: they are most of the index.
void Build::put_codes_in_order() {
  const VectorLayout layout(head_);
  const auto rows = static_cast<std::uint32_t>(rows_.rows);
  std::vector<std::uint32_t> next(head_.clusters + 1);  // rows without a vector come last
  const auto cluster_of = [&](std::uint32_t row) {
    return std::min<std::uint32_t>(clusters_of_[2 * std::size_t{row}], head_.clusters);
  };
  for (std::uint32_t row = 0; row < rows; ++row) ++next[cluster_of(row)];
  std::uint32_t before = 0;
  for (std::uint32_t& each : next) before += std::exchange(each, before);
  std::vector<std::uint32_t> places(rows);
  for (std::uint32_t row = 0; row < rows; ++row) places[row] = next[cluster_of(row)]++;
  const std::size_t size = padded_ / 2;
  std::vector<std::uint8_t> held(size);
  std::vector<bool> done(rows);
  auto* codes = at(layout.codes);
  auto* facts = reinterpret_cast<CodeFacts*>(at(layout.code_facts));
  for (std::uint32_t first = 0; first < rows; ++first) {
    if (done[first]) continue;
    std::memcpy(held.data(), codes + first * size, size);
    CodeFacts held_facts = facts[first];
    for (std::uint32_t row = first; !done[row]; row = places[row]) {
      done[row] = true;
      std::swap_ranges(held.begin(), held.end(), codes + places[row] * size);
      std::swap(held_facts, facts[places[row]]);
    }
  }
  if (rows > 0) std::memcpy(at(layout.places), places.data(), places.size() * sizeof(std::uint32_t));
}

Status Build::run() {
  MP_TRY(choose_rows());
  std::memcpy(head_.magic, kVectorMagic, sizeof kVectorMagic);
  head_.version = kVectorVersion;
  head_.dimensions = static_cast<std::uint32_t>(rows_.indexed_dimensions());
  head_.padded = static_cast<std::uint32_t>(padded_);
  head_.metric = static_cast<std::uint32_t>(options_.metric);
  head_.indexed = with_vector_.size();
  head_.seed = options_.seed;
  find_clusters();
  encode_rows();
  write_blocks();
  put_codes_in_order();
  std::memcpy(at(0), &head_, sizeof head_);
  MP_ASSIGN(const auto view, open_view(bytes_, rows_));
  calibrate(*view, with_vector_, options_.threads, head_);
  std::memcpy(at(0), &head_, sizeof head_);
  return {};
}

}  // namespace

Result<std::string> build_vector_index(const VectorRows& rows, const VectorIndexOptions& options) {
  Build build(rows, options);
  MP_TRY(build.run());
  return build.take();
}

}  // namespace millpond::index
