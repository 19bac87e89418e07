#include "pond/group_filter.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>
#include <parquet/types.h>

#include <algorithm>

namespace millpond::pond {
namespace {

/// Whether the plain encoding of a value is what Iceberg's bounds are: little-endian numbers in the column's own unit,
/// and texts.
bool is_plain(const parquet::ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
    case parquet::Type::FLOAT:
    case parquet::Type::DOUBLE: return true;
    case parquet::Type::INT32:
    case parquet::Type::INT64:
      if (logical->is_none() || logical->is_date()) return true;
      if (logical->is_int()) return static_cast<const parquet::IntLogicalType&>(*logical).is_signed();
      return logical->is_timestamp() && static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit() ==
                                            parquet::LogicalType::TimeUnit::MICROS;
    case parquet::Type::BYTE_ARRAY: return logical->is_string();
    default: return false;
  }
}

bool has_ids(const parquet::FileMetaData& footer) {
  for (int leaf = 0; leaf < footer.num_columns(); ++leaf) {
    if (footer.schema()->Column(leaf)->schema_node()->field_id() >= 0) return true;
  }
  return false;
}

/// The id of a column at the top of a file that has none itself; -1 if the table has no such column.
int id_of_name(const std::vector<IcebergField>& fields, const parquet::ColumnDescriptor& column) {
  if (column.path()->ToDotVector().size() != 1) return -1;
  for (const IcebergField& field : fields) {
    const auto& names = field.mapped_names;
    if (names.empty() ? field.name == column.name()
                      : std::find(names.begin(), names.end(), column.name()) != names.end()) {
      return field.id;
    }
  }
  return -1;
}

}  // namespace

bool may_match_group(const BoundFilter& filter, const std::vector<IcebergField>& fields,
                     const parquet::FileMetaData& footer, int group) {
  if (filter.always_true()) return true;
  std::vector<ColumnRange> ranges(filter.columns());
  const auto row_group = footer.RowGroup(group);
  const bool by_id = has_ids(footer);
  for (int leaf = 0; leaf < footer.num_columns(); ++leaf) {
    const parquet::ColumnDescriptor& column = *footer.schema()->Column(leaf);
    const int id = by_id ? column.schema_node()->field_id() : id_of_name(fields, column);
    if (id < 0 || column.max_repetition_level() > 0) continue;
    for (std::size_t i = 0; i < filter.columns(); ++i) {
      if (filter.column_id(i) != id || !is_plain(column)) continue;
      const auto statistics = row_group->ColumnChunk(leaf)->statistics();
      if (!statistics) continue;
      std::string low, high;
      BoundFilter::Stats stats;
      if (statistics->HasMinMax()) {
        low = statistics->EncodeMin(), high = statistics->EncodeMax();
        stats.lower = low, stats.upper = high;
      }
      if (statistics->HasNullCount()) {
        stats.nulls = statistics->null_count();
        stats.values = row_group->num_rows();
      }
      filter.narrow(i, stats, ranges[i]);
    }
  }
  return filter.may_match(ranges);
}

}  // namespace millpond::pond
