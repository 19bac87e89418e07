// Vectors of bits are compared one by one: how fast, and which part of what one thread can read from memory that is.
// usage: bench_bits ROWS FOLDER BITS...
// Prints a JSON line with the bandwidth, then one for each length. Checked: the scores found are those of a plain
// count.

#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "index/segment_format.h"
#include "index/vector/random.h"
#include "millpond/index/search.h"
#include "must.h"

namespace {

using namespace millpond;

constexpr std::size_t kTop = 10, kQueries = 20, kCenters = 1000, kRowsInBatch = 100'000;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The most that one thread reads of 512 MB, in bytes a CPU second.
double bandwidth() {
  std::vector<std::uint64_t> block((512 << 20) / sizeof(std::uint64_t), 1);
  double best = 0;
  std::uint64_t sum = 0;
  for (int round = 0; round < 5; ++round) {
    const double began = cpu_seconds();
    std::uint64_t parts[8] = {};
    for (std::size_t i = 0; i < block.size(); i += 8)
      for (std::size_t p = 0; p < 8; ++p) parts[p] += block[i + p];
    for (const std::uint64_t part : parts) sum += part;
    best = std::max(best, static_cast<double>(block.size() * sizeof block[0]) / (cpu_seconds() - began));
  }
  return sum > 0 ? best : 0;
}

/// Rows near to one of a thousand centers: of each, one bit of eight differs.
class Rows {
 public:
  Rows(std::size_t rows, std::size_t bits) : size_(bits / 8), bytes_(rows * size_) {
    index::Random random(1);
    std::vector<std::uint64_t> centers(kCenters * bits / 64);
    for (std::uint64_t& word : centers) word = random.next();
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint64_t* center = centers.data() + random.below(kCenters) * (bits / 64);
      for (std::size_t word = 0; word < bits / 64; ++word) {
        const std::uint64_t value = center[word] ^ (random.next() & random.next() & random.next());
        std::memcpy(bytes_.data() + row * size_ + word * 8, &value, 8);
      }
    }
  }
  const std::uint8_t* at(std::size_t row) const { return bytes_.data() + row * size_; }
  std::size_t size() const { return size_; }
  std::size_t count() const { return bytes_.size() / size_; }

 private:
  std::size_t size_;
  std::vector<std::uint8_t> bytes_;
};

std::vector<int> distances(const Rows& rows, const std::uint8_t* query) {
  std::vector<int> out(rows.count());
  for (std::size_t row = 0; row < out.size(); ++row) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      out[row] += std::popcount(static_cast<unsigned>(rows.at(row)[i] ^ query[i]));
  }
  std::partial_sort(out.begin(), out.begin() + kTop, out.end());
  out.resize(kTop);
  return out;
}

void measure(const Rows& rows, const std::string& path, double width) {
  const index::VectorColumn column{.name = "v", .metric = index::Metric::kHamming, .type = index::VectorType::kBit};
  const auto type = arrow::fixed_size_binary(static_cast<std::int32_t>(rows.size()));
  const auto builder = must(index::SegmentBuilder::create(path, {.vectors = {column}}));
  double building = 0;
  for (std::size_t first = 0; first < rows.count(); first += kRowsInBatch) {
    const std::size_t count = std::min(kRowsInBatch, rows.count() - first);
    arrow::FixedSizeBinaryBuilder values(type);
    if (!values.AppendValues(rows.at(first), static_cast<std::int64_t>(count)).ok()) std::abort();
    const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("v", type)}),
                                                static_cast<std::int64_t>(count), {*values.Finish()});
    const double began = cpu_seconds();
    must(builder->add(*batch));
    building += cpu_seconds() - began;
  }
  const index::SegmentInfo info = must(builder->finish());
  index::SegmentCache cache;
  const auto searcher = must(index::Searcher::open({{path, nullptr}}, cache));
  double best = 1e9;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const std::uint8_t* from = rows.at(q * 7919 % rows.count());
    index::Query query{.limit = static_cast<int>(kTop)};
    for (std::size_t d = 0; d < rows.size() * 8; ++d)
      query.vector.push_back((from[d / 8] >> (d % 8) & 1) != 0 ? 1.0F : -1.0F);
    const double began = cpu_seconds();
    const index::Found found = must(searcher->search(query));
    best = std::min(best, cpu_seconds() - began);
    if (q > 2) continue;
    const std::vector<int> right = distances(rows, from);
    for (std::size_t i = 0; i < kTop; ++i)
      if (found.hits.size() != kTop || found.hits[i].score != -right[i]) std::abort();
  }
  const auto stride =
      static_cast<double>(index::vector_stride(static_cast<int>(rows.size() * 8), index::VectorType::kBit));
  const double read = stride * static_cast<double>(rows.count());
  std::printf(
      "{\"bits\": %zu, \"rows\": %zu, \"ms\": %.3f, \"ns_a_row\": %.3f, \"bytes\": %.0f, \"of_bandwidth\": %.3f, "
      "\"build_cpu_s\": %.2f, \"size_bytes\": %lld}\n",
      rows.size() * 8, rows.count(), best * 1e3, best * 1e9 / static_cast<double>(rows.count()), read,
      read / best / width, building, static_cast<long long>(info.size_bytes));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: bench_bits ROWS FOLDER BITS...\n"), 2;
  const double width = bandwidth();
  std::printf("{\"bandwidth\": %.0f}\n", width);
  for (int i = 3; i < argc; ++i) {
    const Rows rows(std::stoul(argv[1]), std::stoul(argv[i]) / 64 * 64);
    measure(rows, std::string(argv[2]) + "/bits.segment", width);
  }
}
