#pragma once
// The pictures of a document as files of a folder.

#include <filesystem>
#include <string>

#include "cli/document_text.h"

namespace millpond::cli {

/// Writes each picture of the document and of its parts into `folder`, which is made if need be.
///
/// Shape:   "9f86d081884c7d65.png": the beginning of the SHA-256 of its bytes, and what they are; so nothing of a
///          document gets into a name, and the same picture is one file. What is returned are their addresses relative
///          to `from`, a folder. Nothing is written, and none returned, for an empty `folder`.
/// Errors:  kConflict if a file of that name has other bytes; kIoError. Files are whole or not there.
/// Threads: any; also several at once with one folder.
Result<PictureLinks> write_pictures(const extract::Document& document, const std::filesystem::path& folder,
                                    const std::filesystem::path& from);

/// ".png" of "image/png"; ".bin" for what has no name of its own.
std::string picture_ending(std::string_view media_type);

}  // namespace millpond::cli
