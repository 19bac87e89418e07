#pragma once
// The form in which texts are equal that differ in case and in white space alone.

#include <string>
#include <string_view>

namespace millpond::curate {

inline bool is_white_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Appends `text` with ASCII letters in lower case, runs of white space as one blank, none at the ends.
inline void append_normal(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  bool gap = false;
  for (const char c : text) {
    if (is_white_space(c)) {
      gap = out.size() > begin;
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

}  // namespace millpond::curate
