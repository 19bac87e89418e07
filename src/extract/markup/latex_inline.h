#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract {

/// The commands of LaTeX within a paragraph.
struct LatexInline {
  std::vector<std::string> notes;  ///< footnotes of the text read so far

  /// `text` as characters: commands taken away, the text of their arguments kept, accents and quotes composed.
  std::string text(std::string_view text, int depth = 0);
};

/// The group "{…}" or "[…]" that begins at `at`: what is inside; `at` goes behind it. Empty if there is none there.
std::string_view latex_group(std::string_view text, std::size_t& at, char open = '{');

/// The command at `at` ("\section*" without star → "section"); `at` goes behind it and its star.
std::string_view latex_command(std::string_view text, std::size_t& at);

}  // namespace millpond::extract
