#include "pond/filter_bounds.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "pond/filter_constant.h"

namespace millpond::pond {
namespace {

using Kind = Type::Kind;
using Bound = ColumnRange::Bound;

template <class T>
std::optional<T> scalar(std::string_view bytes) {
  T value{};
  if (bytes.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void raise(Bound& low, const Bound& other, bool (*less)(const Bound&, const Bound&)) {
  if (other.known && (!low.known || less(low, other))) low = other;
}
void lower(Bound& high, const Bound& other, bool (*less)(const Bound&, const Bound&)) {
  if (other.known && (!high.known || less(other, high))) high = other;
}

bool less_whole(const Bound& a, const Bound& b) { return a.whole < b.whole; }
bool less_real(const Bound& a, const Bound& b) { return a.real < b.real; }
bool less_text(const Bound& a, const Bound& b) { return a.text < b.text; }

}  // namespace

Result<BoundFilter> BoundFilter::make(const Filter& filter, const TableMetadata& table) {
  BoundFilter out;
  MP_ASSIGN(out.root_, out.bind(filter, table));
  return out;
}

Result<BoundFilter::Node> BoundFilter::bind(const Filter& filter, const TableMetadata& table) {
  if (filter.kind == Filter::Kind::kCompare) return bind_comparison(filter, table);
  Node node{.kind = filter.kind};
  for (const Filter& child : filter.children) {
    MP_ASSIGN(Node bound, bind(child, table));
    node.children.push_back(std::move(bound));
  }
  return node;
}

Result<BoundFilter::Node> BoundFilter::bind_comparison(const Filter& filter, const TableMetadata& table) {
  const IcebergField* field = find_named(table.schema().fields, filter.column);
  if (field == nullptr) return invalid("the table has no such column: ", filter.column);
  if (decimal_of(field->type.alias)) return Node{};  // files are not chosen by decimals
  Node node{.kind = Filter::Kind::kCompare, .compare = filter.compare};
  const auto known =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& column) { return column.id == field->id; });
  node.column = static_cast<std::size_t>(known - columns_.begin());
  if (known == columns_.end()) {
    Column column{.id = field->id, .type = field->type};
    switch (field->type.kind) {
      case Kind::kBool:
      case Kind::kInt32:
      case Kind::kInt64:
      case Kind::kDate:
      case Kind::kTimestamp: column.kind = Class::kWhole; break;
      case Kind::kFloat32:
      case Kind::kFloat64: column.kind = Class::kReal; break;
      case Kind::kUtf8:
      case Kind::kBinary:
      case Kind::kFixed: column.kind = Class::kText; break;
      default: break;
    }
    columns_.push_back(std::move(column));
  }
  const Class kind = columns_[node.column].kind;
  for (const FilterValue& value : filter.values) {
    MP_ASSIGN(const ColumnConstant constant, constant_of(value, *field));
    if (constant.whole_part_only) {  // 10.5 for a column of whole numbers
      switch (node.compare) {
        case Compare::kEqual: return Node{.kind = Filter::Kind::kFalse};
        case Compare::kIn: continue;
        case Compare::kLess: node.compare = Compare::kLessEqual; break;  // the constant was rounded down
        case Compare::kGreaterEqual: node.compare = Compare::kGreater; break;
        case Compare::kNotEqual:
        case Compare::kNotIn: return Node{};
        default: break;
      }
    }
    node.values.push_back({constant.whole, constant.real, constant.real_high, constant.text});
  }
  const bool starts = filter.compare == Compare::kStartsWith || filter.compare == Compare::kNotStartsWith;
  if (starts && kind != Class::kText) return invalid("not a column of text: ", filter.column);
  if (filter.compare == Compare::kIn && node.values.empty()) return Node{.kind = Filter::Kind::kFalse};
  return node;
}

bool BoundFilter::may_match(const Node& node, const std::vector<ColumnRange>& ranges) const {
  switch (node.kind) {
    case Filter::Kind::kTrue: return true;
    case Filter::Kind::kFalse: return false;
    case Filter::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(),
                         [&](const Node& child) { return may_match(child, ranges); });
    case Filter::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(),
                         [&](const Node& child) { return may_match(child, ranges); });
    case Filter::Kind::kCompare: return may_compare(node, ranges[node.column]);
  }
  return true;
}

