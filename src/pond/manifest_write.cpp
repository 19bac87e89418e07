#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "pond/avro.h"
#include "pond/decimal_bytes.h"
#include "pond/manifest.h"
#include "pond/manifest_schema.h"

namespace millpond::pond {
namespace {

using avro::Encoder;

void write_counts(Encoder& to, const ColumnMetrics::ById<std::int64_t>* items) {
  to.number(items != nullptr && !items->empty() ? 1 : 0);  // the union's branch
  if (items == nullptr || items->empty()) return;
  to.number(static_cast<std::int64_t>(items->size()));
  for (const auto& [id, value] : *items) {
    to.number(id);
    to.number(value);
  }
  to.number(0);
}
void write_bounds(Encoder& to, const ColumnMetrics::ById<std::string>* items) {
  to.number(items != nullptr && !items->empty() ? 1 : 0);
  if (items == nullptr || items->empty()) return;
  to.number(static_cast<std::int64_t>(items->size()));
  for (const auto& [id, value] : *items) {
    to.number(id);
    to.bytes(value);
  }
  to.number(0);
}
void write_optional(Encoder& to, const std::optional<std::int64_t>& value) {
  to.number(value ? 1 : 0);
  if (value) to.number(*value);
}

/// One field of the partition, as its type in the manifest's schema has it.
void write_partition_value(Encoder& to, const PartitionType& type, const std::optional<std::string>& value,
                           std::string& out) {
  to.number(value ? 1 : 0);
  if (!value) return;
  switch (type.kind) {
    case Type::Kind::kBool: to.boolean(!value->empty() && (*value)[0] != 0); break;
    case Type::Kind::kUtf8:
    case Type::Kind::kBinary: to.bytes(*value); break;
    case Type::Kind::kFixed: {
      // Other writers, or a type of fewer digits, may have given a decimal another width.
      const auto decimal = decimal_of(type.alias) ? arrow_decimal(*value) : std::nullopt;
      out += decimal ? decimal_bytes(*decimal, type.width_bytes) : *value;
      break;
    }
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64: out += *value; break;
    default: {
      std::int64_t number = 0;
      if (value->size() == 8) {
        std::memcpy(&number, value->data(), 8);
      } else if (value->size() == 4) {
        std::int32_t narrow = 0;
        std::memcpy(&narrow, value->data(), 4);
        number = narrow;
      }
      to.number(number);
    }
  }
}

std::string partition_avro_type(const PartitionType& type, std::int32_t field_id) {
  switch (type.kind) {
    case Type::Kind::kBool: return R"("boolean")";
    case Type::Kind::kInt64:
      return type.alias == "time" ? R"({"type":"long","logicalType":"time-micros"})" : R"("long")";
    case Type::Kind::kFloat32: return R"("float")";
    case Type::Kind::kFloat64: return R"("double")";
    case Type::Kind::kUtf8: return R"("string")";
    case Type::Kind::kBinary: return R"("bytes")";
    case Type::Kind::kDate: return R"({"type":"int","logicalType":"date"})";
    case Type::Kind::kTimestamp:
      return std::string(R"({"type":"long","logicalType":"timestamp-micros","adjust-to-utc":)") +
             (type.timestamp_has_zone ? "true}" : "false}");
    case Type::Kind::kFixed: {
      std::string out = R"({"type":"fixed","name":"fixed_)" + std::to_string(field_id) + R"(","size":)" +
                        std::to_string(type.width_bytes);
      if (const auto decimal = decimal_of(type.alias)) {
        out += R"(,"logicalType":"decimal","precision":)" + std::to_string(decimal->precision) + R"(,"scale":)" +
               std::to_string(decimal->scale);
      }
      return out + "}";
    }
    default: return R"("int")";
  }
}

/// Avro names are letters, digits and _.
std::string avro_name(const std::string& name, std::int32_t id) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += plain ? c : '_';
  }
  return out.empty() || (out[0] >= '0' && out[0] <= '9') ? "p" + std::to_string(id) + "_" + out : out;
}

struct PartitionShape {
  PartitionSpec spec;
  std::vector<PartitionType> types;
  std::string avro;  ///< the fields of the record
  std::string json;  ///< the fields of the spec, as in metadata
};

