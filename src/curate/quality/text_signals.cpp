#include "curate/quality/text_signals.h"

#include <algorithm>
#include <bit>

#include "curate/quality/lines.h"
#include "curate/words/byte_masks.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kBullet = "\u2022", kEllipsis = "\u2026", kDots = "...";

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// "..." and "…" that do not overlap.
std::int64_t ellipses_in(std::string_view text) {
  std::int64_t count = 0;
  std::size_t run = 0, next = 0;
  each_byte(text, '.', [&](std::size_t at) {
    run = at == next ? run + 1 : 1;
    next = at + 1;
    count += run % kDots.size() == 0;
  });
  each_byte(text, kEllipsis.back(), [&](std::size_t at) { count += text.substr(0, at + 1).ends_with(kEllipsis); });
  return count;
}

char32_t last_char(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return decode(text, at);
}

}  // namespace

/// The words that are asked for, found without hashing those that cannot be among them.
class GopherCounter::StopWords {
 public:
  explicit StopWords(const std::vector<std::string>& list) : list_(list) {
    for (const std::string& word : list) keys_.push_back(word_key(word));
    look_for_unseen();
  }
  void see(std::string_view word) {
    if (!(lengths_ >> (word.size() & 63) & firsts_ >> (word[0] & 63) & 1)) return;
    const std::uint64_t key = word_key(word), before = seen_;
    for (std::size_t i = 0; i < list_.size() && i < 64; ++i) {
      if (keys_[i] == key && list_[i] == word) seen_ |= 1ull << i;
    }
    if (seen_ != before) look_for_unseen();
  }
  std::int64_t different() const { return std::popcount(seen_); }

 private:
  void look_for_unseen() {
    lengths_ = firsts_ = 0;
    for (std::size_t i = 0; i < list_.size() && i < 64; ++i) {
      if (list_[i].empty() || (seen_ >> i & 1)) continue;
      lengths_ |= 1ull << (list_[i].size() & 63);
      firsts_ |= 1ull << (list_[i][0] & 63);
    }
  }
  const std::vector<std::string>& list_;
  std::vector<std::uint64_t> keys_;
  std::uint64_t lengths_ = 0, firsts_ = 0, seen_ = 0;  // those not seen yet, by bits of length and first character
};

GopherCounter::GopherCounter(const std::vector<std::string>& stop_words)
    : stops_(std::make_unique<StopWords>(stop_words)) {}
GopherCounter::~GopherCounter() = default;

void GopherCounter::add_words(std::string_view text, const std::vector<WordToken>& words) {
  StopWords& stops = *stops_;
  std::int64_t content_words = 0, content_chars = 0, with_letter = 0;
  for (const WordToken& word : words) {
    const bool content = word.flags & WordToken::kNotSymbol;
    content_words += content;
    content_chars += content ? word.chars : 0;
    with_letter += (word.flags & WordToken::kHasLetter) != 0;
    stops.see(text.substr(word.begin, word.end - word.begin));
  }
  words_ += static_cast<std::int64_t>(words.size());
  content_words_ += content_words, content_chars_ += content_chars, with_letter_ += with_letter;
}

void GopherCounter::add_lines(std::string_view text, std::vector<std::string_view>& lines) {
  each_mask(
      text,
      [](const char* at, std::size_t blocks, std::uint64_t* masks) {
        byte_mask_kernels().equal(at, blocks, '#', masks);
      },
      [&](std::uint64_t mask, std::size_t) { hashes_ += std::popcount(mask); });
  dots_ += ellipses_in(text);
  split_lines(text, lines);
  for (const std::string_view line : lines) {
    const std::string_view from = stripped_left(line);
    bullets_ += from.starts_with(kBullet) || from.starts_with('-');
    const std::string_view until = stripped_right(from);
    ellipses_ += until.ends_with(kDots) || until.ends_with(kEllipsis);
  }
  lines_ += static_cast<std::int64_t>(lines.size());
}

GopherQuality GopherCounter::finish() const {
  GopherQuality found;
  found.words = words_;
  found.content_words = content_words_;
  found.content_word_chars = ratio(content_chars_, content_words_);
  found.letter_word_frac = ratio(with_letter_, words_);
  found.stop_words = stops_->different();
  found.hash_ratio = ratio(hashes_, words_);
  found.ellipsis_ratio = ratio(dots_, words_);
  found.bullet_line_frac = ratio(bullets_, lines_);
  found.ellipsis_line_frac = ratio(ellipses_, lines_);
  return found;
}

GopherQuality gopher_quality_of(std::string_view text, const std::vector<WordToken>& words,
                                const std::vector<std::string>& stop_words, std::vector<std::string_view>& lines) {
  GopherCounter counter(stop_words);
  counter.add_words(text, words);
  counter.add_lines(text, lines);
  return counter.finish();
}

void FinewebLines::add(const std::vector<std::string_view>& all, std::int64_t short_line_chars) {
  const CharClasses& classes = CharClasses::get();
  for (const std::string_view line : all) {
    ended += (classes.of(last_char(line)) & kTerminal) != 0;
    brief += count_chars(line) <= short_line_chars;
  }
  lines += static_cast<std::int64_t>(all.size());
}

FinewebSignals FinewebLines::finish(std::int64_t words, std::int64_t newlines, std::int64_t repeated_chars,
                                    std::int64_t chars) const {
  return {lines, ratio(ended, lines), ratio(brief, lines), ratio(repeated_chars, chars - newlines),
          ratio(newlines, words)};
}

FinewebSignals fineweb_signals_of(std::string_view text, std::int64_t words, std::int64_t short_line_chars,
                                  RepetitionMeter& meter, std::vector<std::string_view>& lines) {
  split_newlines(text, lines);
  const auto newlines = static_cast<std::int64_t>(lines.size()) - 1;
  std::erase_if(lines, [](std::string_view line) { return stripped_left(line).empty(); });
  FinewebLines counted;
  counted.add(lines, short_line_chars);
  return counted.finish(words, newlines, meter.duplicates(lines).chars, count_chars(text));
}

}  // namespace millpond::curate
