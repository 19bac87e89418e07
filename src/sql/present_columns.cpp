#include "sql/present_columns.h"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

namespace millpond::sql {
namespace {

using parquet::schema::GroupNode;
using parquet::schema::Node;
using pond::IcebergField;
using pond::IcebergType;

const GroupNode* group(const Node* node) {
  return node && node->is_group() ? static_cast<const GroupNode*>(node) : nullptr;
}
const Node* child(const GroupNode* parent, int at) {
  return parent && parent->field_count() > at ? parent->field(at).get() : nullptr;
}

bool same_type(const Node& node, const IcebergType& type);

bool same_fields(const GroupNode& parent, const std::vector<IcebergField>& fields) {
  for (const IcebergField& field : fields) {
    const int at = parent.FieldIndex(field.name);
    const Node* node = at < 0 ? nullptr : parent.field(at).get();
    if (!node || node->field_id() != field.id || !same_type(*node, field.type)) return false;
  }
  return true;
}

/// A list is `group list { repeated group { element } }`, a map `group map { repeated group { key; value } }`; only ids
/// count in there, since DuckDB gives these parts no names. Source: Parquet LogicalTypes, "Nested Types".
bool same_type(const Node& node, const IcebergType& type) {
  if (!type.alias.empty()) return false;
  if (type.children.empty()) return node.is_primitive();
  if (type.kind == Type::Kind::kStruct) return group(&node) && same_fields(*group(&node), type.children);
  const GroupNode* repeated = group(child(group(&node), 0));
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const Node* part = child(repeated, static_cast<int>(i));
    if (!part || part->field_id() != type.children[i].id || !same_type(*part, type.children[i].type)) return false;
  }
  return true;
}

}  // namespace

bool has_present_columns(const std::string& path, const std::vector<IcebergField>& fields) {
  try {
    const auto reader = parquet::ParquetFileReader::OpenFile(path, false);
    return same_fields(*reader->metadata()->schema()->group_node(), fields);
  } catch (const std::exception&) { return false; }
}

bool lacks_ids(const std::string& path) {
  try {
    const auto reader = parquet::ParquetFileReader::OpenFile(path, false);
    const GroupNode& root = *reader->metadata()->schema()->group_node();
    for (int i = 0; i < root.field_count(); ++i) {
      if (root.field(i)->field_id() >= 0) return false;
    }
    return true;
  } catch (const std::exception&) { return false; }
}

}  // namespace millpond::sql
