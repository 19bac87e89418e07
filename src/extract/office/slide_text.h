#pragma once
// Texts of binary presentations: paragraphs with their levels.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract {

/// A record of a PowerPoint or drawing stream.
struct SlideRecord {
  std::uint16_t type = 0, instance = 0;
  bool container = false;
  std::string_view data;
};

/// Calls `visit` with each record that lies directly in `data`; stops at one that is cut off, or when `visit` returns
/// false.
void each_record(std::string_view data, const std::function<bool(const SlideRecord&)>& visit);

struct SlideParagraph {
  std::string text;
  int level = 0;        ///< of its indentation, from 0
  bool bullet = false;  ///< has a mark of its own
  bool plain = false;   ///< says that it has none
};

/// A text as records give it, one after the other.
struct SlideText {
  int kind = 4;            ///< 0 and 6: title; 1, 5, 7, 8: body; 2: notes; 4: any other
  std::string text;        ///< UTF-8; paragraphs end with \r, lines with \v
  std::string_view style;  ///< the properties of its paragraphs
  std::size_t chars = 0;   ///< UTF-16 units, as the properties count

  bool is_title() const { return kind == 0 || kind == 6; }
  bool is_list() const { return kind == 1 || kind == 7 || kind == 8; }
  std::vector<SlideParagraph> paragraphs() const;
};

/// Takes a record into the last of `texts` if it is of a text, or begins a new one.
void take_text_record(const SlideRecord& record, std::vector<SlideText>& texts);

}  // namespace millpond::extract
