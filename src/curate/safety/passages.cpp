#include "curate/safety/passages.h"

#include <algorithm>
#include <array>

namespace millpond::curate {
namespace {

constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325ULL, kFnvPrime = 0x100000001B3ULL;

// What a byte is: 0 between words; otherwise of a word, `kOdd` if the word has to be looked at again.
enum : unsigned char { kGap = 0, kLetter = 1, kOdd = 2 };

constexpr std::array<unsigned char, 256> classes() {
  std::array<unsigned char, 256> out{};
  for (int byte = 0; byte < 256; ++byte) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
    const bool odd = (byte >= '0' && byte <= '9') || byte == '\'' || byte == '@' || byte == '$' || byte == '*';
    out[static_cast<std::size_t>(byte)] = letter ? kLetter : odd ? kOdd : kGap;
  }
  return out;
}
constexpr auto kClasses = classes();

constexpr unsigned char small(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte | 0x20) : byte;
}

char meant_by(char sign) {
  switch (sign) {
    case '@': return 'a';
    case '$': return 's';
    case '1': return 'i';
    case '3': return 'e';
    case '0': return 'o';
    default: return sign;
  }
}

/// The word without signs around it, stretched letters and stand-ins; empty if nothing is left.
void tidy(std::string& word) {
  word.erase(word.find_last_not_of("'@*") + 1);
  word.erase(0, std::min(word.find_first_not_of("'@*$"), word.size()));
  std::size_t kept = 0;
  for (std::size_t at = 0, end; at < word.size(); at = end) {
    for (end = at + 1; end < word.size() && word[end] == word[at];) ++end;
    const std::size_t copies = end - at >= 3 ? 1 : end - at;
    for (std::size_t i = 0; i < copies; ++i) word[kept++] = word[at];
  }
  word.resize(kept);
  const auto letters =
      static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
  if (word.size() >= 4 && letters * 2 >= word.size() && letters < word.size()) {
    std::transform(word.begin(), word.end(), word.begin(), meant_by);
  } else if (!word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    word = "0";
  }
}

}  // namespace

bool PassageWords::next() {
  while (at_ < text_.size()) {
    const bool word = read_word();
    ends_ = false;
    read_gap();
    if (word) return true;
  }
  return false;
}

/// Hashes as it goes; a word with more than letters in it is collected and hashed again.
bool PassageWords::read_word() {
  const std::size_t begin = at_;
  std::uint64_t hash = kFnvStart;
  bool odd = false;
  int same = 0;
  unsigned char before = 0;
  for (; at_ < text_.size(); ++at_) {
    unsigned char byte = static_cast<unsigned char>(text_[at_]);
    const unsigned char kind = kClasses[byte];
    if (kind == kGap) break;
    if (byte == 0xE2 && text_.size() - at_ >= 3 && text_[at_ + 1] == '\x80') {  // general punctuation
      if (text_[at_ + 2] != '\x99') break;
      odd = true;
      at_ += 2;
      continue;
    }
    byte = small(byte);
    odd |= kind == kOdd;
    same = byte == before ? same + 1 : 0;
    odd |= same >= 2;
    before = byte;
    hash = (hash ^ byte) * kFnvPrime;
  }
  hash_ = hash;
  if (!odd) return at_ > begin;
  word_.clear();
  for (std::size_t at = begin; at < at_; ++at) {
    const bool apostrophe = text_.compare(at, 3, "\xE2\x80\x99") == 0;
    word_.push_back(apostrophe ? '\'' : static_cast<char>(small(static_cast<unsigned char>(text_[at]))));
    if (apostrophe) at += 2;
  }
  tidy(word_);
  hash_ = kFnvStart;
  for (const char byte : word_) hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * kFnvPrime;
  return !word_.empty();
}

void PassageWords::read_gap() {
  while (at_ < text_.size()) {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (kClasses[byte] == kGap) {
      ends_ |= byte == '.' || byte == '!' || byte == '?' || byte == '\n';
      ++at_;
    } else if (byte == 0xE2 && text_.size() - at_ >= 3 && text_[at_ + 1] == '\x80' && text_[at_ + 2] != '\x99') {
      at_ += 3;
    } else {
      return;
    }
  }
}

}  // namespace millpond::curate
