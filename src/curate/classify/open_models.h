#pragma once
// Models by name, opened once for all threads of a run.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "millpond/curate/ngram_model.h"

namespace millpond::curate {

/// The file of a model: `name` itself if it is a path (it has a slash or ends in .bin or .ftz), otherwise
/// `<name>.ftz` or `<name>.bin` in the folder that `model::find_model` knows. Errors: kNotFound.
Result<std::string> ngram_model_file(std::string_view name);

/// A service of the context. Threads: any.
class OpenModels {
 public:
  Result<std::shared_ptr<const NgramModel>> ngram_model(const std::string& file);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const NgramModel>> models_;
};

}  // namespace millpond::curate
