#include <algorithm>
#include <cstring>

#include "extract/html/tree_builder.h"

namespace millpond::extract {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

std::uint32_t hash_name(std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(is_letter(c) ? c | 0x20 : c)) * 16777619u;
  return hash;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (is_letter(x) ? x | 0x20 : x) == (is_letter(y) ? y | 0x20 : y);
         });
}

}  // namespace

void Tokenizer::run() {
  while (position_ < source_.size()) {
    const auto* const found =
        static_cast<const char*>(std::memchr(source_.data() + position_, '<', source_.size() - position_));
    if (found == nullptr) break;
    position_ = std::size_t(found - source_.data());
    const char next = at(position_ + 1);
    if (is_letter(next)) {
      flush_text(position_);
      if (!tag(false)) return;
    } else if (next == '/' && is_letter(at(position_ + 2))) {
      flush_text(position_);
      if (!tag(true)) return;
    } else if (next == '!') {
      flush_text(position_);
      markup_declaration();
    } else if (next == '?' || next == '/') {
      flush_text(position_);
      skip_past(">", position_ + 1);
    } else {
      ++position_;  // a '<' that starts nothing is text
    }
  }
  position_ = source_.size();
  flush_text(position_);
}

void Tokenizer::flush_text(std::size_t end) {
  if (end > text_begin_) {
    const bool has_entities = std::memchr(source_.data() + text_begin_, '&', end - text_begin_) != nullptr;
    builder_.text(text_begin_, end, has_entities);
  }
  text_begin_ = end;
}

void Tokenizer::skip_past(std::string_view mark, std::size_t from) {
  const std::size_t found = source_.find(mark, from);
  position_ = found == source_.npos ? source_.size() : found + mark.size();
  text_begin_ = position_;
}

void Tokenizer::markup_declaration() {
  const std::string_view rest = source_.substr(position_);
  if (rest.starts_with("<![CDATA[") && builder_.in_foreign()) {
    const std::size_t begin = position_ + 9;
    const std::size_t end = std::min(source_.find("]]>", begin), source_.size());
    builder_.text(begin, end, false);
    return skip_past("]]>", begin);
  }
  if (!rest.starts_with("<!--")) return skip_past(">", position_);
  if (rest.starts_with("<!-->")) return skip_past(">", position_);
  if (rest.starts_with("<!--->")) return skip_past(">", position_);
  // "--!>" ends a comment too.
  std::size_t i = position_ + 4;
  while ((i = source_.find("--", i)) != source_.npos) {
    if (at(i + 2) == '>') break;
    if (at(i + 2) == '!' && at(i + 3) == '>') {
      ++i;
      break;
    }
    ++i;
  }
  position_ = i == source_.npos ? source_.size() : std::min(i + 3, source_.size());
  text_begin_ = position_;
}

bool Tokenizer::tag(bool closing) {
  const std::size_t name_begin = position_ + (closing ? 2 : 1);
  std::size_t i = name_begin;
  while (i < source_.size() && !is_space(source_[i]) && source_[i] != '>' && source_[i] != '/') ++i;
  const std::string_view name = source_.substr(name_begin, i - name_begin);
  TagToken token;
  token.tag = tag_from_name(name);
  if (token.tag == Tag::kUnknown) {
    if (same_name(name, "image"))
      token.tag = Tag::k_img;
    else
      token.key = hash_name(name);
  }
  position_ = i;
  if (!attributes(token, !closing)) return false;
  text_begin_ = position_;
  if (closing)
    builder_.end(token);
  else if (builder_.start(token))
    raw_content(name, token.tag);
  return true;
}

bool Tokenizer::attributes(TagToken& token, bool keep) {
  std::vector<Attribute>& all = builder_.tree().attributes;
  token.first_attribute = std::uint32_t(all.size());
  for (;;) {
    while (is_space(at(position_)) || at(position_) == '/') ++position_;
    if (position_ >= source_.size()) return false;
    if (source_[position_] == '>') {
      token.self_closing = source_[position_ - 1] == '/';
      ++position_;
      break;
    }
    const std::size_t begin = position_++;  // even '=' may start a name
    while (position_ < source_.size() && !is_space(source_[position_]) && source_[position_] != '=' &&
           source_[position_] != '>' && source_[position_] != '/') {
      ++position_;
    }
    const std::string_view name = source_.substr(begin, position_ - begin);
    std::size_t value_begin = position_, value_end = position_;
    attribute_value(value_begin, value_end);
    if (!keep) continue;
    const Attr id = attribute_from_name(name);
    if (id == Attr::kOther || all.size() - token.first_attribute >= 64) continue;
    const bool has_entities = std::memchr(source_.data() + value_begin, '&', value_end - value_begin) != nullptr;
    all.push_back({id, has_entities, std::uint32_t(value_begin), std::uint32_t(value_end - value_begin)});
  }
  token.attribute_count = std::uint16_t(all.size() - token.first_attribute);
  return true;
}

void Tokenizer::attribute_value(std::size_t& begin, std::size_t& end) {
  std::size_t i = position_;
  while (is_space(at(i))) ++i;
  if (at(i) != '=') return;
  ++i;
  while (is_space(at(i))) ++i;
  const char quote = at(i);
  if (quote == '"' || quote == '\'') {
    begin = i + 1;
    end = std::min(source_.find(quote, begin), source_.size());
    position_ = std::min(end + 1, source_.size());
    begin = std::min(begin, end);
    return;
  }
  begin = i;
  while (i < source_.size() && !is_space(source_[i]) && source_[i] != '>') ++i;
  end = position_ = i;
}

void Tokenizer::raw_content(std::string_view name, Tag tag) {
  const std::size_t begin = position_;
  std::size_t i = begin;
  if (tag != Tag::k_plaintext) {
    while ((i = source_.find("</", i)) != source_.npos) {
      const std::size_t after = i + 2 + name.size();
      const char follows = at(after);
      if (same_name(source_.substr(i + 2, name.size()), name) &&
          (after >= source_.size() || is_space(follows) || follows == '>' || follows == '/')) {
        break;
      }
      i += 2;
    }
  } else {
    i = source_.npos;
  }
  const std::size_t end = std::min(i, source_.size());
  builder_.raw_text(begin, end);
  if (i == source_.npos)
    position_ = source_.size();
  else
    skip_past(">", end);
  text_begin_ = position_;
}

}  // namespace millpond::extract