PartitionShape shape_of(const TableMetadata& table, std::int32_t spec_id) {
  PartitionShape out{.spec = table.spec(spec_id), .types = {}, .avro = {}, .json = "[]"};
  for (const PartitionField& field : out.spec.fields) {
    const IcebergField* source = find_source(table.schema().fields, field.source_id);
    for (const IcebergSchema& old : table.schemas) {  // a column that was dropped since
      if (source == nullptr) source = find_source(old.fields, field.source_id);
    }
    out.types.push_back(result_type(field, source));
    if (!out.avro.empty()) out.avro += ',';
    out.avro += R"({"name":")" + avro_name(field.name, field.id) + R"(","type":["null",)" +
                partition_avro_type(out.types.back(), field.id) + R"(],"default":null,"field-id":)" +
                std::to_string(field.id) + "}";
  }
  const auto specs = nlohmann::json::parse(table.partition_specs_json, nullptr, false);
  if (!specs.is_array()) return out;
  for (const auto& spec : specs) {
    if (spec.is_object() && spec.value("spec-id", 0) == spec_id && spec.contains("fields")) {
      out.json = spec["fields"].dump();
    }
  }
  return out;
}

std::string manifest_schema(const PartitionShape& shape, int format_version) {
  std::string out = kManifestSchemaHead;
  out += shape.avro;
  out += kManifestSchemaTail;
  if (format_version >= 3) out += kManifestSchemaV3;
  return out += "]}}]}";
}

void write_entry(Encoder& to, std::string& out, const ManifestEntry& entry, const PartitionShape& shape,
                 int format_version) {
  to.number(static_cast<std::int64_t>(entry.status));
  write_optional(to, entry.snapshot_id);
  write_optional(to, entry.sequence_number);
  write_optional(to, entry.file_sequence_number);
  to.number(static_cast<std::int64_t>(entry.content));
  to.bytes(entry.file.path);
  to.bytes(entry.format);
  for (std::size_t i = 0; i < shape.types.size(); ++i) {
    std::optional<std::string> value;
    if (entry.file.partition) {
      for (const auto& [id, known] : *entry.file.partition) {
        if (id == shape.spec.fields[i].id) value = known;
      }
    }
    write_partition_value(to, shape.types[i], value, out);
  }
  to.number(entry.file.rows);
  to.number(entry.file.size_bytes);
  const ColumnMetrics* metrics = entry.file.metrics.get();
  write_counts(to, metrics != nullptr ? &metrics->sizes_bytes : nullptr);
  write_counts(to, metrics != nullptr ? &metrics->values : nullptr);
  write_counts(to, metrics != nullptr ? &metrics->nulls : nullptr);
  write_counts(to, metrics != nullptr ? &metrics->nans : nullptr);
  write_bounds(to, metrics != nullptr ? &metrics->lower : nullptr);
  write_bounds(to, metrics != nullptr ? &metrics->upper : nullptr);
  to.number(entry.file.split_offsets.empty() ? 0 : 1);
  if (!entry.file.split_offsets.empty()) {
    to.number(static_cast<std::int64_t>(entry.file.split_offsets.size()));
    for (const std::int64_t offset : entry.file.split_offsets) to.number(offset);
    to.number(0);
  }
  write_optional(to, entry.sort_order_id ? std::optional<std::int64_t>(*entry.sort_order_id) : std::nullopt);
  to.number(entry.referenced_data_file.empty() ? 0 : 1);
  if (!entry.referenced_data_file.empty()) to.bytes(entry.referenced_data_file);
  to.number(entry.equality_ids.empty() ? 0 : 1);
  if (!entry.equality_ids.empty()) {
    to.number(static_cast<std::int64_t>(entry.equality_ids.size()));
    for (const std::int32_t id : entry.equality_ids) to.number(id);
    to.number(0);
  }
  if (format_version < 3) return;
  // New files leave their row ids to the manifest list: only the commit that succeeds knows them.
  write_optional(to, entry.status == EntryStatus::kAdded ? std::nullopt : entry.file.first_row_id);
  write_optional(to, entry.is_vector() ? std::optional(entry.blob_offset) : std::nullopt);
  write_optional(to, entry.is_vector() ? std::optional(entry.blob_size) : std::nullopt);
}

}  // namespace

std::string serialise_manifest(const ManifestEntries& entries, const TableMetadata& table, std::int32_t spec_id,
                               bool deletes) {
  const PartitionShape shape = shape_of(table, spec_id);
  std::string records;
  Encoder to(records);
  for (const ManifestEntry& entry : entries) write_entry(to, records, entry, shape, table.format_version);
  const std::map<std::string, std::string> metadata = {{"schema", table.schema().json},
                                                       {"schema-id", std::to_string(table.current_schema_id)},
                                                       {"partition-spec", shape.json},
                                                       {"partition-spec-id", std::to_string(spec_id)},
                                                       {"format-version", std::to_string(table.format_version)},
                                                       {"content", deletes ? "deletes" : "data"}};
  return avro::write_file(manifest_schema(shape, table.format_version), metadata,
                          static_cast<std::int64_t>(entries.size()), records);
}

