#pragma once
// WordPiece tokens of BERT-style uncased models, equal to the reference `tokenizers` package code point by code point.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::model {

/// Where a token lies in the text. Units: bytes, half-open.
struct TokenSpan {
  std::uint32_t begin = 0, end = 0;
};

/// A pre-token: a word, a punctuation mark, an ideograph or a special token; tokens never cross its edges.
struct Word {
  std::uint32_t begin = 0, end = 0;  ///< bytes, half-open
  std::uint16_t tokens = 0;          ///< 1 to 100
  bool spaced = false;               ///< white space stands before it
  bool ideograph = false;            ///< a CJK character, which is a word by itself
};

/// Turns text into the ids of an embedding model.
///
/// Shape:   ids come without the leading `cls()` and trailing `sep()`.
/// Input:   any bytes below 4 GiB; a malformed UTF-8 sequence counts as U+FFFD, which the model's rules drop.
/// Rules:   white space, control and private-use characters, CJK spacing, decomposition, accents, lower case,
///          punctuation, then the longest match from the left; a word of more than 100 code points, or with a part
///          that the vocabulary lacks, is one `unk()`. The literal names of special tokens ("[SEP]") in the text
///          become those tokens, as in the reference.
/// Threads: immutable after `load`; every method may be called from several threads at once.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Reads vocab.txt, and when present tokenizer_config.json, special_tokens_map.json and sentence_bert_config.json.
  /// Errors: kNotFound (no vocab.txt), kInvalidArgument (broken vocabulary or settings), kUnsupported (a cased model).
  static Result<std::shared_ptr<const Tokenizer>> load(const std::string& folder);
  /// What `load(folder)->fingerprint()` would say, without building the tables. Errors: as `load`.
  static Result<std::string> fingerprint_of(const std::string& folder);

  /// Appends the ids of `text`.
  virtual void encode(std::string_view text, std::vector<std::int32_t>& ids) const = 0;
  /// Appends ids, and for each the bytes of `text` that its characters came from.
  virtual void encode_with_offsets(std::string_view text, std::vector<std::int32_t>& ids,
                                   std::vector<TokenSpan>& spans) const = 0;
  /// The number of ids that `encode` appends, several times faster. Counts add up over white space:
  /// count(a + " " + b) = count(a) + count(b).
  virtual std::int64_t count(std::string_view text) const = 0;
  /// Appends the pre-tokens of `text` with their token counts, which add up to `count(text)`.
  virtual void words(std::string_view text, std::vector<Word>& words) const = 0;

  virtual std::int32_t cls() const = 0;
  virtual std::int32_t sep() const = 0;
  virtual std::int32_t pad() const = 0;
  virtual std::int32_t unk() const = 0;
  virtual std::int32_t vocabulary_size() const = 0;
  /// Tokens that the model was made for, `cls()` and `sep()` included.
  virtual std::int32_t max_length() const = 0;
  /// Hash of the vocabulary and of every setting that decides ids; 32 hex digits.
  virtual std::string fingerprint() const = 0;
};

/// Tokenizers by their model's name (`find_model`), each loaded once. A service of `Context`.
/// Threads: `get` may be called from any thread.
class Tokenizers {
 public:
  Result<std::shared_ptr<const Tokenizer>> get(const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Tokenizer>> loaded_;
};

}  // namespace millpond::model
