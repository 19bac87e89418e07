#pragma once
// Places of a text that depend only on what is written around them, so that equal stretches of texts have equal ones.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millpond::curate {

/// A place that stands for some windows in a row.
struct Anchor {
  std::uint32_t at;       ///< where its gram begins
  std::uint32_t first;    ///< where the first of its windows begins
  std::uint32_t windows;  ///< how many there are; each holds the whole gram
};

/// The shape of windows and of the grams in them; bytes.
struct WindowShape {
  explicit WindowShape(std::size_t length) : length(length), gram(length / 3 < 8 ? 8 : length / 3) {}
  std::size_t length, gram;
};

/// Chooses a gram in each window of `shape.length` bytes of `text`: the last of those with the least hash of their
/// first eight bytes (Schleimer, Wilkerson, Aiken 2003). So equal windows have an equal gram at an equal place, in
/// whatever text.
///
/// Shape:   replaces `anchors`; their windows follow each other without a gap, from the first window of the text to the
///          last. None if the text is shorter than a window.
/// Limits:  texts of less than 4 GiB.
/// Threads: any.
void find_anchors(std::string_view text, const WindowShape& shape, std::vector<Anchor>& anchors);

}  // namespace millpond::curate
