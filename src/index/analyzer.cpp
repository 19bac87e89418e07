#include "millpond/index/analyzer.h"

#include <libstemmer.h>
#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "index/function_words.h"
#include "index/interner.h"
#include "index/word_edges.h"
#include "index/word_table.h"

namespace millpond::index {
namespace {

constexpr std::size_t kTermBytesMax = 64;
constexpr std::string_view kRules = "words-1";

enum class Class : unsigned char { kOther, kWord, kPairs, kUnspaced };

// Lower case for letters and digits, 0 for what separates words.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (char c = '0'; c <= '9'; ++c) table[c] = c;
  for (char c = 'a'; c <= 'z'; ++c) table[c] = c;
  for (char c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c - 'A' + 'a');
  return table;
}();

Class classify(UChar32 c) {
  if (c < 128) return c >= 0 && kAscii[c] != 0 ? Class::kWord : Class::kOther;
  constexpr std::uint32_t kWordTypes = U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK | U_GC_NL_MASK | U_GC_NO_MASK;
  if ((U_GET_GC_MASK(c) & kWordTypes) == 0) return Class::kOther;
  if (c < 0x0E00) return Class::kWord;
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(c, &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL: return Class::kPairs;
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return Class::kUnspaced;
    default: return Class::kWord;
  }
}

// Marks that readers leave out when they type: Latin, Greek and Cyrillic accents, Arabic vowels, Hebrew points.
bool foldable_mark(UChar32 c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x064B && c <= 0x0652) || (c >= 0x0591 && c <= 0x05C7);
}

UChar32 decode(std::string_view text, std::size_t& at) {
  UChar32 c = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto i = static_cast<std::int64_t>(at);
  U8_NEXT(bytes, i, static_cast<std::int64_t>(text.size()), c);
  at = static_cast<std::size_t>(i);
  return c;  // negative if invalid
}

bool ascii(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string_view cut(std::string_view word) {
  if (word.size() <= kTermBytesMax) return word;
  std::size_t end = kTermBytesMax;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) --end;
  return word.substr(0, end);
}

}  // namespace

struct Analyzer::Impl {
  std::string id;
  sb_stemmer* stemmer = nullptr;
  bool fold_before_stem = true;
  const icu::Normalizer2* casefold = nullptr;
  const icu::Normalizer2* decompose = nullptr;
  const icu::Normalizer2* compose = nullptr;
  std::unique_ptr<icu::BreakIterator> breaks;
  // A number that says what a word stands for: the term × 2, + 1 if it is a function word.
  using Meaning = std::uint32_t;
  WordTable short_words;          // of ASCII
  Interner words;                 // the others, as they stand in the text (ASCII: in lower case)
  std::vector<Meaning> meanings;  // of `words`
  std::unordered_set<std::string_view> function_words;
  Interner terms;
  ByteClasses (*classes)(const char*) = best_byte_kernels().classes;
  // Short words wait here until their slots are loaded: with many words each look is a miss of the caches.
  struct Waiting {
    ShortWord word;
    std::uint64_t hash;
    std::uint32_t token;
  };
  std::array<Waiting, 32> waiting;
  std::size_t waiting_count = 0;

  ~Impl() {
    if (stemmer != nullptr) sb_stemmer_delete(stemmer);
  }

  std::string fold_case(std::string_view word) const {
    UErrorCode error = U_ZERO_ERROR;
    const auto from =
        icu::UnicodeString::fromUTF8(icu::StringPiece(word.data(), static_cast<std::int32_t>(word.size())));
    std::string folded;
    casefold->normalize(from, error).toUTF8String(folded);
    return U_FAILURE(error) ? std::string(word) : folded;
  }

  std::string fold_accents(std::string_view word) const {
    UErrorCode error = U_ZERO_ERROR;
    const auto from =
        icu::UnicodeString::fromUTF8(icu::StringPiece(word.data(), static_cast<std::int32_t>(word.size())));
    const icu::UnicodeString apart = decompose->normalize(from, error);
    icu::UnicodeString bare;
    for (std::int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
      if (const UChar32 c = apart.char32At(i); !foldable_mark(c)) bare.append(c);
    }
    std::string folded;
    compose->normalize(bare, error).toUTF8String(folded);
    return U_FAILURE(error) ? std::string(word) : folded;
  }

