#include "curate/words/english_words.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "curate/words/affixes.h"
#include "curate/words/english_tables.h"

namespace millpond::curate {

struct EnglishWords::Rules {
  std::unordered_map<std::string_view, std::string> specials;  // whole → lengths of its tokens in bytes
  std::vector<std::vector<std::string_view>> merges;           // longest first
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> merges_by_first;
  std::unordered_set<std::string_view> second;
  std::vector<std::string> storage;
  /// In which of the lists something with a word's hash is: most tokens need no lookup.
  static constexpr int kListBits = 15;
  enum List : std::uint8_t { kSpecial = 1, kFirst = 2, kSecond = 4 };
  std::vector<std::uint8_t> lists = std::vector<std::uint8_t>(1 << kListBits);
  std::array<std::uint64_t, (1 << kListBits) / 64> listed{};  // where `lists` is not 0: stays in the nearest cache

  /// ASCII marks that are split off a word before them whatever it is but for the full stop, and their tokens.
  std::array<bool, 128> is_mark{};
  std::array<std::uint8_t, 128> char_flags{};  // of tokens of one ASCII character
  std::array<bool, 128> may_be_infix{};        // begins one in some surroundings

  Rules();
  void learn_marks();
  std::array<std::uint64_t, (1 << kListBits) / 64> pairs{};
  static std::size_t pair_place(std::string_view left, std::string_view right) {
    return place_of(left) ^ (place_of(right) * 5 & ((1 << kListBits) - 1));
  }
  static std::size_t place_of(std::string_view bytes) { return place_of(word_key(bytes), bytes.size()); }
  static std::size_t place_of(std::uint64_t key, std::size_t size) {
    return ((key + size) * 0x9E3779B97F4A7C15u) >> (64 - kListBits);
  }
  std::uint8_t may_be_in(std::string_view bytes) const { return at_place(place_of(bytes)); }
  std::uint8_t may_be_in(std::string_view text, std::size_t begin, std::size_t size) const {
    return at_place(place_of(word_key(text, begin, size), size));
  }
  std::uint8_t at_place(std::size_t place) const { return listed[place / 64] >> (place % 64) & 1 ? lists[place] : 0; }
  /// Whether a row of tokens that stands for a special may begin with these two.
  bool may_pair(std::string_view left, std::string_view right) const {
    const std::size_t place = pair_place(left, right);
    return pairs[place / 64] >> (place % 64) & 1;
  }
  bool is_special(std::string_view bytes) const {
    return !bytes.empty() && (may_be_in(bytes) & kSpecial) && specials.count(bytes) > 0;
  }
  std::uint8_t merge_flags(std::string_view bytes) const {
    std::uint8_t flags = 0;
    const std::uint8_t in = may_be_in(bytes);
    if ((in & kFirst) && merges_by_first.count(bytes)) flags |= WordToken::kMergeFirst;
    if ((in & kSecond) && second.count(bytes)) flags |= WordToken::kMergeNext;
    return flags;
  }
};

namespace {

std::vector<std::string_view> parts_of(std::string_view joined) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = joined.find('\x1f');
    parts.push_back(joined.substr(0, end));
    if (end == std::string_view::npos) return parts;
    joined.remove_prefix(end + 1);
  }
}

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F); }

constexpr std::size_t kMemoTokens = 6, kMemoBytes = 24, kMemoBits = 13;

}  // namespace

EnglishWords::Rules::Rules() {
  storage.reserve(curate::specials().size());
  for (const char* joined : curate::specials()) {
    const auto parts = parts_of(joined);
    std::string whole, lengths;
    for (const std::string_view part : parts) {
      whole += part;
      lengths += static_cast<char>(part.size());
    }
    storage.push_back(std::move(whole));
    specials.emplace(storage.back(), std::move(lengths));
    lists[place_of(storage.back())] |= kSpecial;
  }
  for (const char* joined : curate::merges()) {
    auto parts = parts_of(joined);
    merges_by_first[parts[0]].push_back(static_cast<std::uint32_t>(merges.size()));
    second.insert(parts[1]);
    lists[place_of(parts[0])] |= kFirst;
    lists[place_of(parts[1])] |= kSecond;
    const std::size_t pair = pair_place(parts[0], parts[1]);
    pairs[pair / 64] |= 1ull << (pair % 64);
    merges.push_back(std::move(parts));
  }
  for (std::size_t i = 0; i < lists.size(); ++i) listed[i / 64] |= std::uint64_t{lists[i] != 0} << (i % 64);
  learn_marks();
}

