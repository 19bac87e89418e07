#include "curate/near_duplicates/clusters.h"

#include <arrow/record_batch.h>

#include <limits>

#include "curate/near_duplicates/cluster_columns.h"

namespace millpond::curate {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Schema cluster_columns() {
  return {{"cluster", int64()}, {"cluster_size", int64(), true}, {"duplicate", boolean(), true}};
}

Status Clusters::absorb(const Batch& rows) {
  if (rows_ + rows->num_rows() >= kNone) return exhausted("more rows than can be numbered: ", rows_);
  if (!rule_.first()) {
    MP_ASSIGN(const std::vector<double> worth, worth_of(rows, rule_));
    worth_.insert(worth_.end(), worth.begin(), worth.end());
  }
  rows_ += rows->num_rows();
  return {};
}

void Clusters::choose(UnionFind& sets, bool by_root) {
  const auto count = static_cast<std::size_t>(rows_);
  std::vector<std::uint32_t> best(count, kNone), number(count, kNone);
  stays_.resize(count), cluster_.resize(count), sizes_.resize(count);
  std::uint32_t clusters = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t root = sets.root(i);
    sizes_[i] = sets.size_of(i);
    if (sizes_[i] > 1 && number[root] == kNone) number[root] = clusters++;
    cluster_[i] = number[root];
    if (best[root] == kNone || (!worth_.empty() && worth_[i] > worth_[best[root]])) best[root] = i;
    if (by_root) best[root] = root;
  }
  for (std::uint32_t i = 0; i < count; ++i) stays_[i] = best[sets.root(i)];
  worth_ = std::vector<double>();
}

Result<Batch> Clusters::judge(const Batch& rows) {
  ClusterColumns columns;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row, ++judged_) {
    const auto document = static_cast<std::size_t>(judged_);
    const bool duplicate = stays_[document] != judged_;
    if (duplicate && drop_) continue;
    const std::uint32_t size = sizes_[document];
    MP_TRY(columns.keep(row, size > 1 ? std::int64_t{cluster_[document]} : -1, size, duplicate));
  }
  return columns.finish(rows);
}

}  // namespace millpond::curate
