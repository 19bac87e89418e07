#include "curate/words/text_blocks.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "curate/words/char_classes.h"
#include "curate/words/english_tables.h"

namespace millpond::curate {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F); }

/// Words that the rules take apart, and parts of what they join.
class ListedWords {
 public:
  static const ListedWords& get() {
    static const ListedWords words;
    return words;
  }
  bool has(std::string_view word) const {
    if (word.size() > longest_) return false;
    std::string lower(word);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c);
    return words_.contains(lower);
  }

 private:
  ListedWords() {
    for (const char* special : specials()) {
      std::string whole(special);
      std::erase(whole, '\x1f');
      add(whole);
    }
    for (const char* joined : merges()) {
      for (std::string_view left = joined;;) {
        const std::size_t end = left.find('\x1f');
        add(std::string(left.substr(0, end)));
        if (end == std::string_view::npos) break;
        left.remove_prefix(end + 1);
      }
    }
  }
  void add(std::string word) {
    for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c);
    longest_ = std::max(longest_, word.size());
    words_.insert(std::move(word));
  }
  std::unordered_set<std::string> words_;
  std::size_t longest_ = 0;
};

/// Letters only, and in no list.
bool stands_alone(std::string_view word) {
  if (word.empty()) return false;
  const CharClasses& classes = CharClasses::get();
  for (std::size_t at = 0; at < word.size();) {
    if (!(classes.of(decode(word, at)) & kLetter)) return false;
  }
  return !ListedWords::get().has(word);
}

}  // namespace

bool TextBlocks::cuts_after(std::size_t space) const {
  const char here = rest_[space];
  if (where_ == CutAt::kGaps && (here != ' ' || (space > 0 && is_space(rest_[space - 1])))) return true;
  constexpr std::size_t kWordBytesMax = 64;
  std::size_t begin = space;
  while (begin > 0 && !is_space(rest_[begin - 1]) && space - begin <= kWordBytesMax) --begin;
  return space - begin <= kWordBytesMax && stands_alone(rest_.substr(begin, space - begin));
}

std::optional<std::string_view> TextBlocks::next() {
  if (rest_.empty()) return std::nullopt;
  std::size_t end = rest_.size();
  for (std::size_t at = std::max<std::size_t>(1, block_bytes_); at < rest_.size(); ++at) {
    if (!is_space(rest_[at - 1]) || !cuts_after(at - 1)) continue;
    end = at;
    break;
  }
  const std::string_view block = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return block;
}

bool can_be_cut(std::string_view text) {
  if (text.size() <= kUncutBytesMax) return true;
  TextBlocks blocks(text);
  while (const auto block = blocks.next()) {
    if (block->size() > kUncutBytesMax) return false;
  }
  return true;
}

}  // namespace millpond::curate