  std::string stem(std::string_view word) const {
    if (stemmer == nullptr) return std::string(word);
    const auto* out =
        sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    if (out == nullptr) return std::string(word);
    return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(sb_stemmer_length(stemmer))};
  }

  std::uint32_t make_term(std::string_view word) {
    std::string term;
    if (ascii(word)) {
      term = word;
      for (char& c : term) c = kAscii[static_cast<unsigned char>(c)] != 0 ? kAscii[static_cast<unsigned char>(c)] : c;
      term = stem(term);
    } else {
      term = fold_case(word);
      for (std::size_t at = term.find("\u2019"); at != std::string::npos; at = term.find("\u2019"))
        term.replace(at, 3, "'");
      term = fold_before_stem ? stem(fold_accents(term)) : fold_accents(stem(term));
    }
    if (term.empty()) term = word;
    return terms.intern(cut(term));
  }

  Meaning make_meaning(std::string_view word) {
    const Meaning meaning = make_term(word) << 1;
    return meaning | (is_function_word(word) ? 1 : 0);
  }

  Meaning meaning_of(std::string_view word) {
    const std::uint32_t known = words.size();
    const std::uint32_t id_of_word = words.intern(word);
    if (id_of_word == known) meanings.push_back(make_meaning(word));
    return meanings[id_of_word];
  }

  bool is_function_word(std::string_view word) const {
    if (function_words.empty() || word.size() >= 16) return false;
    return function_words.contains(ascii(word) ? word : fold_case(word));
  }

  void emit(Meaning meaning, std::size_t begin, std::size_t end, std::vector<Token>& tokens) {
    tokens.push_back(
        {meaning >> 1, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), (meaning & 1) != 0});
  }

  void settle(std::vector<Token>& tokens) {
    for (std::size_t i = 0; i < waiting_count; ++i) {
      const auto& [word, hash, at] = waiting[i];
      Meaning meaning = short_words.find(word, hash);
      if (meaning == WordTable::kNone) {
        Token& token = tokens[at];
        char spelling[sizeof(ShortWord)];
        std::memcpy(spelling, &word.first, 8);
        std::memcpy(spelling + 8, &word.rest, 4);
        meaning = make_meaning({spelling, token.end - token.begin});
        short_words.insert(word, hash, meaning);
      }
      tokens[at].term = meaning >> 1;
      tokens[at].function_word = (meaning & 1) != 0;
    }
    waiting_count = 0;
  }

  void take(std::string_view text, std::size_t begin, std::size_t end, std::vector<Token>& tokens) {
    emit(meaning_of(cut(text.substr(begin, end - begin))), begin, end, tokens);
  }

  void take_ascii(std::string_view text, std::size_t begin, std::size_t end, std::vector<Token>& tokens);
  std::size_t take_slow_word(std::string_view text, std::size_t begin, std::vector<Token>& tokens);
  std::size_t take_pairs(std::string_view text, std::size_t begin, std::vector<Token>& tokens);
  std::size_t take_unspaced(std::string_view text, std::size_t begin, std::vector<Token>& tokens);
};

namespace {

// Whether the word goes on over this byte: an apostrophe between letters, a point between digits.
bool joins(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || at == 0) return false;
  const auto before = static_cast<unsigned char>(text[at - 1]), after = static_cast<unsigned char>(text[at + 1]);
  if (text[at] == '\'') return ascii_letter(before) && ascii_letter(after);
  return text[at] == '.' && ascii_digit(before) && ascii_digit(after);
}

}  // namespace

void Analyzer::Impl::take_ascii(std::string_view text, std::size_t begin, std::size_t end, std::vector<Token>& tokens) {
  const std::size_t size = end - begin;
  if (size > ShortWord::kBytesMax) {
    char lower[kTermBytesMax];
    const std::size_t length = std::min(size, kTermBytesMax);
    for (std::size_t i = 0; i < length; ++i) {
      const char c = text[begin + i], low = kAscii[static_cast<unsigned char>(c)];
      lower[i] = low != 0 ? low : c;
    }
    return emit(meaning_of({lower, length}), begin, end, tokens);
  }
  Waiting& next = waiting[waiting_count];
  if (begin + 16 <= text.size()) {
    next.word = ShortWord::of(text.data() + begin, size);
  } else {
    char padded[16] = {};
    std::memcpy(padded, text.data() + begin, size);
    next.word = ShortWord::of(padded, size);
  }
  next.hash = next.word.hash();
  short_words.prefetch(next.hash);
  next.token = static_cast<std::uint32_t>(tokens.size());
  emit(0, begin, end, tokens);
  if (++waiting_count == waiting.size()) settle(tokens);
}

std::size_t Analyzer::Impl::take_slow_word(std::string_view text, std::size_t begin, std::vector<Token>& tokens) {
  std::size_t at = begin;
  while (at < text.size()) {
    std::size_t next = at;
    const UChar32 c = decode(text, next);
    if (classify(c) != Class::kWord) {
      const bool apostrophe = c == 0x2019 && at > begin && next < text.size();
      std::size_t peek = next;
      if (!(apostrophe && classify(decode(text, peek)) == Class::kWord) && !(c < 128 && joins(text, at))) break;
    }
    at = next;
  }
  take(text, begin, at, tokens);
  return at;
}

