#include "model/tokenizer/wordpiece.h"

#include <utility>

namespace millpond::model {
namespace {

using Byte = unsigned char;

/// A normalised word as UTF-8, with the unit that each byte came from.
struct WordBytes {
  std::array<Byte, 4 * NormalWord::kWordCharsMax> bytes;
  std::array<std::uint8_t, 4 * NormalWord::kWordCharsMax> unit_of;
  std::uint32_t size = 0;

  explicit WordBytes(const NormalWord& word) {
    for (int i = 0; i < word.count; ++i) {
      const auto next =
          static_cast<std::uint32_t>(put_code_point(word.units[i].cp, bytes.data() + size) - bytes.data());
      for (; size < next; ++size) unit_of[size] = static_cast<std::uint8_t>(i);
    }
  }
};

bool too_long(const NormalWord& word) { return word.count > NormalWord::kWordCharsMax; }
bool too_long(std::uint32_t begin, std::uint32_t end) { return end - begin > NormalWord::kWordCharsMax; }

struct CountSink {
  const WordPiece& model;
  const Byte* text;
  std::int64_t tokens = 0;

  void space() {}
  void ascii_word(std::uint32_t begin, std::uint32_t end) { tokens += model.count_word(text + begin, end - begin); }
  void ascii_mark(Byte, std::uint32_t) { ++tokens; }
  void word(const NormalWord& word) { tokens += count_normal(model, word); }
  void mark(char32_t, bool, std::uint32_t, std::uint32_t) { ++tokens; }
  void special(const SpecialToken&, std::uint32_t, std::uint32_t) { ++tokens; }

  static int count_normal(const WordPiece& model, const NormalWord& word) {
    if (too_long(word)) return 1;
    const WordBytes bytes(word);
    return model.count_word(bytes.bytes.data(), bytes.size);
  }
};

struct WordSink {
  const WordPiece& model;
  const Byte* text;
  std::vector<Word>& words;
  bool spaced = false;

  void add(std::uint32_t begin, std::uint32_t end, int tokens, bool ideograph = false) {
    words.push_back({begin, end, static_cast<std::uint16_t>(tokens), std::exchange(spaced, false), ideograph});
  }
  void space() { spaced = true; }
  void ascii_word(std::uint32_t begin, std::uint32_t end) {
    add(begin, end, model.count_word(text + begin, end - begin));
  }
  void ascii_mark(Byte, std::uint32_t begin) { add(begin, begin + 1, 1); }
  void word(const NormalWord& word) { add(word.begin, word.end, CountSink::count_normal(model, word)); }
  void mark(char32_t, bool ideograph, std::uint32_t begin, std::uint32_t end) { add(begin, end, 1, ideograph); }
  void special(const SpecialToken&, std::uint32_t begin, std::uint32_t end) { add(begin, end, 1); }
};

template <bool kSpans>
struct EncodeSink {
  const WordPiece& model;
  const Byte* text;
  std::vector<std::int32_t>& ids;
  std::vector<TokenSpan>* spans;

  void add(std::int32_t id, std::uint32_t begin, std::uint32_t end) {
    ids.push_back(id);
    if constexpr (kSpans) spans->push_back({begin, end});
  }
  /// Replaces what a failed word has left by one unknown token.
  void unknown(std::size_t size_before, std::uint32_t begin, std::uint32_t end) {
    ids.resize(size_before);
    if constexpr (kSpans) spans->resize(size_before);
    add(model.unknown(), begin, end);
  }
  void space() {}
  void ascii_word(std::uint32_t begin, std::uint32_t end) {
    const std::size_t before = ids.size();
    const auto piece = [&](std::int32_t id, std::uint32_t from, std::uint32_t to) {
      add(id, begin + from, begin + to);
    };
    if (too_long(begin, end) || !model.match(text + begin, end - begin, piece)) unknown(before, begin, end);
  }
  void ascii_mark(Byte byte, std::uint32_t begin) { add(model.ascii_mark_id(byte), begin, begin + 1); }
  void word(const NormalWord& word) {
    if (too_long(word)) return add(model.unknown(), word.begin, word.end);
    const std::size_t before = ids.size();
    const WordBytes bytes(word);
    const auto piece = [&](std::int32_t id, std::uint32_t from, std::uint32_t to) {
      add(id, word.units[bytes.unit_of[from]].begin, word.units[bytes.unit_of[to - 1]].end);
    };
    if (!model.match(bytes.bytes.data(), bytes.size, piece)) unknown(before, word.begin, word.end);
  }
  void mark(char32_t cp, bool, std::uint32_t begin, std::uint32_t end) { add(model.mark_id(cp), begin, end); }
  void special(const SpecialToken& special, std::uint32_t begin, std::uint32_t end) { add(special.id, begin, end); }
};

const Byte* bytes_of(std::string_view text) { return reinterpret_cast<const Byte*>(text.data()); }

}  // namespace

WordPiece::WordPiece(WordTrie trie, WordPieceSettings settings)
    : trie_(std::move(trie)), settings_(std::move(settings)), scanner_(settings_.specials) {
  for (int byte = 0; byte < 256; ++byte) {
    lower_[byte] = static_cast<Byte>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
  }
  for (char32_t byte = 0; byte < 128; ++byte) ascii_mark_ids_[byte] = mark_id(byte);
}

std::int32_t WordPiece::mark_id(char32_t cp) const {
  std::array<Byte, 4> bytes;
  const auto size = static_cast<std::uint32_t>(put_code_point(cp, bytes.data()) - bytes.data());
  std::uint32_t node = trie_.word_root();
  for (std::uint32_t i = 0; i < size && node != 0; ++i) node = trie_.step(node, bytes[i]);
  return node != 0 && trie_.accepts(node) ? trie_.id(node) : settings_.unk;
}

int WordPiece::count_word(const Byte* word, std::uint32_t size) const {
  // Only ASCII words come here unchecked, and those have as many code points as bytes.
  if (size > NormalWord::kWordCharsMax) {
    std::uint32_t chars = 0;
    for (std::uint32_t i = 0; i < size; ++i) chars += (word[i] & 0xC0) != 0x80;
    if (chars > NormalWord::kWordCharsMax) return 1;
  }
  int tokens = 0;
  return match(word, size, [&](std::int32_t, std::uint32_t, std::uint32_t) { ++tokens; }) ? tokens : 1;
}

void WordPiece::encode(std::string_view text, std::vector<std::int32_t>& ids) const {
  EncodeSink<false> sink{*this, bytes_of(text), ids, nullptr};
  scanner_.scan(text, sink);
}

void WordPiece::encode_with_offsets(std::string_view text, std::vector<std::int32_t>& ids,
                                    std::vector<TokenSpan>& spans) const {
  // Kept apart from the caller's vectors, whose sizes need not agree.
  std::vector<std::int32_t> own_ids;
  std::vector<TokenSpan> own_spans;
  EncodeSink<true> sink{*this, bytes_of(text), own_ids, &own_spans};
  scanner_.scan(text, sink);
  ids.insert(ids.end(), own_ids.begin(), own_ids.end());
  spans.insert(spans.end(), own_spans.begin(), own_spans.end());
}

std::int64_t WordPiece::count(std::string_view text) const {
  CountSink sink{*this, bytes_of(text)};
  scanner_.scan(text, sink);
  return sink.tokens;
}

void WordPiece::words(std::string_view text, std::vector<Word>& words) const {
  WordSink sink{*this, bytes_of(text), words};
  scanner_.scan(text, sink);
}

}  // namespace millpond::model
