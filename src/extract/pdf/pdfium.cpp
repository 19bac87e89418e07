#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include "extract/pdf/pdfium_api.h"

namespace millpond::extract::pdf {
namespace {

std::string executable_folder() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return ".";
  const std::string text(path, static_cast<std::size_t>(size));
  return text.substr(0, text.rfind('/'));
}

std::vector<std::string> places() {
  if (const char* given = std::getenv("MILLPOND_PDFIUM"); given && *given) return {given};
  const std::string folder = executable_folder();
  return {folder + "/libpdfium.so", folder + "/../lib/millpond/libpdfium.so",
#ifdef MILLPOND_PDFIUM_PATH
          MILLPOND_PDFIUM_PATH
#endif
  };
}

Result<Pdfium> load() {
  std::string tried;
  void* library = nullptr;
  for (const std::string& path : places()) {
    if ((library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))) break;
    tried += tried.empty() ? path : ", " + path;
  }
  if (!library) {
    return unavailable("PDFium's library was not found; tried: ", tried)
        .hint("Set MILLPOND_PDFIUM to the path of libpdfium.so.");
  }
  Pdfium api;
  std::string missing;
#define MP_PDFIUM_LOAD(result, name, parameters)                                     \
  api.name = reinterpret_cast<result(*) parameters>(::dlsym(library, "FPDF" #name)); \
  if (!api.name) missing += " FPDF" #name;
  MP_PDFIUM_FUNCTIONS(MP_PDFIUM_LOAD)
#undef MP_PDFIUM_LOAD
  if (!missing.empty()) return unavailable("PDFium's library lacks functions:", missing).hint("Take a newer build.");
  api._InitLibrary();
  return api;
}

}  // namespace

Result<const Pdfium*> load_pdfium() {
  // PDFium keeps its state in the process, so it is loaded and initialised once in it.
  static const Result<Pdfium> loaded = load();
  if (!loaded.ok()) return loaded.status();
  return &*loaded;
}

}  // namespace millpond::extract::pdf