void EnglishWords::Rules::learn_marks() {
  const CharClasses& classes = CharClasses::get();
  for (std::size_t c = 0; c < is_mark.size(); ++c) {
    const std::uint32_t bits = classes.of_ascii(static_cast<unsigned char>(c));
    const char mark = static_cast<char>(c);
    is_mark[c] = c > ' ' && !(bits & (kLetter | kDigit)) && ((bits & kSuffix) || mark == '.') && mark != '$';
    int flags = merge_flags({&mark, 1});
    if (!(bits & kSymbol)) flags |= WordToken::kNotSymbol;
    if (bits & kPunct) flags |= WordToken::kAllPunct;
    if (bits & kSentenceEnd) flags |= WordToken::kEndsSentence;
    if (bits & kLetter) flags |= WordToken::kHasLetter;
    char_flags[c] = static_cast<std::uint8_t>(flags);
    may_be_infix[c] = (bits & kIcon) || std::string_view(".+-*^,~:<>=/").find(mark) != std::string_view::npos;
  }
}

/// Spans seen before, each in the one place that its hash names.
struct EnglishWords::Memo {
  struct Entry {
    std::array<std::uint64_t, kMemoBytes / 8> key{};
    std::uint8_t size = 0, count = 0;
    std::array<std::uint8_t, kMemoTokens> ends{}, chars{}, flags{};
  };
  std::vector<Entry> entries = std::vector<Entry>(std::size_t{1} << kMemoBits);
};

const EnglishWords::Rules& EnglishWords::rules() {
  static const Rules rules;
  return rules;
}

EnglishWords::EnglishWords() : rules_(rules()), classes_(CharClasses::get()), memo_(std::make_unique<Memo>()) {}
EnglishWords::~EnglishWords() = default;

void EnglishWords::split(std::string_view text, std::vector<WordToken>& tokens) {
  tokens.clear();
  const std::size_t size = text.size();
  std::size_t at = 0, begin = 0;
  bool inside = false;
  pairs_.clear();
  const auto finish = [&](std::size_t end) {
    const std::size_t first = tokens.size();
    split_span(text, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), tokens);
    for (std::size_t i = std::max<std::size_t>(first, 1); i < tokens.size(); ++i) {
      const WordToken &left = tokens[i - 1], &right = tokens[i];
      if (!(right.flags & WordToken::kMergeNext) || !(left.flags & WordToken::kMergeFirst)) continue;
      if (rules_.may_pair(text.substr(left.begin, left.end - left.begin),
                          text.substr(right.begin, right.end - right.begin))) {
        pairs_.push_back(static_cast<std::uint32_t>(i - 1));
      }
    }
    inside = false;
  };
  while (at < size) {
    if (!inside) {
      const std::size_t end = letters_end(text, at);
      if (end > at) {
        std::size_t stop = end;
        if (push_plain(text, at, stop, tokens)) {
          at = stop;
          continue;
        }
        begin = at;
        at = end;
        inside = true;
        if (at == size) break;
      }
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte > 0x20 && byte < 0x80) {  // no white space in this range
      if (!inside) begin = at;
      inside = true;
      at = visible_end(text, at + 1);
      continue;
    }
    const std::size_t here = at;
    const bool space =
        byte < 0x80 ? (++at, (classes_.of_ascii(byte) & kSpace) != 0) : (classes_.of(decode(text, at)) & kSpace) != 0;
    if (space && inside) finish(here);
    if (!space && !inside) begin = here, inside = true;
  }
  if (inside) finish(size);
  if (!pairs_.empty()) merge_specials(text, tokens);
}

