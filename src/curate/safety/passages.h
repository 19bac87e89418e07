#pragma once
// The words of a text as the safety signals see them, in passages.

#include <cstdint>
#include <string>
#include <string_view>

namespace millpond::curate {

/// Takes the words of a text one by one.
///
/// A word is a run of ASCII letters and digits, bytes from 0x80 on, and the signs ' @ $ * that stand in for letters; in
/// small letters, without these signs around it. Three equal bytes in a row count as one ("soooo"), and in words of
/// letters for the most part @ $ 1 3 0 are read as a s i e o. A number is "0".
class PassageWords {
 public:
  explicit PassageWords(std::string_view text) : text_(text) {}

  /// False behind the last word.
  bool next();
  std::uint64_t hash() const { return hash_; }  ///< of the word; FNV-1a
  bool sentence_ends() const { return ends_; }  ///< a full stop, ! ? or line break comes before the next word

 private:
  bool read_word();
  void read_gap();
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t hash_ = 0;
  bool ends_ = false;
  std::string word_;
};

}  // namespace millpond::curate
