#pragma once
// Tokens as training needs them: any tokenizer.json of Hugging Face's `tokenizers`, the same ids.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::model {

/// Turns texts into ids; remembers words that it has met. Threads: one; make one for each.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// Appends the ids of `text`, without those that a template puts around it. Malformed UTF-8 counts as U+FFFD.
  virtual void encode(std::string_view text, std::vector<std::int32_t>& ids) = 0;
};

/// What a tokenizer.json says: normaliser, pre-tokeniser, model (BPE, Unigram, WordPiece, WordLevel), added tokens.
/// Threads: immutable once made.
class TokenizerFile {
 public:
  virtual ~TokenizerFile() = default;

  /// Errors: kNotFound, kInvalidArgument (not a tokenizer.json), kUnsupported with the part that is not covered
  /// (BPE with dropout).
  static Result<std::shared_ptr<const TokenizerFile>> load(const std::string& path);
  static Result<std::shared_ptr<const TokenizerFile>> parse(std::string_view json);

  virtual std::unique_ptr<TextEncoder> encoder() const = 0;
  /// One more than the largest id.
  virtual std::int32_t vocabulary_size() const = 0;
  /// -1: no such token.
  virtual std::int32_t id_of(std::string_view token) const = 0;
  /// What the template puts before and after a text ([CLS] and [SEP], <s>).
  virtual const std::vector<std::int32_t>& before() const = 0;
  virtual const std::vector<std::int32_t>& after() const = 0;
  /// Hash of the file; 32 hex digits.
  virtual const std::string& fingerprint() const = 0;
};

}  // namespace millpond::model
