// One number for a text, of which similar texts differ in few bits.

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "millpond/operator.h"

namespace millpond::curate {
namespace {

bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 128;
}

/// SimHash (Charikar 2002) over rows of words: each bit is what most rows' hashes have there.
class Simhasher {
 public:
  explicit Simhasher(std::size_t words) : words_(words) {}

  /// False if there is no word.
  bool sign(std::string_view text, std::int64_t& signature) {
    hashes_.clear();
    std::string_view rest = text;
    while (!rest.empty()) {
      std::size_t begin = 0;
      while (begin < rest.size() && !in_word(rest[begin])) ++begin;
      std::size_t end = begin;
      word_.clear();
      for (; end < rest.size() && in_word(rest[end]); ++end) {
        const char c = rest[end];
        word_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      }
      if (end > begin) hashes_.push_back(XXH3_64bits(word_.data(), word_.size()));
      rest.remove_prefix(end);
    }
    if (hashes_.empty()) return false;
    std::array<std::int32_t, 64> ones{};
    const std::size_t length = std::min(words_, hashes_.size());
    const auto rows = static_cast<std::int32_t>(hashes_.size() - length + 1);
    for (std::size_t i = 0; i + length <= hashes_.size(); ++i) {
      const std::uint64_t row = XXH3_64bits(hashes_.data() + i, length * sizeof(std::uint64_t));
      for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<std::int32_t>(row >> bit & 1);
    }
    std::uint64_t bits = 0;
    for (std::size_t bit = 0; bit < 64; ++bit) bits |= static_cast<std::uint64_t>(2 * ones[bit] > rows) << bit;
    signature = static_cast<std::int64_t>(bits);
    return true;
  }

 private:
  const std::size_t words_;
  std::vector<std::uint64_t> hashes_;
  std::string word_;
};

class SimhashOperator final : public Operator {
 public:
  explicit SimhashOperator(std::size_t words) : hasher_(words) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      Row added = out.emit(row);
      std::int64_t signature = 0;
      if (hasher_.sign(text[row], signature)) added.set("simhash", signature);
    }
    return {};
  }

 private:
  Simhasher hasher_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::int64_t words = options.integer("words");
  if (words < 1 || words > 100) return invalid("`words` must be from 1 to 100: ", words);
  return std::make_unique<SimhashOperator>(static_cast<std::size_t>(words));
}

}  // namespace

MILLPOND_OPERATOR(simhash) = {
    .name = "simhash",
    .summary = "Signs text with SimHash, 64 bits in one number, for `dedup_hamming`. Texts without words have none.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"simhash", int64()}},
    .options = {{"words", 3, "Words in a row that are hashed together; case and punctuation do not count."}},
    .make = make,
};

}  // namespace millpond::curate
