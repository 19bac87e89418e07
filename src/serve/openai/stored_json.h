#pragma once
// Small JSON documents on disk.

#include <string>

#include "serve/api/json_text.h"

namespace millpond::serve::openai {

/// Errors: kNotFound, kDataCorrupt.
Result<Json> read_json(const std::string& path);
/// Replaces the file in one step, durably.
Status write_json(const std::string& path, const Json& value);
/// Writes a new file, durably.
Status write_bytes(const std::string& path, std::string_view bytes);
/// The last part of a name that a client gave, without what is no part of a file name.
std::string safe_filename(std::string_view name);

}  // namespace millpond::serve::openai
