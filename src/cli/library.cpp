#include "cli/library.h"

#include "cli/shell.h"

namespace millpond::cli {

Result<std::shared_ptr<serve::Library>> open_library(const Options& options, Shell& shell) {
  MP_ASSIGN(const PondFolder folder, shell.folder());
  serve::LibraryOptions library;
  MP_ASSIGN(library.pond_path, shell.pond_place());
  library.flow_file = folder.flow_file();
  library.load_plan = [&shell] { return shell.load_plan(); };
  if (!options.text("model").empty()) {
    library.chat.emplace();
    library.chat->url = options.text("model");
    library.chat->model = options.text("model_name");
    library.chat->key_env = options.text("key_env");
  }
  return serve::Library::open(std::move(library), shell.context());
}

}  // namespace millpond::cli
