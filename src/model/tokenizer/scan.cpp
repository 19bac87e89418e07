#include "model/tokenizer/scan.h"

namespace millpond::model {

Scanner::Scanner(std::vector<SpecialToken> specials) : specials_(std::move(specials)) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::uint16_t entry = byte < 0x80 ? map_.entry(static_cast<char32_t>(byte)) : std::uint16_t{tables::kDrop};
    const bool upper = byte >= 'A' && byte <= 'Z';
    classes_[byte] = entry == tables::kWord || upper ? kLetter
                     : entry == tables::kSpace       ? kSpace
                     : entry == tables::kPunct       ? kMark
                                                     : kOther;
  }
  for (const SpecialToken& special : specials_) classes_[static_cast<Byte>(special.name[0])] = kSpecialLead;
}

const SpecialToken* Scanner::special_at(const Byte* p, const Byte* end) const {
  const SpecialToken* longest = nullptr;
  for (const SpecialToken& special : specials_) {
    const std::size_t size = special.name.size();
    if (size <= static_cast<std::size_t>(end - p) && std::memcmp(p, special.name.data(), size) == 0 &&
        (longest == nullptr || size > longest->name.size())) {
      longest = &special;
    }
  }
  return longest;
}

void Scanner::push_hangul(char32_t cp, std::uint32_t from, std::uint32_t to, NormalWord& word) const {
  constexpr char32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
  const char32_t index = cp - kSyllables;
  word.push(kLeads + index / (21 * 28), 0, from, to);
  word.push(kVowels + index / 28 % 21, 0, from, to);
  if (index % 28 != 0) word.push(kTails + index % 28, 0, from, to);
}

const Scanner::Byte* Scanner::read_word(const Byte* start, const Byte* p, const Byte* end, NormalWord& word) const {
  const auto at = [start](const Byte* q) { return static_cast<std::uint32_t>(q - start); };
  while (p < end) {
    const Byte* q = p;
    if (*p < 0x80) {
      const Class kind = classes_[*p++];
      if (kind == kLetter) {
        const bool upper = *q >= 'A' && *q <= 'Z';
        word.push(upper ? *q + 32 : *q, 0, at(q), at(p));
      } else if (kind != kOther) {
        return q;
      }
      continue;  // other ASCII vanishes
    }
    const char32_t cp = next_code_point(p, end);
    const std::uint16_t entry = map_.entry(cp);
    if (entry >= CharMap::kMapped) {
      const CharMap::Mapped& mapped = map_.mapped(entry);
      if (mapped.kind != tables::kWord) return q;
      for (const char32_t to : mapped.to) {
        if (to == 0) break;
        const std::uint16_t kind = map_.entry(to);
        word.push(to, kind >= tables::kNonstarter && kind < CharMap::kMapped ? kind - tables::kNonstarter : 0, at(q),
                  at(p));
      }
      continue;
    }
    switch (entry) {
      case tables::kWord: word.push(cp, 0, at(q), at(p)); break;
      case tables::kDrop: break;
      case tables::kDropMark: word.run_start = word.count; break;
      case tables::kHangul: push_hangul(cp, at(q), at(p), word); break;
      case tables::kSpace:
      case tables::kPunct:
      case tables::kIdeograph: return q;
      default: word.push(cp, entry - tables::kNonstarter, at(q), at(p));
    }
  }
  return p;
}

}  // namespace millpond::model
