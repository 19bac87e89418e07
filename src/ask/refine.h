#pragma once
// What is done with hits beyond ranking: variety, the text around them, and whether their vectors mean anything.

#include <cstdint>
#include <vector>

#include "millpond/ask/passage.h"
#include "millpond/context.h"
#include "millpond/index/search.h"
#include "millpond/pond/table.h"

namespace millpond::model {
class Embedder;
}

namespace millpond::ask {

/// Keeps `limit` hits, each chosen for its score less what it repeats of those before (maximal marginal relevance).
/// `diverse`: 0 leaves the order, 1 looks at repetition alone. Rows without a vector repeat nothing.
void diversify(const index::Searcher& searcher, std::vector<index::Hit>& hits, int limit, double diverse);

/// Sets `before` and `after`: the texts of up to `count` chunks of the same document on each side.
Status add_neighbours(const pond::Table& table, std::int64_t snapshot, int count, std::vector<Passage>& passages,
                      Context& context);

/// Sets `before` and `after` to the rest of the section that each passage stands in: the chunks around it under the
/// same headings, or the chunk that it is a part of where chunks are hierarchical. At most 8 kB beside the passage.
/// Passages that stand in the section of a better one go; `limit` stay.
Status add_sections(const pond::Table& table, std::int64_t snapshot, int limit, std::vector<Passage>& passages,
                    Context& context);

/// Whether this model made the vectors of the index: some texts are embedded again.
/// Errors: kInvalidArgument with what to do if it did not.
Status check_model(const index::Searcher& searcher, model::Embedder& embedder, Context& context);

}  // namespace millpond::ask
