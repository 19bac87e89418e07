#include "flow/option_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace millpond::flow {
namespace {

/// Options of that name hold paths, or names of what the program knows itself.
bool holds_paths(std::string_view option) {
  constexpr std::array<std::string_view, 13> kOptions = {
      "model",          "tokenizer",         "replies",    "against",         "files",      "block",   "allow",
      "stop_word_file", "flagged_word_file", "word_files", "soft_word_files", "part_files", "key_file"};
  return std::find(kOptions.begin(), kOptions.end(), option) != kOptions.end();
}

void root(const std::filesystem::path& folder, bool even_if_missing, std::string& value) {
  std::error_code ignored;
  if (value.empty() || value.front() == '/' || value.find("://") != std::string::npos) return;
  const std::string rooted = folder.string() + "/./" + value;
  if (even_if_missing || std::filesystem::exists(rooted, ignored)) value = rooted;
}

}  // namespace

void root_paths(const std::string& flow_file, StepSpec& step) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::absolute(flow_file, ignored).lexically_normal().parent_path();
  if (folder.empty()) return;
  for (auto& [name, value] : step.options) {
    if (!holds_paths(name)) continue;
    const bool made_here = name == "replies";  // the first build makes that folder
    if (auto* text = std::get_if<std::string>(&value)) root(folder, made_here, *text);
    if (auto* list = std::get_if<std::vector<std::string>>(&value)) {
      for (std::string& each : *list) root(folder, made_here, each);
    }
  }
}

}  // namespace millpond::flow
