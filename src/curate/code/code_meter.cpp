#include "curate/code/code_meter.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "curate/heuristics/char_kinds.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kHeadBytes = 8 << 10;  // where licences and marks of generators stand
constexpr int kHeadLines = 10;

bool same_letters(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

bool has_letters(std::string_view text, std::string_view lower) {
  for (std::size_t at = 0; at + lower.size() <= text.size(); ++at) {
    if (same_letters(text.substr(at), lower)) return true;
  }
  return false;
}

std::string_view head_of(std::string_view text) {
  std::size_t end = 0;
  for (int line = 0; line < kHeadLines && end < text.size(); ++line) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return text.substr(0, std::min(end, kHeadBytes));
}

std::string license_in(std::string_view text) {
  constexpr std::string_view kMark = "SPDX-License-Identifier:";
  const std::size_t mark = text.substr(0, kHeadBytes).find(kMark);
  if (mark == std::string_view::npos) return {};
  std::string_view rest = text.substr(mark + kMark.size());
  rest = rest.substr(0, std::min({rest.find_first_of("\r\n"), rest.size(), std::size_t{200}}));
  // An expression: names, "OR", "AND", "WITH", brackets; not the mark that ends the comment.
  std::size_t end = 0;
  while (end < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[end])) ||
                               std::string_view("-.+() :").find(rest[end]) != std::string_view::npos)) {
    ++end;
  }
  rest = rest.substr(0, end);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  while (rest.ends_with(' ') || rest.ends_with('-')) rest.remove_suffix(1);
  return std::string(rest);
}

/// Reads a source from comment to comment.
class CommentScan {
 public:
  CommentScan(std::string_view text, const CodeLanguage& language) : text_(text), language_(language) {}

  std::int64_t count() {
    while (at_ < text_.size()) {
      if (const std::size_t mark = line_mark(); mark > 0) {
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        add(language_.docstrings ? at_ : at_ + mark, end);
        at_ = end;
      } else if (begins(language_.open)) {
        const std::size_t begin = at_ + language_.open.size();
        const std::size_t end = std::min(text_.find(language_.close, begin), text_.size());
        add(begin, end);
        at_ = std::min(end + language_.close.size(), text_.size());
      } else if (language_.quotes.find(text_[at_]) != std::string_view::npos) {
        skip_string();
      } else {
        if (text_[at_] == '\n') line_begins_ = true;
        if (text_[at_] != '\n' && text_[at_] != ' ' && text_[at_] != '\t') line_begins_ = false;
        ++at_;
      }
    }
    const std::int64_t joined = language_.docstrings ? docstrings_ : comments_;
    return chars_ + std::max<std::int64_t>(0, joined - 1);
  }

 private:
  bool begins(std::string_view mark) const { return !mark.empty() && text_.compare(at_, mark.size(), mark) == 0; }

  std::size_t line_mark() const {
    for (std::string_view marks = language_.line; !marks.empty();) {
      const std::size_t end = std::min(marks.find(' '), marks.size());
      if (begins(marks.substr(0, end)) && !begins(language_.open)) return end;
      marks.remove_prefix(std::min(end + 1, marks.size()));
    }
    return 0;
  }

  void add(std::size_t begin, std::size_t end) {
    chars_ += count_chars(text_.substr(begin, end - begin));
    ++comments_;
  }

  void skip_string() {
    const char quote = text_[at_];
    const std::string three(3, quote);
    const bool triple = language_.docstrings && begins(three);
    const bool alone = line_begins_ && language_.docstrings;
    line_begins_ = false;
    const std::size_t begin = at_ += triple ? 3 : 1;
    const bool many_lines = triple || quote == '`';
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (triple ? begins(three) : text_[at_] == quote) {
        break;
      } else if (text_[at_] == '\n' && !many_lines) {
        return;  // it was no string after all
      }
    }
    at_ = std::min(at_, text_.size());
    if (alone) add(begin, at_), ++docstrings_;
    at_ = std::min(at_ + (triple ? 3 : 1), text_.size());
  }

  const std::string_view text_;
  const CodeLanguage& language_;
  std::size_t at_ = 0;
  bool line_begins_ = true;
  std::int64_t chars_ = 0, comments_ = 0, docstrings_ = 0;
};