/// Pushes the tokens of a span that is ASCII letters up to `end` and at most one mark, which moves `end`; false if it
/// is none for which the rules say at once that the word and the mark are its tokens.
bool EnglishWords::push_plain(std::string_view text, std::size_t begin, std::size_t& end,
                              std::vector<WordToken>& tokens) const {
  const auto ends_at = [&](std::size_t at) { return at == text.size() || is_ascii_space(text[at]); };
  if (rules_.may_be_in(text, begin, end - begin) != 0) return false;
  const auto first = static_cast<std::uint32_t>(begin), last = static_cast<std::uint32_t>(end);
  const WordToken token{first, last, last - first, WordToken::kHasLetter | WordToken::kNotSymbol};
  if (ends_at(end)) {
    tokens.push_back(token);
    return true;
  }
  const auto mark = static_cast<unsigned char>(text[end]);
  if (mark >= 0x80 || !rules_.is_mark[mark] || !ends_at(end + 1)) return false;
  if (mark == '.' && !(classes_.of_ascii(static_cast<unsigned char>(text[end - 1])) & kBeforeStop)) return false;
  if (rules_.may_be_in(text, begin, end + 1 - begin) != 0) return false;
  tokens.push_back(token);
  tokens.push_back({last, last + 1, 1, rules_.char_flags[mark]});
  ++end;
  return true;
}

void EnglishWords::split_span(std::string_view text, std::uint32_t begin, std::uint32_t end,
                              std::vector<WordToken>& tokens) {
  const std::string_view span = text.substr(begin, end - begin);
  if (span.size() > kMemoBytes) return apply_rules(span, begin, tokens);
  std::array<std::uint64_t, kMemoBytes / 8> words{};
  if (text.size() - begin >= kMemoBytes) {
    const std::size_t bits = 8 * span.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint64_t mask = bits >= 64 * (i + 1) ? ~0ull : bits <= 64 * i ? 0 : ~(~0ull << (bits - 64 * i));
      words[i] = load_bytes(span.data() + 8 * i) & mask;
    }
  } else {
    std::array<char, kMemoBytes> key{};
    std::copy(span.begin(), span.end(), key.begin());
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = load_bytes(key.data() + 8 * i);
  }
  std::uint64_t hash = (words[0] ^ 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
  hash = (hash ^ (hash >> 32) ^ words[1]) * 0xA0761D6478BD642Fu;
  hash = (hash ^ (hash >> 29) ^ words[2]) * 0xE7037ED1A0B428DBu;
  Memo::Entry& entry = memo_->entries[hash >> (64 - kMemoBits)];
  if (entry.size == span.size() && entry.key[0] == words[0] && entry.key[1] == words[1] && entry.key[2] == words[2]) {
    std::uint32_t at = begin;
    for (std::size_t i = 0; i < entry.count; ++i) {
      const std::uint32_t stop = begin + entry.ends[i];
      tokens.push_back({at, stop, entry.chars[i], entry.flags[i]});
      at = stop;
    }
    return;
  }
  const std::size_t first = tokens.size();
  apply_rules(span, begin, tokens);
  const std::size_t count = tokens.size() - first;
  if (count > kMemoTokens) return;
  entry.key = words;
  entry.size = static_cast<std::uint8_t>(span.size());
  entry.count = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const WordToken& token = tokens[first + i];
    entry.ends[i] = static_cast<std::uint8_t>(token.end - begin);
    entry.chars[i] = static_cast<std::uint8_t>(token.chars);
    entry.flags[i] = token.flags;
  }
}

/// A token of the code points [first, last) of the span.
void EnglishWords::push(std::string_view span, std::uint32_t offset, std::size_t first, std::size_t last,
                        std::vector<WordToken>& tokens) const {
  WordToken token{offset + at_[first], offset + at_[last], static_cast<std::uint32_t>(last - first), 0};
  if (last - first == 1 && chars_[first] < 0x80) {
    token.flags = rules_.char_flags[chars_[first]];
    tokens.push_back(token);
    return;
  }
  std::uint32_t any = 0, all = ~0u;
  bool not_symbol = false;
  for (std::size_t i = first; i < last; ++i) {
    any |= char_class_[i];
    all &= char_class_[i];
    not_symbol |= !(char_class_[i] & kSymbol);
  }
  if (any & kLetter) token.flags |= WordToken::kHasLetter;
  if (not_symbol) token.flags |= WordToken::kNotSymbol;
  if (all & kPunct) token.flags |= WordToken::kAllPunct;
  if (last - first == 1 && (any & kSentenceEnd)) token.flags |= WordToken::kEndsSentence;
  const std::string_view bytes = span.substr(at_[first], at_[last] - at_[first]);
  token.flags |= rules_.merge_flags(bytes);
  tokens.push_back(token);
}

