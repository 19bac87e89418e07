#include "millpond/index/query_text.h"

#include <algorithm>
#include <cctype>

namespace millpond::index {
namespace {

constexpr std::size_t kPartsMax = 256, kPrefixBytesMin = 2, kFuzzyBytesMin = 3;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; }

class Reader {
 public:
  Reader(std::string_view text, std::span<const std::string> fields) : text_(text), fields_(fields) {}

  std::vector<QueryPart> run() {
    while (skip_spaces()) {
      if (parts_.size() >= kPartsMax) {
        add_words(text_.substr(at_));
        break;
      }
      take_one();
    }
    return std::move(parts_);
  }

 private:
  bool skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ < text_.size();
  }

  void take_one() {
    QueryPart part;
    std::size_t at = at_;
    if (text_[at] == '-' && at + 1 < text_.size() && (is_letter(text_[at + 1]) || text_[at + 1] == '"')) {
      part.excluded = true;
      ++at;
    }
    for (const std::string& field : fields_) {
      if (text_.substr(at).starts_with(field + ":") && at + field.size() + 1 < text_.size() &&
          !is_space(text_[at + field.size() + 1])) {
        part.field = field;
        at += field.size() + 1;
        break;
      }
    }
    if (text_[at] == '"') {
      const std::size_t end = text_.find('"', at + 1);
      if (end != std::string_view::npos) {
        part.kind = QueryPart::Kind::kPhrase;
        part.text = text_.substr(at + 1, end - at - 1);
        at_ = end + 1;
        if (std::any_of(part.text.begin(), part.text.end(), is_letter)) parts_.push_back(std::move(part));
        return;
      }
    }
    std::size_t end = at;
    while (end < text_.size() && !is_space(text_[end]) && (end == at || text_[end] != '"')) ++end;
    at_ = end;
    take_word(text_.substr(at, end - at), std::move(part));
  }

  void take_word(std::string_view word, QueryPart part) {
    const std::size_t tilde = word.rfind('~');
    if (word.ends_with('*') && word.size() > kPrefixBytesMin && is_letter(word[word.size() - 2])) {
      part.kind = QueryPart::Kind::kPrefix;
      word.remove_suffix(1);
    } else if (tilde != std::string_view::npos && tilde >= kFuzzyBytesMin && is_letter(word[tilde - 1])) {
      const std::string_view edits = word.substr(tilde + 1);
      if (edits.empty() || edits == "1" || edits == "2") {
        part.kind = QueryPart::Kind::kFuzzy;
        part.edits = edits == "2" ? 2 : 1;
        word = word.substr(0, tilde);
      }
    }
    part.text = word;
    if (part.kind == QueryPart::Kind::kWords && !part.required()) return add_words(word);
    if (std::any_of(word.begin(), word.end(), is_letter)) parts_.push_back(std::move(part));
  }

  // Words next to each other are one part, so that they are analysed as they stand in the text.
  void add_words(std::string_view words) {
    if (!parts_.empty() && parts_.back().kind == QueryPart::Kind::kWords && !parts_.back().required()) {
      parts_.back().text.append(" ").append(words);
    } else {
      parts_.push_back({.text = std::string(words)});
    }
  }

  const std::string_view text_;
  const std::span<const std::string> fields_;
  std::size_t at_ = 0;
  std::vector<QueryPart> parts_;
};

}  // namespace

std::vector<QueryPart> parse_query(std::string_view text, std::span<const std::string> fields) {
  return Reader(text, fields).run();
}

std::string words_of(std::span<const QueryPart> parts) {
  std::string words;
  for (const QueryPart& part : parts) {
    if (!part.excluded) words += (words.empty() ? "" : " ") + part.text;
  }
  return words;
}

}  // namespace millpond::index
