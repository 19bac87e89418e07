#pragma once
// Internal to the HTML parser: tokens in, nodes out.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "extract/html/tree.h"

namespace millpond::extract {

/// A tag as it stands in the source. `key` tells unknown tags apart (a hash of the name).
struct TagToken {
  Tag tag = Tag::kUnknown;
  std::uint32_t key = 0;
  bool self_closing = false;
  std::uint32_t first_attribute = 0;
  std::uint16_t attribute_count = 0;
};

/// Puts tokens in their place: keeps the open elements, closes what HTML closes implicitly.
class TreeBuilder {
 public:
  TreeBuilder(Tree& tree, int depth);

  void text(std::size_t begin, std::size_t end, bool has_entities);
  /// Returns true when the tag's content is raw text, which the tokenizer then hands to `raw_text`.
  bool start(const TagToken& token);
  void end(const TagToken& token);
  void raw_text(std::size_t begin, std::size_t end);
  bool in_foreign() const { return open_.back().foreign; }
  Tree& tree() { return tree_; }

 private:
  struct Open {
    Tag tag;
    bool foreign;  ///< inside <svg> or <math>
    NodeId node;
    std::uint32_t key;
  };

  NodeId insert(Tag tag);
  void push(NodeId node, const TagToken& token, bool foreign);
  void pop();
  void pop_through(std::size_t index);  ///< until open_[index] is closed
  void open_body();
  bool before_body(const TagToken& token);
  void close_implied(Tag tag);
  void close_paragraph();
  void close_item(Tag tag);
  bool enter_table_part(Tag tag);
  void end_form();
  /// Index of the nearest open element with this tag, not looking beyond an element with one of `barriers`; 0 if none.
  std::size_t find_open(Tag tag, unsigned barriers) const;
  std::size_t find_table() const;
  bool is_open(Tag tag) const { return open_count_[std::size_t(tag)] > 0; }
  void adopt_attributes(NodeId node, const TagToken& token);

  Tree& tree_;
  const std::size_t depth_;
  std::vector<Open> open_;
  std::array<std::uint32_t, std::size_t(Tag::kCount)> open_count_{};
  NodeId body_ = kNoNode;
  NodeId raw_parent_ = kNoNode;
  bool head_seen_ = false;
  bool at_block_edge_ = true;  ///< white space here separates nothing
};

/// Splits the source into tags and text.
class Tokenizer {
 public:
  Tokenizer(std::string_view source, TreeBuilder builder) : source_(source), builder_(std::move(builder)) {}
  void run();

 private:
  void flush_text(std::size_t end);
  void markup_declaration();
  void skip_past(std::string_view mark, std::size_t from);
  bool tag(bool closing);  ///< false: no '>' until the end of the source
  bool attributes(TagToken& token, bool keep);
  void attribute_value(std::size_t& begin, std::size_t& end);
  void raw_content(std::string_view name, Tag tag);
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : '\0'; }

  std::string_view source_;
  TreeBuilder builder_;
  std::size_t position_ = 0;
  std::size_t text_begin_ = 0;
};

}  // namespace millpond::extract