bool BoundFilter::may_equal(const Column& column, const Constant& value, const ColumnRange& range) const {
  switch (column.kind) {
    case Class::kWhole:
      if (range.low.known && value.whole < range.low.whole) return false;
      if (range.high.known && value.whole > range.high.whole) return false;
      break;
    case Class::kReal:
      if (std::isnan(value.real)) return range.may_be_nan;
      if (range.low.known && value.real_high < range.low.real) return false;
      if (range.high.known && value.real > range.high.real) return false;
      break;
    case Class::kText:
      if (range.low.known && value.text < range.low.text) return false;
      if (range.high.known && value.text > range.high.text) return false;
      break;
    case Class::kOther: return true;
  }
  if (range.bucket_width == 0 || column.kind == Class::kReal) return true;
  const std::string_view whole(reinterpret_cast<const char*>(&value.whole), sizeof value.whole);
  const std::int32_t hash = murmur3(column.kind == Class::kText ? std::string_view(value.text) : whole);
  const std::int32_t bucket = (hash & 0x7fff'ffff) % range.bucket_width;
  return bucket >= range.bucket_low && bucket <= range.bucket_high;
}

bool BoundFilter::may_compare(const Node& node, const ColumnRange& range) const {
  if (node.compare == Compare::kIsNull) return range.may_be_null;
  if (node.compare == Compare::kNotNull) return range.may_be_value;
  const Column& column = columns_[node.column];
  if (column.kind == Class::kOther) return true;
  switch (node.compare) {
    // What differs from a constant is nearly everything; a null does for some engines.
    case Compare::kNotEqual:
    case Compare::kNotIn:
    case Compare::kNotStartsWith: return true;
    default: break;
  }
  if (!range.may_be_value) return false;
  const auto in_range = [&](const Constant& value) { return may_equal(column, value, range); };
  if (node.compare == Compare::kEqual || node.compare == Compare::kIn) {
    return std::any_of(node.values.begin(), node.values.end(), in_range);
  }
  const Constant& value = node.values.front();
  if (node.compare == Compare::kStartsWith) {
    if (range.high.known && range.high.text < value.text) return false;
    return !range.low.known || range.low.text.substr(0, value.text.size()) <= value.text;
  }
  const bool below = node.compare == Compare::kLess || node.compare == Compare::kLessEqual;
  const Bound& edge = below ? range.low : range.high;
  // A NaN stands above all numbers, and outside the bounds.
  if (column.kind == Class::kReal && range.may_be_nan && (!below || std::isnan(value.real))) return true;
  if (!edge.known) return true;
  int order = 0;  // of the edge to the constant
  switch (column.kind) {
    case Class::kWhole: order = edge.whole < value.whole ? -1 : edge.whole > value.whole; break;
    case Class::kReal:
      if (value.real != value.real_high) return below ? edge.real <= value.real_high : edge.real >= value.real;
      order = edge.real < value.real ? -1 : edge.real > value.real;
      break;
    default: order = edge.text.compare(value.text); break;
  }
  switch (node.compare) {
    case Compare::kLess: return order < 0;
    case Compare::kLessEqual: return order <= 0;
    // An upper bound of text may have been cut and raised; it is never below the value, so it serves as it is.
    case Compare::kGreater: return order > 0;
    default: return order >= 0;
  }
}

Bound BoundFilter::bound_of(const Column& column, std::string_view bytes) const {
  Bound out;
  switch (column.kind) {
    case Class::kWhole:
      if (const auto wide = scalar<std::int64_t>(bytes)) {
        out.whole = *wide, out.known = true;
      } else if (const auto narrow = scalar<std::int32_t>(bytes)) {
        out.whole = *narrow, out.known = true;
      } else if (bytes.size() == 1) {
        out.whole = bytes[0] != 0, out.known = true;
      }
      break;
    case Class::kReal:
      if (const auto wide = scalar<double>(bytes)) {
        out.real = *wide, out.known = true;
      } else if (const auto narrow = scalar<float>(bytes)) {
        out.real = static_cast<double>(*narrow), out.known = true;
      }
      if (std::isnan(out.real)) out.known = false;  // some writers leave them
      break;
    case Class::kText: out.text = bytes, out.known = true; break;
    case Class::kOther: break;
  }
  return out;
}

void BoundFilter::narrow(std::size_t index, const Stats& stats, ColumnRange& range) const {
  const Column& column = columns_[index];
  auto* less = column.kind == Class::kWhole ? less_whole : column.kind == Class::kReal ? less_real : less_text;
  if (stats.lower) raise(range.low, bound_of(column, *stats.lower), less);
  if (stats.upper) lower(range.high, bound_of(column, *stats.upper), less);
  if (stats.nulls == 0) range.may_be_null = false;
  if (stats.nans == 0) range.may_be_nan = false;
  if (stats.values >= 0 && stats.nulls >= 0 && stats.nulls >= stats.values) range.may_be_value = false;
}

bool BoundFilter::concerns(const PartitionSpec& spec) const {
  return std::any_of(spec.fields.begin(), spec.fields.end(), [&](const PartitionField& field) {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return column.id == field.source_id; });
  });
}

