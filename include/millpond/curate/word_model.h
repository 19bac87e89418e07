#pragma once
// How probable a text is, by a model of words in a row.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// An n-gram model of words, mapped from its file.
///
/// Words stand between white space, a line is a sentence, and its end counts as a word.
/// Source:  Chen and Goodman 1998: Kneser-Ney, modified and interpolated; as KenLM's lmplz, unknown words included.
/// Threads: immutable after `open`.
class WordModel {
 public:
  /// Errors: kNotFound, kIoError, kDataCorrupt.
  static Result<std::shared_ptr<const WordModel>> open(const std::string& path);
  ~WordModel();
  WordModel(const WordModel&) = delete;
  WordModel& operator=(const WordModel&) = delete;

  struct Sum {
    double log10 = 0;        ///< of the product of all probabilities
    std::int64_t words = 0;  ///< ends of sentences included
    std::int64_t unknown = 0;
    double perplexity() const;
  };
  /// Of all lines that are not blank.
  Sum score(std::string_view text) const;

  /// What the model says of a row of words.
  struct Entry {
    float log10 = 0;          ///< of the probability of its last word after the others
    float backoff = 0;        ///< log10 of what is left to rows that were not seen after this one
    std::uint64_t place = 0;  ///< a number of its own, below `places`
  };
  /// `key`: of the row, as in perplexity/word_sequence.h.
  std::optional<Entry> entry(std::uint64_t key) const;
  std::uint64_t places() const { return mask_ + 1; }
  int order() const { return order_; }
  float log10_unknown() const { return unknown_; }

 private:
  WordModel() = default;
  struct Slot;
  const Slot* find(std::uint64_t key) const;
  void score_line(std::string_view line, Sum& sum) const;

  int order_ = 0;
  float unknown_ = 0;
  const Slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
};

/// Trains a model of `order` words at most and writes it to `path`. Discounts are estimated from the counts of counts;
/// where a small corpus does not allow that they are 0.5, 1 and 1.5. Errors: kInvalidArgument (order, no words),
/// kResourceExhausted (beyond the memory budget), kIoError.
Status train_word_model(std::span<const std::string_view> texts, int order, const std::string& path, Context& context);

/// Writes a model as text, in the form that KenLM and SRILM read (ARPA): every row of words that `texts` have, which
/// are those that it was trained on, since the model itself has no words in it. Errors: kInvalidArgument for a text
/// with the word <s>, </s> or <unk>, or a row that the model does not have; kIoError.
Status write_arpa(std::span<const std::string_view> texts, const WordModel& model, const std::string& path,
                  Context& context);

}  // namespace millpond::curate
