#include "pond/blob_uses.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "pond/namespace_tables.h"

namespace millpond::pond {
namespace {

/// Adds the references in an array of this type; null ones and those without a hash are none.
void gather(const arrow::Array& array, const Type& type, BlobUses& out) {
  if (!has_blobs(type)) return;
  if (is_blob(type)) {
    const auto& rows = static_cast<const arrow::StructArray&>(array);
    // `field` heeds the slice.
    const auto hashes = std::static_pointer_cast<arrow::StringArray>(rows.field(0));
    const auto sizes = rows.field(1);
    const auto size_at = [&](std::int64_t i) -> std::int64_t {
      if (sizes->IsNull(i)) return -1;
      if (sizes->type_id() == arrow::Type::INT32) return static_cast<const arrow::Int32Array&>(*sizes).Value(i);
      return static_cast<const arrow::Int64Array&>(*sizes).Value(i);
    };
    for (std::int64_t i = 0; i < rows.length(); ++i) {
      if (!rows.IsNull(i) && !hashes->IsNull(i)) out.emplace(hashes->GetString(i), size_at(i));
    }
    return;
  }
  switch (type.kind) {
    case Type::Kind::kStruct: {
      const auto& rows = static_cast<const arrow::StructArray&>(array);
      for (int i = 0; i < rows.num_fields(); ++i) {
        gather(*rows.field(i), type.children[static_cast<std::size_t>(i)].type, out);
      }
      return;
    }
    case Type::Kind::kList: {
      const auto& lists = static_cast<const arrow::ListArray&>(array);
      const std::int64_t from = lists.value_offset(0), to = lists.value_offset(lists.length());
      gather(*lists.values()->Slice(from, to - from), type.children[0].type, out);
      return;
    }
    case Type::Kind::kMap: {
      const auto& maps = static_cast<const arrow::MapArray&>(array);
      const std::int64_t from = maps.value_offset(0), to = maps.value_offset(maps.length());
      gather(*maps.keys()->Slice(from, to - from), type.children[0].type, out);
      gather(*maps.items()->Slice(from, to - from), type.children[1].type, out);
      return;
    }
    default: return;
  }
}

Status gather_rows(const Table& table, const std::vector<FilePart>& parts, BlobUses& out, Context& context) {
  ReadOptions options;
  for (const Field& field : table.schema()) {
    if (has_blobs(field.type)) options.columns.push_back(field.name);
  }
  if (options.columns.empty() || parts.empty()) return {};
  MP_ASSIGN(const auto rows, table.read(parts, options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) return {};
    for (int i = 0; i < (*batch)->num_columns(); ++i) {
      const Field* field = find_field(table.schema(), (*batch)->schema()->field(i)->name());
      if (field != nullptr) gather(*(*batch)->column(i), field->type, out);
    }
  }
}

/// The table as one of its schemas has it: a column that was dropped is still there in older snapshots.
Table under_schema(const Table& table, std::int32_t schema_id) {
  const TableState& state = *table.state();
  if (state.metadata.current_schema_id == schema_id || state.metadata.find_schema(schema_id) == nullptr) return table;
  TableMetadata metadata = state.metadata;
  metadata.current_schema_id = schema_id;
  return Table(table.pond(), make_state(state.name, state.metadata_location, std::move(metadata)));
}

}  // namespace

Result<BlobUses> blobs_in(const Table& table, std::int64_t snapshot, Context& context) {
  BlobUses uses;
  MP_ASSIGN(const Snapshot at, table.snapshot(snapshot));
  const Table then = under_schema(table, at.schema_id);
  MP_ASSIGN(const auto files, table.files(snapshot));
  MP_TRY(gather_rows(then, parts_of(files), uses, context));
  return uses;
}

Result<BlobUses> all_blobs_in(const Table& table, Context& context) {
  // By schema and file: what is dead in every snapshot. One read of a file serves all of them.
  std::map<std::int32_t, std::map<std::string, FilePart>> by_schema;
  for (const SnapshotEntryPtr& entry : table.state()->metadata.snapshots) {
    const Snapshot& snapshot = entry->snapshot;
    const Table then = under_schema(table, snapshot.schema_id);
    const Schema& schema = then.schema();
    if (std::none_of(schema.begin(), schema.end(), [](const Field& field) { return has_blobs(field.type); })) continue;
    MP_TRY(context.check());
    MP_ASSIGN(const auto files, table.files(snapshot.id));
    for (const FilePart& part : parts_of(files)) {
      const auto [known, is_new] = by_schema[snapshot.schema_id].emplace(part.file.path, part);
      if (is_new || !known->second.deleted) continue;
      std::vector<std::int64_t> dead_in_both;
      for (const std::int64_t row : known->second.deleted->values()) {
        if (part.deleted && part.deleted->contains(row)) dead_in_both.push_back(row);
      }
      known->second.deleted =
          dead_in_both.empty() ? nullptr : std::make_shared<const Positions>(std::move(dead_in_both));
    }
  }
  BlobUses uses;
  for (const auto& [schema_id, files] : by_schema) {
    std::vector<FilePart> parts;
    for (const auto& [path, part] : files) parts.push_back(part);
    MP_TRY(gather_rows(under_schema(table, schema_id), parts, uses, context));
  }
  return uses;
}

Result<std::vector<Table>> tables_of_all_namespaces(const Pond& pond) {
  std::vector<Table> tables;
  MP_ASSIGN(const std::vector<std::string> names, pond.tables());
  for (const std::string& name : names) {
    MP_ASSIGN(Table table, pond.table(name));
    tables.push_back(std::move(table));
  }
  MP_ASSIGN(const std::vector<EntryName> others, other_tables(pond.root()));
  if (others.empty()) return tables;
  MP_ASSIGN(const std::shared_ptr<PondState> state, open_state(pond.root()));
  for (const EntryName& name : others) {
    Result<TableStatePtr> version = load_other(*state, name);
    // A table that cannot be read here has no column of references: those have types that can.
    if (!version.ok() && version.status().code() == Code::kUnsupported) continue;
    if (!version.ok()) return std::move(version).status();
    tables.emplace_back(state, *std::move(version));
  }
  return tables;
}

Result<std::map<std::pair<std::string, std::int64_t>, std::string>> all_blob_uses(const Pond& pond, Context& context) {
  std::map<std::pair<std::string, std::int64_t>, std::string> uses;
  MP_ASSIGN(const std::vector<Table> tables, tables_of_all_namespaces(pond));
  for (const Table& table : tables) {
    auto of_table = all_blobs_in(table, context);
    if (!of_table.ok()) return std::move(of_table).status().at("table " + table.name());
    for (const auto& use : *of_table) uses.emplace(use, table.name());
  }
  return uses;
}

std::vector<FileEntry> unused_blobs(const std::vector<FileEntry>& files, const std::set<std::string>& used,
                                    std::int64_t newest_to_go_ms) {
  std::vector<FileEntry> unused;
  for (const FileEntry& file : files) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const bool ours = is_sha256(name) || name.starts_with("draft-");
    if (ours && !used.contains(name) && file.modified_ms <= newest_to_go_ms) unused.push_back(file);
  }
  return unused;
}

}  // namespace millpond::pond
