#pragma once
// Uploaded files: the bytes as they came, and what is known of them.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api/json_text.h"

namespace millpond::serve::openai {

/// In a folder with one folder a file: `content` and `file.json`. Threads: any.
class Files {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}
  /// The file as OpenAI's object. `id` empty: a new one. Errors: kInvalidArgument (purpose).
  Result<Json> add(std::string_view filename, std::string_view purpose, std::string_view bytes);
  Result<Json> get(const std::string& id) const;  ///< Errors: kNotFound
  Result<std::vector<Json>> list() const;
  Result<std::string> content_path(const std::string& id) const;  ///< Errors: kNotFound
  Status remove(const std::string& id);                           ///< Errors: kNotFound

 private:
  std::string folder_of(const std::string& id) const { return folder_ + "/" + id; }
  const std::string folder_;
};

}  // namespace millpond::serve::openai
