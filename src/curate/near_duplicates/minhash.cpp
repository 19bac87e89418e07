#include "curate/near_duplicates/minhash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>
#include <random>

#include "curate/near_duplicates/minhash_kernel.h"
#include "curate/near_duplicates/plain_text.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
constexpr std::uint64_t kWordBase = 0x9E3779B97F4A7C15u, kRowBase = 0xD6E8FEB86659FD93u;

/// Uniform in [low, high), drawn as numpy's RandomState.randint does for uint64: masked, and again if too large.
std::uint64_t draw(std::mt19937& random, std::uint64_t low, std::uint64_t high) {
  const std::uint64_t range = high - 1 - low;
  while (true) {
    const std::uint64_t upper = random();
    const std::uint64_t value = ((upper << 32) | random()) & kPrime;
    if (value <= range) return low + value;
  }
}

/// A byte of a word in lower case, digits as one; 0 between words. Bytes of other scripts are taken as they are.
constexpr std::array<unsigned char, 256> kFolded = [] {
  std::array<unsigned char, 256> folded{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    folded[static_cast<std::size_t>(c)] = static_cast<unsigned char>(c >= 0x80              ? c
                                                                     : letter               ? c | 32
                                                                     : c >= '0' && c <= '9' ? '0'
                                                                                            : 0);
  }
  return folded;
}();

}  // namespace

std::string MinhashForm::tag() const {
  const std::array<unsigned char, 8> bytes = {'M',
                                              static_cast<unsigned char>(reference ? 'r' : 'f'),
                                              static_cast<unsigned char>(words),
                                              static_cast<unsigned char>(bands),
                                              static_cast<unsigned char>(rows),
                                              static_cast<unsigned char>(seed),
                                              static_cast<unsigned char>(seed >> 8),
                                              static_cast<unsigned char>(seed >> 16 ^ seed >> 24)};
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<std::unique_ptr<Minhasher>> Minhasher::make(const MinhashForm& form) {
  const int values = form.bands * form.rows;
  if (form.words < 1 || form.words > 64) return invalid("words must be from 1 to 64: ", form.words);
  if (form.bands < 1 || form.bands > 255 || form.rows < 1 || form.rows > 255 || values % 16 != 0 || values > 1024) {
    return invalid("bands * rows must be a multiple of 16, up to 1024: ", values).hint("Such as 14 * 8, or 20 * 4.");
  }
  return std::unique_ptr<Minhasher>(new Minhasher(form));
}

Minhasher::Minhasher(const MinhashForm& form) : form_(form) {
  const auto count = static_cast<std::size_t>(form.bands * form.rows);
  std::mt19937 random(form.seed);
  for (std::size_t i = 0; i < count; ++i) a_.push_back(draw(random, 1, kPrime));
  for (std::size_t i = 0; i < count; ++i) b_.push_back(draw(random, 0, kPrime));
  for (std::size_t i = 0; i < count; ++i) {
    narrow_a_.push_back(static_cast<std::uint32_t>(a_[i] >> 20) | 1);
    narrow_b_.push_back(static_cast<std::uint32_t>(b_[i] >> 20));
  }
}

const std::vector<std::uint64_t>& Minhasher::shingles(std::string_view text) {
  plain_.clear(), joined_.clear(), begins_.clear(), ends_.clear(), hashes_.clear();
  append_plain(text, plain_);
  english_.split(plain_, tokens_);
  joined_.reserve(plain_.size() + tokens_.size());
  for (const WordToken& token : tokens_) {
    begins_.push_back(static_cast<std::uint32_t>(joined_.size()));
    joined_.append(plain_, token.begin, token.end - token.begin);
    ends_.push_back(static_cast<std::uint32_t>(joined_.size()));
    joined_ += ' ';
  }
  const auto words = static_cast<std::size_t>(form_.words);
  for (std::size_t i = 0; i + words <= begins_.size(); ++i) {
    hashes_.push_back(XXH64(joined_.data() + begins_[i], ends_[i + words - 1] - begins_[i], 0));
  }
  return hashes_;
}

void Minhasher::narrow_shingles(std::string_view text) {
  narrow_hashes_.clear();
  const auto words = static_cast<std::size_t>(form_.words);
  ring_.assign(words, 0);
  std::uint64_t last_power = 1;
  for (std::size_t i = 0; i < words; ++i) last_power *= kRowBase;
  std::uint64_t row = 0, word = 0;
  std::size_t count = 0, slot = 0;
  const auto finish = [&] {
    row = row * kRowBase + word - ring_[slot] * last_power;
    ring_[slot] = word;
    slot = slot + 1 == words ? 0 : slot + 1;
    word = 0;
    if (++count >= words) narrow_hashes_.push_back(static_cast<std::uint32_t>(((row ^ row >> 31) * kWordBase) >> 32));
  };
  for (const char c : text) {
    const unsigned char folded = kFolded[static_cast<unsigned char>(c)];
    if (folded != 0) {
      word = (word + folded) * kWordBase;
    } else if (word != 0) {
      finish();
    }
  }
  if (word != 0) finish();
}

void Minhasher::sign(std::string_view text, std::string& signature) {
  signature.clear();
  const std::size_t count = a_.size();
  const auto fill = [&](const void* values, std::size_t size_bytes) {
    signature = form_.tag();
    signature.append(static_cast<const char*>(values), size_bytes);
  };
  if (form_.reference) {
    if (shingles(text).empty()) return;
    mins_.assign(count, ~std::uint64_t{0});
    minhash_kernels().prime(hashes_.data(), hashes_.size(), a_.data(), b_.data(), count, mins_.data());
    fill(mins_.data(), count * sizeof(std::uint64_t));
  } else {
    narrow_shingles(text);
    if (narrow_hashes_.empty()) return;
    narrow_mins_.assign(count, ~std::uint32_t{0});
    minhash_kernels().narrow(narrow_hashes_.data(), narrow_hashes_.size(), narrow_a_.data(), narrow_b_.data(), count,
                             narrow_mins_.data());
    fill(narrow_mins_.data(), count * sizeof(std::uint32_t));
  }
}

}  // namespace millpond::curate
