#pragma once
// A text as sentences and words, for the steps that say what it is about.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "curate/enrich/stop_words.h"

namespace millpond::curate {

struct TextWord {
  std::uint32_t begin = 0, end = 0;  ///< bytes of the text
  std::uint32_t sentence = 0;
  std::uint32_t term = 0;  ///< of `TextWords::terms`
  bool joined = false;     ///< nothing but white space between it and the word before, in the same sentence
  bool capital = false;    ///< begins in upper case and goes on in lower case, not at the beginning of a sentence
  bool acronym = false;    ///< two letters or more, all in upper case
  bool stop = false;       ///< a small word: of the language's list, or of one or two letters
  bool number = false;     ///< has a digit and no letter, or digits and letters mixed
};

/// Units: bytes, half-open.
struct TextSpan {
  std::uint32_t begin = 0, end = 0;
};

/// Shape:   a word is a run of letters, marks and digits, with - ' . between them ("data-driven", "node.js"), and
///          the + and # of "C++" and "C#"; Chinese and Japanese by ICU's dictionary. Terms are words in lower case,
///          an English plural without its s.
/// Threads: one; `read` again uses the same memory.
class TextWords {
 public:
  /// With a `language` that there is no list of stop words for, or with none that fits, only short words stop.
  void read(std::string_view text, std::string_view language = "auto");

  std::vector<TextWord> words;
  std::vector<TextSpan> sentences;  ///< only those with a word; without the white space around them
  std::vector<std::string> terms;
  const StopWords* stop_words = nullptr;

 private:
  void read_sentence(std::string_view text, TextSpan sentence);
  void add_word(std::string_view text, TextSpan span, bool joined);

  std::unordered_map<std::string, std::uint32_t> ids_;
  std::string lower_;
};

}  // namespace millpond::curate
