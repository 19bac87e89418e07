#include "millpond/flow/lookup.h"

#include "millpond/pond/lookup.h"

namespace millpond::flow {

Result<std::vector<pond::FilePart>> rows_with_id(const pond::Table& table, const std::string& column,
                                                 std::string_view hex_prefix, std::optional<std::int64_t> snapshot,
                                                 Context& context) {
  return pond::rows_with_prefix(table, column, hex_prefix, snapshot, context);
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
