#include "curate/near_duplicates/minhash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "curate/near_duplicates/minhash_kernel.h"
#include "curate/near_duplicates/plain_text.h"
#include "curate/words/text_blocks.h"

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

void Minhasher::add_words(std::string_view text) {
  plain_.clear();
  append_plain(text, plain_);
  english_.split(plain_, tokens_);
  joined_.reserve(joined_.size() + plain_.size() + tokens_.size());
  for (const WordToken& token : tokens_) {
    begins_.push_back(static_cast<std::uint32_t>(joined_.size()));
    joined_.append(plain_, token.begin, token.end - token.begin);
    ends_.push_back(static_cast<std::uint32_t>(joined_.size()));
    joined_ += ' ';
  }
  hashes_.clear();
  const auto words = static_cast<std::size_t>(form_.words);
  for (std::size_t i = 0; i + words <= begins_.size(); ++i) {
    hashes_.push_back(XXH64(joined_.data() + begins_[i], ends_[i + words - 1] - begins_[i], 0));
  }
}

void Minhasher::forget_words(std::size_t all_but) {
  const std::size_t gone = begins_.size() - std::min(begins_.size(), all_but);
  if (gone == 0) return;
  const std::uint32_t bytes = gone == begins_.size() ? static_cast<std::uint32_t>(joined_.size()) : begins_[gone];
  joined_.erase(0, bytes);
  for (auto* places : {&begins_, &ends_}) {
    places->erase(places->begin(), places->begin() + static_cast<std::ptrdiff_t>(gone));
    for (std::uint32_t& place : *places) place -= bytes;
  }
}

const std::vector<std::uint64_t>& Minhasher::shingles(std::string_view text) {
  forget_words(0);
  add_words(text);
  return hashes_;
}

void Minhasher::sign_reference(std::string_view text) {
  mins_.assign(a_.size(), ~std::uint64_t{0});
  forget_words(0);
  signed_ = false;
  TextBlocks blocks(text, CutAt::kWords, text.size() > kBlockedTextBytes ? kBlockBytes : text.size());
  while (const auto block = blocks.next()) {
    add_words(*block);
    if (!hashes_.empty()) {
      signed_ = true;
      minhash_kernels().prime(hashes_.data(), hashes_.size(), a_.data(), b_.data(), a_.size(), mins_.data());
    }
    forget_words(static_cast<std::size_t>(form_.words) - 1);
  }
}

void Minhasher::sign_narrow(std::string_view text) {
  narrow_mins_.assign(a_.size(), ~std::uint32_t{0});
  signed_ = false;
  const auto words = static_cast<std::size_t>(form_.words);
  ring_.assign(words, 0);
  std::uint64_t last_power = 1;
  for (std::size_t i = 0; i < words; ++i) last_power *= kRowBase;
  std::uint64_t row = 0, word = 0;
  std::size_t count = 0, slot = 0;
  narrow_hashes_.clear();
  const auto flush = [&] {
    if (narrow_hashes_.empty()) return;
    signed_ = true;
    minhash_kernels().narrow(narrow_hashes_.data(), narrow_hashes_.size(), narrow_a_.data(), narrow_b_.data(),
                             a_.size(), narrow_mins_.data());
    narrow_hashes_.clear();
  };
  const auto finish = [&] {
    row = row * kRowBase + word - ring_[slot] * last_power;
    ring_[slot] = word;
    slot = slot + 1 == words ? 0 : slot + 1;
    word = 0;
    if (++count >= words) narrow_hashes_.push_back(static_cast<std::uint32_t>(((row ^ row >> 31) * kWordBase) >> 32));
  };
  for (; !text.empty(); text.remove_prefix(std::min(kBlockBytes, text.size()))) {
    for (const char c : text.substr(0, kBlockBytes)) {
      const unsigned char folded = kFolded[static_cast<unsigned char>(c)];
      if (folded != 0) {
        word = (word + folded) * kWordBase;
      } else if (word != 0) {
        finish();
      }
    }
    flush();
  }
  if (word != 0) finish();
  flush();
}

void Minhasher::sign(std::string_view text, std::string& signature) {
  signature.clear();
  if (form_.reference) {
    sign_reference(text);
  } else {
    sign_narrow(text);
  }
  if (!signed_) return;
  signature = form_.tag();
  if (form_.reference) {
    signature.append(reinterpret_cast<const char*>(mins_.data()), mins_.size() * sizeof mins_[0]);
  } else {
    signature.append(reinterpret_cast<const char*>(narrow_mins_.data()), narrow_mins_.size() * sizeof narrow_mins_[0]);
  }
}

}  // namespace millpond::curate
