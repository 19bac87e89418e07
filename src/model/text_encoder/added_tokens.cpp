#include "model/text_encoder/added_tokens.h"

#include <map>

namespace millpond::model {
namespace {

std::vector<WordTrie::Entry> entries(const std::vector<AddedToken>& tokens) {
  std::map<std::string_view, std::int32_t> unique;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].content.empty()) unique[tokens[i].content] = static_cast<std::int32_t>(i);
  }
  return {unique.begin(), unique.end()};
}

std::size_t char_before(std::string_view text, std::size_t at) {
  do { --at; } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const CharKinds& kinds)
    : tokens_(std::move(tokens)), kinds_(kinds), trie_(entries(tokens_), {}) {
  for (const AddedToken& token : tokens_) {
    if (!token.content.empty()) first_[static_cast<unsigned char>(token.content[0])] = true;
  }
}

bool AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) const {
  std::size_t before = begin > 0 ? char_before(text, begin) : 0, after = end;
  if (begin > 0 && kinds_.word(read_char(text, before))) return false;
  return end == text.size() || !kinds_.word(read_char(text, after));
}

void AddedTokens::split(std::string_view text, std::vector<TextPart>& parts) const {
  parts.clear();
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!first_[static_cast<unsigned char>(text[at])]) continue;
    std::uint32_t node = trie_.word_root(), longest = 0;
    std::size_t end = at;
    for (std::size_t i = at; i < text.size(); ++i) {
      node = trie_.step(node, static_cast<unsigned char>(text[i]));
      if (node == 0) break;
      if (trie_.accepts(node)) longest = node, end = i + 1;
    }
    if (longest == 0) continue;
    const AddedToken& token = tokens_[static_cast<std::size_t>(trie_.id(longest))];
    if (token.single_word && !stands_alone(text, at, end)) {
      at = end - 1;
      continue;
    }
    std::size_t begin = at;
    while (token.lstrip && begin > done) {
      std::size_t here = char_before(text, begin), after = here;
      if (!(kinds_.of(read_char(text, after)) & CharKinds::kSpace)) break;
      begin = here;
    }
    while (token.rstrip && end < text.size()) {
      std::size_t after = end;
      if (!(kinds_.of(read_char(text, after)) & CharKinds::kSpace)) break;
      end = after;
    }
    if (begin > done) parts.push_back({done, begin, -1});
    parts.push_back({begin, end, token.id});
    done = end;
    at = end - 1;
  }
  if (done < text.size()) parts.push_back({done, text.size(), -1});
}

}  // namespace millpond::model
