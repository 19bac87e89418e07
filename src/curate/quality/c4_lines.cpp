#include "curate/quality/c4_lines.h"

#include <algorithm>
#include <array>

#include "curate/quality/lines.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::array<std::string_view, 6> kPolicies = {"terms of use", "privacy policy", "cookie policy",
                                                       "uses cookies", "use of cookies", "use cookies"};

/// Copies `line` without citations to `out`; false if there are none.
bool without_citations(std::string_view line, std::string& out) {
  std::size_t bracket = line.find('[');
  if (bracket == std::string_view::npos) return false;
  const CharClasses& classes = CharClasses::get();
  out.clear();
  std::size_t copied = 0;
  for (; bracket != std::string_view::npos; bracket = line.find('[', bracket)) {
    std::size_t end = bracket + 1;
    while (end < line.size()) {
      std::size_t next = end;
      if (!(classes.of(decode(line, next)) & kDigit)) break;
      end = next;
    }
    const std::string_view rest = line.substr(bracket);
    std::size_t size = end < line.size() && line[end] == ']' ? end + 1 - bracket : 0;
    if (size == 0 && rest.starts_with("[edit]")) size = 6;
    if (size == 0 && rest.starts_with("[citation needed]")) size = 17;
    if (size == 0) {
      ++bracket;
      continue;
    }
    out.append(line, copied, bracket - copied);
    copied = bracket += size;
  }
  if (copied == 0) return false;
  out.append(line, copied);
  return true;
}

/// ASCII letters in lower case; the Kelvin sign as the letter that it is.
void to_lower(std::string_view line, std::string& out) {
  out.assign(line);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  for (std::size_t at = out.find("\u212A"); at != std::string::npos; at = out.find("\u212A", at))
    out.replace(at, 3, "k");
}

bool ends_properly(std::string_view line) {
  return !line.empty() && std::string_view(".?!\"'").find(line.back()) != std::string_view::npos &&
         !line.ends_with("...");
}

struct LineWords {
  std::int64_t count = 0, chars_most = 0;
};

/// As str.split() has them.
LineWords words_of(std::string_view line) {
  const CharClasses& classes = CharClasses::get();
  LineWords words;
  std::int64_t chars = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (classes.of(decode(line, at)) & kSpace) {
      chars = 0;
      continue;
    }
    words.count += chars == 0;
    words.chars_most = std::max(words.chars_most, ++chars);
  }
  return words;
}

}  // namespace

std::int64_t count_sentences(std::string_view line, std::span<const WordToken> words, std::size_t offset) {
  if (line.empty()) return 0;
  // White space is a token, unless it is one blank between words or after the last.
  const auto is_token = [&](std::size_t begin, std::size_t end) {
    return end > begin && !(end - begin == 1 && line[begin - offset] == ' ');
  };
  std::int64_t sentences = 1;
  bool ended = false;
  std::size_t at = words.empty() ? offset : words.front().begin;
  for (const WordToken& word : words) {
    if (ended && is_token(at, word.begin)) ++sentences, ended = false;
    if (word.flags & WordToken::kEndsSentence) {
      ended = true;
    } else if (ended && !(word.flags & WordToken::kAllPunct)) {
      ++sentences;
      ended = false;
    }
    at = word.end;
  }
  if (ended && is_token(at, offset + line.size())) ++sentences;
  return sentences;
}

C4Lines::Verdict C4Lines::judge(std::string_view line, std::string_view cited) {
  const LineWords words = words_of(line);
  if (rules_.word_chars_max != -1 && words.chars_most > rules_.word_chars_max) return Verdict::kLine;
  if (rules_.terminal_punct && !ends_properly(cited)) return Verdict::kLine;
  if (words.count < rules_.line_words_min) return Verdict::kLine;
  if (rules_.lorem_ipsum || rules_.javascript || rules_.policy) to_lower(cited, lower_);
  const auto has = [&](std::string_view what) { return lower_.find(what) != std::string::npos; };
  if (rules_.lorem_ipsum && has("lorem ipsum")) return Verdict::kLoremIpsum;
  if (rules_.javascript && has("javascript")) return Verdict::kLine;
  if (rules_.curly_bracket && cited.find('{') != std::string_view::npos) return Verdict::kCurlyBracket;
  if (rules_.policy && std::any_of(kPolicies.begin(), kPolicies.end(), has)) return Verdict::kLine;
  return Verdict::kKeep;
}

// No word goes over the end of a line: those of a line in the text are those of the line by itself.
std::span<const WordToken> C4Lines::words_in(std::string_view text, std::string_view line) {
  const auto begin = static_cast<std::size_t>(line.data() - text.data()), end = begin + line.size();
  std::size_t first = 0;
  while (first < text_words_.size() && text_words_[first].begin < begin) ++first;
  std::size_t last = first;
  while (last < text_words_.size() && text_words_[last].begin < end) ++last;
  const auto found = text_words_.subspan(first, last - first);
  text_words_ = text_words_.subspan(last);
  return found;
}

C4Outcome C4Lines::apply(std::string_view text, KnownWords& known) {
  C4Outcome outcome;
  std::size_t words = 0;
  if (rules_.sentences_min != -1) {
    const auto found = known.find(text, words_.rules());
    text_words_ = found ? found->tokens : std::span<const WordToken>();
  }
  const bool has_words = !text_words_.empty();
  split_lines(text, lines_);
  outcome.text.reserve(text.size());
  for (const std::string_view raw : lines_) {
    const std::string_view line = stripped(raw);
    std::string_view cited = line;
    if (rules_.citations && without_citations(line, cited_)) cited = cited_;
    const Verdict verdict = judge(line, cited);
    if (verdict == Verdict::kLoremIpsum || verdict == Verdict::kCurlyBracket) {
      outcome.dropped = verdict == Verdict::kLoremIpsum ? "lorem_ipsum" : "curly_bracket";
      return outcome;
    }
    if (verdict == Verdict::kLine) {
      ++outcome.lines_dropped;
      continue;
    }
    if (rules_.sentences_min != -1) {
      if (has_words && cited.data() == line.data()) {
        const auto of_line = words_in(text, line);
        outcome.sentences += count_sentences(line, of_line, static_cast<std::size_t>(line.data() - text.data()));
        words += of_line.size();
      } else {
        words_.split(cited, tokens_);
        outcome.sentences += count_sentences(cited, tokens_, 0);
        words += tokens_.size();
      }
    }
    if (outcome.lines_kept++ > 0) outcome.text += '\n';
    outcome.text += cited;
  }
  if (outcome.sentences < rules_.sentences_min) outcome.dropped = "too_few_sentences";
  const std::string_view whole = stripped(outcome.text);
  if (whole.size() != outcome.text.size()) outcome.text = std::string(whole);
  if (rules_.sentences_min != -1 && outcome.dropped.empty()) known.keep_count(outcome.text, words_.rules(), words);
  return outcome;
}

}  // namespace millpond::curate
