#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses source code into its functions, classes and what stands between them: a title with the name and a code
/// element each, so that a passage is one function and its heading path says which.
///
/// Shape:   comments above a definition belong to it. A class that is long is taken apart into its methods, one level
///          deeper. The text is complete: the code elements together are the file, less blank lines between them.
/// Errors:  kResourceExhausted for input above `limits.input_bytes` or output above `limits.output_bytes`.
/// Threads: any.
Result<Document> parse_python(std::string_view bytes, const Limits& limits);
/// Languages whose blocks stand in braces: C, C++, Java, JavaScript, TypeScript, Go, Rust, C#, PHP, Swift, Kotlin,
/// Scala.
Result<Document> parse_brace_code(std::string_view bytes, const Limits& limits);
/// Languages whose blocks end with a word: Ruby, Lua, Julia.
Result<Document> parse_end_code(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
