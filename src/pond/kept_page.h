#pragma once
// Pages that single rows were read from, so that the next row of one costs neither its checksum nor decompression.

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "pond/page_values.h"

namespace millpond::pond {

/// Immutable, since the files of a pond are.
struct KeptPage {
  PageHeader header;
  std::string levels, values;
  std::optional<std::int64_t> values_at;  ///< where they begin in the file, if they stand there as they are: not kept

  std::int64_t cost_bytes() const;
  OpenPage view() const { return {.header = header, .levels = levels, .values = values}; }
};

/// `page`: its bytes, which stand at `offset` of a file; `local`: a single value is cheaply read from there again.
/// Errors: as `PageValueReader::open`.
Result<std::shared_ptr<const KeptPage>> keep_page(const PageValueReader& reader, const PageColumn& column,
                                                  std::string_view page, std::int64_t offset, bool local,
                                                  PageWorkspace& workspace);

/// Appends the values of a page at `rows`, ascending. Errors: as `PageValueReader`; kIo.
Status append_rows(const PageValueReader& reader, const PageColumn& column, const KeptPage& page,
                   std::span<const std::int64_t> rows, arrow::io::RandomAccessFile& file, PageValues& out);

}  // namespace millpond::pond
