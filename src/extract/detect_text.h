#pragma once
// Telling kinds of text apart.

#include <string>
#include <string_view>

namespace millpond::extract {

/// The media type of text in UTF-8 or a legacy encoding: HTML, XML, JSON, CSV, mail, Markdown, or plain.
std::string detect_text_type(std::string_view text, std::string_view file_name);

/// Compares without regard to case (ASCII).
bool has_suffix(std::string_view name, std::string_view lower_suffix);

}  // namespace millpond::extract
