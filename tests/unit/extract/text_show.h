#pragma once
// Documents as text, so that tests of parsers read like a specification: one line an element.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// "title1 Heading", "item2 nested", "para first line⏎second line", "table a⇥b⏎c⇥d".
inline std::string show(const Document& document) {
  static constexpr std::string_view kNames[] = {"title",    "para",   "item",   "table", "figure",  "caption",
                                                "footnote", "header", "footer", "code",  "formula", "pagebreak"};
  std::string out;
  for (const Element& element : document.elements) {
    out += kNames[std::size_t(element.kind)];
    if (element.level > 0) out += std::to_string(element.level);
    out += ' ';
    for (const char c : element.text)
      out += c == '\n' ? std::string("⏎") : c == '\t' ? std::string("⇥") : std::string(1, c);
    out += '\n';
  }
  return out;
}

inline std::string parsed(ParseFunction parse, std::string_view bytes, const Limits& limits = {}) {
  const Result<Document> document = parse(bytes, limits);
  return document.ok() ? show(*document) : document.status().to_string();
}

inline Document document_of(ParseFunction parse, std::string_view bytes) {
  Result<Document> document = parse(bytes, Limits());
  EXPECT_TRUE(document.ok()) << document.status().to_string();
  return document.ok() ? *std::move(document) : Document();
}

}  // namespace millpond::extract
