#include "curate/near_duplicates/clusters.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <limits>

#include "core/arrow_status.h"
#include "core/take.h"

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
  worth_ = {};
}

Result<Batch> Clusters::judge(const Batch& rows) {
  arrow::Int64Builder clusters, sizes;
  arrow::BooleanBuilder duplicates;
  std::vector<std::int64_t> kept;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row, ++judged_) {
    const auto document = static_cast<std::size_t>(judged_);
    const bool duplicate = stays_[document] != judged_;
    if (duplicate && drop_) continue;
    kept.push_back(row);
    const std::uint32_t size = sizes_[document];
    MP_TRY(from_arrow(size > 1 ? clusters.Append(cluster_[document]) : clusters.AppendNull()));
    MP_TRY(from_arrow(sizes.Append(size)));
    MP_TRY(from_arrow(duplicates.Append(duplicate)));
  }
  MP_ASSIGN(const Batch taken, take(rows, kept));
  auto columns = taken->columns();
  arrow::FieldVector fields = taken->schema()->fields();
  const auto add = [&](const char* name, arrow::ArrayBuilder& builder, bool nullable) -> Status {
    MP_ASSIGN(auto column, from_arrow(builder.Finish()));
    fields.push_back(arrow::field(name, column->type(), nullable));
    columns.push_back(std::move(column));
    return {};
  };
  MP_TRY(add("cluster", clusters, true));
  MP_TRY(add("cluster_size", sizes, false));
  MP_TRY(add("duplicate", duplicates, false));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
}

}  // namespace millpond::curate
