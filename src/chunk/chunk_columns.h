#pragma once
// The columns of a chunk, for the operators that make chunks. What each means: docs/formats/chunks.md.

#include <cstdint>
#include <functional>
#include <vector>

#include "millpond/chunk/chunker.h"
#include "millpond/operator.h"
#include "millpond/schema.h"

namespace millpond::chunk {

Type elements_type();
/// From `ordinal` to `parent_ordinal`.
Schema chunk_columns();

/// Emits a chunk of the document in row `row`. `set_more` sets what else the row has.
Status emit_chunk(const Chunk& chunk, std::int32_t ordinal, std::int64_t row, Output& out,
                  const std::function<void(Row&)>& set_more = {});

/// Room for the texts of a document's chunks: a builder that grows by itself holds up to three times its content.
Status reserve_text(const std::vector<Element>& elements, Output& out);

/// Rules of the options tokens_max, tokens_min and tokens_overlap. Errors: kInvalidArgument.
Result<Rules> rules_of(const Options& options, Mode mode);

}  // namespace millpond::chunk
