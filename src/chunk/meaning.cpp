#include "chunk/meaning.h"

#include <algorithm>

#include "chunk/compose.h"

namespace millpond::chunk {
namespace {

constexpr std::size_t kWindowBytesMax = 1200;  // what a model of 256 tokens reads

/// A piece with those on both sides of it, as one text: a sentence alone says little of what it is about.
std::vector<std::string> windows_of(const Document& document, const std::vector<Piece>& pieces) {
  std::vector<std::string> windows(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t first = i > 0 ? i - 1 : 0, last = std::min(i + 1, pieces.size() - 1);
    for (std::size_t k = first; k <= last; ++k) {
      const std::string_view text = sub(document.elements[pieces[k].element].text, pieces[k].range);
      std::size_t end = std::min(text.size(), kWindowBytesMax);
      while (end < text.size() && end > 0 && is_continuation(text[end])) --end;
      (windows[i] += windows[i].empty() ? "" : " ").append(text.substr(0, end));
    }
  }
  return windows;
}

std::int64_t bytes_of(const Document& document, const Piece& piece) {
  const Measured& measured = document.measured[piece.element];
  // A join, a bullet and the header row of a table at most.
  return piece.range.size() + 24 + (document.needs_header(piece) ? measured.header.size() + 1 : 0);
}

}  // namespace

Result<std::vector<std::size_t>> meaning_ends(const Document& document, const std::vector<Piece>& pieces,
                                              const Likeness& likeness) {
  std::vector<std::size_t> ends;
  if (pieces.empty()) return ends;
  std::vector<float> to_next;
  MP_TRY(likeness(windows_of(document, pieces), to_next));
  if (to_next.size() + 1 < pieces.size()) return internal("likeness of too few texts: ", to_next.size());
  for (std::size_t begin = 0; begin < pieces.size();) {
    const Measured& first = document.measured[pieces[begin].element];
    std::int64_t tokens = document.needs_header(pieces[begin]) ? first.header_tokens : 0, bytes = 0;
    const std::int64_t tokens_half = document.rules.tokens_max / 2;
    std::size_t end = begin, best = 0;
    for (; end < pieces.size(); ++end) {
      tokens += pieces[end].tokens;
      bytes += bytes_of(document, pieces[end]);
      if (end > begin && (tokens > document.rules.tokens_max || bytes > document.bytes_max())) break;
      const bool candidate = end + 1 < pieces.size() && tokens >= tokens_half;
      if (candidate && (best == 0 || to_next[end] < to_next[best - 1])) best = end + 1;
      if (pieces[end].cut_word) {  // nothing may stand behind it
        best = ++end;
        break;
      }
    }
    begin = end == pieces.size() || best == 0 ? end : best;
    ends.push_back(begin);
  }
  return ends;
}

}  // namespace millpond::chunk
