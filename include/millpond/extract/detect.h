#pragma once
// What a file is, by its content.

#include <cstddef>
#include <string>
#include <string_view>

namespace millpond::extract {

/// As much of a file's beginning as `detect_media_type` makes use of.
inline constexpr std::size_t kDetectBytes = 64 << 10;

/// Names the media type of a file from its first bytes. The name is a hint among kinds of text only
/// (Markdown or plain, CSV or plain): a PDF called `notes.txt` is a PDF.
///
/// Shape:   lower case, without parameters; "application/octet-stream" for bytes that nothing matches, and for text
///          "text/plain" unless more is known; "application/x-empty" for no bytes.
/// Errors:  none; any bytes will do.
/// Threads: any.
std::string detect_media_type(std::string_view first_bytes, std::string_view file_name);

}  // namespace millpond::extract
