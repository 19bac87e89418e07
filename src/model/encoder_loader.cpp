#include "model/encoder_loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace millpond::model {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPluginFile = "libmillpond_openvino.so";

std::vector<fs::path> plugin_folders() {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("MILLPOND_PLUGINS"); named != nullptr && *named != '\0')
    folders.emplace_back(named);
  std::error_code failure;
  if (const fs::path program = fs::read_symlink("/proc/self/exe", failure); !failure) {
    folders.push_back(program.parent_path());
    folders.push_back(program.parent_path().parent_path() / "lib" / "millpond");
    folders.push_back(program.parent_path().parent_path());  // programs one folder down in the build tree
  }
  Dl_info here{};  // where millpond is itself a shared object, as in the Python package
  if (::dladdr(reinterpret_cast<const void*>(&plugin_folders), &here) != 0 && here.dli_fname != nullptr) {
    folders.push_back(fs::path(here.dli_fname).parent_path());
  }
  return folders;
}

}  // namespace

Result<void*> open_inference_plugin() {
  std::string places;
  void* library = nullptr;
  for (const fs::path& folder : plugin_folders()) {
    const fs::path file = folder / kPluginFile;
    places += (places.empty() ? "" : ", ") + folder.string();
    std::error_code failure;
    if (!fs::exists(file, failure)) continue;
    // Local and lazy: its symbols must not meet those of other libraries in the process.
    library = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = ::dlerror();
      return unavailable("inference plug-in does not load: ", reason != nullptr ? reason : file.c_str())
          .hint("Run ./dev install again; OpenVINO's libraries must be where they were when millpond was built.");
    }
    break;
  }
  if (library == nullptr) {
    return not_found(kPluginFile, " is not in ", places).hint("Set MILLPOND_PLUGINS to the folder that has it.");
  }
  return library;
}

Result<std::unique_ptr<EncoderBackend>> create_encoder(const EncoderConfig& config) {
  MP_ASSIGN(void* const library, open_inference_plugin());
  const auto abi = reinterpret_cast<millpond_encoder_abi_function*>(::dlsym(library, "millpond_encoder_abi"));
  const auto create = reinterpret_cast<millpond_encoder_create_function*>(::dlsym(library, "millpond_encoder_create"));
  if (abi == nullptr || create == nullptr || abi() != kEncoderAbi) {
    return internal("inference plug-in is of another version than the program").hint("Build or install both again.");
  }
  std::string reason;
  std::unique_ptr<EncoderBackend> encoder(create(config, reason));
  if (encoder == nullptr) return unsupported("the model cannot be loaded: ", reason);
  return encoder;
}

}  // namespace millpond::model