bool EnglishWords::push_special(std::string_view special, std::uint32_t begin, std::vector<WordToken>& tokens) const {
  if (!(rules_.may_be_in(special) & Rules::kSpecial)) return false;
  const auto found = rules_.specials.find(special);
  if (found == rules_.specials.end()) return false;
  std::uint32_t at = 0;
  for (const char length : found->second) {
    const std::string_view part = special.substr(at, static_cast<unsigned char>(length));
    WordToken token{begin + at, begin + at + static_cast<std::uint32_t>(part.size()), count_chars(part), 0};
    bool all_punct = true;
    for (std::size_t i = 0; i < part.size();) {
      const std::uint32_t bits = classes_.of(decode(part, i));
      if (bits & kLetter) token.flags |= WordToken::kHasLetter;
      if (!(bits & kSymbol)) token.flags |= WordToken::kNotSymbol;
      all_punct = all_punct && (bits & kPunct);
      if (token.chars == 1 && (bits & kSentenceEnd)) token.flags |= WordToken::kEndsSentence;
    }
    if (all_punct) token.flags |= WordToken::kAllPunct;
    token.flags |= rules_.merge_flags(part);
    tokens.push_back(token);
    at += static_cast<std::uint32_t>(part.size());
  }
  return true;
}

/// Code points of a span, with their classes and places; whether there is a full stop among them.
bool EnglishWords::take_apart(std::string_view span) {
  chars_.resize(span.size()), char_class_.resize(span.size()), at_.resize(span.size() + 1);
  ends_.clear();
  bool stop = false;
  std::size_t count = 0;
  for (std::size_t at = 0; at < span.size(); ++count) {
    at_[count] = static_cast<std::uint32_t>(at);
    const char32_t c = decode(span, at);
    stop |= c == '.';
    chars_[count] = c;
    char_class_[count] = classes_.of(c);
  }
  at_[count] = static_cast<std::uint32_t>(span.size());
  chars_.resize(count), char_class_.resize(count), at_.resize(count + 1);
  return stop;
}

void EnglishWords::apply_rules(std::string_view span, std::uint32_t offset, std::vector<WordToken>& tokens) {
  if (push_special(span, offset, tokens)) return;
  if (letters_end(span, 0) == span.size()) {
    const auto size = static_cast<std::uint32_t>(span.size());
    const int flags = WordToken::kHasLetter | WordToken::kNotSymbol | rules_.merge_flags(span);
    tokens.push_back({offset, offset + size, size, static_cast<std::uint8_t>(flags)});
    return;
  }
  const bool stop = take_apart(span);
  const SpanChars all{chars_, char_class_};
  const auto is_special = [&](std::size_t from, std::size_t to) {
    return rules_.is_special(span.substr(at_[from], at_[to] - at_[from]));
  };
  std::size_t first = 0, last = chars_.size();
  std::vector<std::uint32_t>& suffixes = ends_;  // where each begins, the outermost first
  while (first < last && !is_special(first, last)) {
    const std::size_t prefix = prefix_length(all.from(first, last - first));
    if (prefix > 0 && is_special(first + prefix, last)) {
      push(span, offset, first, first + prefix, tokens);
      first += prefix;
      break;
    }
    const std::size_t suffix = suffix_length(all.from(first + prefix, last - first - prefix));
    if (prefix == 0 && suffix == 0) break;
    if (suffix > 0) {
      last -= suffix;
      suffixes.push_back(static_cast<std::uint32_t>(last));
      if (is_special(first, last)) break;
    }
    if (prefix > 0) {
      push(span, offset, first, first + prefix, tokens);
      first += prefix;
    }
  }
  if (first < last && !push_special(span.substr(at_[first], at_[last] - at_[first]), offset + at_[first], tokens)) {
    if (stop && is_url(all.from(first, last - first))) {  // no host is without one
      push(span, offset, first, last, tokens);
    } else {
      push_infixes(span, offset, first, last, tokens);
    }
  }
  for (std::size_t i = suffixes.size(); i-- > 0;) {
    push(span, offset, suffixes[i], i > 0 ? suffixes[i - 1] : chars_.size(), tokens);
  }
}

