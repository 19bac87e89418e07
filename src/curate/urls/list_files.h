#pragma once
// Files of lists, line by line, compressed or not.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

struct ListFile {
  std::string list;  ///< the file's name without its endings, or that of the folder
  std::string path;
};

/// The file itself, or `domains` and `urls` of a folder, as they are or as `.gz` and `.zst`. Errors: kNotFound.
Result<std::vector<ListFile>> list_files(const std::string& path);

/// Calls `visit` with each line, without white space at its ends, that is not empty and no comment, and with its
/// number. Errors: what `visit` returns; kNotFound; kDataCorrupt for a file that does not decompress.
Status each_list_line(const std::string& path, const std::function<Status(std::string_view, std::int64_t)>& visit);

/// The content as it is in the file, in pieces.
Status each_list_piece(const std::string& path, const std::function<void(std::string_view)>& visit);

}  // namespace millpond::curate