namespace {

void write_summaries(Encoder& to, const std::vector<PartitionSummary>& summaries) {
  to.number(summaries.empty() ? 0 : 1);
  if (summaries.empty()) return;
  const auto write_bound = [&](const std::optional<std::string>& bound) {
    to.number(bound ? 1 : 0);
    if (bound) to.bytes(*bound);
  };
  to.number(static_cast<std::int64_t>(summaries.size()));
  for (const PartitionSummary& summary : summaries) {
    to.boolean(summary.contains_null);
    to.number(summary.contains_nan ? 1 : 0);
    if (summary.contains_nan) to.boolean(*summary.contains_nan);
    write_bound(summary.lower);
    write_bound(summary.upper);
  }
  to.number(0);
}

double real_of(const std::string& bytes) {
  float narrow = 0;
  double wide = 0;
  if (bytes.size() == sizeof narrow)
    return std::memcpy(&narrow, bytes.data(), sizeof narrow), static_cast<double>(narrow);
  if (bytes.size() == sizeof wide) std::memcpy(&wide, bytes.data(), sizeof wide);
  return wide;
}

/// Whether one partition value stands before another of the same type.
bool value_before(const PartitionType& type, const std::string& a, const std::string& b) {
  if (decimal_of(type.alias)) {
    const auto first = arrow_decimal(a), second = arrow_decimal(b);
    return first && second && decimal_less(*first, *second);
  }
  const auto whole = [](const std::string& bytes) {
    std::int32_t narrow = 0;
    std::int64_t wide = 0;
    if (bytes.size() == 1) return std::int64_t{bytes[0] != 0};
    if (bytes.size() == sizeof narrow) return std::memcpy(&narrow, bytes.data(), sizeof narrow), std::int64_t{narrow};
    if (bytes.size() == sizeof wide) std::memcpy(&wide, bytes.data(), sizeof wide);
    return wide;
  };
  switch (type.kind) {
    case Type::Kind::kUtf8:
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: return a < b;
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64: return real_of(a) < real_of(b);
    default: return whole(a) < whole(b);
  }
}

bool is_nan(Type::Kind kind, const std::string& bytes) {
  if (kind != Type::Kind::kFloat32 && kind != Type::Kind::kFloat64) return false;
  return std::isnan(real_of(bytes));
}

}  // namespace

std::vector<PartitionSummary> summarised(const ManifestEntries& entries, const TableMetadata& table,
                                         std::int32_t spec_id) {
  if (!table.spec(spec_id).partitioned()) return {};
  const PartitionShape shape = shape_of(table, spec_id);
  std::vector<PartitionSummary> out(shape.spec.fields.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    PartitionSummary& summary = out[i];
    const PartitionType& type = shape.types[i];
    summary.contains_nan = false;
    for (const ManifestEntry& entry : entries) {
      const std::optional<std::string>* value = nullptr;
      for (std::size_t at = 0; entry.file.partition && at < entry.file.partition->size(); ++at) {
        if ((*entry.file.partition)[at].first == shape.spec.fields[i].id) value = &(*entry.file.partition)[at].second;
      }
      if (value == nullptr || !*value) {
        summary.contains_null = true;
        continue;
      }
      if (is_nan(type.kind, **value)) {
        summary.contains_nan = true;
        continue;
      }
      if (!summary.lower || value_before(type, **value, *summary.lower)) summary.lower = **value;
      if (!summary.upper || value_before(type, *summary.upper, **value)) summary.upper = **value;
    }
  }
  return out;
}

std::string serialise_manifest_list(const ManifestList& list, const Snapshot& snapshot, const TableMetadata& table) {
  std::string records;
  Encoder to(records);
  for (const ManifestFile& line : list) {
    to.bytes(line.path);
    to.number(line.length);
    to.number(line.spec_id);
    to.number(line.deletes ? 1 : 0);
    for (const std::int64_t value :
         {line.sequence_number, line.min_sequence_number, line.snapshot_id, line.added_files, line.existing_files,
          line.deleted_files, line.added_rows, line.existing_rows, line.deleted_rows}) {
      to.number(value);
    }
    write_summaries(to, line.partitions);
    to.number(0);  // key_metadata: null
    if (table.format_version >= 3) write_optional(to, line.first_row_id);
  }
  const std::map<std::string, std::string> metadata = {
      {"snapshot-id", std::to_string(snapshot.id)},
      {"parent-snapshot-id", snapshot.parent ? std::to_string(*snapshot.parent) : "null"},
      {"sequence-number", std::to_string(snapshot.sequence_number)},
      {"format-version", std::to_string(table.format_version)}};
  std::string schema = kManifestListSchema;
  if (table.format_version >= 3) schema += kManifestListSchemaV3;
  schema += "]}";
  return avro::write_file(schema, metadata, static_cast<std::int64_t>(list.size()), records);
}

}  // namespace millpond::pond
