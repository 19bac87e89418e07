#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract {

/// The inline marks of AsciiDoc.
struct AsciiDocInline {
  std::map<std::string, std::string, std::less<>> attributes;
  std::vector<std::string> notes;  ///< footnotes of the text read last

  /// `text` without marks; attributes replaced.
  std::string text(std::string_view text);
};

}  // namespace millpond::extract
