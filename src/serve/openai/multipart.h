#pragma once
// Bodies of forms with files.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::serve::openai {

struct FormPart {
  std::string name, filename;  ///< `filename` empty: a field
  std::string_view content;    ///< within the body
};

/// Source: RFC 7578. Errors: kInvalidArgument for another content type, a missing boundary or a cut body;
/// kResourceExhausted above 100 parts.
Result<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body);

}  // namespace millpond::serve::openai
