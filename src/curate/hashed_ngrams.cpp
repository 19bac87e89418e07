#include "curate/hashed_ngrams.h"

#include <openssl/sha.h>
#include <unicode/uchar.h>
#include <xxhash.h>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kKnown = std::size_t{1} << 20;

void put_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// Letters, marks, digits and what joins words: `\w` of Unicode's rules for regular expressions (UTS 18).
bool in_word(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  const auto point = static_cast<UChar32>(c);
  return (U_MASK(u_charType(point)) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 || u_isUAlphabetic(point) ||
         u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL);
}

bool is_space(char32_t c) {
  return c < 0x80 ? c == ' ' || (c >= '\t' && c <= '\r') : u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

/// The digest as one big number, modulo `buckets`.
std::uint16_t sha256_bucket(std::string_view text, std::uint32_t buckets) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::uint64_t rest = 0;
  for (const unsigned char byte : digest) rest = (rest << 8 | byte) % buckets;
  return static_cast<std::uint16_t>(rest);
}

}  // namespace

HashedNgrams::HashedNgrams(int words_max, std::uint32_t buckets)
    : words_max_(words_max), buckets_(buckets), known_keys_(kKnown), known_(kKnown) {}

void HashedNgrams::split(std::string_view text) {
  lower_.clear(), begins_.clear(), sizes_.clear(), hashes_.clear();
  enum class Kind { kSpace, kWord, kOther } kind = Kind::kSpace;
  std::size_t begin = 0;
  const auto end_word = [&] {
    if (kind == Kind::kSpace) return;
    begins_.push_back(begin);
    sizes_.push_back(lower_.size() - begin);
    hashes_.push_back(XXH3_64bits(lower_.data() + begin, lower_.size() - begin));
  };
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = decode(text, at);
    c = c < 0x80 ? (c >= 'A' && c <= 'Z' ? c + 32 : c) : static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    const Kind next = in_word(c) ? Kind::kWord : is_space(c) ? Kind::kSpace : Kind::kOther;
    if (next != kind) {
      end_word();
      begin = lower_.size();
      kind = next;
    }
    if (next != Kind::kSpace) put_utf8(c, lower_);
  }
  end_word();
}

std::uint16_t HashedNgrams::bucket(std::size_t first, std::size_t words, std::uint64_t key) {
  const std::size_t slot = key & (kKnown - 1);
  if (known_keys_[slot] == key) return known_[slot];
  joined_ = word(first);
  for (std::size_t i = 1; i < words; ++i) joined_.append(" ").append(word(first + i));
  known_keys_[slot] = key;
  return known_[slot] = sha256_bucket(joined_, buckets_);
}

void HashedNgrams::buckets_of(std::string_view text, std::vector<std::uint16_t>& out) {
  out.clear();
  split(text);
  for (std::size_t words = 1; words <= static_cast<std::size_t>(words_max_); ++words) {
    for (std::size_t first = 0; first + words <= hashes_.size(); ++first) {
      std::uint64_t key = hashes_[first] | 1;  // 0 stands for nothing known
      if (words > 1) key = XXH3_64bits(&hashes_[first], words * sizeof hashes_[0]) | 1;
      out.push_back(bucket(first, words, key));
    }
  }
}

}  // namespace millpond::curate
