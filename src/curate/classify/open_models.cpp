#include "curate/classify/open_models.h"

#include <filesystem>
#include <system_error>

#include "millpond/model/catalog.h"

namespace millpond::curate {

Result<std::string> ngram_model_file(std::string_view name) {
  if (name.empty()) return invalid("no model is named").hint("millpond classify train makes one.");
  std::error_code error;
  const auto is_path = name.find('/') != std::string_view::npos || name.ends_with(".bin") || name.ends_with(".ftz");
  if (is_path) {
    if (std::filesystem::is_regular_file(name, error)) return std::string(name);
    return not_found("no such model file: ", name);
  }
  MP_ASSIGN(const std::string folder, model::find_model(name));
  for (const std::string_view ending : {".ftz", ".bin"}) {
    std::string file = folder + "/" + std::string(name) + std::string(ending);
    if (std::filesystem::is_regular_file(file, error)) return file;
  }
  return not_found("no .ftz or .bin file in the model's folder: ", folder);
}

Result<std::shared_ptr<const NgramModel>> OpenModels::ngram_model(const std::string& file) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const NgramModel>& known = models_[file];
  if (known == nullptr) { MP_ASSIGN(known, NgramModel::open(file)); }
  return known;
}

}  // namespace millpond::curate
