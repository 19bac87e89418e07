#include "chunk/cut.h"

#include <algorithm>

#include "chunk/sentence.h"

namespace millpond::chunk {
namespace {

class Cutter {
 public:
  Cutter(const Document& document, std::int32_t element, const std::function<void(const Piece&)>& take)
      : tokenizer_(*document.tokenizer),
        element_(document.elements[element]),
        measured_(document.measured[element]),
        index_(element),
        text_(element_.text),
        take_(take) {
    // 32 bytes leave room for a bullet or a line break.
    tokens_max_ = document.rules.tokens_max - measured_.header_tokens - (measured_.bullet ? 1 : 0);
    bytes_max_ = static_cast<std::uint32_t>(document.bytes_max()) - measured_.header.size() - 32;
  }

  /// Code between its blank lines; blocks that are too long at lines.
  void cut_blocks() {
    const std::string_view text = text_.substr(0, measured_.body.end);
    for (std::uint32_t at = measured_.body.begin; at < text.size();) {
      std::size_t end = text.find("\n\n", at + 1);
      // A blank line inside a body of code parts less than one at its left edge.
      while (end != text.npos && end + 2 < text.size() && (text[end + 2] == ' ' || text[end + 2] == '\t') &&
             end - at < bytes_max_ / 2) {
        end = text.find("\n\n", end + 2);
      }
      const auto stop = static_cast<std::uint32_t>(std::min(end, text.size()));
      ByteRange block = trim(text_, {at, stop});
      block.begin = indentation(at, block.begin);
      at = stop;
      if (block.empty()) continue;
      if (block.size() <= bytes_max_ && count(block) <= tokens_max_)
        take(block, count(block));
      else
        cut_lines(block);
    }
  }

  void cut_lines(ByteRange block) {
    for (std::uint32_t at = block.begin; at < block.end;) {
      const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(text_.find('\n', at + 1), block.end));
      ByteRange line = trim(text_, {at, end});
      line.begin = indentation(at, line.begin);
      if (!line.empty()) cut_unit(line);
      at = end;
    }
  }

  void cut_units() {
    const bool lines = element_.kind == Kind::kTable || element_.kind == Kind::kCode;
    const std::string_view text = text_.substr(0, measured_.body.end);
    for (std::uint32_t at = measured_.body.begin; at < text.size();) {
      const std::uint32_t end =
          lines ? static_cast<std::uint32_t>(std::min(text.find('\n', at + 1), text.size())) : sentence_end(text, at);
      ByteRange unit = trim(text_, {at, end});
      if (element_.kind == Kind::kCode) unit.begin = indentation(at, unit.begin);
      if (!unit.empty()) cut_unit(unit);
      at = end;
    }
  }

  void cut_words(ByteRange range);

 private:
  std::int32_t count(ByteRange range) const { return static_cast<std::int32_t>(tokenizer_.count(sub(text_, range))); }
  void take(ByteRange range, std::int32_t tokens, bool cut_word = false) {
    if (measured_.bullet && range.begin == measured_.body.begin) ++tokens;
    take_({index_, range, tokens, cut_word});
  }
  void cut_unit(ByteRange unit) {
    if (unit.size() <= bytes_max_) {
      const std::int32_t tokens = count(unit);
      if (tokens <= tokens_max_) return take(unit, tokens);
    }
    cut_words(unit);
  }
  /// The beginning of the blanks before `begin`, on the same line and not before `from`.
  std::uint32_t indentation(std::uint32_t from, std::uint32_t begin) const {
    while (begin > from && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) --begin;
    return begin;
  }
  std::uint32_t window_end(ByteRange range) const;
  void cut_window(ByteRange window, std::span<const model::Word> words);
  void cut_code_points(ByteRange range);

