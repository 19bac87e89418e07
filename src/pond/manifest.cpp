#include "pond/manifest.h"

#include <algorithm>
#include <limits>

#include "pond/avro.h"

namespace millpond::pond {
namespace {

using avro::Decoder;
using avro::Kind;
using avro::Schema;

/// Walks the fields of a record by Iceberg id (by name where the writer left out ids), unions already resolved.
/// `field(id, node)` consumes the value and says so, or leaves it to be skipped. Nulls are not reported.
template <class Field>
void each_field(const Schema& schema, int record, Decoder& in,
                std::initializer_list<std::pair<std::string_view, int>> names, Field&& field) {
  if (schema.nodes[static_cast<std::size_t>(record)].kind != Kind::kRecord) return in.fail();
  for (const Schema::Field& entry : schema.nodes[static_cast<std::size_t>(record)].fields) {
    if (in.failed()) return;
    const int node = in.branch(schema, entry.node);
    if (schema.nodes[static_cast<std::size_t>(node)].kind == Kind::kNull) continue;
    int id = entry.id;
    if (id < 0) {
      for (const auto& [name, number] : names) {
        if (entry.name == name) id = number;
      }
    }
    if (!field(id, node)) in.skip(schema, node);
  }
}

Kind kind_of(const Schema& schema, int node) { return schema.nodes[static_cast<std::size_t>(node)].kind; }

std::int64_t number(const Schema& schema, int node, Decoder& in) {
  const Kind kind = kind_of(schema, node);
  if (kind != Kind::kInt && kind != Kind::kLong) in.fail();
  return in.number();
}
std::string_view text(const Schema& schema, int node, Decoder& in) {
  const Kind kind = kind_of(schema, node);
  if (kind != Kind::kString && kind != Kind::kBytes) in.fail();
  return in.bytes();
}

// Maps with int keys are arrays of key-value records.
template <class T, class Read>
void by_id(const Schema& schema, int node, Decoder& in, ColumnMetrics::ById<T>& out, Read&& read) {
  if (kind_of(schema, node) != Kind::kArray) return in.fail();
  const int pair = schema.nodes[static_cast<std::size_t>(node)].children[0];
  if (kind_of(schema, pair) != Kind::kRecord || schema.nodes[static_cast<std::size_t>(pair)].fields.size() != 2)
    return in.fail();
  const auto& fields = schema.nodes[static_cast<std::size_t>(pair)].fields;
  const bool key_first = fields[0].name != "value";
  in.items([&] {
    std::int32_t key = 0;
    T value{};
    for (int i = 0; i < 2; ++i) {
      const int at = in.branch(schema, fields[static_cast<std::size_t>(i)].node);
      if (kind_of(schema, at) == Kind::kNull) return in.fail();
      if ((i == 0) == key_first)
        key = static_cast<std::int32_t>(number(schema, at, in));
      else
        value = read(at);
    }
    if (!in.failed()) out.emplace_back(key, std::move(value));
  });
  std::sort(out.begin(), out.end());
}

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::shared_ptr<const Partition> read_partition(const Schema& schema, int node, Decoder& in) {
  if (kind_of(schema, node) != Kind::kRecord) return in.fail(), nullptr;
  const auto& fields = schema.nodes[static_cast<std::size_t>(node)].fields;
  if (fields.empty()) return nullptr;
  auto out = std::make_shared<Partition>();
  for (const Schema::Field& field : fields) {
    const int at = in.branch(schema, field.node);
    std::optional<std::string> value;
    switch (kind_of(schema, at)) {
      case Kind::kNull: break;
      case Kind::kInt: value = bytes_of(static_cast<std::int32_t>(in.number())); break;
      case Kind::kLong: value = bytes_of(in.number()); break;
      case Kind::kBoolean: value = std::string(1, static_cast<char>(in.boolean())); break;
      case Kind::kString:
      case Kind::kBytes: value = std::string(in.bytes()); break;
      case Kind::kFloat: value = std::string(in.take(4)); break;
      case Kind::kDouble: value = std::string(in.take(8)); break;
      case Kind::kFixed:
        value = std::string(in.take(static_cast<std::size_t>(schema.nodes[static_cast<std::size_t>(at)].size_bytes)));
        break;
      default: return in.fail(), nullptr;
    }
    if (in.failed()) return nullptr;
    out->emplace_back(field.id, std::move(value));
  }
  return out;
}

namespace {

void read_data_file(const Schema& schema, int node, Decoder& in, ManifestEntry& out) {
  auto metrics = std::make_shared<ColumnMetrics>();
  const auto as_number = [&](int at) { return number(schema, at, in); };
  const auto as_text = [&](int at) { return std::string(text(schema, at, in)); };
  each_field(schema, node, in,
             {{"content", 134},
              {"file_path", 100},
              {"file_format", 101},
              {"partition", 102},
              {"record_count", 103},
              {"file_size_in_bytes", 104}},
             [&](int id, int at) {
               switch (id) {
                 case 134: {
                   const std::int64_t content = as_number(at);
                   if (content < 0 || content > 2)
                     in.fail();
                   else
                     out.content = static_cast<FileContent>(content);
                   return true;
                 }
                 case 100: out.file.path = as_text(at); return true;
                 case 101: out.format = as_text(at); return true;
                 case 103: out.file.rows = as_number(at); return true;
                 case 104: out.file.size_bytes = as_number(at); return true;
                 case 108: by_id(schema, at, in, metrics->sizes_bytes, as_number); return true;
                 case 109: by_id(schema, at, in, metrics->values, as_number); return true;
                 case 110: by_id(schema, at, in, metrics->nulls, as_number); return true;
                 case 137: by_id(schema, at, in, metrics->nans, as_number); return true;
                 case 125: by_id(schema, at, in, metrics->lower, as_text); return true;
                 case 128: by_id(schema, at, in, metrics->upper, as_text); return true;
                 case 132: {
                   if (kind_of(schema, at) != Kind::kArray) return false;
                   const int item = schema.nodes[static_cast<std::size_t>(at)].children[0];
                   in.items([&] { out.file.split_offsets.push_back(number(schema, in.branch(schema, item), in)); });
                   return true;
                 }
                 case 140: out.sort_order_id = static_cast<std::int32_t>(as_number(at)); return true;
                 case 143: out.referenced_data_file = as_text(at); return true;
                 case 102: out.file.partition = read_partition(schema, at, in); return true;
                 case 135: {
                   if (kind_of(schema, at) != Kind::kArray) return false;
                   const int item = schema.nodes[static_cast<std::size_t>(at)].children[0];
                   in.items([&] {
                     out.equality_ids.push_back(static_cast<std::int32_t>(number(schema, in.branch(schema, item), in)));
                   });
                   return true;
                 }
                 case 142: out.file.first_row_id = as_number(at); return true;
                 case 144: out.blob_offset = as_number(at); return true;
                 case 145: out.blob_size = as_number(at); return true;
                 default: return false;
               }
             });
  out.file.metrics = std::move(metrics);
}

}  // namespace

void inherit(ManifestEntries& entries, const ManifestFile& source) {
  std::int64_t next_row_id = source.first_row_id.value_or(0);
  for (ManifestEntry& entry : entries) {
    if (!entry.snapshot_id) entry.snapshot_id = source.snapshot_id;
    if (!entry.sequence_number) entry.sequence_number = source.sequence_number;
    if (!entry.file_sequence_number) entry.file_sequence_number = source.sequence_number;
    if (!source.first_row_id || entry.content != FileContent::kData || entry.status == EntryStatus::kDeleted ||
        entry.file.first_row_id) {
      continue;
    }
    entry.file.first_row_id = next_row_id;
    if (__builtin_add_overflow(next_row_id, entry.file.rows, &next_row_id)) return;  // no table has so many rows
  }
}

Result<ManifestEntry> parse_entry(const avro::Schema& schema, avro::Decoder& in) {
  ManifestEntry entry;
  bool has_file = false;
  each_field(schema, 0, in,
             {{"status", 0}, {"snapshot_id", 1}, {"sequence_number", 3}, {"file_sequence_number", 4}, {"data_file", 2}},
             [&](int id, int node) {
               switch (id) {
                 case 0: {
                   const std::int64_t status = number(schema, node, in);
                   if (status < 0 || status > 2)
                     in.fail();
                   else
                     entry.status = static_cast<EntryStatus>(status);
                   return true;
                 }
                 case 1: entry.snapshot_id = number(schema, node, in); return true;
                 case 3: entry.sequence_number = number(schema, node, in); return true;
                 case 4: entry.file_sequence_number = number(schema, node, in); return true;
                 case 2:
                   has_file = true;
                   read_data_file(schema, node, in, entry);
                   return true;
                 default: return false;
               }
             });
  if (in.failed() || !has_file || entry.file.path.empty() || entry.file.rows < 0 || entry.file.size_bytes < 0 ||
      entry.blob_offset < 0 || entry.blob_size < 0) {
    return corrupt("manifest entry is malformed");
  }
  return entry;
}

Result<ManifestEntries> parse_manifest(std::string_view bytes, const ManifestFile& source) {
  ManifestEntries entries;
  const auto record = [&](const avro::File& file, Decoder& in) -> Status {
    MP_ASSIGN(ManifestEntry entry, parse_entry(file.schema, in));
    entry.file.spec_id = source.spec_id;
    entries.push_back(std::move(entry));
    return {};
  };
  MP_TRY(avro::read_file(bytes, record));
  inherit(entries, source);
  return entries;
}

ManifestFile describe(const ManifestEntries& entries, bool deletes, std::int64_t snapshot_id,
                      std::int64_t sequence_number) {
  ManifestFile out;
  out.deletes = deletes;
  out.snapshot_id = snapshot_id;
  out.sequence_number = sequence_number;
  out.min_sequence_number = std::numeric_limits<std::int64_t>::max();
  for (const ManifestEntry& entry : entries) {
    switch (entry.status) {
      case EntryStatus::kAdded: ++out.added_files, out.added_rows += entry.file.rows; break;
      case EntryStatus::kExisting: ++out.existing_files, out.existing_rows += entry.file.rows; break;
      case EntryStatus::kDeleted: ++out.deleted_files, out.deleted_rows += entry.file.rows; continue;
    }
    out.min_sequence_number = std::min(out.min_sequence_number, entry.sequence_number.value_or(sequence_number));
  }
  if (out.min_sequence_number == std::numeric_limits<std::int64_t>::max()) out.min_sequence_number = sequence_number;
  return out;
}

namespace {

void read_summaries(const Schema& schema, int node, Decoder& in, std::vector<PartitionSummary>& out) {
  if (kind_of(schema, node) != Kind::kArray) return in.fail();
  const int item = schema.nodes[static_cast<std::size_t>(node)].children[0];
  in.items([&] {
    PartitionSummary summary;
    each_field(schema, item, in,
               {{"contains_null", 509}, {"contains_nan", 518}, {"lower_bound", 510}, {"upper_bound", 511}},
               [&](int id, int at) {
                 switch (id) {
                   case 509: summary.contains_null = in.boolean(); return true;
                   case 518: summary.contains_nan = in.boolean(); return true;
                   case 510: summary.lower = std::string(text(schema, at, in)); return true;
                   case 511: summary.upper = std::string(text(schema, at, in)); return true;
                   default: return false;
                 }
               });
    out.push_back(std::move(summary));
  });
}

}  // namespace

Result<ManifestList> parse_manifest_list(std::string_view bytes) {
  ManifestList list;
  const auto record = [&](const avro::File& file, Decoder& in) -> Status {
    ManifestFile line;
    const Schema& schema = file.schema;
    each_field(schema, 0, in,
               {{"manifest_path", 500},
                {"manifest_length", 501},
                {"partition_spec_id", 502},
                {"content", 517},
                {"sequence_number", 515},
                {"min_sequence_number", 516},
                {"added_snapshot_id", 503},
                {"partitions", 507}},
               [&](int id, int node) {
                 switch (id) {
                   case 500: line.path = std::string(text(schema, node, in)); return true;
                   case 501: line.length = number(schema, node, in); return true;
                   case 502: line.spec_id = static_cast<std::int32_t>(number(schema, node, in)); return true;
                   case 517: line.deletes = number(schema, node, in) != 0; return true;
                   case 515: line.sequence_number = number(schema, node, in); return true;
                   case 516: line.min_sequence_number = number(schema, node, in); return true;
                   case 503: line.snapshot_id = number(schema, node, in); return true;
                   case 504: line.added_files = number(schema, node, in); return true;
                   case 505: line.existing_files = number(schema, node, in); return true;
                   case 506: line.deleted_files = number(schema, node, in); return true;
                   case 512: line.added_rows = number(schema, node, in); return true;
                   case 513: line.existing_rows = number(schema, node, in); return true;
                   case 514: line.deleted_rows = number(schema, node, in); return true;
                   case 507: read_summaries(schema, node, in, line.partitions); return true;
                   case 520: line.first_row_id = number(schema, node, in); return true;
                   default: return false;
                 }
               });
    if (in.failed() || line.path.empty()) return corrupt("manifest list entry is malformed");
    list.push_back(std::move(line));
    return {};
  };
  MP_TRY(avro::read_file(bytes, record));
  return list;
}

}  // namespace millpond::pond
