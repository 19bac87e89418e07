#include "curate/enrich/text_words.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <memory>

#include "chunk/sentence.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

bool is_space(char32_t c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x80 && u_isUWhiteSpace(UChar32(c))); }

bool is_word_char(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return u_isalnum(UChar32(c)) || (U_GET_GC_MASK(UChar32(c)) & U_GC_M_MASK) != 0;
}

/// Of a script that is written without spaces between words.
bool is_unspaced(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x3FFFF) || (c >= 0x0E00 && c <= 0x0EFF);
}

bool is_joiner(char32_t c) { return c == '-' || c == '\'' || c == '.' || c == '_' || c == 0x2019 || c == 0x2010; }

void append_lower(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return;
  }
  const auto lower = static_cast<char32_t>(u_tolower(UChar32(c)));
  if (lower < 0x800) {
    out += static_cast<char>(0xC0 | lower >> 6);
  } else if (lower < 0x10000) {
    out += static_cast<char>(0xE0 | lower >> 12);
    out += static_cast<char>(0x80 | (lower >> 6 & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | lower >> 18);
    out += static_cast<char>(0x80 | (lower >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (lower >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (lower & 0x3F));
}

/// The words of a run of Chinese, Japanese or Thai, as ICU's dictionaries cut it.
std::vector<TextSpan> cut_unspaced(std::string_view text, TextSpan run) {
  std::vector<TextSpan> spans;
  UErrorCode failure = U_ZERO_ERROR;
  const std::unique_ptr<UText, decltype(&utext_close)> source(
      utext_openUTF8(nullptr, text.data() + run.begin, run.end - run.begin, &failure), &utext_close);
  const std::unique_ptr<UBreakIterator, decltype(&ubrk_close)> breaks(ubrk_open(UBRK_WORD, "", nullptr, 0, &failure),
                                                                      &ubrk_close);
  if (U_SUCCESS(failure)) ubrk_setUText(breaks.get(), source.get(), &failure);
  if (U_FAILURE(failure)) return {run};
  std::int32_t from = ubrk_first(breaks.get());
  for (std::int32_t to; (to = ubrk_next(breaks.get())) != UBRK_DONE; from = to) {
    spans.push_back({run.begin + static_cast<std::uint32_t>(from), run.begin + static_cast<std::uint32_t>(to)});
  }
  return spans;
}

/// Where the address ends that begins at `at` (https://…, www.…, name@host); `at` if none does.
std::uint32_t address_end(std::string_view text, std::uint32_t at, std::uint32_t end) {
  std::uint32_t to = at;
  while (to < end && text[to] != ' ' && !(text[to] >= 9 && text[to] <= 13)) ++to;
  const std::string_view run = text.substr(at, to - at);
  const bool address =
      run.find("://") != std::string_view::npos || run.find('@') != std::string_view::npos || run.starts_with("www.");
  return address ? to : at;
}

}  // namespace

void TextWords::read(std::string_view text, std::string_view language) {
  words.clear(), sentences.clear(), terms.clear(), ids_.clear();
  text = text.substr(0, std::min<std::size_t>(text.size(), UINT32_MAX - 1));
  for (std::uint32_t from = 0; from < text.size();) {
    const std::uint32_t to = chunk::sentence_end(text, from);
    read_sentence(text, {from, to});
    from = to;
  }
  stop_words = stop_words_of(language);
  if (stop_words == nullptr && language == "auto") {
    std::vector<std::string_view> lower;
    lower.reserve(words.size());
    for (const TextWord& word : words) lower.push_back(terms[word.term]);
    stop_words = stop_words_for(lower);
  }
  // The plural is English; to know the language, the words as they are were needed.
  const bool english = stop_words != nullptr && stop_words->language == "en";
  std::vector<std::uint32_t> same(terms.size());
  std::vector<bool> stops(terms.size());
  for (std::uint32_t id = 0; id < same.size(); ++id) {
    same[id] = id;
    const std::string& term = terms[id];
    const bool listed = stop_words != nullptr && stop_words->has(term);
    std::size_t at = 0;
    const bool unspaced = !term.empty() && is_unspaced(decode(term, at));
    stops[id] = listed || count_chars(term) < (unspaced ? 2 : 3);
    if (!english || listed || term.size() < 4 || term.back() != 's' || term[term.size() - 2] == 's') continue;
    if (const auto one = ids_.find(term.substr(0, term.size() - 1)); one != ids_.end()) same[id] = one->second;
  }
  for (TextWord& word : words) {
    word.stop = stops[word.term] && !(word.acronym && !(stop_words != nullptr && stop_words->has(terms[word.term])));
    word.term = same[word.term];
  }
}

void TextWords::read_sentence(std::string_view text, TextSpan sentence) {
  const std::size_t words_before = words.size();
  bool joined = false, at_space = true;
  for (std::size_t at = sentence.begin; at < sentence.end;) {
    const auto begin = static_cast<std::uint32_t>(at);
    if (at_space) {
      at = address_end(text, begin, sentence.end);
      at_space = false;
      if (at > begin) {
        joined = false;
        continue;
      }
    }
    const char32_t first = decode(text, at);
    if (!is_word_char(first)) {
      joined = joined && is_space(first);
      at_space = first == ' ' || (first >= 9 && first <= 13);
      continue;
    }
    const bool unspaced = is_unspaced(first);
    auto end = static_cast<std::uint32_t>(at);
    while (at < sentence.end) {
      const char32_t c = decode(text, at);
      if (is_word_char(c)) {
        if (is_unspaced(c) != unspaced) break;
      } else if (is_joiner(c) && !unspaced && at < sentence.end) {
        std::size_t after = at;
        const char32_t next = decode(text, after);
        if (!is_word_char(next) || is_unspaced(next)) break;
        at = after;
      } else {
        break;
      }
      end = static_cast<std::uint32_t>(at);
    }
    if (end - begin == 1 && text.substr(end, 2) == "++") end += 2;
    if (end - begin == 1 && text.substr(end, 1) == "#") end += 1;
    at = end;
    if (unspaced) {
      for (const TextSpan& span : cut_unspaced(text, {begin, end})) {
        add_word(text, span, joined);
        joined = true;
      }
    } else {
      add_word(text, {begin, end}, joined);
    }
    joined = true;
  }
  if (words.size() == words_before) return;
  for (std::size_t i = words_before; i < words.size(); ++i) {
    words[i].sentence = static_cast<std::uint32_t>(sentences.size());
    if (i == words_before) words[i].capital = false, words[i].joined = false;
  }
  TextSpan trimmed = sentence;
  const auto blank = [&](std::uint32_t at) { return text[at] == ' ' || (text[at] >= 9 && text[at] <= 13); };
  while (trimmed.begin < trimmed.end && blank(trimmed.begin)) ++trimmed.begin;
  while (trimmed.end > trimmed.begin && blank(trimmed.end - 1)) --trimmed.end;
  sentences.push_back(trimmed);
}

void TextWords::add_word(std::string_view text, TextSpan span, bool joined) {
  TextWord word{.begin = span.begin, .end = span.end};
  word.joined = joined;
  int letters = 0, upper = 0, digits = 0;
  bool first_upper = false;
  lower_.clear();
  for (std::size_t at = span.begin; at < span.end;) {
    const std::size_t here = at;
    char32_t c = decode(text, at);
    if (c == 0x2019) c = '\'';
    // "Kant's" is of Kant.
    if (c == '\'' && at + 1 == span.end && (text[at] == 's' || text[at] == 'S') && letters > 2) {
      word.end = static_cast<std::uint32_t>(here);
      break;
    }
    const bool digit = c < 0x80 ? c >= '0' && c <= '9' : u_isdigit(UChar32(c)) != 0;
    const bool letter = c < 0x80 ? is_word_char(c) && !digit : u_isalpha(UChar32(c)) != 0;
    const bool is_upper = c < 0x80 ? c >= 'A' && c <= 'Z' : u_isupper(UChar32(c)) != 0;
    letters += letter, upper += is_upper, digits += digit;
    if (here == span.begin) first_upper = is_upper;
    append_lower(lower_, c);
  }
  word.acronym = upper >= 2 && upper == letters;
  word.capital = first_upper && upper == 1 && letters > 1;
  word.number = digits > 0;
  const auto [entry, fresh] = ids_.try_emplace(lower_, static_cast<std::uint32_t>(terms.size()));
  if (fresh) terms.push_back(lower_);
  word.term = entry->second;
  words.push_back(word);
}

}  // namespace millpond::curate
