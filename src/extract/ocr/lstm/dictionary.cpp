#include "extract/ocr/lstm/dictionary.h"

#include <algorithm>
#include <bit>

#include "extract/ocr/lstm/language_bytes.h"

namespace millpond::extract::lstm {
namespace {

constexpr std::uint32_t kPattern = 0;  // the letter that stands for a word among punctuation, for a digit in a number
constexpr WordKind kKinds[2] = {WordKind::kWord, WordKind::kNumber};

std::uint32_t letter_of(std::uint32_t letter, bool digit, int list) { return list == 1 && digit ? kPattern : letter; }

void add_once(const WordPlace& place, std::vector<WordPlace>& to, std::size_t first) {
  if (std::find(to.begin() + static_cast<std::ptrdiff_t>(first), to.end(), place) == to.end()) to.push_back(place);
}

}  // namespace

Result<WordGraph> WordGraph::read(std::string_view bytes) {
  constexpr std::uint16_t kMagic = 42;
  constexpr std::uint32_t kLettersMax = 1 << 20, kEdgesMax = 50'000'000;
  constexpr std::uint64_t kLast = 1;
  WordGraph graph;
  if (bytes.empty()) return graph;
  LanguageBytes in(bytes);
  const auto magic = in.number<std::uint16_t>();
  const auto letters = in.number<std::uint32_t>(), edges = in.number<std::uint32_t>();
  if (in.broken || magic != kMagic || letters < 1 || letters > kLettersMax || edges < 1 || edges > kEdgesMax ||
      in.left() / 8 < edges) {
    return corrupt("OCR words: edges: ", edges);
  }
  graph.letter_bits_ = static_cast<unsigned>(std::bit_width(letters));
  graph.edges_.resize(edges);
  for (std::uint64_t& edge : graph.edges_) {
    edge = in.number<std::uint64_t>();
    // An unused one has all bits of its place set, and is never reached.
    if (edge >> (graph.letter_bits_ + 3) >= edges)
      edge = kLast << graph.letter_bits_ | ((1ull << graph.letter_bits_) - 1);
  }
  graph.edges_.back() |= kLast << graph.letter_bits_;
  graph.first_edges_.assign(letters + 1, kNone);
  const std::uint64_t mask = (1ull << graph.letter_bits_) - 1;
  for (std::uint32_t i = 0; i < edges; ++i) {
    const std::uint64_t letter = graph.edges_[i] & mask;
    if (letter < graph.first_edges_.size() && graph.first_edges_[letter] == kNone) graph.first_edges_[letter] = i;
    if (graph.edges_[i] >> graph.letter_bits_ & kLast) break;
  }
  return graph;
}

std::uint32_t WordGraph::edge(std::uint32_t place, std::uint32_t letter, bool must_end) const {
  if (edges_.empty()) return kNone;
  const std::uint64_t mask = (1ull << letter_bits_) - 1;
  std::uint32_t at = place;
  if (place == 0) {
    at = letter < first_edges_.size() ? first_edges_[letter] : kNone;
    if (at == kNone) return kNone;
  }
  for (;; ++at) {
    if ((edges_[at] & mask) == letter && (!must_end || ends_word(at))) return at;
    if (edges_[at] >> letter_bits_ & 1) return kNone;
  }
}

std::uint32_t WordGraph::place_after(std::uint32_t edge) const {
  if (edge == kNone) return 0;
  const auto place = static_cast<std::uint32_t>(edges_[edge] >> (letter_bits_ + 3));
  return place == 0 ? kNone : place;
}

Result<Dictionary> Dictionary::read(const LanguageParts& parts) {
  Dictionary out;
  MP_ASSIGN(out.punctuation_, WordGraph::read(parts.punctuation));
  MP_ASSIGN(out.lists_[0], WordGraph::read(parts.words));
  MP_ASSIGN(out.lists_[1], WordGraph::read(parts.numbers));
  const bool patterns = out.punctuation_.edge(0, kPattern, true) != WordGraph::kNone;
  if (!out.punctuation_.empty()) out.start_.push_back({.in_pattern = true});
  for (int list = 0; list < 2; ++list) {
    if (!out.lists_[list].empty() && !patterns) out.start_.push_back({.list = static_cast<std::int8_t>(list)});
  }
  return out;
}

WordKind Dictionary::advance(std::span<const WordPlace> from, std::uint32_t letter, bool digit,
                             std::vector<WordPlace>& to, bool& may_end) const {
  may_end = false;
  if (letter == kPattern) return WordKind::kNone;
  WordKind kind = WordKind::kNone;
  const std::size_t first = to.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const WordPlace place = from[i];
    if (place.list < 0) {
      into_list(place, letter, digit, to, first, kind, may_end);
    } else {
      within_list(place, letter, digit, to, first, kind, may_end);
    }
  }
  return kind;
}

/// In punctuation before a word: the letter begins the word, or goes on in the punctuation.
void Dictionary::into_list(const WordPlace& place, std::uint32_t letter, bool digit, std::vector<WordPlace>& to,
                           std::size_t first, WordKind& kind, bool& may_end) const {
  const std::uint32_t at = punctuation_.place_after(place.punctuation);
  if (at == WordGraph::kNone) return;
  const std::uint32_t pattern = punctuation_.edge(at, kPattern, false);
  for (int list = 0; list < 2 && pattern != WordGraph::kNone; ++list) {
    const std::uint32_t edge = lists_[list].edge(0, letter_of(letter, digit, list), false);
    if (edge == WordGraph::kNone) continue;
    add_once({static_cast<std::int8_t>(list), false, edge, pattern, true}, to, first);
    kind = std::max(kind, kKinds[list]);
    may_end = may_end || (lists_[list].ends_word(edge) && punctuation_.ends_word(pattern));
  }
  const std::uint32_t edge = punctuation_.edge(at, letter, false);
  if (edge == WordGraph::kNone) return;
  add_once({-1, false, WordGraph::kNone, edge, true}, to, first);
  kind = std::max(kind, WordKind::kPunctuation);
  may_end = may_end || punctuation_.ends_word(edge);
}

/// In a word: the letter begins the punctuation behind it, or goes on in the word.
void Dictionary::within_list(const WordPlace& place, std::uint32_t letter, bool digit, std::vector<WordPlace>& to,
                             std::size_t first, WordKind& kind, bool& may_end) const {
  const WordGraph& list = lists_[place.list];
  const WordKind own = kKinds[place.list];
  if (place.in_pattern && place.edge != WordGraph::kNone && list.ends_word(place.edge)) {
    const std::uint32_t at = punctuation_.place_after(place.punctuation);
    const std::uint32_t edge = at == WordGraph::kNone ? WordGraph::kNone : punctuation_.edge(at, letter, false);
    if (edge != WordGraph::kNone) {
      add_once({place.list, true, place.edge, edge, true}, to, first);
      kind = std::max(kind, own);
      may_end = may_end || punctuation_.ends_word(edge);
    }
  }
  if (place.after) return;
  const std::uint32_t at = list.place_after(place.edge);
  const std::uint32_t edge =
      at == WordGraph::kNone ? WordGraph::kNone : list.edge(at, letter_of(letter, digit, place.list), false);
  if (edge == WordGraph::kNone) return;
  kind = std::max(kind, own);
  const bool pattern_ends = !place.in_pattern || punctuation_.ends_word(place.punctuation);
  may_end = may_end || (list.ends_word(edge) && pattern_ends);
  add_once({place.list, false, edge, place.punctuation, place.in_pattern}, to, first);
}

}  // namespace millpond::extract::lstm
