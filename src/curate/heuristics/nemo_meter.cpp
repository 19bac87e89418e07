#include "curate/heuristics/nemo_meter.h"

#include <algorithm>

#include "curate/quality/lines.h"
#include "curate/words/byte_hash.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::array<std::string_view, 6> kEllipses = {"...", "[...]", "\u2026", "(...)", "[\u2026]", "-\u00BB"};
constexpr std::array<std::string_view, 8> kCommonWords = {"the", "be", "to", "of", "and", "that", "have", "with"};
constexpr std::array<std::string_view, 12> kBullets = {"\u2022", "\u2023", "\u2043", "\u204C", "\u204D", "\u2219",
                                                       "\u25CB", "\u25CF", "\u25D8", "\u25E6", "\u29BE", "\u29BF"};
/// Every phrase has one of these words in it.
constexpr std::array<std::string_view, 4> kSigns = {"cookie", "privacy", "terms of use", "lorem ipsum"};
/// In lower case. NeMo's list has three longer ones that hold one of these anyway.
constexpr std::array<std::string_view, 12> kPhrases = {
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "privacy overview",
    "use of cookies",
    "use cookies",
    "privacy & cookies policy",
    "privacy and cookies policy",
    "necessary cookies are absolutely essential for the website to function properly. this category only includes "
    "cookies that ensures basic functionalities and security features of the website. these cookies do not store any "
    "personal information.",
    "any cookies that may not be particularly necessary for the website to function and is used specifically to "
    "collect user personal data via analytics, ads, other embedded contents are termed as non-necessary cookies. it "
    "is mandatory to procure user consent prior to running these cookies on your website.",
    "if you continue to browse this site without changing your cookie settings, you agree to this use. acceptread "
    "more"};

double ratio(std::int64_t part, std::int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

bool in_url(unsigned char c) {
  static constexpr std::array<bool, 256> kIn = [] {
    std::array<bool, 256> in{};
    for (const char c : std::string_view("$-_@.&+/:=?#~!*(),")) in[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) in[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) in[c] = in[c - 32] = true;
    return in;
  }();
  return kIn[c];
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

/// The end of the address that begins at `at` with "http"; `at` if it is none.
std::size_t url_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 4;
  if (end < text.size() && text[end] == 's') ++end;
  if (text.substr(end, 3) != "://") return at;
  const std::size_t begin = end += 3;
  while (end < text.size()) {
    if (in_url(static_cast<unsigned char>(text[end]))) {
      ++end;
    } else if (text[end] == '%' && end + 2 < text.size() && is_hex(text[end + 1]) && is_hex(text[end + 2])) {
      end += 3;
    } else {
      break;
    }
  }
  return end > begin ? end : at;
}

/// Is an ellipsis, or consists mostly of separate `#`.
bool is_symbol(std::string_view word, std::int64_t chars, bool has_letter) {
  std::int64_t hashes = 0;
  for (std::size_t i = 0; i < word.size(); ++i) hashes += word[i] == '#' && (i == 0 || word[i - 1] != '#');
  if (ratio(hashes, chars) > 0.5) return true;
  return !has_letter && std::find(kEllipses.begin(), kEllipses.end(), word) != kEllipses.end();
}

bool ends_with_ellipsis(std::string_view line) {
  for (const std::string_view mark : kEllipses) {
    if (line.ends_with(mark)) return true;
  }
  if (line.ends_with("..")) line.remove_suffix(2);
  constexpr std::string_view kMore = "read more";
  if (line.empty() || (line.back() | 32) != 'e') return false;
  std::string lower;
  for (const char c : line.substr(line.size() < kMore.size() ? 0 : line.size() - kMore.size())) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  }
  return lower == kMore;
}

}  // namespace

NemoSignals NemoMeter::measure(std::string_view text) {
  NemoSignals found;
  measure_chars(text, found);
  measure_words(text, found);
  measure_lines(text, found);
  measure_paragraphs(text, found);
  measure_repeats(text, found);
  return found;
}

