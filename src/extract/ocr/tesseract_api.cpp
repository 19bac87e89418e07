#include "extract/ocr/tesseract_api.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <string_view>

namespace millpond::extract::tesseract {
namespace {

template <class Function>
bool load(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(::dlsym(library, name));
  return to != nullptr;
}

Status missing(std::string_view what) {
  return unavailable("Tesseract is not there: ", what)
      .hint("Install it (Debian, Ubuntu: apt install tesseract-ocr), or extract with quality: fast.");
}

}  // namespace

Result<Api> load_api() {
  // One thread a page: pages are read side by side by several workers, and its own threads cost more than they give.
  ::setenv("OMP_THREAD_LIMIT", "1", 0);
  void* const library = ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL);  // stays loaded
  if (library == nullptr) return missing("no libtesseract.so.5");
  Api api;
  const bool all =
      load(library, "TessVersion", api.version) && load(library, "TessBaseAPICreate", api.create) &&
      load(library, "TessBaseAPIDelete", api.remove) && load(library, "TessBaseAPIInit3", api.init) &&
      load(library, "TessBaseAPISetImage", api.set_image) &&
      load(library, "TessBaseAPISetSourceResolution", api.set_resolution) &&
      load(library, "TessBaseAPISetPageSegMode", api.set_mode) &&
      load(library, "TessBaseAPIRecognize", api.recognize) && load(library, "TessBaseAPIGetTsvText", api.tsv) &&
      load(library, "TessBaseAPIGetUTF8Text", api.text) && load(library, "TessBaseAPIGetBoxText", api.boxes) &&
      load(library, "TessBaseAPIAllWordConfidences", api.confidences) &&
      load(library, "TessDeleteIntArray", api.delete_numbers) && load(library, "TessBaseAPIClear", api.clear) &&
      load(library, "TessDeleteText", api.delete_text) &&
      load(library, "TessBaseAPIDetectOrientationScript", api.orientation) &&
      load(library, "TessBaseAPIGetDatapath", api.data_path) &&
      load(library, "TessBaseAPIAnalyseLayout", api.analyse_layout) &&
      load(library, "TessPageIteratorDelete", api.delete_places) && load(library, "TessPageIteratorNext", api.next) &&
      load(library, "TessPageIteratorIsAtBeginningOf", api.at_beginning) &&
      load(library, "TessPageIteratorBoundingBox", api.box) &&
      load(library, "TessPageIteratorBaseline", api.baseline) &&
      load(library, "TessPageIteratorBlockType", api.block_type) &&
      load(library, "TessPageIteratorOrientation", api.turned);
  load(library, "_ZNK9tesseract12PageIterator13RowAttributesEPfS1_S1_", api.row_heights);
  if (!all) return missing("libtesseract.so.5 lacks a function");
  return api;
}

}  // namespace millpond::extract::tesseract
