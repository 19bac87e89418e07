#pragma once
// One form for texts that mean the same: Unicode's normal forms, line breaks, characters without a picture, quotes.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

/// Steps in the order in which they are done, which is ftfy's.
struct TextFormRules {
  bool c1_controls = true;       ///< U+0080 to U+009F as windows-1252 has them
  bool ligatures = false;        ///< "ﬁ" as "fi": those of Latin letters
  bool width = false;            ///< fullwidth and halfwidth forms as the usual ones
  bool straight_quotes = false;  ///< ' and " for curly ones
  bool line_breaks = true;       ///< "\n" for "\r\n", "\r", U+2028, U+2029 and U+0085
  bool terminal_escapes = true;  ///< out with "\x1b[31m"
  bool controls = true;          ///< out with controls but tab, line feed, form feed and carriage return
  enum class ZeroWidth : unsigned char { kKeep, kSpaces, kAll } zero_width = ZeroWidth::kKeep;
  enum class Form : unsigned char { kNone, kNfc, kNfd, kNfkc, kNfkd } form = Form::kNfc;
  enum class WhiteSpace : unsigned char { kKeep, kLines, kAll } white_space = WhiteSpace::kKeep;
};

/// Threads: one.
class TextForm {
 public:
  static Result<std::unique_ptr<TextForm>> make(const TextFormRules& rules);
  ~TextForm();
  /// `text` itself if it has that form already, otherwise a buffer that the next call overwrites.
  /// Errors: kInternal where ICU fails.
  Result<std::string_view> apply(std::string_view text);

 private:
  explicit TextForm(const TextFormRules& rules);
  void replace(char32_t from, std::string to);
  std::size_t plain_end(std::string_view text, std::size_t at) const;
  bool map_characters(std::string_view text);
  Status normalize(std::string_view& text);
  void join_white_space(std::string_view text);

  struct Normalizer;
  const TextFormRules rules_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unordered_map<char32_t, std::string> replacements_;
  std::vector<bool> replaced_;  // by code point, as far as U+FFFF
  std::array<bool, 128> ascii_plain_{};
  std::string mapped_, normal_, joined_;
};

}  // namespace millpond::curate