void NemoMeter::measure_chars(std::string_view text, NemoSignals& found) {
  counts_.count(text);
  const std::int64_t chars = counts_.chars();
  if (chars == 0) return;
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\n?!,.";
  found.non_alnum_frac = ratio(chars - counts_.of_ascii(kPlain), chars);
  found.digit_frac = ratio(counts_.of_ascii("0123456789"), chars);
  found.space_frac = ratio(counts_.of_ascii("\t\n\r\b "), chars);
  found.bracket_frac = ratio(counts_.of(kBracket), chars);
  std::int64_t url_chars = 0;
  for (std::size_t at = find_bytes(text, "http", 0); at != std::string_view::npos;) {
    const std::size_t end = url_end(text, at);
    found.porn_urls += text.substr(at, end - at).find("porn") != std::string_view::npos;
    url_chars += static_cast<std::int64_t>(end - at);
    at = find_bytes(text, "http", end > at ? end : at + 1);
  }
  found.url_frac = ratio(url_chars, chars);
}

void NemoMeter::measure_words(std::string_view text, NemoSignals& found) {
  const CharKinds& kinds = CharKinds::get();
  begins_.clear(), ends_.clear(), chars_.clear(), hashes_.clear();
  std::int64_t symbols = 0, with_letter = 0;
  std::uint32_t total = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    std::uint32_t chars = 0;
    std::uint8_t seen = 0;
    std::size_t next = at;
    for (; at < text.size(); at = next, ++chars) {
      const auto c = static_cast<unsigned char>(text[at]);
      const std::uint8_t kind = c < 0x80 ? (next = at + 1, kinds.of_ascii(c)) : kinds.of(decode(text, next));
      if (kind & kBlank) break;
      seen |= kind;
    }
    if (at > begin) {
      const std::string_view word = text.substr(begin, at - begin);
      const bool letter = seen & kAlphabetic;
      with_letter += letter;
      if (!letter || word.front() == '#') symbols += is_symbol(word, chars, letter);
      if (letter && word.front() != '#' && word.find('#') != std::string_view::npos) {
        symbols += is_symbol(word, chars, letter);
      }
      if (word.size() <= 4) {
        found.common_words += std::find(kCommonWords.begin(), kCommonWords.end(), word) != kCommonWords.end();
      }
      begins_.push_back(static_cast<std::uint32_t>(begin)), ends_.push_back(static_cast<std::uint32_t>(at));
      chars_.push_back(total);
      total += chars;
      found.word_chars_most = std::max<std::int64_t>(found.word_chars_most, chars);
      hashes_.push_back(text.size() - begin >= 8 ? hash_readable(word.data(), word.size()) : hash_bytes(word));
    }
    at = next;  // behind what is white
  }
  chars_.push_back(total);
  found.words = static_cast<std::int64_t>(hashes_.size());
  if (found.words == 0) return;
  found.symbol_word_frac = ratio(symbols, found.words);
  found.letter_word_frac = ratio(with_letter, found.words);
  found.word_chars = ratio(total, found.words);
}

NemoMeter::Unique NemoMeter::unique(const std::vector<std::string_view>& pieces) {
  Unique result;
  ranks_.begin(pieces.size());
  for (const std::string_view piece : pieces) {
    const std::int64_t chars = count_chars(piece);
    result.chars_all += chars;
    if (!ranks_.insert(hash_bytes(piece))) continue;
    ++result.pieces;
    result.chars += chars;
  }
  return result;
}

