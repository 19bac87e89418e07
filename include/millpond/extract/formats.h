#pragma once
// The formats that millpond reads: one table from media type to parser.

#include <span>
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

struct Format {
  std::string_view media_type;  ///< lower case, without parameters: "application/pdf"
  std::string_view name;        ///< as users call it: "PDF"
  ParseFunction parse;
  std::string_view summary;  ///< what is taken from it, in one line
};

/// All formats, sorted by media type.
std::span<const Format> formats();

/// The format of a media type (parameters such as "; charset=utf-8" are ignored); null if there is none.
const Format* find_format(std::string_view media_type, std::span<const Format> among = formats());

}  // namespace millpond::extract
