#include "pond/rest_plan.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>

#include "pond/decimal_bytes.h"
#include "pond/deletes.h"
#include "pond/planner.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kTasksMax = 5000;  // in one answer

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::int64_t whole_of(std::string_view bytes) {
  std::int32_t narrow = 0;
  std::int64_t wide = 0;
  if (bytes.size() == 1) return bytes[0] != 0;
  if (bytes.size() == sizeof narrow) return std::memcpy(&narrow, bytes.data(), sizeof narrow), std::int64_t{narrow};
  if (bytes.size() == sizeof wide) std::memcpy(&wide, bytes.data(), sizeof wide);
  return wide;
}

std::string date_text(std::int64_t days) {
  const auto seconds = static_cast<std::time_t>(days * 86'400);
  std::tm parts{};
  char text[40];
  if (::gmtime_r(&seconds, &parts) == nullptr) return {};
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::string time_text(std::int64_t value, bool nanoseconds, bool zone) {
  const std::int64_t per_second = nanoseconds ? 1'000'000'000 : 1'000'000;
  std::int64_t seconds = value / per_second, rest = value % per_second;
  if (rest < 0) --seconds, rest += per_second;
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[40], fraction[16];
  if (::gmtime_r(&whole, &parts) == nullptr) return {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(fraction, sizeof fraction, nanoseconds ? ".%09lld" : ".%06lld", static_cast<long long>(rest));
  return std::string(text) + fraction + (zone ? "+00:00" : "");
}

std::string clock_text(std::int64_t us) {
  return time_text(us, false, false).substr(std::string_view("1970-01-01T").size());
}

/// Source: Iceberg spec, appendix D "JSON single-value serialization".
Document value_of(const PartitionField& field, const IcebergField* source, const std::optional<std::string>& bytes) {
  if (!bytes) return nullptr;
  const PartitionType type = result_type(field, source);
  const std::string alias = source != nullptr && field.transform == Transform::kIdentity ? source->type.alias : "";
  switch (type.kind) {
    case Type::Kind::kBool: return whole_of(*bytes) != 0;
    case Type::Kind::kUtf8: return *bytes;
    case Type::Kind::kDate: return date_text(whole_of(*bytes));
    case Type::Kind::kTimestamp:
      return time_text(whole_of(*bytes), alias.ends_with("_ns"), alias.empty() || alias.starts_with("timestamptz"));
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: {
      if (const auto decimal = decimal_of(type.alias)) {
        const auto value = arrow_decimal(*bytes);
        return value ? Document(decimal_text(*value, decimal->scale)) : Document(nullptr);
      }
      std::string hex = hex_of(*bytes);
      if (alias == "uuid" && hex.size() == 32) {
        for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, "-");
      }
      return hex;
    }
    case Type::Kind::kFloat32: {
      float value = 0;
      if (bytes->size() == sizeof value) std::memcpy(&value, bytes->data(), sizeof value);
      return value;
    }
    case Type::Kind::kFloat64: {
      double value = 0;
      if (bytes->size() == sizeof value) std::memcpy(&value, bytes->data(), sizeof value);
      return value;
    }
    case Type::Kind::kInt64:
      if (type.alias == "time") return clock_text(whole_of(*bytes));
      return whole_of(*bytes);
    default: return whole_of(*bytes);
  }
}

Document content_file(const ManifestEntry& entry, const TableMetadata& table) {
  const PartitionSpec& spec = table.spec(entry.file.spec_id);
  Document partition = Document::array();
  for (const PartitionField& field : spec.fields) {
    const IcebergField* source = find_source(table.schema().fields, field.source_id);
    std::optional<std::string> bytes;
    for (std::size_t i = 0; entry.file.partition && i < entry.file.partition->size(); ++i) {
      if ((*entry.file.partition)[i].first == field.id) bytes = (*entry.file.partition)[i].second;
    }
    partition.push_back(value_of(field, source, bytes));
  }
  std::string format = entry.format;
  for (char& c : format) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr const char* kContent[] = {"data", "position-deletes", "equality-deletes"};
  Document out = {{"content", kContent[static_cast<int>(entry.content)]},
                  {"file-path", entry.file.path},
                  {"file-format", format},
                  {"spec-id", entry.file.spec_id},
                  {"partition", std::move(partition)},
                  {"file-size-in-bytes", entry.file.size_bytes},
                  {"record-count", entry.file.rows}};
  if (!entry.file.split_offsets.empty()) out["split-offsets"] = entry.file.split_offsets;
  if (entry.sort_order_id) out["sort-order-id"] = *entry.sort_order_id;
  if (entry.file.first_row_id) out["first-row-id"] = *entry.file.first_row_id;
  if (!entry.referenced_data_file.empty()) out["referenced-data-file"] = entry.referenced_data_file;
  if (!entry.equality_ids.empty()) out["equality-ids"] = entry.equality_ids;
  if (entry.is_vector()) out["content-offset"] = entry.blob_offset, out["content-size-in-bytes"] = entry.blob_size;
  return out;
}

bool same_partition(const ManifestEntry& a, const ManifestEntry& b) {
  if (a.file.spec_id != b.file.spec_id) return false;
  if (!a.file.partition || !b.file.partition) return a.file.partition == b.file.partition;
  return *a.file.partition == *b.file.partition;
}

bool concerns(const ManifestEntry& deletes, const ManifestEntry& data, const TableMetadata& table) {
  if (deletes.content == FileContent::kEqualityDeletes) {
    const bool everywhere = !table.spec(deletes.file.spec_id).partitioned();
    return *deletes.sequence_number > *data.sequence_number && (everywhere || same_partition(deletes, data));
  }
  if (*deletes.sequence_number < *data.sequence_number) return false;
  if (!deletes.referenced_data_file.empty()) return deletes.referenced_data_file == data.file.path;
  return same_partition(deletes, data) && may_delete_from(deletes, data.file.path);
}

/// Tasks from `first` on, with the delete files that they need.
Document tasks_of(const LiveEntries& entries, const TableMetadata& table, const Document& filter, std::size_t first) {
  Document tasks = Document::array(), delete_files = Document::array();
  std::map<const ManifestEntry*, std::size_t> numbers;
  std::multimap<std::string_view, const ManifestEntry*> of_one_file;
  std::vector<const ManifestEntry*> others;
  for (const LiveEntry& item : entries.deletes) {
    if (item.entry->referenced_data_file.empty())
      others.push_back(item.entry);
    else
      of_one_file.emplace(item.entry->referenced_data_file, item.entry);
  }
  for (const LiveEntry& item : entries.equality) others.push_back(item.entry);
  for (std::size_t i = first; i < std::min(entries.data.size(), first + kTasksMax); ++i) {
    const ManifestEntry& data = *entries.data[i].entry;
    Document references = Document::array();
    const auto refer = [&](const ManifestEntry* deletes) {
      if (!concerns(*deletes, data, table)) return;
      const auto [number, fresh] = numbers.emplace(deletes, delete_files.size());
      if (fresh) delete_files.push_back(content_file(*deletes, table));
      references.push_back(number->second);
    };
    const auto [begin, end] = of_one_file.equal_range(data.file.path);
    for (auto at = begin; at != end; ++at) refer(at->second);
    for (const ManifestEntry* deletes : others) refer(deletes);
    Document task = {{"data-file", content_file(data, table)}};
    if (!references.empty()) task["delete-file-references"] = std::move(references);
    if (!filter.is_null()) task["residual-filter"] = filter;
    tasks.push_back(std::move(task));
  }
  Document out = {{"file-scan-tasks", std::move(tasks)}};
  if (!delete_files.empty()) out["delete-files"] = std::move(delete_files);
  return out;
}

Result<Document> page_of_scan(PondState& pond, const TableMetadata& table, std::int64_t snapshot_id,
                              const Document& filter, std::size_t first, Context& context) {
  const SnapshotEntry* snapshot = table.find_snapshot(snapshot_id);
  if (snapshot == nullptr) return not_found("Snapshot does not exist: ", snapshot_id);
  MP_ASSIGN(const Filter parsed, filter.is_null() ? Result<Filter>(Filter()) : parse_filter_json(to_text(filter)));
  MP_ASSIGN(const BoundFilter bound, BoundFilter::make(parsed, table));
  MP_ASSIGN(const LiveEntries entries,
            plan_entries(pond, table, bound, snapshot->snapshot, context.threads(), context));
  Document out = tasks_of(entries, table, filter, first);
  if (entries.data.size() > first + kTasksMax) {
    const Document token = {{"snapshot", snapshot_id}, {"filter", filter}, {"first", first + kTasksMax}};
    out["plan-tasks"] = Document::array({to_text(token)});
  }
  return out;
}

}  // namespace

Result<Document> plan_table_scan(PondState& pond, const TableMetadata& table, const Document& request,
                                 Context& context) {
  if (request.contains("start-snapshot-id") && !request["start-snapshot-id"].is_null()) {
    return unsupported("planning what lies between two snapshots");
  }
  std::optional<std::int64_t> snapshot = table.current_snapshot_id;
  if (request.contains("snapshot-id") && !request["snapshot-id"].is_null()) {
    snapshot = request["snapshot-id"].get<std::int64_t>();
  }
  Document out = {{"status", "completed"}, {"file-scan-tasks", Document::array()}};
  if (!snapshot) return out;
  const Document filter = request.value("filter", Document());
  MP_ASSIGN(const Document page, page_of_scan(pond, table, *snapshot, filter, 0, context));
  out.update(page);
  return out;
}

Result<Document> fetch_scan_tasks(PondState& pond, const TableMetadata& table, const Document& request,
                                  Context& context) {
  const std::string text = request.at("plan-task").get<std::string>();
  const Result<Document> token = parse_document(text);
  if (!token.ok() || !token->is_object() || !token->contains("snapshot") || !token->contains("first")) {
    return not_found("Plan task does not exist: ", text);
  }
  return page_of_scan(pond, table, token->at("snapshot").get<std::int64_t>(), token->value("filter", Document()),
                      token->at("first").get<std::size_t>(), context);
}

}  // namespace millpond::pond
