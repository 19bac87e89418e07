#pragma once
// Rows by their identity.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/pond.h"
#include "millpond/row_hash.h"

namespace millpond::flow {

/// The live rows of a snapshot (current if none) whose fixed[16] `column` begins with these hexadecimal digits.
/// Cost: the first time, reads that one column of each file (see pond/lookup.h); then only pages with such rows.
Result<std::vector<pond::FilePart>> rows_with_id(const pond::Table& table, const std::string& column,
                                                 std::string_view hex_prefix, std::optional<std::int64_t> snapshot,
                                                 Context& context);

/// All of the named columns (empty: all) of these rows, in memory. For few rows.
Result<std::vector<Batch>> read_all(const pond::Table& table, const std::vector<pond::FilePart>& parts,
                                    const std::vector<std::string>& columns, Context& context);

}  // namespace millpond::flow
