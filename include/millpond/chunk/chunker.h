#pragma once
// Splits documents into passages that fit a token budget, along their structure. The rules: docs/formats/chunks.md.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/model/tokenizer.h"
#include "millpond/status.h"

namespace millpond::chunk {

/// What splitting needs to know about an element's kind.
enum class Kind : unsigned char {
  kText,      ///< split at sentences
  kTitle,     ///< begins a section
  kListItem,  ///< as text, behind a bullet
  kTable,     ///< split at rows; the first row is the header
  kCode,      ///< split at lines
  kFigure,    ///< as text
  kCaption,   ///< as text, in one chunk with its figure or table if both fit
  kSkipped    ///< page headers, footers and breaks: in no chunk
};
Kind kind_from_name(std::string_view name);  ///< of the `kind` field of `elements`; kText if unknown

/// A rectangle on a page. Units: as in `elements`. Empty where the format has no geometry.
struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool empty() const { return x1 <= x0 || y1 <= y0; }
};
struct PageBox {
  std::int32_t page = 0;
  Box box;
};

/// One element of a document, whose text lies elsewhere.
struct Element {
  Kind kind = Kind::kText;
  std::int32_t level = 0;  ///< titles: 1 is the highest; list items: nesting from 1
  std::string_view text;
  std::int32_t page = 0;
  Box box;
};

/// Where chunks end.
enum class Mode : unsigned char {
  kStructure,     ///< sections, then elements, then sentences, then words
  kSentence,      ///< fills the budget with sentences, across sections
  kFixed,         ///< fills the budget with words, across sections
  kRecursive,     ///< fills the budget with elements, across sections; cuts only those that are too long
  kPage,          ///< as kRecursive, and at each page's end
  kTitle,         ///< as kStructure, but no section is joined with another
  kTableRows,     ///< as kStructure, and each row of a table is a chunk with the header row before it
  kCode,          ///< as kStructure, and long code is cut between its blocks
  kSemantic,      ///< fills the budget with sentences and ends where the meaning changes most
  kHierarchical,  ///< chunks of four times the budget, each followed by those that it consists of
  kContextual     ///< as kStructure, with the title and the headings in front of the text
};
std::optional<Mode> mode_from_name(std::string_view name);  ///< "structure", "table_rows" …
std::span<const std::string_view> mode_names();             ///< in the order of `Mode`

/// Computes for each text but the last how near its meaning is to that of the next one, from -1 to 1.
using Likeness = std::function<Status(std::span<const std::string> texts, std::vector<float>& to_next)>;

struct Rules {
  Mode mode = Mode::kStructure;
  std::int32_t tokens_max = 256;
  std::int32_t tokens_min = 64;
  std::int32_t tokens_overlap = 0;
};

/// Bytes of text that a token of budget stands for at most. Words that a vocabulary lacks are one token however long
/// they are; this bounds a chunk of them (base64, for example). Plain prose needs 4 to 6.
constexpr std::int32_t kBytesPerTokenMax = 32;

struct Chunk {
  std::string text;
  std::vector<std::string> heading_path;             ///< titles above, from the highest; without the document's
  std::int32_t first_element = 0, last_element = 0;  ///< both included
  std::int32_t first_char = 0;                       ///< code points of the first element's text before the chunk
  std::int32_t last_char = 0;                        ///< code points of the last element's text up to the chunk's end
  std::int32_t first_page = 0, last_page = 0;        ///< both included; 0 where the format has no pages
  std::vector<std::int32_t> titles;                  ///< code points of `text` before each title that stands in it
  std::vector<PageBox> boxes;                        ///< in reading order
  std::int32_t parent = -1;                          ///< kHierarchical: which chunk (from 0) this one is a part of
  std::int32_t tokens = 0;                           ///< equals the tokenizer's count of `text`; at most `tokens_max`
};

/// Threads: immutable; `split` may be called from several threads at once.
class Chunker {
 public:
  /// Errors: kInvalidArgument for rules that contradict each other.
  static Result<Chunker> make(std::shared_ptr<const model::Tokenizer> tokenizer, const Rules& rules);

  /// Needed for Mode::kSemantic alone.
  void set_likeness(Likeness likeness) { likeness_ = std::move(likeness); }

  /// Calls `sink` for each chunk, in reading order; the chunk is reused after the call. An error of the sink ends it.
  /// `title` is the document's: a title element that repeats it is left out of the heading paths.
  Status split(std::span<const Element> elements, std::string_view title,
               const std::function<Status(const Chunk&)>& sink) const;

 private:
  Chunker(std::shared_ptr<const model::Tokenizer> tokenizer, const Rules& rules)
      : tokenizer_(std::move(tokenizer)), rules_(rules) {}
  std::shared_ptr<const model::Tokenizer> tokenizer_;
  Rules rules_;
  Likeness likeness_;
};

/// The part of an element's text between two code point positions, as `first_char` and `last_char` count them.
/// Positions beyond the end mean the end.
std::string_view slice(std::string_view text, std::int32_t first_char, std::int32_t last_char);

}  // namespace millpond::chunk