  const model::Tokenizer& tokenizer_;
  const Element& element_;
  const Measured& measured_;
  const std::int32_t index_;
  const std::string_view text_;
  const std::function<void(const Piece&)>& take_;
  std::int32_t tokens_max_;
  std::uint32_t bytes_max_;
  std::vector<model::Word> words_;
};

/// Whether a chunk may end before this word.
bool breakable(const model::Word& before, const model::Word& word) {
  return word.spaced || (word.ideograph && before.ideograph);
}

std::uint32_t Cutter::window_end(ByteRange range) const {
  if (range.size() <= bytes_max_) return range.end;
  std::uint32_t end = range.begin + bytes_max_;
  while (end > range.begin + 1 && is_continuation(text_[end])) --end;
  return end;
}

void Cutter::cut_words(ByteRange range) {
  while (!range.empty()) {
    const ByteRange window{range.begin, window_end(range)};
    words_.clear();
    tokenizer_.words(sub(text_, window), words_);
    for (model::Word& word : words_) word.begin += window.begin, word.end += window.begin;
    if (window.end < range.end && words_.size() == 1 && words_[0].begin > window.begin) {
      range.begin = words_[0].begin;  // behind characters that the model does not see: the word may well fit
      continue;
    }
    std::size_t kept = words_.size();
    if (window.end < range.end && kept > 1) {
      // The window may have cut its last word: leave that to the next one, from where a chunk may begin if possible.
      kept = words_.size() - 1;
      while (kept > 0 && !breakable(words_[kept - 1], words_[kept])) --kept;
      // Without such a place, stay clear of a special token's name, which is up to three words when it is cut.
      if (kept == 0) kept = words_.size() > 4 ? words_.size() - 4 : 1;
    }
    if (window.end < range.end && kept == words_.size()) {  // one word, longer than a chunk may be
      const ByteRange part = trim(text_, window);
      if (!part.empty()) cut_code_points(part);
      range.begin = window.end;
      continue;
    }
    const std::uint32_t end = kept < words_.size() ? words_[kept].begin : window.end;
    cut_window({window.begin, end}, std::span(words_).first(kept));
    range.begin = end;
  }
}

void Cutter::cut_window(ByteRange window, std::span<const model::Word> words) {
  for (std::size_t first = 0; first < words.size();) {
    std::size_t last = first + 1;
    std::int32_t tokens = words[first].tokens;
    while (last < words.size() && !breakable(words[last - 1], words[last])) tokens += words[last++].tokens;
    // What stands between two words (white space, marks that vanish) belongs to the first of them.
    const auto begin_of = [&](std::size_t i) { return i == 0 ? window.begin : words[i].begin; };
    const auto end_of = [&](std::size_t i) { return i == words.size() ? window.end : words[i].begin; };
    if (tokens <= tokens_max_) {
      take(trim(text_, {begin_of(first), end_of(last)}), tokens);
    } else {
      for (std::size_t i = first; i < last; ++i) {
        const ByteRange part = trim(text_, {begin_of(i), end_of(i + 1)});
        if (words[i].tokens <= tokens_max_) {
          take(part, words[i].tokens);
        } else {
          cut_code_points(part);
        }
      }
    }
    first = last;
  }
}

void Cutter::cut_code_points(ByteRange range) {
  while (!range.empty()) {
    std::uint32_t end = window_end(range);
    std::int32_t tokens = count({range.begin, end});
    // Counts do not grow steadily with the length (a word of 101 letters is one token), so halve until it fits.
    // One code point fits any budget that `make` accepts.
    while (tokens > tokens_max_ && end - range.begin > 4) {
      end = range.begin + (end - range.begin) / 2;
      for (int i = 0; i < 3 && is_continuation(text_[end]); ++i) ++end;
      tokens = count({range.begin, end});
    }
    take({range.begin, end}, tokens, /*cut_word=*/true);
    range.begin = end;
  }
}

}  // namespace

void cut(const Document& document, std::int32_t element, Grain grain, const std::function<void(const Piece&)>& take) {
  Cutter cutter(document, element, take);
  const bool lines = document.elements[element].kind == Kind::kTable || document.elements[element].kind == Kind::kCode;
  if (grain == Grain::kWords && !lines) {
    cutter.cut_words(document.measured[element].body);
  } else if (document.rules.mode == Mode::kCode && document.elements[element].kind == Kind::kCode) {
    cutter.cut_blocks();
  } else {
    cutter.cut_units();
  }
}

}  // namespace millpond::chunk
