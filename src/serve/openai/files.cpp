#include "serve/openai/files.h"

#include <algorithm>
#include <filesystem>

#include "pond/file_io.h"
#include "serve/openai/form.h"
#include "serve/openai/stored_json.h"

namespace millpond::serve::openai {
namespace {

namespace fs = std::filesystem;

/// Ids become paths, so nothing else is taken.
bool is_id(const std::string& id) {
  return id.starts_with("file-") && id.size() <= 64 &&
         std::all_of(id.begin() + 5, id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

}  // namespace

Result<Json> Files::add(std::string_view filename, std::string_view purpose, std::string_view bytes) {
  static constexpr const char* kPurposes[] = {"assistants", "user_data", "vision", "batch", "fine-tune", "evals"};
  if (std::none_of(std::begin(kPurposes), std::end(kPurposes), [&](const char* each) { return purpose == each; })) {
    return invalid("purpose must be assistants or user_data: ", purpose);
  }
  const std::string id = new_id("file-"), folder = folder_of(id);
  Json file = {{"id", id},
               {"object", "file"},
               {"bytes", bytes.size()},
               {"created_at", now_seconds()},
               {"filename", safe_filename(filename)},
               {"purpose", purpose},
               {"status", "processed"}};
  MP_TRY(pond::make_directories(folder));
  MP_TRY(write_bytes(folder + "/content", bytes));
  MP_TRY(write_json(folder + "/file.json", file));
  return file;
}

Result<Json> Files::get(const std::string& id) const {
  if (!is_id(id)) return not_found("no such file: ", id.substr(0, 80));
  auto file = read_json(folder_of(id) + "/file.json");
  if (!file.ok() && file.status().code() == Code::kNotFound) return not_found("no such file: ", id);
  return file;
}

Result<std::vector<Json>> Files::list() const {
  std::vector<Json> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    auto file = get(entry.path().filename().string());
    if (file.ok()) out.push_back(*std::move(file));  // one that is being written has none yet
  }
  return out;
}

Result<std::string> Files::content_path(const std::string& id) const {
  MP_TRY(get(id));
  return folder_of(id) + "/content";
}

Status Files::remove(const std::string& id) {
  MP_TRY(get(id));
  std::error_code failed;
  fs::remove_all(folder_of(id), failed);
  if (failed) return os_error(failed.value(), "cannot remove", folder_of(id));
  return {};
}

}  // namespace millpond::serve::openai
