#pragma once
// Table and view metadata as the JSON documents that they are, so that what other engines write survives a commit here.
//
// Source: Iceberg spec, appendix C; the field names are those of the spec.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::pond {

using Document = nlohmann::json;

/// Parses JSON of others. Errors: kInvalidArgument; kResourceExhausted for nesting deeper than 200, which would
/// overflow the stack of whatever walks the document.
Result<Document> parse_document(std::string_view text);
/// Invalid UTF-8 becomes replacement characters.
std::string to_text(const Document& document);

/// What a series of updates has done to a table so far.
struct TableDraft {
  Document doc;
  std::int64_t now_ms = 0;
  bool is_new = false;  ///< there was no table: its identity may be assigned
  std::optional<std::int64_t> last_added_schema, last_added_spec, last_added_order;
  std::optional<std::int64_t> last_updated_ms;
  std::set<std::int64_t> added_snapshots, removed_snapshots;

  std::int64_t format_version() const { return doc.at("format-version").get<std::int64_t>(); }
};

/// Members of format version 1 that later versions keep in lists, moved there; what may be missing, set.
void normalise(Document& doc);

/// The member of a list whose `key` is `id`; null if there is none.
Document* find_by_id(Document& list, std::string_view key, std::int64_t id);
const Document* find_by_id(const Document& list, std::string_view key, std::int64_t id);
/// The largest field id in a schema or a type, nested ones included; 0 if there is none.
std::int64_t highest_field_id(const Document& type);
/// Errors: kInvalidArgument for types and defaults that the format version does not have, or malformed types.
Status check_schema(const Document& schema, std::int64_t format_version);

// Each applies one update. They throw Document::exception for members of the wrong type.
Status add_schema(TableDraft& draft, const Document& update);
Status set_current_schema(TableDraft& draft, const Document& update);
Status remove_schemas(TableDraft& draft, const Document& update);
Status add_spec(TableDraft& draft, const Document& update);
Status set_default_spec(TableDraft& draft, const Document& update);
Status remove_specs(TableDraft& draft, const Document& update);
Status add_sort_order(TableDraft& draft, const Document& update);
Status set_default_sort_order(TableDraft& draft, const Document& update);
Status add_snapshot(TableDraft& draft, const Document& update);
Status remove_snapshots(TableDraft& draft, const Document& update);
Status set_snapshot_ref(TableDraft& draft, const Document& update);
Status remove_snapshot_ref(TableDraft& draft, const Document& update);

}  // namespace millpond::pond