/// Characters that are read: `&amp;` is one, and so is white space alone.
std::int64_t visible_chars(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos) return text.empty() ? 0 : 1;
  std::int64_t chars = count_chars(text);
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && end - at < 32 &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '#')) {
      ++end;
    }
    if (end > at + 1 && end < text.size() && text[end] == ';') chars -= static_cast<std::int64_t>(end - at);
  }
  return chars;
}

}  // namespace

std::int64_t comment_chars(std::string_view text, const CodeLanguage& language) {
  return CommentScan(text, language).count();
}

std::int64_t html_text_chars(std::string_view text) {
  std::int64_t chars = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t tag = std::min(text.find('<', at), text.size());
    chars += visible_chars(text.substr(at, tag - at));
    if (tag == text.size()) break;
    const std::string_view rest = text.substr(tag);
    const bool is_tag = rest.size() > 1 && (std::isalpha(static_cast<unsigned char>(rest[1])) || rest[1] == '/' ||
                                            rest[1] == '!' || rest[1] == '?');
    if (!is_tag) {
      ++chars, at = tag + 1;
      continue;
    }
    std::string_view end = rest.starts_with("<!--") ? "-->" : ">";
    at = tag + 1;
    for (const std::string_view raw : {"script", "style"}) {
      if (!same_letters(rest.substr(1), raw)) continue;
      // To the tag that ends it, whatever its case.
      std::size_t close = at;
      while (close < text.size() && !(text[close] == '<' && close + 1 < text.size() && text[close + 1] == '/' &&
                                      same_letters(text.substr(close + 2), raw))) {
        ++close;
      }
      at = close;
    }
    const std::size_t found = text.find(end, at);
    at = found == std::string_view::npos ? text.size() : found + end.size();
  }
  return chars;
}

CodeSignals code_signals_of(std::string_view text, const CodeLanguage* language) {
  CodeSignals found;
  found.comment_frac = found.html_text_frac = std::numeric_limits<double>::quiet_NaN();
  CharCounts counts;
  counts.count(text);
  const auto chars = static_cast<double>(counts.chars());
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    ++found.lines;
    if (static_cast<std::int64_t>(end - begin) > found.line_chars_most) {
      found.line_chars_most =
          std::max<std::int64_t>(found.line_chars_most, count_chars(text.substr(begin, end - begin)));
    }
    if (end == text.size()) break;
    begin = end + 1;
  }
  found.line_chars = (chars + 1) / static_cast<double>(found.lines) - 1;
  const std::string_view head = head_of(text);
  constexpr std::array<std::string_view, 6> kMarks = {
      "auto-generated",          "autogenerated", "automatically generated",
      "generated automatically", "@generated",    "do not edit"};
  found.generated =
      std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return has_letters(head, mark); });
  std::size_t hundred = 0;
  for (int i = 0; i < 100 && hundred < text.size(); ++i) decode(text, hundred);
  found.xml_header = text.substr(0, hundred).find("<?xml version=") != std::string_view::npos;
  found.license = license_in(text);
  if (chars == 0) return found;
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\n?!,.";
  found.alnum_frac = static_cast<double>(counts.of_ascii(kPlain)) / chars;
  found.alpha_frac = static_cast<double>(counts.of(kAlphabetic)) / chars;
  if (language == nullptr) return found;
  found.comment_frac = static_cast<double>(comment_chars(text, *language)) / chars;
  if (language->name == "html") {
    constexpr std::int64_t kTextLeast = 100;
    const std::int64_t visible = html_text_chars(text);
    found.html_text_frac = visible < kTextLeast ? 0 : static_cast<double>(visible) / chars;
  }
  return found;
}

}  // namespace millpond::curate
