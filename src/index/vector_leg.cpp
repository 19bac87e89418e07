#include "index/vector_leg.h"

#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "index/dot.h"

namespace millpond::index {
namespace {

constexpr std::size_t kRowsInTask = 8192;         // a multiple of 64
constexpr std::size_t kThreadBytesMin = 8 << 20;  // less is not worth a thread
constexpr int kSparse = 24;                       // of 64 rows: below, compare row by row

// The query, aligned and padded with zeros as the rows are.
class PaddedQuery {
 public:
  explicit PaddedQuery(std::span<const float> query) {
    const std::size_t size = (query.size() * sizeof(float) + 2 * kAlignBytes) / kAlignBytes * kAlignBytes;
    values_.reset(static_cast<float*>(::operator new(size, std::align_val_t(kAlignBytes))));
    std::memset(values_.get(), 0, size);
    std::memcpy(values_.get(), query.data(), query.size_bytes());
  }
  const float* get() const { return values_.get(); }

 private:
  struct Free {
    void operator()(float* at) const { ::operator delete(at, std::align_val_t(kAlignBytes)); }
  };
  std::unique_ptr<float, Free> values_;
};

struct Task {
  std::uint32_t segment;
  std::size_t first_row, end_row;
};

struct Sums {
  std::int64_t count = 0;
  double sum = 0;
};

DotRows kernel_of(const SegmentView& segment) { return segment.info.half ? best_kernels().f16 : best_kernels().f32; }

Sums compare(const Visible& visible, const Task& task, const float* query, Top& top) {
  const SegmentView& segment = *visible.segment;
  const DotRows dot = kernel_of(segment);
  const auto dimensions = static_cast<std::size_t>(segment.info.dimensions);
  const bool all_have_vectors = segment.section(Section::kHasVector).empty();
  Sums sums;
  std::array<float, 64> scores;
  for (std::size_t row = task.first_row; row < task.end_row; row += 64) {
    const std::uint64_t bits = visible.word(row / 64);
    if (bits == 0) continue;
    const std::size_t rows = std::min<std::size_t>(64, task.end_row - row);
    const bool sparse = std::popcount(bits) < kSparse;
    if (!sparse)
      dot(query, segment.vector(static_cast<std::int64_t>(row)), segment.stride, dimensions, rows, scores.data());
    for (std::uint64_t left = bits; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (!all_have_vectors && !segment.has_vector(static_cast<std::int64_t>(row + i))) continue;
      if (sparse)
        dot(query, segment.vector(static_cast<std::int64_t>(row + i)), segment.stride, dimensions, 1, &scores[i]);
      const double score = scores[i];
      ++sums.count;
      sums.sum += score;
      if (score >= top.threshold()) top.push({score, task.segment, static_cast<std::uint32_t>(row + i)});
    }
  }
  return sums;
}

}  // namespace

VectorBest best_by_vector(std::span<const Visible> segments, std::span<const float> query, std::size_t limit,
                          int threads) {
  const PaddedQuery padded(query);
  std::vector<Task> tasks;
  std::size_t size = 0;
  for (std::uint32_t s = 0; s < segments.size(); ++s) {
    const std::size_t rows = segments[s].segment->info.dimensions > 0 ? segments[s].segment->lengths.size() : 0;
    size += rows * segments[s].segment->stride;
    for (std::size_t row = 0; row < rows; row += kRowsInTask)
      tasks.push_back({s, row, std::min(rows, row + kRowsInTask)});
  }
  const std::size_t useful = std::min(size / kThreadBytesMin + 1, tasks.size());
  const std::size_t workers = std::max<std::size_t>(1, std::min<std::size_t>(useful, threads < 1 ? 1 : threads));
  std::vector<Top> tops(workers, Top(limit));
  std::vector<Sums> sums(tasks.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t worker) {
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      sums[i] = compare(segments[tasks[i].segment], tasks[i], padded.get(), tops[worker]);
    }
  };
  std::vector<std::thread> running;
  for (std::size_t worker = 1; worker < workers; ++worker) running.emplace_back(work, worker);
  work(0);
  for (std::thread& thread : running) thread.join();

  for (std::size_t worker = 1; worker < workers; ++worker) tops[0].merge(tops[worker]);
  VectorBest best;
  best.rows = tops[0].take();
  Sums all;
  for (const Sums& part : sums) {
    all.count += part.count;
    all.sum += part.sum;
  }
  best.compared = all.count;
  if (all.count > 0) best.mean = all.sum / static_cast<double>(all.count);
  return best;
}

void score_by_vector(std::span<const Visible> segments, std::span<const float> query, std::span<Scored> rows) {
  const PaddedQuery padded(query);
  for (Scored& scored : rows) {
    const SegmentView& segment = *segments[scored.segment].segment;
    scored.score = 0;
    if (!segment.has_vector(scored.row)) continue;
    float score = 0;
    kernel_of(segment)(padded.get(), segment.vector(scored.row), segment.stride,
                       static_cast<std::size_t>(segment.info.dimensions), 1, &score);
    scored.score = score;
  }
}

}  // namespace millpond::index