void NemoMeter::measure_lines(std::string_view text, NemoSignals& found) {
  split_newlines(text, pieces_);
  std::int64_t bullets = 0, ellipses = 0, unended = 0;
  std::size_t kept = 0;
  for (const std::string_view line : pieces_) {
    const std::string_view bare = stripped(line);
    if (bare.empty()) continue;
    pieces_[kept++] = line;
    const auto starts = [&](std::string_view bullet) { return bare.starts_with(bullet); };
    bullets += bare.front() == '\xE2' && std::any_of(kBullets.begin(), kBullets.end(), starts);
    unended += std::string_view(".?!\"'").find(bare.back()) == std::string_view::npos;
    ellipses += ends_with_ellipsis(bare);
  }
  pieces_.resize(kept);
  if (kept == 0) return;
  const auto lines = static_cast<std::int64_t>(kept);
  found.bullet_line_frac = ratio(bullets, lines);
  found.ellipsis_line_frac = ratio(ellipses, lines);
  found.unended_line_frac = ratio(unended, lines);
  const Unique same = unique(pieces_);
  found.unique_line_frac = ratio(same.pieces, lines);
  found.unique_line_char_frac = ratio(same.chars, same.chars_all);
}

void NemoMeter::measure_paragraphs(std::string_view text, NemoSignals& found) {
  pieces_.clear();
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find("\n\n", begin);
    pieces_.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) break;
    begin = end + 2;
  }
  const Unique same = unique(pieces_);
  found.unique_paragraph_frac = ratio(same.pieces, static_cast<std::int64_t>(pieces_.size()));
  if (same.chars_all > 0) found.unique_paragraph_char_frac = ratio(same.chars, same.chars_all);
  found.boilerplate_frac = boilerplate(text, pieces_.size());
}

double NemoMeter::boilerplate(std::string_view text, std::size_t paragraphs) {
  lower_.resize(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    lower_[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  for (std::size_t at = lower_.find("\u212A"); at != std::string::npos; at = lower_.find("\u212A", at)) {
    lower_.replace(at, 3, 1, 'k');  // the Kelvin sign
  }
  std::size_t next = std::string_view::npos;  // the first sign of a phrase
  for (const std::string_view sign : kSigns) next = std::min(next, find_bytes(lower_, sign, 0));
  if (next == std::string_view::npos) return 0;
  std::int64_t count = 0;
  const std::string_view lower = lower_;
  for (std::size_t begin = 0; begin <= lower.size();) {
    const std::size_t end = std::min(lower.find("\n\n", begin), lower.size());
    const std::string_view paragraph = lower.substr(begin, end - begin);
    begin = end + 2;
    if (end <= next) continue;
    const auto has = [&](std::string_view what) { return find_bytes(paragraph, what, 0) != std::string_view::npos; };
    if (has("lorem ipsum")) return 1;
    count += std::any_of(kSigns.begin(), kSigns.end(), has) && std::any_of(kPhrases.begin(), kPhrases.end(), has);
  }
  return ratio(count, static_cast<std::int64_t>(paragraphs));
}

void NemoMeter::measure_repeats(std::string_view text, NemoSignals& found) {
  const std::int64_t chars = counts_.chars();
  rows_.begin(hashes_);
  for (std::uint32_t n = 2; n <= 10 && hashes_.size() >= n; ++n) {
    if (n > 2) rows_.lengthen();
    if (n <= 4) {
      const std::uint32_t first = rows_.top();
      joined_.clear();
      for (std::uint32_t i = first; i < first + n; ++i) {
        if (i > first) joined_ += ' ';
        joined_.append(text, begins_[i], ends_[i] - begins_[i]);
      }
      const std::int64_t length = chars_[first + n] - chars_[first] + (n - 1);
      found.top_gram_frac[n - 2] = ratio(count_bytes(text, joined_) * length, chars);
      continue;
    }
    std::int64_t covered = 0;
    std::uint32_t covered_to = 0;  // words
    const std::vector<std::uint32_t>& starts = rows_.starts();
    for (std::size_t k = 0; k < starts.size(); ++k) {
      if (!rows_.again(k)) continue;
      const std::uint32_t from = std::max(starts[k], covered_to), to = starts[k] + n;
      covered += chars_[to] - chars_[from] + std::min(to - from, n - 1);
      covered_to = to;
    }
    found.dup_gram_frac[n - 5] = ratio(covered, chars);
  }
}

}  // namespace millpond::curate
