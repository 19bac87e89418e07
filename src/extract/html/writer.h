#pragma once
// From the chosen part of a page to elements.

#include <string>
#include <vector>

#include "extract/html/article.h"
#include "extract/html/content.h"
#include "extract/html/tree.h"
#include "extract/picture_bytes.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Appends the elements of `content.root` to `document`, in reading order, and what the tree says of each to `facts`.
/// Errors: kResourceExhausted when text and table markup pass `limits.output_bytes`.
Status write_elements(const Tree& tree, const ContentMap& content, const Limits& limits, Document& document,
                      std::vector<BlockFacts>& facts, Pictures& pictures);

/// Appends a text node to `out`, references decoded, white space collapsed or (verbatim) kept.
void append_node_text(const Tree& tree, NodeId text, bool verbatim, std::string& out);

/// All text below `root`, collapsed and clean.
std::string subtree_text(const Tree& tree, NodeId root);

/// True for a table that only arranges its page: one cell, nested tables, whole sections in cells …
bool is_layout_table(const Tree& tree, const ContentMap& content, NodeId table);

/// Writes a table as one element (with a caption or stray text as elements before it).
void write_table(const Tree& tree, const ContentMap& content, NodeId table, std::vector<Element>& out);

/// The formula of a <math> node: TeX from an annotation or `alttext`, else its text.
std::string formula_text(const Tree& tree, NodeId math);

}  // namespace millpond::extract
