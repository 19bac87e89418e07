#pragma once
// How long a text may be whose words are looked at.

#include <string>
#include <string_view>

namespace millpond::curate {

/// Words, rows of them and their tables take 12 to 20 bytes of memory for each byte of text: 3 to 5 GB at this size.
inline constexpr std::size_t kWordTextBytesMax = 256 << 20;
/// Longer texts are rare; the memory that they took is given back after each.
inline constexpr std::size_t kUsualTextBytes = 16 << 20;

inline std::string too_long_for_words(std::string_view text) {
  return "the text is too long to look at its words, which takes 12 to 20 times its size in memory; the most is " +
         std::to_string(kWordTextBytesMax >> 20) + " MiB, and this one has MiB: " + std::to_string(text.size() >> 20) +
         " (Cut it into several records, or leave this step out of its table.)";
}

}  // namespace millpond::curate
