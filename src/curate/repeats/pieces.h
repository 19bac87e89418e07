#pragma once
// Lines and paragraphs of a text.

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "curate/normal_form.h"

namespace millpond::curate {

/// A line with the break after it, or a paragraph with the empty lines after it; `content` is without white space at
/// the ends.
struct Piece {
  std::size_t begin, end;
  std::string_view content;
};

/// Equal for pieces that are the same.
struct PieceHash {
  std::uint64_t high, low;
};
/// `normalise`: but for the case of ASCII letters and the amount of white space; `normal` is for reuse.
inline PieceHash hash_piece(const Piece& piece, bool normalise, std::string& normal) {
  std::string_view content = piece.content;
  if (normalise) {
    normal.clear();
    append_normal(content, normal);
    content = normal;
  }
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return {hash.high64, hash.low64};
}

/// Calls `take(piece)` for each piece that has content; returns the first error.
template <class Take>
auto each_piece(std::string_view text, bool paragraphs, Take&& take) -> decltype(take(Piece{})) {
  const auto line_end = [&](std::size_t at) {
    const std::size_t found = text.find('\n', at);
    return found == std::string_view::npos ? text.size() : found + 1;
  };
  const auto empty = [&](std::size_t begin, std::size_t end) {
    while (begin < end && is_white_space(text[begin])) ++begin;
    return begin == end;
  };
  for (std::size_t begin = 0, end; begin < text.size(); begin = end) {
    end = line_end(begin);
    if (paragraphs && !empty(begin, end)) {
      while (end < text.size() && !empty(end, line_end(end))) end = line_end(end);
      while (end < text.size() && empty(end, line_end(end))) end = line_end(end);
    }
    std::size_t first = begin, last = end;
    while (first < last && is_white_space(text[first])) ++first;
    while (last > first && is_white_space(text[last - 1])) --last;
    if (first == last) continue;
    if (auto status = take(Piece{begin, end, text.substr(first, last - first)}); !status.ok()) return status;
  }
  return {};
}

}  // namespace millpond::curate
