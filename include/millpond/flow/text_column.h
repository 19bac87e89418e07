#pragma once
// How pond.yaml names a column to search by words: "text", or "title^2" where its words count twice.

#include <string>
#include <string_view>

namespace millpond::flow {

struct DeclaredText {
  std::string column;
  int weight = 1;  ///< 1 to 255; 0: what stands behind ^ is no such number
};

inline DeclaredText declared_text(std::string_view declared) {
  DeclaredText out;
  const std::size_t sign = declared.rfind('^');
  out.column = declared.substr(0, sign);
  if (sign == std::string_view::npos) return out;
  const std::string_view digits = declared.substr(sign + 1);
  out.weight = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || out.weight > 255) return {out.column, 0};
    out.weight = out.weight * 10 + (c - '0');
  }
  if (out.weight > 255) out.weight = 0;
  return out;
}

}  // namespace millpond::flow
