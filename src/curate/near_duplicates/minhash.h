#pragma once
// MinHash signatures of texts (Broder 1997) over rows of words.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"
#include "millpond/status.h"

namespace millpond::curate {

struct MinhashForm {
  bool reference = true;  ///< as datatrove computes it; else a faster form of our own
  int words = 5;          ///< in a row
  int bands = 14, rows = 8;
  std::uint32_t seed = 1;

  /// Bytes that every signature of this form begins with: signatures of different forms are never compared.
  std::string tag() const;
};

/// Computes signatures.
///
/// Shape:   the tag (8 bytes), then bands * rows values, little-endian: 8 bytes each in the reference form, else 4. A
/// text
///          with fewer words than a row has none (empty).
/// Memory:  that of a block of words, whatever the text's size.
/// Threads: one.
class Minhasher {
 public:
  /// Errors: kInvalidArgument if the number of values is none from 16 to 1024 in steps of 16.
  static Result<std::unique_ptr<Minhasher>> make(const MinhashForm& form);
  /// Replaces `signature`.
  void sign(std::string_view text, std::string& signature);
  /// The hashes of the rows of words of `text`, in the reference form.
  const std::vector<std::uint64_t>& shingles(std::string_view text);

  const std::vector<std::uint64_t>& a() const { return a_; }
  const std::vector<std::uint64_t>& b() const { return b_; }

 private:
  explicit Minhasher(const MinhashForm& form);
  void add_words(std::string_view text);
  void forget_words(std::size_t all_but);
  void sign_reference(std::string_view text);
  void sign_narrow(std::string_view text);

  const MinhashForm form_;
  std::vector<std::uint64_t> a_, b_, hashes_, mins_;
  std::vector<std::uint32_t> narrow_a_, narrow_b_, narrow_hashes_, narrow_mins_;
  std::vector<std::uint64_t> ring_;  // hashes of the last words
  EnglishWords english_;
  std::vector<WordToken> tokens_;
  std::string plain_, joined_;
  std::vector<std::uint32_t> begins_, ends_;
  bool signed_ = false;
};

}  // namespace millpond::curate
