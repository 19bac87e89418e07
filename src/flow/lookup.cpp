#include "millpond/flow/lookup.h"

#include "flow/change.h"

namespace millpond::flow {

Result<std::vector<pond::FilePart>> rows_with_id(const pond::Table& table, const std::string& column,
                                                 std::string_view hex_prefix, std::optional<std::int64_t> snapshot,
                                                 Context& context) {
  if (!snapshot) snapshot = table.current_id();
  if (!snapshot) return std::vector<pond::FilePart>();
  MP_ASSIGN(const auto files, table.files(*snapshot));
  const auto parts = pond::parts_of(files);
  std::vector<std::vector<std::int64_t>> positions(parts.size());
  MP_TRY(each_id(table, parts, column, context, [&](std::size_t file, std::int64_t position, const RowId& id) {
    if (id.hex().starts_with(hex_prefix)) positions[file].push_back(position);
  }));
  std::vector<pond::FilePart> found;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (positions[i].empty()) continue;
    pond::FilePart part = parts[i];
    part.only = std::make_shared<const pond::Positions>(std::move(positions[i]));
    found.push_back(std::move(part));
  }
  return found;
}

Result<std::vector<Batch>> read_all(const pond::Table& table, const std::vector<pond::FilePart>& parts,
                                    const std::vector<std::string>& columns, Context& context) {
  std::vector<Batch> batches;
  if (parts.empty()) return batches;
  pond::ReadOptions options;
  options.columns = columns;
  MP_ASSIGN(const auto stream, table.read(parts, options, context));
  while (true) {
    MP_ASSIGN(std::optional<Batch> batch, stream->next(context));
    if (!batch) return batches;
    batches.push_back(std::move(*batch));
  }
}

}  // namespace millpond::flow
