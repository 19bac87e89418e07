#pragma once
// A small file in the place of a segment: it says in which object the segment is, to be read by ranges.

#include <optional>
#include <string>
#include <string_view>

namespace millpond::index {

struct SegmentReference {
  std::string object;  ///< the address of the segment
  std::string folder;  ///< where parts of it are kept on this machine
};

std::string encode_reference(const SegmentReference& reference);
/// None if these bytes of a file are something else.
std::optional<SegmentReference> read_reference(std::string_view file);

}  // namespace millpond::index
