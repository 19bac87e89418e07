#pragma once
// Single rows: by key, and by place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/filter.h"
#include "millpond/pond/table.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::pond {

struct LookupOptions {
  std::string column = "_row";           ///< of whole numbers, dates, times, text or bytes; or `_row_id` (version 3)
  std::vector<std::string> columns;      ///< to read, in this order; empty: all
  std::optional<std::int64_t> snapshot;  ///< none: the current one
};

/// Reads the live rows that have one of these keys: in the order of the keys; several of a key in the table's order;
/// none where there is no such row. Bytes are given as hexadecimal digits.
///
/// The first lookup of a data file reads that column once and leaves a sorted list of its keys beside the search
/// indexes (12 bytes a row); later ones read only pages that hold the rows.
/// Errors: kNotFound for a column; kInvalidArgument for a key that is no value of it; kUnsupported for its type.
Result<Batch> lookup(const Table& table, const std::vector<FilterValue>& keys, const LookupOptions& options,
                     Context& context);

/// The live rows whose bytes in a fixed-size column begin with these hexadecimal digits.
Result<std::vector<FilePart>> rows_with_prefix(const Table& table, const std::string& column, std::string_view hex,
                                               std::optional<std::int64_t> snapshot, Context& context);

/// Reads rows by their place among the live rows of a snapshot, from 0, in the order asked. Only `columns` and
/// `snapshot` of the options count. Errors: kInvalidArgument for a place that there is not.
Result<Batch> take(const Table& table, const std::vector<std::int64_t>& places, const LookupOptions& options,
                   Context& context);

}  // namespace millpond::pond