std::size_t Analyzer::Impl::take_pairs(std::string_view text, std::size_t begin, std::vector<Token>& tokens) {
  std::size_t previous = begin, at = begin;
  decode(text, at);
  bool any = false;
  while (at < text.size()) {
    std::size_t next = at;
    if (classify(decode(text, next)) != Class::kPairs) break;
    take(text, previous, next, tokens);
    any = true;
    previous = at;
    at = next;
  }
  if (!any) take(text, begin, at, tokens);
  return at;
}

std::size_t Analyzer::Impl::take_unspaced(std::string_view text, std::size_t begin, std::vector<Token>& tokens) {
  std::size_t end = begin;
  while (end < text.size()) {
    std::size_t next = end;
    if (classify(decode(text, next)) != Class::kUnspaced) break;
    end = next;
  }
  UErrorCode error = U_ZERO_ERROR;
  if (breaks == nullptr) breaks.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
  UText* run = utext_openUTF8(nullptr, text.data() + begin, static_cast<std::int64_t>(end - begin), &error);
  if (breaks != nullptr && U_SUCCESS(error)) breaks->setText(run, error);
  if (breaks == nullptr || U_FAILURE(error)) {
    take(text, begin, end, tokens);
  } else {
    for (std::int32_t from = breaks->first(), to = breaks->next(); to != icu::BreakIterator::DONE;
         from = to, to = breaks->next()) {
      take(text, begin + static_cast<std::size_t>(from), begin + static_cast<std::size_t>(to), tokens);
    }
  }
  if (run != nullptr) utext_close(run);
  return end;
}

Analyzer::Analyzer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Analyzer::~Analyzer() = default;

Result<std::unique_ptr<Analyzer>> Analyzer::make(std::string_view language) {
  auto impl = std::make_unique<Impl>();
  const std::string name(language);
  if (name != "none") {
    impl->stemmer = sb_stemmer_new(name.c_str(), "UTF_8");
    if (impl->stemmer == nullptr) {
      return invalid("no stemmer for the language: ", name)
          .hint("Use a Snowball name such as english or german, or none.");
    }
  }
  // Other stemmers look at accents (French è, German ü); English text loses nothing by folding them first.
  impl->fold_before_stem = name == "none" || name == "english" || name == "en";
  UErrorCode error = U_ZERO_ERROR;
  impl->casefold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  impl->decompose = icu::Normalizer2::getNFDInstance(error);
  impl->compose = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return internal("ICU has no normalisation data: ", u_errorName(error));
  std::string_view list = index::function_words(name);
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    impl->function_words.insert(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  impl->id = std::string(kRules) + " " + name;
  return std::unique_ptr<Analyzer>(new Analyzer(std::move(impl)));
}

void Analyzer::analyze(std::string_view text, std::vector<Token>& tokens) {
  text = text.substr(0, ~std::uint32_t{0});
  WordEdges edges(text, impl_->classes);
  for (std::size_t at = edges.next(0); at < text.size(); at = edges.next(at)) {
    std::size_t next = at;
    if (static_cast<unsigned char>(text[at]) < 128) {
      const std::size_t end = edges.end(at);
      next = end;
      const bool wide = end < text.size() && static_cast<unsigned char>(text[end]) >= 128;
      const UChar32 c = wide ? decode(text, next) : 0;
      if (c == 0x2019 || (wide && classify(c) == Class::kWord)) {
        at = impl_->take_slow_word(text, at, tokens);
      } else {
        impl_->take_ascii(text, at, end, tokens);
        at = end;
      }
      continue;
    }
    switch (classify(decode(text, next))) {
      case Class::kOther: at = next; break;
      case Class::kWord: at = impl_->take_slow_word(text, at, tokens); break;
      case Class::kPairs: at = impl_->take_pairs(text, at, tokens); break;
      case Class::kUnspaced: at = impl_->take_unspaced(text, at, tokens); break;
    }
  }
  impl_->settle(tokens);
}

std::string_view Analyzer::term(std::uint32_t id) const { return impl_->terms[id]; }
std::uint32_t Analyzer::terms() const { return impl_->terms.size(); }
std::int64_t Analyzer::memory_bytes() const {
  return impl_->short_words.memory_bytes() + impl_->words.memory_bytes() + impl_->terms.memory_bytes() +
         static_cast<std::int64_t>(impl_->meanings.capacity() * sizeof(Impl::Meaning));
}
void Analyzer::forget() {
  impl_->short_words.clear();
  impl_->words.clear();
  impl_->terms.clear();
  impl_->meanings.clear();
}
const std::string& Analyzer::id() const { return impl_->id; }

}  // namespace millpond::index