/// Partition values between `low` and `high`, as a range of the values that they come from.
void BoundFilter::narrow_field(const PartitionField& field, std::optional<std::string_view> low,
                               std::optional<std::string_view> high, ColumnRange& range, const Column& column) const {
  auto* less = column.kind == Class::kWhole ? less_whole : column.kind == Class::kReal ? less_real : less_text;
  if (field.transform == Transform::kIdentity) {
    if (low) raise(range.low, bound_of(column, *low), less);
    if (high) lower(range.high, bound_of(column, *high), less);
    return;
  }
  if (column.kind == Class::kText) {
    if (field.transform == Transform::kTruncate && low) raise(range.low, bound_of(column, *low), less);
    // Everything that begins with the last prefix is below no text that is at hand; so there is no upper bound.
  }
  const auto number = [](std::string_view bytes) -> std::optional<std::int64_t> {
    if (const auto narrow = scalar<std::int32_t>(bytes)) return *narrow;
    return scalar<std::int64_t>(bytes);
  };
  const auto first = low ? number(*low) : std::nullopt, last = high ? number(*high) : std::nullopt;
  if (field.transform == Transform::kBucket) {
    if (!first || !last || column.type.alias.ends_with("_ns")) return;
    range.bucket_width = field.width;
    range.bucket_low = static_cast<std::int32_t>(*first);
    range.bucket_high = static_cast<std::int32_t>(*last);
    return;
  }
  if (column.kind != Class::kWhole) return;
  if (first) raise(range.low, {.whole = first_of_partition(field, column.type, *first), .known = true}, less);
  if (last) lower(range.high, {.whole = last_of_partition(field, column.type, *last), .known = true}, less);
}

void BoundFilter::narrow(const PartitionSpec& spec, const Partition& partition,
                         std::vector<ColumnRange>& ranges) const {
  for (const PartitionField& field : spec.fields) {
    if (field.transform == Transform::kUnknown || field.transform == Transform::kVoid) continue;
    const auto value =
        std::find_if(partition.begin(), partition.end(), [&](const auto& item) { return item.first == field.id; });
    if (value == partition.end()) continue;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].id != field.source_id) continue;
      ColumnRange& range = ranges[i];
      if (!value->second) {
        range.may_be_value = false;
        continue;
      }
      range.may_be_null = false;
      narrow_field(field, *value->second, *value->second, range, columns_[i]);
    }
  }
}

void BoundFilter::narrow(const PartitionSpec& spec, const std::vector<PartitionSummary>& summaries,
                         std::vector<ColumnRange>& ranges) const {
  for (std::size_t at = 0; at < std::min(spec.fields.size(), summaries.size()); ++at) {
    const PartitionField& field = spec.fields[at];
    const PartitionSummary& summary = summaries[at];
    if (field.transform == Transform::kUnknown || field.transform == Transform::kVoid) continue;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].id != field.source_id) continue;
      ColumnRange& range = ranges[i];
      if (!summary.contains_null) range.may_be_null = false;
      if (summary.contains_nan && !*summary.contains_nan) range.may_be_nan = false;
      if (!summary.lower && !summary.upper && summary.contains_null && !summary.contains_nan.value_or(false)) {
        range.may_be_value = false;
        continue;
      }
      narrow_field(field, summary.lower, summary.upper, range, columns_[i]);
    }
  }
}

bool BoundFilter::may_match_manifest(const ManifestFile& manifest, const PartitionSpec& spec) const {
  if (manifest.partitions.empty() || manifest.partitions.size() != spec.fields.size()) {
    return may_match(std::vector<ColumnRange>(columns_.size()));
  }
  std::vector<ColumnRange> ranges(columns_.size());
  narrow(spec, manifest.partitions, ranges);
  return may_match(ranges);
}

bool BoundFilter::may_match_entry(const ManifestEntry& entry, const PartitionSpec& spec) const {
  std::vector<ColumnRange> ranges(columns_.size());
  if (entry.file.partition) narrow(spec, *entry.file.partition, ranges);
  for (std::size_t i = 0; entry.file.metrics && i < columns_.size(); ++i) {
    const ColumnMetrics& metrics = *entry.file.metrics;
    const auto find = [&](const auto& list) {
      const auto at = std::lower_bound(list.begin(), list.end(), columns_[i].id,
                                       [](const auto& item, std::int32_t id) { return item.first < id; });
      return at != list.end() && at->first == columns_[i].id ? &at->second : nullptr;
    };
    Stats stats;
    if (const std::string* found = find(metrics.lower)) stats.lower = *found;
    if (const std::string* found = find(metrics.upper)) stats.upper = *found;
    if (const std::int64_t* found = find(metrics.values)) stats.values = *found;
    if (const std::int64_t* found = find(metrics.nulls)) stats.nulls = *found;
    if (const std::int64_t* found = find(metrics.nans)) stats.nans = *found;
    narrow(i, stats, ranges[i]);
  }
  return may_match(ranges);
}

}  // namespace millpond::pond