void EnglishWords::push_infixes(std::string_view span, std::uint32_t offset, std::size_t first, std::size_t last,
                                std::vector<WordToken>& tokens) const {
  const SpanChars inner = SpanChars{chars_, char_class_}.from(first, last - first);
  std::size_t start = 0;
  for (std::size_t at = 0; at < inner.size();) {
    const char32_t c = inner.chars[at];
    const std::size_t length = c < 0x80 && !rules_.may_be_infix[c] ? 0 : infix_length(inner, at);
    if (length == 0) {
      ++at;
      continue;
    }
    if (at > 0) {  // an infix at the very beginning is left to what follows it
      if (at != start) push(span, offset, first + start, first + at, tokens);
      push(span, offset, first + at, first + at + length, tokens);
      start = at + length;
    }
    at += length;
  }
  if (start < inner.size()) push(span, offset, first + start, last, tokens);
}

/// The reference finds specials once more in the finished row of tokens (":-)" after its three characters were split),
/// takes the longest of those that overlap, and joins those between whose tokens nothing stands.
void EnglishWords::merge_specials(std::string_view text, std::vector<WordToken>& tokens) {
  struct Match {
    std::uint32_t first, count;
  };
  std::vector<Match> matches;
  const auto text_of = [&](const WordToken& t) { return text.substr(t.begin, t.end - t.begin); };
  const auto next_in_row = [&](std::size_t i) {  // more white space than one blank is a token of its own
    const std::uint32_t gap = tokens[i].begin - tokens[i - 1].end;
    return gap == 0 || (gap == 1 && text[tokens[i - 1].end] == ' ');
  };
  for (const std::size_t i : pairs_) {
    if (!next_in_row(i + 1)) continue;
    const auto found = rules_.merges_by_first.find(text_of(tokens[i]));
    if (found == rules_.merges_by_first.end()) continue;
    for (const std::uint32_t id : found->second) {
      const auto& parts = rules_.merges[id];
      std::size_t k = 1;
      while (k < parts.size() && i + k < tokens.size() && next_in_row(i + k) && text_of(tokens[i + k]) == parts[k]) ++k;
      if (k == parts.size()) matches.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(k)});
    }
  }
  if (matches.empty()) return;
  std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return a.count != b.count ? a.count > b.count : a.first < b.first;
  });
  std::set<std::uint32_t> taken;
  std::vector<Match> chosen;
  for (const Match& match : matches) {
    if (!taken.count(match.first) && !taken.count(match.first + match.count - 1)) chosen.push_back(match);
    for (std::uint32_t i = 0; i < match.count; ++i) taken.insert(match.first + i);
  }
  std::sort(chosen.begin(), chosen.end(), [](const Match& a, const Match& b) { return a.first < b.first; });
  // Those that are listed as they stand in the text: with a blank between its tokens, none is.
  std::erase_if(chosen, [&](const Match& match) {
    const std::uint32_t begin = tokens[match.first].begin;
    return !rules_.is_special(text.substr(begin, tokens[match.first + match.count - 1].end - begin));
  });
  if (chosen.empty()) return;
  merged_.clear();
  std::size_t next = 0;
  for (const Match& match : chosen) {
    merged_.insert(merged_.end(), tokens.begin() + static_cast<std::ptrdiff_t>(next),
                   tokens.begin() + static_cast<std::ptrdiff_t>(match.first));
    next = match.first + match.count;
    const std::uint32_t begin = tokens[match.first].begin, end = tokens[next - 1].end;
    push_special(text.substr(begin, end - begin), begin, merged_);
  }
  merged_.insert(merged_.end(), tokens.begin() + static_cast<std::ptrdiff_t>(next), tokens.end());
  tokens.swap(merged_);
}

}  // namespace millpond::curate
