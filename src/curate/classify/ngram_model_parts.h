#pragma once
// A model in the form in which it is read: rows as floats, a dictionary, and where the row of an n-gram is.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curate/classify/label_tree.h"
#include "curate/classify/ngram_file.h"
#include "curate/classify/row_sums.h"
#include "millpond/curate/ngram_model.h"

namespace millpond::curate {

inline constexpr std::string_view kLabelPrefix = "__label__", kLineEnd = "</s>";

/// FNV-1a over bytes as signed numbers: fastText's hash of words and n-grams.
inline constexpr std::uint32_t kHashBasis = 2166136261U;
inline std::uint32_t hash_byte(std::uint32_t hash, char byte) {
  return (hash ^ static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(byte)))) * 16777619U;
}

/// Finds a dictionary's entries by their text.
class WordIds {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  /// Words have the ids 0.., labels those after them.
  WordIds(const std::vector<std::string_view>& words, const std::vector<std::string_view>& labels);
  std::uint32_t find(std::string_view text, std::uint32_t hash) const {
    for (std::size_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
      const std::uint32_t id = slots_[slot];
      if (id == kNone || texts_[id] == text) return id;
    }
  }

 private:
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> slots_;
  std::size_t mask_ = 0;
};

/// The remainder of 32-bit numbers by a divisor that stays the same, without a division.
class FixedRemainder {
 public:
  explicit FixedRemainder(std::uint32_t divisor)
      : divisor_(divisor), inverse_(divisor == 0 ? 0 : UINT64_MAX / divisor + 1) {}
  std::uint32_t of(std::uint32_t value) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint32_t>((Wide{inverse_ * value} * divisor_) >> 64);
  }
  std::uint32_t of_wide(std::uint64_t value) const { return static_cast<std::uint32_t>(value % divisor_); }

 private:
  std::uint32_t divisor_;
  std::uint64_t inverse_;
};

struct NgramModel::Impl {
  explicit Impl(const NgramFile& file);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Makes row numbers of the buckets of n-grams; those without a row fall out.
  void rows_of_buckets(const RowKernels& kernels, std::vector<std::uint32_t>& ids, std::size_t from) const {
    std::size_t count = ids.size() - from;
    if (pruned) {
      count = kernels.keep_set(bits.data(), ids.data() + from, count);
      ids.resize(from + count);
      for (std::uint32_t* id = ids.data() + from; id != ids.data() + from + count; ++id) {
        const std::uint64_t before = (std::uint64_t{1} << (*id % 64)) - 1;
        *id = rows_before[*id / 64] + static_cast<std::uint32_t>(kernels.count_bits(bits[*id / 64] & before));
      }
    }
    for (std::size_t i = 0; i < count; ++i) ids[from + i] += words;
  }

  std::int32_t word_ngrams, chars_min, chars_max;
  NgramLoss loss;
  std::uint32_t words;
  std::size_t width;
  bool pruned;
  FixedRemainder buckets;
  WordIds ids;
  std::vector<std::string> labels;
  LabelTree tree;     ///< of hierarchical softmax
  const char* input;  ///< rows of `width` floats, unaligned
  const char* output;

 private:
  void decode_input(const NgramFile& file);
  // Rows of a pruned model stand in the order of their buckets: a bit says whether a bucket has one, and the number of
  // bits before it which.
  std::vector<std::uint64_t> bits;
  std::vector<std::uint32_t> rows_before;  ///< those of the words of `bits` before
  std::vector<float> decoded_input, decoded_output;

 public:
  void* mapping = nullptr;
  std::size_t mapping_bytes = 0;
};

}  // namespace millpond::curate
