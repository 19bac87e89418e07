#pragma once
// What filters of source code measure: those of NeMo Curator, of StarCoder and The Stack.

#include <cstdint>
#include <string>
#include <string_view>

#include "curate/code/code_languages.h"

namespace millpond::curate {

struct CodeSignals {
  std::int64_t lines = 0, line_chars_most = 0;
  double line_chars = 0;      ///< mean, without line breaks
  double alnum_frac = 0;      ///< A-Z, a-z, 0-9, line breaks and ?!,. of all characters, as NeMo has it
  double alpha_frac = 0;      ///< letters of any script
  double comment_frac = 0;    ///< not a number: the language is not known
  double html_text_frac = 0;  ///< not a number: no HTML; 0 if there are fewer than 100 characters of text
  bool xml_header = false, generated = false;
  std::string license;  ///< what follows SPDX-License-Identifier: near the beginning
};

/// `language` may be null. Threads: any.
CodeSignals code_signals_of(std::string_view text, const CodeLanguage* language);

/// Code points in comments without the marks around them, joined by blanks; of Python with the marks and with
/// docstrings: as NeMo Curator counts.
std::int64_t comment_chars(std::string_view text, const CodeLanguage& language);

/// Code points of an HTML source outside tags, comments, scripts and styles.
std::int64_t html_text_chars(std::string_view text);

}  // namespace millpond::curate
