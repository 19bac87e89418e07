#include "curate/words/word_rules.h"

#include <array>
#include <bit>

namespace millpond::curate {
namespace {

enum Kind : std::uint8_t { kGap, kRun, kMark, kWide };

constexpr bool is_ascii_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (int c = 0; c < 256; ++c) {
    const bool run = (c >= '0' && c <= '9') || is_ascii_letter(c);
    const bool space = c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
    kinds[static_cast<std::size_t>(c)] = c >= 0x80 ? kWide : space ? kGap : run ? kRun : kMark;
  }
  return kinds;
}();

struct Piece {
  std::size_t end;
  Kind kind;
  bool letter, ends_sentence;
};

/// The character at `at`.
Piece piece_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const Kind kind = kKinds[byte];
  if (kind != kWide) return {at + 1, kind, is_ascii_letter(byte), byte == '.' || byte == '!' || byte == '?'};
  std::size_t end = at;
  const std::uint32_t bits = CharClasses::get().of(decode(text, end));
  const Kind wide = bits & kSpace ? kGap : bits & (kPunct | kSymbol) ? kMark : kRun;
  return {end, wide, (bits & kLetter) != 0, (bits & kSentenceEnd) != 0};
}

WordToken mark(std::size_t begin, const Piece& piece) {
  const auto flags =
      static_cast<std::uint8_t>(WordToken::kAllPunct | (piece.ends_sentence ? WordToken::kEndsSentence : 0));
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(piece.end), 1, flags};
}

}  // namespace

Option word_rules_option() {
  return Option("word_rules", "english", "`english`: spaCy's rules, as datatrove has them; `simple`: faster.")
      .one_of({"english", "simple"});
}

WordRules word_rules_from(std::string_view name) { return name == "simple" ? WordRules::kSimple : WordRules::kEnglish; }

void WordSplitter::split(std::string_view text, std::vector<WordToken>& tokens) {
  // A long text would have its tokens copied from vector to vector, each time beside the old ones.
  constexpr std::size_t kLongText = 16 << 20, kLeastWordBytes = 4;
  if (text.size() > kLongText) tokens.reserve(text.size() / kLeastWordBytes);
  if (english_) return english_->split(text, tokens);
  tokens.clear();
  for (std::size_t at = 0; at < text.size();) {
    const Piece first = piece_at(text, at);
    if (first.kind == kGap) {
      at = first.end;
      continue;
    }
    if (first.kind == kMark) {
      tokens.push_back(mark(at, first));
      at = first.end;
      continue;
    }
    // A word goes on over marks that a further letter or digit follows; those at its end stand for themselves.
    const std::size_t begin = at;
    std::size_t end = at;
    std::uint32_t chars = 0, all = 0;
    bool letter = false;
    for (; at + 8 <= text.size();) {
      const std::uint64_t bytes = load_bytes(text.data() + at), letters = ascii_letters(bytes);
      const std::uint64_t others = ~(letters | bytes_between(bytes, '0', '9')) & kEachTop;
      const int run = others == 0 ? 8 : std::countr_zero(others) / 8;
      letter |= (letters & (others - 1) & ~others) != 0;
      at += static_cast<std::size_t>(run);
      if (run < 8) break;
    }
    end = at;
    chars = all = static_cast<std::uint32_t>(at - begin);
    while (at < text.size()) {
      const Piece piece = piece_at(text, at);
      if (piece.kind == kGap) break;
      ++all;
      at = piece.end;
      if (piece.kind != kRun) continue;
      letter |= piece.letter;
      end = at;
      chars = all;
    }
    const auto flags = static_cast<std::uint8_t>(WordToken::kNotSymbol | (letter ? WordToken::kHasLetter : 0));
    tokens.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), chars, flags});
    at = end;
  }
}

}  // namespace millpond::curate
