#include "pond/equality_deletes.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <unordered_set>

#include "pond/read.h"

namespace millpond::pond {
namespace {

using Kind = Type::Kind;
using Keys = std::unordered_set<std::string>;

/// Appends a value so that equal values, and only they, give equal bytes.
Status append_value(const arrow::Array& array, Kind kind, std::int64_t row, std::string& key) {
  if (array.IsNull(row)) {
    key += '\0';
    return {};
  }
  key += '\1';
  const auto number = [&](auto value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); };
  const auto text = [&](std::string_view value) {
    number(value.size());
    key += value;
  };
  switch (kind) {
    case Kind::kBool: number(static_cast<const arrow::BooleanArray&>(array).Value(row)); return {};
    case Kind::kInt32: number(static_cast<const arrow::Int32Array&>(array).Value(row)); return {};
    case Kind::kDate: number(static_cast<const arrow::Date32Array&>(array).Value(row)); return {};
    case Kind::kInt64: number(static_cast<const arrow::Int64Array&>(array).Value(row)); return {};
    case Kind::kTimestamp: number(static_cast<const arrow::TimestampArray&>(array).Value(row)); return {};
    case Kind::kFloat32: number(static_cast<const arrow::FloatArray&>(array).Value(row)); return {};
    case Kind::kFloat64: number(static_cast<const arrow::DoubleArray&>(array).Value(row)); return {};
    case Kind::kUtf8: text(static_cast<const arrow::StringArray&>(array).GetView(row)); return {};
    case Kind::kBinary: text(static_cast<const arrow::BinaryArray&>(array).GetView(row)); return {};
    case Kind::kFixed: text(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row)); return {};
    default: return unsupported("equality deletes by a column of this type: ", array.type()->ToString());
  }
}

class EqualityReader {
 public:
  EqualityReader(PondState& pond, const TableMetadata& table) : pond_(pond), table_(table) {}

  /// Calls `visit(position, key)` for each row of a file.
  template <class Visit>
  Status each_key(const DataFile& file, const std::vector<std::int32_t>& ids, Visit&& visit) {
    auto plan = std::make_shared<ReadPlan>();
    plan->pond = std::shared_ptr<PondState>(std::shared_ptr<void>(), &pond_);  // the caller keeps it
    plan->parts = {{.file = file}};
    plan->with_positions = true;
    plan->batch_rows_max = 65'536;
    MP_TRY(choose_columns(ids, *plan));
    const std::unique_ptr<Stream> stream = read_stream(plan, 1);
    Context context;
    for (;;) {
      MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
      if (!batch) return {};
      const auto& positions = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("_pos"));
      for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
        std::string key;
        for (std::size_t i = 0; i < ids.size(); ++i) {
          MP_TRY(append_value(*(*batch)->column(static_cast<int>(i)), plan->columns[i].type.kind, row, key));
        }
        visit(positions.Value(row), std::move(key));
      }
    }
  }

  Result<const Keys*> keys_of(const ManifestEntry& entry) {
    Keys& keys = keys_[entry.file.path];
    if (!keys.empty() || entry.file.rows == 0) return &keys;
    MP_TRY(
        each_key(entry.file, entry.equality_ids, [&](std::int64_t, std::string key) { keys.insert(std::move(key)); }));
    return &keys;
  }

 private:
  Status choose_columns(const std::vector<std::int32_t>& ids, ReadPlan& plan) const {
    arrow::FieldVector fields;
    for (const std::int32_t id : ids) {
      const IcebergField* found = nullptr;
      for (auto schema = table_.schemas.rbegin(); schema != table_.schemas.rend() && found == nullptr; ++schema) {
        for (const IcebergField& field : schema->fields) {
          if (field.id == id) found = &field;
        }
      }
      if (found == nullptr) return unsupported("equality deletes by a column that is not at the top level: ", id);
      plan.columns.push_back(*found);
      plan.columns.back().required = false;
      fields.push_back(arrow_columns({plan.columns.back()})->field(0));
    }
    fields.push_back(arrow::field("_file", arrow::int32(), false));
    fields.push_back(arrow::field("_pos", arrow::int64(), false));
    plan.schema = arrow::schema(std::move(fields));
    return {};
  }

  PondState& pond_;
  const TableMetadata& table_;
  std::map<std::string, Keys> keys_;
};

bool concerns(const TableMetadata& table, const ManifestEntry& deletes, const ManifestEntry& data) {
  if (*data.sequence_number >= *deletes.sequence_number) return false;
  if (!table.spec(deletes.file.spec_id).partitioned()) return true;
  if (deletes.file.spec_id != data.file.spec_id || !deletes.file.partition || !data.file.partition) return false;
  return *deletes.file.partition == *data.file.partition;
}

}  // namespace

Result<DeletesByFile> equality_deleted(PondState& pond, const TableMetadata& table, const std::vector<LiveEntry>& data,
                                       const std::vector<LiveEntry>& equality,
                                       const std::set<std::string_view>* paths) {
  DeletesByFile out;
  if (equality.empty()) return out;
  EqualityReader reader(pond, table);
  for (const LiveEntry& item : data) {
    const std::string& path = item.entry->file.path;
    if (paths != nullptr && !paths->contains(path)) continue;
    std::map<std::vector<std::int32_t>, std::vector<const Keys*>> by_columns;
    for (const LiveEntry& candidate : equality) {
      if (!concerns(table, *candidate.entry, *item.entry)) continue;
      if (candidate.entry->equality_ids.empty())
        return corrupt("equality deletes without columns: ", candidate.entry->file.path);
      MP_ASSIGN(const Keys* keys, reader.keys_of(*candidate.entry));
      by_columns[candidate.entry->equality_ids].push_back(keys);
    }
    std::vector<std::int64_t> dead;
    for (const auto& group : by_columns) {
      const std::vector<const Keys*>& sets = group.second;
      MP_TRY(reader.each_key(item.entry->file, group.first, [&](std::int64_t position, const std::string& key) {
        for (const Keys* keys : sets) {
          if (!keys->contains(key)) continue;
          dead.push_back(position);
          return;
        }
      }));
    }
    if (!dead.empty()) out[path] = std::make_shared<const Positions>(std::move(dead));
  }
  return out;
}

}  // namespace millpond::pond
