#pragma once
// The sections of a document: what stands under each title, and which small ones go together.

#include "chunk/piece.h"

namespace millpond::chunk {

/// Titles that are nested deeper count as this deep.
constexpr int kDepthMax = 32;

/// What stands between a title and the next one.
struct Section {
  std::vector<std::int32_t> path;   ///< title elements from the highest to its own
  std::vector<std::int32_t> leads;  ///< the last titles of `path` that no text stood between: its own is the last
  std::int32_t begin = 0, end = 0;  ///< elements behind the title, half-open
  std::int64_t tokens = 0, bytes = 0;
  bool only_title = false;  ///< no text follows its title, nor a title below it: the title is its text
};

/// Sections with text, in reading order. `document_title` is the element that repeats the document's title, or -1.
struct Outline {
  std::vector<Section> sections;
  std::int32_t document_title = -1;
};
Outline outline(const Document& document, std::string_view title);

/// Sections first..last-1 that share a chunk, or are one section.
struct Group {
  std::size_t first = 0, last = 0;
  std::vector<std::int32_t> path;  ///< what their paths have in common
};
/// The group that begins at a section: as long as it is below `tokens_min`, the next section under the same parent
/// joins it, if all fits one chunk.
Group group_at(const Document& document, const Outline& outline, std::size_t first);

}  // namespace millpond::chunk
