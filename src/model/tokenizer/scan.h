#pragma once
// Splits text into the pre-tokens of BERT's uncased models while normalising it: one pass, no copy of ASCII words.

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer/char_map.h"
#include "model/tokenizer/utf8.h"

namespace millpond::model {

struct SpecialToken {
  std::string name;
  std::int32_t id = 0;
};

/// A word after normalisation. Longer ones than kWordCharsMax are not kept: they are unknown whatever they hold.
struct NormalWord {
  static constexpr int kWordCharsMax = 100;  ///< code points; of the reference's WordPiece
  struct Unit {
    char32_t cp;
    std::uint16_t combining_class;
    std::uint32_t begin, end;  // source bytes
  };
  std::array<Unit, kWordCharsMax + 1> units;
  int count = 0;      ///< units held; kWordCharsMax + 1 means too long
  int run_start = 0;  ///< marks are put in order from here on
  std::uint32_t begin = 0, end = 0;

  void clear() { count = run_start = 0; }
  void push(char32_t cp, std::uint16_t combining_class, std::uint32_t from, std::uint32_t to) {
    if (count == 0) begin = from;
    end = to;
    if (count > kWordCharsMax) return;
    int at = count++;
    if (combining_class != 0) {
      for (; at > run_start && units[at - 1].combining_class > combining_class; --at) units[at] = units[at - 1];
    }
    units[at] = {cp, combining_class, from, to};
  }
};

/// Threads: immutable once made.
class Scanner {
 public:
  explicit Scanner(std::vector<SpecialToken> specials);

  /// Calls, in the order of the text:
  ///   sink.space()                                       white space (or several, or none besides dropped characters)
  ///   sink.ascii_word(begin, end)                        letters and digits that only need lower case
  ///   sink.ascii_mark(byte, begin)                       an ASCII punctuation mark
  ///   sink.word(const NormalWord&)                       any other word
  ///   sink.mark(char32_t, ideograph, begin, end)         any other punctuation mark or an ideograph, normalised
  ///   sink.special(const SpecialToken&, begin, end)
  template <class Sink>
  void scan(std::string_view text, Sink& sink) const;

  const std::vector<SpecialToken>& specials() const { return specials_; }

 private:
  enum Class : unsigned char { kLetter, kSpace, kMark, kSpecialLead, kOther };
  using Byte = unsigned char;

  const SpecialToken* special_at(const Byte* p, const Byte* end) const;
  /// Reads the word at `p` into `word`, and returns where the delimiter behind it (or the end) is.
  const Byte* read_word(const Byte* start, const Byte* p, const Byte* end, NormalWord& word) const;
  void push_hangul(char32_t cp, std::uint32_t from, std::uint32_t to, NormalWord& word) const;
  template <class Sink>
  const Byte* scan_other(const Byte* start, const Byte* p, const Byte* end, NormalWord& word, Sink& sink) const;

  CharMap map_;
  std::vector<SpecialToken> specials_;
  std::array<Class, 256> classes_;
};

template <class Sink>
void Scanner::scan(std::string_view text, Sink& sink) const {
  const auto* const start = reinterpret_cast<const Byte*>(text.data());
  const Byte* const end = start + text.size();
  const auto at = [start](const Byte* q) { return static_cast<std::uint32_t>(q - start); };
  NormalWord word;
  for (const Byte* p = start; p < end;) {
    switch (classes_[*p]) {
      case kLetter: {
        const Byte* q = p + 1;
        while (q < end && classes_[*q] == kLetter) ++q;
        if (q == end || classes_[*q] != kOther) {
          sink.ascii_word(at(p), at(q));
          p = q;
        } else {
          p = scan_other(start, p, end, word, sink);
        }
        break;
      }
      case kSpace:
        sink.space();
        ++p;
        break;
      case kSpecialLead:
        if (const SpecialToken* special = special_at(p, end)) {
          sink.special(*special, at(p), at(p) + static_cast<std::uint32_t>(special->name.size()));
          p += special->name.size();
          break;
        }
        [[fallthrough]];
      case kMark:
        sink.ascii_mark(*p, at(p));
        ++p;
        break;
      case kOther: p = scan_other(start, p, end, word, sink); break;
    }
  }
}

template <class Sink>
const Scanner::Byte* Scanner::scan_other(const Byte* start, const Byte* p, const Byte* end, NormalWord& word,
                                         Sink& sink) const {
  const auto at = [start](const Byte* q) { return static_cast<std::uint32_t>(q - start); };
  word.clear();
  const Byte* q = read_word(start, p, end, word);
  if (word.count > 0) sink.word(word);
  if (q == end || *q < 0x80) return q;  // an ASCII delimiter is the main loop's

  p = q;
  const std::uint16_t entry = map_.entry(next_code_point(q, end));
  if (entry == tables::kSpace) {
    sink.space();
  } else if (entry < CharMap::kMapped) {
    const Byte* again = p;
    sink.mark(next_code_point(again, end), entry == tables::kIdeograph, at(p), at(q));
  } else {
    const CharMap::Mapped& mapped = map_.mapped(entry);
    sink.mark(mapped.to[0], mapped.kind == tables::kIdeograph, at(p), at(q));
  }
  return q;
}

}  // namespace millpond::model
