#include "ask/document_path.h"

#include <arrow/record_batch.h>

#include <filesystem>

#include "ask/arrow_json.h"
#include "millpond/flow/lookup.h"

namespace millpond::ask {
namespace {

/// The `_row` of the document; empty if the table has none.
Result<std::string> row_of(const pond::Table& table, const std::string& path, const std::string& part,
                           Context& context) {
  pond::ScanOptions options;
  options.columns = {"_row", "uri"};
  if (find_field(table.schema(), "part")) options.columns.emplace_back("part");
  options.threads = 1;
  MP_ASSIGN(const auto rows, table.scan(options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) return std::string();
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (text_at(*batch, "part", row) == part && path_of(text_at(*batch, "uri", row)) == path) {
        return text_at(*batch, "_row", row);
      }
    }
  }
}

}  // namespace

Result<CitedRow> document_of_path(const pond::Pond& pond, const flow::Plan& plan, const std::string& path,
                                  Context& context) {
  std::error_code ignored;
  const auto absolute = [&](const std::string& given) {
    const std::string plain = path_of(given);
    return plain.find("://") == plain.npos ? std::filesystem::absolute(plain, ignored).lexically_normal().string()
                                           : plain;
  };
  for (const flow::PlannedTable& planned : plan.tables) {
    MP_ASSIGN(const bool there, pond.has_table(planned.spec.name));
    if (!there) continue;
    MP_ASSIGN(const pond::Table table, pond.table(planned.spec.name));
    if (!table.current() || !find_field(table.schema(), "uri") || !find_field(table.schema(), "elements")) continue;
    // A "#" may be part of the file's name.
    for (std::size_t mark = path.size(); mark != path.npos; mark = mark == 0 ? path.npos : path.rfind('#', mark - 1)) {
      const std::string part = mark == path.size() ? std::string() : path.substr(mark + 1);
      MP_ASSIGN(const std::string id, row_of(table, absolute(path.substr(0, mark)), part, context));
      if (id.empty()) continue;
      MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_row", id, {}, context));
      MP_ASSIGN(const auto batches, flow::read_all(table, parts, {}, context));
      if (!batches.empty())
        return CitedRow{planned.spec.name, table.current_id().value_or(0), true, batches[0]->Slice(0, 1)};
    }
  }
  return not_found("no document of the pond was read from ", path)
      .hint("Name a file as `millpond search` shows it, or a citation.");
}

}  // namespace millpond::ask
